#include "coordinator/store/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/str.h"

/* clang-format off */
static const struct { int rc; enum err_code code; } codes[] = {
    { SQLITE_FULL,       ERR_LIMIT },
    { SQLITE_CONSTRAINT, ERR_INVALID },
    { SQLITE_MISMATCH,   ERR_INVALID },
    { SQLITE_TOOBIG,     ERR_INVALID },
    { SQLITE_CORRUPT,    ERR_CORRUPT },
    { SQLITE_NOTADB,     ERR_CORRUPT },
    { SQLITE_BUSY,       ERR_BUSY },
    { SQLITE_LOCKED,     ERR_BUSY },
    { SQLITE_INTERRUPT,  ERR_INTERRUPTED },
};
/* clang-format on */

/* A full disk does not always arrive as SQLITE_FULL: where the WAL's index cannot grow it is an I/O error. */
static bool is_disk_full(sqlite3 *db, int rc)
{
    return rc == SQLITE_IOERR_SHMSIZE || ((rc & 0xff) == SQLITE_IOERR && db && sqlite3_system_errno(db) == ENOSPC);
}

int sql_fail(sqlite3 *db, int rc, struct err *e)
{
    enum err_code code = is_disk_full(db, rc) ? ERR_LIMIT : ERR_IO;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if ((rc & 0xff) == codes[i].rc)
            code = codes[i].code;
    const char *text = db && sqlite3_errcode(db) != SQLITE_OK ? sqlite3_errmsg(db) : sqlite3_errstr(rc);
    return err_set(e, code, "%s", text);
}

sqlite3_stmt *sql_prepare(sqlite3 *db, const char *text, struct err *e)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v3(db, text, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    if (rc != SQLITE_OK) {
        sql_fail(db, rc, e);
        return NULL;
    }
    return statement;
}

int sql_finish(sqlite3_stmt *statement, struct err *e)
{
    int rc = sqlite3_step(statement);
    int failed = rc == SQLITE_DONE ? 0 : sql_fail(sqlite3_db_handle(statement), rc, e);
    sqlite3_reset(statement);
    return failed;
}

