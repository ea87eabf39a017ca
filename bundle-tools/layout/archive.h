/* An OCI image layout as one tar archive: image-spec leaves the form open, this is what skopeo calls oci-archive. */
#pragma once

#include "bundle-tools/conductor.h"
#include "bundle-tools/layout/stream.h"

/* Names sorted, all of one time, owned by root. */
int archive_write(int layout_fd, int to_fd, struct err *e);

/* The layout's own files into an empty directory, others are passed over. */
int archive_read(struct stream_reader *from, int layout_fd, struct err *e);
