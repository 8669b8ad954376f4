/* file.h: whole files in, whole files out. */
#ifndef RUNG_WORKER_TRAIN_RUN_FILE_H
#define RUNG_WORKER_TRAIN_RUN_FILE_H

#include <stddef.h>

#include "common/base/err.h"
#include "common/base/str.h"

/* Appends the file's bytes to `out`. Fails with ERR_NOT_FOUND, ERR_IO, or ERR_LIMIT above max_bytes. */
int file_read(struct str *out, const char *path, size_t max_bytes, struct err *e);

/* Makes `path` hold exactly these bytes, or leaves it as it was: written to "path.new", forced to disk, renamed, and
 * the directory forced to disk too. Fails with ERR_IO. */
int file_replace(const char *path, const void *bytes, size_t len, struct err *e);

#endif
