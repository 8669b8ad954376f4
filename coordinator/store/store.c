#include "coordinator/store/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/str.h"
#include "coordinator/store/home.h"
#include "coordinator/store/migrate.h"
#include "coordinator/store/parts.h"

#define RESERVE_BYTES (64 << 20)
#define PROBE_BYTES (1 << 20)
#define WAL_PAGES 1024 /* of 4 KiB: 4 MiB */
#define LONG_WAL_PAGES                                                                                                 \
    16384                   /* 64 MiB: readers that follow each other without a pause have kept it from starting anew */
#define LONG_WAL_WAIT_MS 20 /* so for once it is they who wait */

static const char recovery[] =
    "It was not touched. Keep a copy, then put back the newest backup (rung.db.version-N, or your own), or save what "
    "can be read with: sqlite3 rung.db .recover | sqlite3 new.db";

/* ---- opening ---- */

static int count_wal(void *context, sqlite3 *db, const char *name, int n_pages)
{
    ((struct store *)context)->wal_pages = n_pages;
    return SQLITE_OK;
}

static int check_file(sqlite3 *db, struct err *e)
{
    sqlite3_stmt *statement = sql_prepare(db, "PRAGMA quick_check(1)", e);
    if (!statement)
        return -1;
    int rc = sqlite3_step(statement), failed = 0;
    const char *answer = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (!answer)
        failed = sql_fail(db, rc, e);
    else if (strcmp(answer, "ok") != 0)
        failed = err_set(e, ERR_CORRUPT, "the database is damaged: %s", answer);
    sqlite3_finalize(statement);
    return failed;
}

/* Ours alone to read, whatever the umask: SQLite gives its other files the same mode. */
static int make_file(const struct store *s, struct err *e)
{
    int fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int dir = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), failed = 0;
    if (fd < 0 || dir < 0)
        failed = err_set_errno(e, "create");
    else if (fsync(dir) < 0)
        failed = err_set_errno(e, "fsync the directory");
    if (fd >= 0)
        close(fd);
    if (dir >= 0)
        close(dir);
    return failed;
}

/* A process that was killed while it made the file, before that had its write-ahead log, has left a journal, which only
 * a writer may roll back. That gives back what was there before, and is no change. */
static int roll_back(const struct store *s, struct err *e)
{
    struct str journal = { 0 };
    struct stat st;
    str_addf(&journal, "%s-journal", s->path);
    bool is_left = stat(journal.text, &st) == 0 && st.st_size > 0;
    str_deinit(&journal);
    return is_left ? sql_roll_back(s->path, e) : 0;
}

/* Refusals come before the first change to the file: not even its journal mode is touched. */
static int check_before_writing(const struct store *s, struct err *e)
{
    struct stat st;
    if (roll_back(s, e) < 0)
        return -1;
    if (stat(s->path, &st) < 0 || st.st_size == 0)
        return make_file(s, e);
    sqlite3 *db = sql_open(s->path, SQL_READ, e);
    int64_t version = 0;
    int failed = db && store_check_version(db, store_n_migrations, &version, e) == 0 ? check_file(db, e) : -1;
    sqlite3_close(db);
    return failed;
}

/* A file that was put back from a backup does not know which trials were begun after it was made, and workers may still
 * bring their results. So the numbers of its next trials begin far beyond any that was given: nobody's result can be
 * taken for another configuration's. */
static const char begin_far_beyond[] =
    "INSERT INTO meta SELECT 'trial', (max((SELECT coalesce(max(id), 0) FROM trial), "
    "    coalesce((SELECT v FROM meta WHERE k = 'trial'), 0)) / 1000000000 + 1) * 1000000000 WHERE true "
    "    ON CONFLICT (k) DO UPDATE SET v = excluded.v;"
    "DELETE FROM meta WHERE k = 'copied_ms'";

