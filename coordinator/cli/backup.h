/* backup.h: `rung backup`: a copy of a store's database, with or without its checkpoints. */
#ifndef RUNG_COORDINATOR_CLI_BACKUP_H
#define RUNG_COORDINATOR_CLI_BACKUP_H

#include <stdio.h>

#include "common/base/err.h"

/* Copies the database of `store` to `path`, and, unless it is NULL, the checkpoints that its rows name into the
 * directory `blobs`, which then can be the blobs/ of a store. A coordinator may be writing. */
int cli_backup(const char *store, const char *path, const char *blobs, FILE *out, struct err *e);

#endif
