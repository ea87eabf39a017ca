/* Owns sending and receiving the records of plan/messages.h on the runtime's side. */
#pragma once

#include "runtime/plan/messages.h"
#include "spec/base/err.h"

/* MESSAGE_RESET: the other end went without reading what we had sent: it died. */
enum message_outcome { MESSAGE_ARRIVED, MESSAGE_END, MESSAGE_RESET, MESSAGE_TIMEOUT, MESSAGE_ERROR };

/* Send one record. EPIPE is an error like any other. */
int message_send(int channel, enum message_kind kind, int64_t number, struct err *e);

/* Before a CHILD can come: the kernel then tells who sends. */
int message_expect_child(int channel, struct err *e);

/* Receive one within `milliseconds` (-1: as long as the other end lives). `fd` takes a passed descriptor, or -1. The
 * number of a CHILD is its sender's pid as we see it. */
enum message_outcome message_receive(int channel, int milliseconds, struct message *out, int *fd, struct err *e);