static int take_boot(struct store *s, struct err *e)
{
    int64_t boot = 0, copied = 0;
    if (sql_run(s->db,
            "BEGIN IMMEDIATE;"
            "INSERT INTO meta VALUES ('boot', 1) ON CONFLICT (k) DO UPDATE SET v = v + 1",
            e) < 0 ||
        sql_ask_int(s->db, "SELECT v FROM meta WHERE k = 'boot'", &boot, e) < 0 ||
        sql_ask_int(s->db, "SELECT count(*) FROM meta WHERE k = 'copied_ms'", &copied, e) < 0 ||
        (copied && sql_run(s->db, begin_far_beyond, e) < 0))
        return -1;
    s->boot = (uint64_t)boot;
    if (copied)
        log_warn("store: %s is a backup that was put back: what workers bring that it does not know is not counted",
            s->path);
    return sql_run(s->db, "COMMIT", e);
}

static int open_database(struct store *s, struct err *e)
{
    if (check_before_writing(s, e) < 0 || !(s->db = sql_open(s->path, SQL_WRITE, e)))
        return -1;
    return store_migrate(s->db, s->path, store_migrations, store_n_migrations, e) < 0 ? -1 : take_boot(s, e);
}

static int refuse_full(struct store *s, struct err *e)
{
    struct str why = { 0 };
    store_describe_room(s, &why);
    err_set(e, ERR_LIMIT, "%s, and start again", str_text(&why));
    str_deinit(&why);
    return -1;
}

static int64_t usual_reserve(const char *dir)
{
    int64_t free_bytes, total_bytes;
    home_measure(dir, &free_bytes, &total_bytes);
    return total_bytes > 0 && total_bytes / 20 < RESERVE_BYTES ? total_bytes / 20 : RESERVE_BYTES;
}

static int open_writer(struct store *s, struct err *e)
{
    if ((!s->options.allow_network && home_check_local(s->dir, e) < 0) || (s->lock_fd = home_lock(s->dir, e)) < 0)
        return -1;
    int failed = open_database(s, e);
    if (failed && e->code == ERR_LIMIT) { /* the disk was full when the last writer ended: its reserve makes room */
        home_give_reserve(s->dir);
        sqlite3_close(s->db);
        s->db = NULL;
        failed = open_database(s, e);
    }
    if (failed && e->code == ERR_LIMIT) {
        s->is_full = true;
        return refuse_full(s, e);
    }
    if (failed)
        return -1;
    sqlite3_wal_hook(s->db, count_wal, s);
    if (s->options.reserve_bytes == 0)
        s->options.reserve_bytes = usual_reserve(s->dir);
    if (s->options.reserve_bytes > 0 && !home_take_reserve(s->dir, s->options.reserve_bytes))
        log_warn("store: no room for a reserve of %lld bytes in %s", (long long)s->options.reserve_bytes, s->dir);
    return 0;
}

static int count_steps(void *context)
{
    struct store *s = (struct store *)context;
    s->steps_left -= 1000;
    return s->steps_left < 0;
}

/* True when the WAL holds nothing: then the file alone is the whole store, for whoever cannot write beside it. */
static bool is_wal_empty(const struct store *s)
{
    struct str path = { 0 };
    str_addf(&path, "%s-wal", s->path);
    struct stat st;
    bool is_empty = stat(str_text(&path), &st) < 0 ? errno == ENOENT : st.st_size == 0;
    str_deinit(&path);
    return is_empty;
}

/* A reader changes no file: an older form is brought up to date in memory, and asked there. */
static int read_older(struct store *s, int64_t version, struct err *e)
{
    sqlite3 *copy = sql_copy_to_memory(s->db, e);
    if (!copy)
        return -1;
    sqlite3_close(s->db);
    s->db = copy;
    return store_migrate_from(copy, version, store_migrations, store_n_migrations, e);
}

