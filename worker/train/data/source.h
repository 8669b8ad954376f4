/* source.h: the bytes of a file, unpacked on the way when they are gzip or xz, and never more of them than limits.h
 * allows.
 *
 * What a file is follows from its first bytes, not from its name. An archive that ends early, is damaged, or grows
 * beyond all reason is an error, so that half a data set is never taken for a whole one.
 */
#ifndef RUNG_WORKER_TRAIN_DATA_SOURCE_H
#define RUNG_WORKER_TRAIN_DATA_SOURCE_H

#include <stddef.h>
#include <sys/types.h>

#include "common/base/err.h"

struct source;

/* Returns owned (source_close), or NULL with e: ERR_NOT_FOUND, ERR_IO, or ERR_INVALID for a packed form that is not
 * read (zip, zstd, bzip2). Messages do not name the file: the caller does. */
struct source *source_open(const char *path, struct err *e);

/* The same for bytes in memory, which it borrows until source_close. */
struct source *source_open_bytes(const void *bytes, size_t len, struct err *e);

/* Reads up to `cap` > 0 bytes; returns how many, 0 at the end, or -1 with e: ERR_IO, ERR_CORRUPT or ERR_LIMIT. */
ssize_t source_read(struct source *s, void *to, size_t cap, struct err *e);

void source_close(struct source *s);

#endif
