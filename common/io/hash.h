/* hash.h: SHA-256, by which blobs are named.
 */
#ifndef RUNG_COMMON_IO_HASH_H
#define RUNG_COMMON_IO_HASH_H

#include <stdbool.h>
#include <stddef.h>

#define HASH_HEX 65 /* 64 hexadecimal digits, lower case, and a NUL */

struct hash; /* one running SHA-256 */

struct hash *hash_new(void);
void hash_free(struct hash *h); /* accepts NULL */
void hash_add(struct hash *h, const void *bytes, size_t len);
void hash_finish(struct hash *h, char hex[HASH_HEX]); /* and begins a new one */

void hash_bytes(const void *bytes, size_t len, char hex[HASH_HEX]);

/* 64 digits of 0-9 and a-f: the only names that ever reach the file system. NULL is none. */
bool hash_is_hex(const char *text);

#endif