static int open_reader(struct store *s, struct err *e)
{
    int64_t version = 0;
    if (access(s->path, F_OK) < 0)
        return err_set(e, ERR_NOT_FOUND, "there is no store here yet");
    s->db = sql_open(s->path, SQL_READ, e);
    int failed = s->db ? store_check_version(s->db, store_n_migrations, &version, e) : -1;
    if (failed && (e->code == ERR_IO || e->code == ERR_LIMIT) && is_wal_empty(s)) {
        sqlite3_close(s->db);
        s->db = sql_open(s->path, SQL_READ_FROZEN, e);
        failed = s->db ? store_check_version(s->db, store_n_migrations, &version, e) : -1;
    }
    if (failed)
        return -1;
    if (version == 0)
        return err_set(e, ERR_NOT_FOUND, "the store is still empty");
    if (version < store_n_migrations && read_older(s, version, e) < 0)
        return -1;
    int64_t boot = 0;
    if (sql_ask_int(s->db, "SELECT v FROM meta WHERE k = 'boot'", &boot, e) < 0)
        return -1;
    s->boot = (uint64_t)boot;
    if (s->options.max_steps > 0)
        sqlite3_progress_handler(s->db, 1000, count_steps, s);
    return 0;
}

struct store *store_open(const char *dir, const struct store_options *options, struct err *e)
{
    assert(e);
    bool is_writer = options->mode == STORE_WRITE;
    if (is_writer && home_make(dir, e) < 0)
        return NULL;
    struct store *s = mem_zalloc(1, sizeof *s);
    s->options = *options;
    s->lock_fd = -1;
    s->last_trial = -1;
    s->dir = realpath(dir, NULL);
    int failed = s->dir ? 0 : err_set_errno(e, "open");
    if (!failed) {
        struct str path = { 0 };
        str_addf(&path, "%s/rung.db", s->dir);
        s->path = str_take(&path);
        failed = is_writer ? open_writer(s, e) : open_reader(s, e);
    }
    if (!failed)
        return s;
    if (e->code == ERR_CORRUPT) {
        size_t used = strlen(e->text);
        snprintf(e->text + used, sizeof e->text - used, ". %s", recovery);
    }
    if (e->code != ERR_BUSY)
        err_prefix(e, "store %s", dir);
    store_close(s);
    return NULL;
}

void store_forget(struct store *s)
{
    for (size_t i = 0; i < s->n_campaigns; i++)
        campaign_spec_deinit(&s->campaigns[i].spec);
    s->n_campaigns = 0;
    s->n_metrics = 0;
    s->last_trial = -1;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    if (s->is_in_transaction)
        store_rollback(s);
    for (int i = 0; i < TABLE_N; i++) {
        sqlite3_finalize(s->update[i]);
        sqlite3_finalize(s->insert[i]);
    }
    for (int i = 0; i < STATEMENT_N; i++)
        sqlite3_finalize(s->statements[i]);
    sqlite3_close(s->db);
    if (s->lock_fd >= 0)
        close(s->lock_fd); /* last: nobody else may open it for writing before */
    store_forget(s);
    free(s->campaigns);
    free(s->metrics);
    free(s->path);
    free(s->dir);
    free(s);
}

uint64_t store_boot(const struct store *s)
{
    return s->boot;
}

/* ---- transactions ---- */

int store_begin(struct store *s, struct err *e)
{
    assert(!s->is_in_transaction && s->options.mode == STORE_WRITE);
    if (sql_run(s->db, "BEGIN IMMEDIATE", e) < 0)
        return store_failed(s, e);
    s->is_in_transaction = true;
    return 0;
}

/* Two writers are kept apart by the lock file; where that was circumvented, the older one finds out here. */
static int check_boot(struct store *s, struct err *e)
{
    sqlite3_stmt *statement = store_statement(s, BOOT_CHECK, e);
    if (!statement)
        return -1;
    int rc = sqlite3_step(statement), failed = 0;
    if (rc != SQLITE_ROW)
        failed = sql_fail(s->db, rc, e);
    else if ((uint64_t)sqlite3_column_int64(statement, 0) != s->boot)
        failed = err_set(e, ERR_STATE, "another rungd has opened %s for writing", s->path);
    sqlite3_reset(statement);
    return failed;
}

