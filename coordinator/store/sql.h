/* sql.h: SQLite's calls with our errors, and the connection's settings. Only coordinator/store includes it. */
#ifndef RUNG_COORDINATOR_STORE_SQL_H
#define RUNG_COORDINATOR_STORE_SQL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"

/* Fills e from an SQLite result code (extended) and the connection's message: the codes as store.h lists them. Returns
 * -1. `db` may be NULL. */
int sql_fail(sqlite3 *db, int rc, struct err *e);

/* Returns owned (sqlite3_finalize), or NULL with e. */
sqlite3_stmt *sql_prepare(sqlite3 *db, const char *text, struct err *e);

/* Steps a statement that returns no rows to its end, and resets it. */
int sql_finish(sqlite3_stmt *statement, struct err *e);

/* Runs every statement of a text of our own; rows are thrown away. */
int sql_run(sqlite3 *db, const char *text, struct err *e);

/* The first column of the first row as an integer; -1 with e also when there is no row. */
int sql_ask_int(sqlite3 *db, const char *text, int64_t *out, struct err *e);

enum sql_mode { SQL_WRITE, SQL_READ, SQL_READ_FROZEN };

/* Opens the file with the settings that the mode needs. SQL_WRITE makes it when absent, in WAL mode with
 * synchronous=FULL; SQL_READ cannot change anything; SQL_READ_FROZEN is for a file that nobody can be writing, on a
 * medium where SQLite cannot lay its index of the WAL beside it. Returns owned (sqlite3_close), or NULL with e. */
sqlite3 *sql_open(const char *path, enum sql_mode mode, struct err *e);

/* Rolls back the transaction of a writer that was killed, where its journal lies beside the file. */
int sql_roll_back(const char *path, struct err *e);

/* Copies the whole database into a new file at `path`, which is made durable. */
int sql_copy(sqlite3 *db, const char *path, struct err *e);

/* The same into memory, as a connection of its own; NULL with e. */
sqlite3 *sql_copy_to_memory(sqlite3 *db, struct err *e);

#endif
