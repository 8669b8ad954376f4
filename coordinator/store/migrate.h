/* migrate.h: bring a database file to the newest form, one numbered step after the other. Only coordinator/store
 * includes it.
 */
#ifndef RUNG_COORDINATOR_STORE_MIGRATE_H
#define RUNG_COORDINATOR_STORE_MIGRATE_H

#include <sqlite3.h>
#include <stdint.h>

#include "common/base/err.h"

#define STORE_APPLICATION_ID 0x52554e47 /* "RUNG", in the file's header */

/* The text of a file in schemas/store; its place in the list, from 1, is the version that it leads to. */
struct migration {
    const char *name;
    const char *sql;
};

/* schemas/store, embedded at build time. */
extern const struct migration store_migrations[];
extern const int store_n_migrations;

/* The version of the file: 0 when it is empty. Refuses what is not a store of Rung (ERR_CORRUPT) and what is of a
 * version above n (ERR_STATE), without a change to the file. */
int store_check_version(sqlite3 *db, int n, int64_t *version, struct err *e);

/* Applies the steps that are missing, each in a transaction of its own that ends with the version's number. A file that
 * is not empty is copied to `path`.version-N first, where N is its version. */
int store_migrate(sqlite3 *db, const char *path, const struct migration *steps, int n, struct err *e);

/* The same for a copy that nobody else sees, from `version` on: without a copy of it. */
int store_migrate_from(sqlite3 *db, int64_t version, const struct migration *steps, int n, struct err *e);

#endif