int store_commit(struct store *s, struct err *e)
{
    assert(s->is_in_transaction);
    if (check_boot(s, e) < 0 || sql_run(s->db, "COMMIT", e) < 0) {
        store_failed(s, e);
        store_rollback(s);
        return err_prefix(e, "commit");
    }
    s->n_commits++;
    s->is_in_transaction = false;
    return 0;
}

uint64_t store_n_commits(const struct store *s)
{
    return s->n_commits;
}

/* SQLite rolls back by itself after some failures; then there is nothing left to do but to forget. */
void store_rollback(struct store *s)
{
    if (!sqlite3_get_autocommit(s->db))
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    s->is_in_transaction = false;
    store_forget(s);
    if (s->is_full) {
        home_give_reserve(s->dir);
        sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    }
}

int store_failed(struct store *s, const struct err *e)
{
    s->is_full |= e->code == ERR_LIMIT;
    return -1;
}

/* ---- upkeep ---- */

int store_tidy(struct store *s, bool is_idle, struct err *e)
{
    assert(!s->is_in_transaction);
    if (s->wal_pages < s->checkpointed_pages)
        s->checkpointed_pages = 0;
    if (s->wal_pages == 0 || (!is_idle && s->wal_pages < s->checkpointed_pages + WAL_PAGES))
        return 0;
    bool is_long = !is_idle && s->wal_pages >= LONG_WAL_PAGES;
    int n_left = 0;
    int mode = is_idle ? SQLITE_CHECKPOINT_TRUNCATE : is_long ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
    sqlite3_busy_timeout(s->db, is_long ? LONG_WAL_WAIT_MS : 0);
    int rc = sqlite3_wal_checkpoint_v2(s->db, NULL, mode, &n_left, NULL);
    sqlite3_busy_timeout(s->db, 5000);
    if (rc == SQLITE_OK && is_idle)
        s->wal_pages = s->checkpointed_pages = 0;
    else
        s->checkpointed_pages = s->wal_pages;
    if (rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED)
        return 0;
    sql_fail(s->db, rc, e);
    store_failed(s, e);
    return err_prefix(e, "checkpoint %s", s->path);
}

/* What has to be free before the store goes on: the reserve, and a little more, so that it does not stop again at once.
 */
static int64_t needed_bytes(const struct store *s)
{
    int64_t reserve = s->options.reserve_bytes > 0 ? s->options.reserve_bytes : 0;
    return reserve + (reserve / 4 > PROBE_BYTES ? reserve / 4 : PROBE_BYTES);
}

void store_describe_room(const struct store *s, struct str *out)
{
    int64_t free_bytes, total_bytes;
    if (!s->is_full)
        return;
    home_measure(s->dir, &free_bytes, &total_bytes);
    int64_t wanted = needed_bytes(s) - (free_bytes > 0 ? free_bytes : 0);
    str_addf(out, "the disk is full: free %lld MB on %s", (long long)(wanted > 0 ? wanted >> 20 : 0) + 1, s->dir);
}

bool store_has_room(struct store *s)
{
    int64_t free_bytes, total_bytes;
    if (!s->is_full)
        return true;
    bool keeps = s->options.reserve_bytes > 0;
    home_measure(s->dir, &free_bytes, &total_bytes);
    if (keeps && free_bytes >= 0 && free_bytes < needed_bytes(s))
        return false;
    if (!home_take_reserve(s->dir, keeps ? s->options.reserve_bytes : PROBE_BYTES))
        return false;
    if (!keeps)
        home_give_reserve(s->dir);
    s->is_full = false;
    return true;
}
