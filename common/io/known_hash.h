/* known_hash.h: the SHA-256 of files that lie where they are: read once, and then known by name, size and times.
 *
 * CACHE/known has a small file for each name. A file that was changed less than two seconds ago is read again next
 * time, since its times may not tell.
 */
#ifndef RUNG_COMMON_IO_KNOWN_HASH_H
#define RUNG_COMMON_IO_KNOWN_HASH_H

#include <stdint.h>

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/io/hash.h"

/* Gives the hash and size of a plain file; `path` is absolute. It may take a second a gigabyte: not on the loop.
 * ERR_STATE when it changes while it is read. A cache that cannot be written is no failure. */
int known_hash(const char *cache, const char *path, char hash[HASH_HEX], int64_t *size, struct err *e);

/* Notes what somebody has verified by reading it. */
void known_hash_note(const char *cache, const char *path, const char *hash);

/* Appends the cache of this user: $XDG_CACHE_HOME/rung, or ~/.cache/rung; `otherwise` where neither is set. */
void known_hash_cache(struct str *out, const char *otherwise);

#endif
