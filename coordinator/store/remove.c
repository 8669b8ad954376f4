#include "coordinator/store/remove.h"

#include <string.h>

#include "common/base/str.h"
#include "coordinator/store/parts.h"

/* ?1 is the campaign. What refers to others goes before them. */
static const char *const removals[] = {
    ("INSERT INTO meta SELECT 'trial', max((SELECT coalesce(max(id), 0) FROM trial), "
     "    coalesce((SELECT v FROM meta WHERE k = 'trial'), 0)) WHERE ?1 ON CONFLICT (k) DO UPDATE SET v = excluded.v"),
    ("INSERT INTO meta SELECT 'seq', max((SELECT coalesce(max(seq), 0) FROM event), "
     "    coalesce((SELECT v FROM meta WHERE k = 'seq'), 0)) WHERE ?1 ON CONFLICT (k) DO UPDATE SET v = excluded.v"),
    "DELETE FROM point WHERE trial IN (SELECT id FROM trial WHERE campaign = ?1)",
    "DELETE FROM result WHERE trial IN (SELECT id FROM trial WHERE campaign = ?1)",
    "DELETE FROM attempt WHERE trial IN (SELECT id FROM trial WHERE campaign = ?1)",
    "DELETE FROM decision WHERE campaign = ?1",
    "DELETE FROM event WHERE campaign = ?1",
    "DELETE FROM import WHERE campaign = ?1",
    "DELETE FROM steer WHERE campaign = ?1",
    "DELETE FROM trial WHERE campaign = ?1",
    "DELETE FROM campaign WHERE id = ?1",
};

static int run_for(struct store *s, const char *sql, int64_t value, struct err *e)
{
    sqlite3_stmt *statement = sql_prepare(s->db, sql, e);
    if (!statement)
        return -1;
    sqlite3_bind_int64(statement, 1, value);
    int failed = sql_finish(statement, e);
    sqlite3_finalize(statement);
    return failed;
}

