/* A header block as it stands in the archive. Private to layout/tar_*.c. */
#pragma once

struct tar_header { /* POSIX.1-1988 ustar; texts need no end when they fill their place */
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100];
	char magic[6], version[2], owner[32], group[32], major[8], minor[8], prefix[155], rest[12];
};

_Static_assert(sizeof(struct tar_header) == 512, "a header is one block");

/* With the checksum's own place taken as blanks. */
static inline unsigned tar_sum(const struct tar_header *h)
{
	const unsigned char *bytes = (const unsigned char *)h;
	unsigned sum = 8 * ' ';

	for (unsigned i = 0; i < sizeof *h; i++)
		sum += i < 148 || i >= 156 ? bytes[i] : 0;
	return sum;
}
