#include "coordinator/store/migrate.h"

#include <stdio.h>
#include <unistd.h>

#include "common/base/kill_point.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "coordinator/store/sql.h"

int store_check_version(sqlite3 *db, int n, int64_t *version, struct err *e)
{
    int64_t application = 0, found = 0, n_objects = 0;
    if (sql_ask_int(db, "PRAGMA application_id", &application, e) < 0 ||
        sql_ask_int(db, "PRAGMA user_version", &found, e) < 0 ||
        sql_ask_int(db, "SELECT count(*) FROM sqlite_schema", &n_objects, e) < 0)
        return -1;
    bool is_empty = application == 0 && found == 0 && n_objects == 0;
    if (!is_empty && application != STORE_APPLICATION_ID)
        return err_set(e, ERR_CORRUPT, "this is a database, but not of Rung");
    if (found > n)
        return err_set(e, ERR_STATE,
            "it was written by a newer Rung (form %lld, this program knows up to %d): use that version, or a copy "
            "rung.db.version-%d if there is one",
            (long long)found, n, n);
    *version = found;
    return 0;
}

/* Written under another name and renamed, so that a copy is complete or not there. */
static int keep_copy(sqlite3 *db, const char *path, int64_t version, struct err *e)
{
    struct str name = { 0 }, part = { 0 };
    str_addf(&name, "%s.version-%lld", path, (long long)version);
    str_addf(&part, "%s.part", str_text(&name));
    unlink(str_text(&part));
    int failed = sql_copy(db, str_text(&part), e);
    if (!failed && rename(str_text(&part), str_text(&name)) < 0)
        failed = err_set_errno(e, "rename %s", str_text(&part));
    str_deinit(&name);
    str_deinit(&part);
    return failed;
}

static int apply_step(sqlite3 *db, const struct migration *step, int version, struct err *e)
{
    struct str numbers = { 0 };
    str_addf(&numbers, "PRAGMA application_id = %d; PRAGMA user_version = %d;", STORE_APPLICATION_ID, version);
    int failed = sql_run(db, "BEGIN IMMEDIATE", e) < 0 || sql_run(db, step->sql, e) < 0 ||
                 sql_run(db, str_text(&numbers), e) < 0;
    KILL_POINT("migrate.uncommitted");
    if (failed || sql_run(db, "COMMIT", e) < 0) {
        failed = err_prefix(e, "migration %s", step->name);
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    }
    str_deinit(&numbers);
    return failed;
}

int store_migrate_from(sqlite3 *db, int64_t version, const struct migration *steps, int n, struct err *e)
{
    if (version < 0)
        return err_set(
            e, ERR_CORRUPT, "the database says that it is of version %lld, which there is not", (long long)version);
    for (int64_t next = version; next < n; next++)
        if (apply_step(db, &steps[next], (int)next + 1, e) < 0)
            return -1;
    return 0;
}

int store_migrate(sqlite3 *db, const char *path, const struct migration *steps, int n, struct err *e)
{
    int64_t version = 0;
    if (store_check_version(db, n, &version, e) < 0)
        return -1;
    if (version > 0 && version < n && keep_copy(db, path, version, e) < 0)
        return -1;
    KILL_POINT("migrate.copied");
    if (store_migrate_from(db, version, steps, n, e) < 0)
        return -1;
    if (version > 0 && version < n)
        log_info("store: %s was brought from form %lld to form %d; as it was before, it is in %s.version-%lld", path,
            (long long)version, n, path, (long long)version);
    return 0;
}
