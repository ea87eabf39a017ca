/* Owns SHA-256, which keys and digests are made of. The sum is nettle's: a small library that is on every Debian system, with the
 * processor's own instructions where there are any (libcrypto is as fast and twenty times the size; AF_ALG is not in every
 * kernel and costs two calls a block). */
#pragma once

#include <nettle/sha2.h>
#include <stddef.h>

enum { HASH_BYTES = SHA256_DIGEST_SIZE, HASH_TEXT = 2 * SHA256_DIGEST_SIZE + 1 };

struct hash {
	struct sha256_ctx sum;
};

void hash_init(struct hash *h);
void hash_add(struct hash *h, const void *bytes, size_t length);

/* A text with its end, so that "ab","c" and "a","bc" differ; NULL differs from "". */
void hash_add_text(struct hash *h, const char *text);

void hash_finish(struct hash *h, unsigned char bytes[HASH_BYTES]);
void hash_finish_text(struct hash *h, char text[HASH_TEXT]);
void hash_write(const unsigned char bytes[HASH_BYTES], char text[HASH_TEXT]);