int sql_run(sqlite3 *db, const char *text, struct err *e)
{
    int rc = sqlite3_exec(db, text, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : sql_fail(db, rc, e);
}

int sql_ask_int(sqlite3 *db, const char *text, int64_t *out, struct err *e)
{
    sqlite3_stmt *statement = sql_prepare(db, text, e);
    if (!statement)
        return -1;
    int rc = sqlite3_step(statement), failed = 0;
    if (rc == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    else
        failed = rc == SQLITE_DONE ? err_set(e, ERR_CORRUPT, "no answer to: %s", text) : sql_fail(db, rc, e);
    sqlite3_finalize(statement);
    return failed;
}

/* ---- settings ---- */

/* clang-format off */
static const struct { int option, value; bool writer, reader; } switches[] = {
    { SQLITE_DBCONFIG_DEFENSIVE,             1, true, true },
    { SQLITE_DBCONFIG_ENABLE_FKEY,           1, true, true },
    { SQLITE_DBCONFIG_TRUSTED_SCHEMA,        0, true, true },
    { SQLITE_DBCONFIG_ENABLE_TRIGGER,        0, true, true },
    { SQLITE_DBCONFIG_ENABLE_VIEW,           0, true, false },
    { SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, true, true },
    { SQLITE_DBCONFIG_DQS_DML,               0, true, true },
    { SQLITE_DBCONFIG_DQS_DDL,               0, true, true },
    { SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,      1, false, true },
};

static const struct { int limit, value; } limits[] = {
    { SQLITE_LIMIT_LENGTH,          16 << 20 },
    { SQLITE_LIMIT_SQL_LENGTH,      256 << 10 }, /* the view of a campaign with many parameters */
    { SQLITE_LIMIT_VARIABLE_NUMBER, 256 },
    { SQLITE_LIMIT_ATTACHED,        0 },
};
/* clang-format on */

/* synchronous=FULL: an acknowledged result must survive a power cut, and WAL with NORMAL loses it. No memory map: it
 * would turn a passing fault into damage. No automatic checkpoints: store_tidy chooses the moment. A cache that holds
 * what one turn may touch: a transaction that outgrows it writes pages twice. The CHECKs of the tables are for those
 * who write into the database by other means, and for quick_check: what comes from here was checked as C, and SQLite
 * makes a table in memory for each list of words, each time, half of what a row costs. */
static const char writer_pragmas[] = "PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;"
                                     "PRAGMA secure_delete = OFF; PRAGMA wal_autocheckpoint = 0;"
                                     "PRAGMA journal_size_limit = 67108864;"
                                     "PRAGMA ignore_check_constraints = ON; PRAGMA cache_size = -32768;";
static const char reader_pragmas[] = "PRAGMA query_only = ON; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;";

static int set_journal(sqlite3 *db, struct err *e)
{
    sqlite3_stmt *statement = sql_prepare(db, "PRAGMA journal_mode = WAL", e);
    if (!statement)
        return -1;
    int rc = sqlite3_step(statement), failed = 0;
    if (rc != SQLITE_ROW)
        failed = sql_fail(db, rc, e);
    else if (strcmp((const char *)sqlite3_column_text(statement, 0), "wal") != 0)
        failed = err_set(e, ERR_IO, "SQLite cannot keep a write-ahead log here");
    sqlite3_finalize(statement);
    return failed;
}

static int apply_settings(sqlite3 *db, bool is_writer, struct err *e)
{
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
        if (is_writer ? switches[i].writer : switches[i].reader)
            sqlite3_db_config(db, switches[i].option, switches[i].value, NULL);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        sqlite3_limit(db, limits[i].limit, limits[i].value);
    sqlite3_busy_timeout(db, 5000);
    if (is_writer && set_journal(db, e) < 0)
        return -1;
    return sql_run(db, is_writer ? writer_pragmas : reader_pragmas, e);
}

/* A file: URI, because only so can SQLite be told that nobody writes the file. */
static void add_uri(struct str *uri, const char *path, bool is_frozen)
{
    str_add(uri, "file:");
    for (const char *c = path; *c; c++)
        if (strchr("%?#", *c))
            str_addf(uri, "%%%02X", (unsigned)*c);
        else
            str_add_char(uri, *c);
    if (is_frozen)
        str_add(uri, "?immutable=1");
}

sqlite3 *sql_open(const char *path, enum sql_mode mode, struct err *e)
{
    struct str uri = { 0 };
    bool is_writer = mode == SQL_WRITE;
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_URI;
    flags |= is_writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW : SQLITE_OPEN_READONLY;
    add_uri(&uri, path, mode == SQL_READ_FROZEN);
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(str_text(&uri), &db, flags, NULL);
    str_deinit(&uri);
    if (rc == SQLITE_OK && apply_settings(db, is_writer, e) == 0)
        return db;
    if (rc != SQLITE_OK)
        sql_fail(db, rc, e);
    sqlite3_close(db);
    return NULL;
}

int sql_roll_back(const char *path, struct err *e)
{
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "SELECT 1 FROM sqlite_schema LIMIT 1", NULL, NULL, NULL); /* the first reader does it */
    if (rc != SQLITE_OK)
        sql_fail(db, rc, e);
    sqlite3_close(db);
    return rc == SQLITE_OK ? 0 : -1;
}

/* ---- copies ---- */

/* The copy's bytes reach the disk before anybody relies on it. */
static int sync_file(const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(e, "open %s", path);
    int failed = fsync(fd) == 0 ? 0 : err_set_errno(e, "fsync %s", path);
    close(fd);
    return failed;
}

static int copy_all(sqlite3 *from, sqlite3 *to, struct err *e)
{
    sqlite3_backup *copy = sqlite3_backup_init(to, "main", from, "main");
    if (!copy)
        return sql_fail(to, sqlite3_errcode(to), e);
    sqlite3_backup_step(copy, -1);
    int rc = sqlite3_backup_finish(copy);
    return rc == SQLITE_OK ? 0 : sql_fail(to, rc, e);
}

int sql_copy(sqlite3 *db, const char *path, struct err *e)
{
    sqlite3 *to = NULL;
    int rc = sqlite3_open_v2(
        path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW, NULL);
    int failed = rc == SQLITE_OK ? copy_all(db, to, e) : sql_fail(to, rc, e);
    sqlite3_close(to);
    if (!failed)
        failed = sync_file(path, e);
    return failed ? err_prefix(e, "copy the store to %s", path) : 0;
}

sqlite3 *sql_copy_to_memory(sqlite3 *db, struct err *e)
{
    sqlite3 *to = NULL;
    int rc =
        sqlite3_open_v2(":memory:", &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    int failed = rc == SQLITE_OK ? copy_all(db, to, e) : sql_fail(to, rc, e);
    if (!failed)
        return to;
    sqlite3_close(to);
    err_prefix(e, "read it into memory");
    return NULL;
}
