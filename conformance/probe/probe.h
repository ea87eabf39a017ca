/* The probe is the payload of the black-box tests: a static program that tells what it sees inside a container, or tries one
 * thing and tells what came of it. It trusts nothing inside: without /proc it still prints what it can.
 *
 *     probe json [SYSCTL...]    everything it sees, one JSON object
 *     probe true                exit 0                       probe exit N        exit N
 *     probe sleep N             sleep N seconds              probe echo WORD...  print the words
 *     probe cat                 copy stdin to stdout         probe env NAME      print one variable
 *     probe call NAME ARG...    one system call: {"call":"mkdir","result":-1,"errno":"EROFS"}
 *     probe write PATH [TEXT]   open for writing (made when missing) and write; the same form
 *     probe read PATH           print a file                 probe stat PATH     one entry as in json's "dev"
 *     probe signal [COUNT]      print "ready", then the names of COUNT signals as they arrive
 *     probe size [COUNT]        print the terminal's "ROWS COLUMNS", and again after COUNT changes
 *     probe memory MB           touch so much memory, print "touched MB"
 *     probe fork N              start N children that sleep, print how many could be started, wait for stdin's end
 *     probe orphan N            start N processes in sessions of their own that sleep, and leave
 *     probe fdhunt SECONDS      look through the others' descriptors for a way out of the root
 *     probe exehunt SECONDS     look through the others' executables for one that can be written
 *     probe flip A B SECONDS    exchange two names in a loop
 *     probe notify SOCKET       stdin to the socket, as one datagram
 *     probe descriptors         exit 1 when there is one above 2
 *     probe without ERRNO CALL,CALL... COMMAND...   execute it where these calls answer that; CALL:INDEX:BITS means only those
 *                               whose argument of this index has all the bits
 *
 * In `call` an argument is a number (decimal, 0x, 0 octal, negative) or, otherwise, a text; NULL is 0; a name with "at" in it
 * takes -100 for the working directory. Exit code: 0 when it did its work, also when the call it tried failed; 2 for misuse. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A subcommand gets the words after its name and returns the exit code. */
int probe_json(int argc, char **argv);
int probe_call(int argc, char **argv);
int probe_write(int argc, char **argv);
int probe_stat(int argc, char **argv);
int probe_fdhunt(int argc, char **argv);
int probe_exehunt(int argc, char **argv);
int probe_flip(int argc, char **argv);
int probe_without(int argc, char **argv);

/* Of a name or a number; `has_directory`: a directory's descriptor comes before the arguments. -1: no such call. */
int probe_find_call(const char *name, long *number, bool *has_directory);

/* JSON on stdout. A text is escaped; bytes that are no UTF-8 are passed on. */
void json_text(const char *text);
void json_texts(const char *name, char *const *texts);
void json_member(const char *name, const char *value);

/* The first `size` - 1 bytes of a file as a text; false when it cannot be read. */
bool read_file(const char *path, char *out, size_t size);

/* One file system entry: {"path":...,"type":"c","mode":"0666",...}. */
void json_entry(int dir_fd, const char *name, const char *path);

/* The monotonic clock in seconds. */
double now(void);

/* {"call":NAME,"result":R,"errno":"E..."}; errno is left out when R >= 0. */
void print_result(const char *name, long result, int number);
