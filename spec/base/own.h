/* Ownership in the declaration. A variable declared own_fd, own_text or own_stream is released when it goes
 * out of scope; take_fd() and take_text() hand it over and leave nothing behind. */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void own_close(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* nothing can be done about a failed close of a descriptor that we only read or control */
}

static inline void own_release(char **memory)
{
	free(*memory);
}

static inline void own_close_stream(FILE **stream)
{
	if (*stream)
		(void)fclose(*stream);
}

static inline void own_close_directory(DIR **directory)
{
	if (*directory)
		(void)closedir(*directory);
}

#define own_fd __attribute__((cleanup(own_close))) int
#define own_text __attribute__((cleanup(own_release))) char *
#define own_stream __attribute__((cleanup(own_close_stream))) FILE *
#define own_directory __attribute__((cleanup(own_close_directory))) DIR *

/* The descriptor itself; the owner no longer closes it. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* Close now, and never again at the end of the scope. */
static inline void drop_fd(int *fd)
{
	own_close(fd);
	*fd = -1;
}
