/* backup.h: copies of a store's file, made while it is written by whoever owns it. Each function has connections of its
 * own, so that it may run in any thread and in any process, and delays no acknowledgement.
 *
 * A copy is one file, consistent, whole or not there, checked, and marked: a coordinator that opens one as its store
 * knows that there were later trials which it has no rows of. Blobs are not in it.
 */
#ifndef RUNG_COORDINATOR_STORE_BACKUP_H
#define RUNG_COORDINATOR_STORE_BACKUP_H

#include <stdint.h>

#include "common/base/err.h"

/* Copies `dir`/rung.db to `path`, which must not exist (ERR_EXISTS); *bytes is its size. ERR_CORRUPT when the copy does
 * not pass SQLite's check; nothing is at `path` after a failure. */
int backup_make(const char *dir, const char *path, int64_t wall_ms, int64_t *bytes, struct err *e);

/* Copies to `dir`/backups/rung.db-DATE-TIME, and removes all but the newest `n_keep` of these. */
int backup_rotate(const char *dir, int n_keep, int64_t wall_ms, struct err *e);

/* Calls `take` for each checkpoint that rows of the copy name; stops with -1 when it returns -1. */
int backup_each_checkpoint(
    const char *path, int (*take)(void *context, const char *hash, struct err *e), void *context, struct err *e);

#endif