/* The view trials_NAME, by what it asks: its name may have a number behind it. */
static int drop_view(struct store *s, int64_t campaign, struct err *e)
{
    struct str sql = { 0 };
    char name[256] = "";
    str_addf(&sql,
        "SELECT name FROM sqlite_schema WHERE type = 'view' AND sql LIKE '%% FROM trial WHERE campaign = %lld ORDER BY "
        "number'",
        (long long)campaign);
    sqlite3_stmt *statement = sql_prepare(s->db, str_text(&sql), e);
    int rc = statement ? sqlite3_step(statement) : SQLITE_ERROR;
    if (rc == SQLITE_ROW)
        str_copy(name, sizeof name, (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    int failed = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : -1;
    str_clear(&sql);
    str_addf(&sql, "DROP VIEW \"%s\"", name); /* letters, digits and _ alone: campaign_view.c */
    if (!failed && *name)
        failed = sql_run(s->db, str_text(&sql), e);
    str_deinit(&sql);
    return failed;
}

static int find(struct store *s, const char *name, bool is_forced, int64_t *id, struct err *e)
{
    sqlite3_stmt *statement =
        sql_prepare(s->db, "SELECT id, state IN ('running', 'paused') FROM campaign WHERE name = ?1", e);
    if (!statement)
        return -1;
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    int rc = sqlite3_step(statement), failed = 0;
    if (rc == SQLITE_DONE)
        failed =
            err_set(e, ERR_NOT_FOUND, "there is no campaign \"%s\" here; rung campaigns lists those that are", name);
    else if (rc != SQLITE_ROW)
        failed = sql_fail(s->db, rc, e);
    else if (sqlite3_column_int(statement, 1) && !is_forced)
        failed = err_set(e, ERR_STATE, "campaign %s is not over: end it with rung stop %s, or use --force", name, name);
    else
        *id = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return failed;
}

static int remove_rows(struct store *s, int64_t id, struct err *e)
{
    int failed = store_begin(s, e);
    if (!failed)
        failed = drop_view(s, id, e);
    for (size_t i = 0; !failed && i < sizeof removals / sizeof *removals; i++)
        failed = run_for(s, removals[i], id, e);
    if (!failed)
        return store_commit(s, e);
    store_failed(s, e);
    store_rollback(s);
    return -1;
}

int store_remove_campaign(struct store *s, const char *name, bool is_forced, struct err *e)
{
    int64_t id = 0;
    if (find(s, name, is_forced, &id, e) < 0)
        return -1;
    /* All that refers to these rows goes with them, and to look for each of them again would take very long. */
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL);
    int failed = remove_rows(s, id, e);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
    store_forget(s);
    return failed ? err_prefix(e, "remove campaign %s", name) : 0;
}

/* ?1 is how many of each campaign stay; the order is that of the view `ranking`. */
#define SPARE                                                                                                          \
    "checkpoint <> '' AND state IN ('completed', 'stopped', 'failed', 'set_aside') AND id NOT IN "                     \
    "(SELECT id FROM (SELECT t.id, row_number() OVER (PARTITION BY t.campaign ORDER BY t.reached DESC, "               \
    "CASE c.goal WHEN 'minimize' THEN t.value ELSE -t.value END, t.number) AS place "                                  \
    "FROM trial AS t JOIN campaign AS c ON c.id = t.campaign WHERE t.value IS NOT NULL) WHERE place <= ?1)"

static int count_spare(struct store *s, int n_keep, int64_t *n, struct err *e)
{
    sqlite3_stmt *statement = sql_prepare(s->db, "SELECT count(*) FROM trial WHERE " SPARE, e);
    if (!statement)
        return -1;
    sqlite3_bind_int(statement, 1, n_keep);
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        *n = sqlite3_column_int64(statement, 0);
    int failed = rc == SQLITE_ROW ? 0 : sql_fail(s->db, rc, e);
    sqlite3_finalize(statement);
    return failed;
}

#define LET_GO "UPDATE trial SET checkpoint = '', checkpoint_bytes = 0, budget = 0 WHERE " SPARE " RETURNING id"

static int let_go(struct store *s, int n_keep, void (*take)(void *context, int64_t trial), void *context, struct err *e)
{
    sqlite3_stmt *statement = sql_prepare(s->db, LET_GO, e);
    int rc = SQLITE_DONE, failed = statement ? sqlite3_bind_int(statement, 1, n_keep) : -1;
    while (!failed && (rc = sqlite3_step(statement)) == SQLITE_ROW)
        take(context, sqlite3_column_int64(statement, 0));
    if (!failed && rc != SQLITE_DONE)
        failed = sql_fail(s->db, rc, e);
    sqlite3_finalize(statement);
    return failed;
}

int store_drop_checkpoints(struct store *s, int n_keep, bool is_dry_run, void (*take)(void *context, int64_t trial),
    void *context, int64_t *n, struct err *e)
{
    if (count_spare(s, n_keep, n, e) < 0)
        return -1;
    if (is_dry_run || *n == 0)
        return 0;
    if (store_begin(s, e) < 0)
        return -1;
    if (let_go(s, n_keep, take, context, e) < 0) {
        store_failed(s, e);
        store_rollback(s);
        return -1;
    }
    return store_commit(s, e);
}

int store_each_checkpoint(
    struct store *s, int (*take)(void *context, const char *hash, struct err *e), void *context, struct err *e)
{
    sqlite3_stmt *statement =
        sql_prepare(s->db, "SELECT DISTINCT checkpoint FROM trial WHERE checkpoint <> '' ORDER BY checkpoint", e);
    int rc = SQLITE_DONE, failed = statement ? 0 : -1;
    while (!failed && (rc = sqlite3_step(statement)) == SQLITE_ROW)
        failed = take(context, (const char *)sqlite3_column_text(statement, 0), e);
    if (!failed && rc != SQLITE_DONE)
        failed = sql_fail(s->db, rc, e);
    sqlite3_finalize(statement);
    return failed;
}
