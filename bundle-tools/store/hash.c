#include "bundle-tools/store/hash.h"

#include <string.h>

void hash_init(struct hash *h)
{
	sha256_init(&h->sum);
}

void hash_add(struct hash *h, const void *bytes, size_t length)
{
	sha256_update(&h->sum, length, bytes);
}

void hash_add_text(struct hash *h, const char *text)
{
	if (text)
		hash_add(h, text, strlen(text) + 1);
	else
		hash_add(h, "\1", 2); /* no text of ours is a control character alone */
}

void hash_finish(struct hash *h, unsigned char bytes[HASH_BYTES])
{
	sha256_digest(&h->sum, HASH_BYTES, bytes);
}

void hash_write(const unsigned char bytes[HASH_BYTES], char text[HASH_TEXT])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < HASH_BYTES; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[HASH_TEXT - 1] = '\0';
}

void hash_finish_text(struct hash *h, char text[HASH_TEXT])
{
	unsigned char bytes[HASH_BYTES];

	hash_finish(h, bytes);
	hash_write(bytes, text);
}
