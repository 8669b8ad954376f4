#include "coordinator/store/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "coordinator/store/home.h"
#include "coordinator/store/sql.h"

#define NAME_START "rung.db-"

/* ---- one copy ---- */

static int check_sound(sqlite3 *db, struct err *e)
{
    int64_t n_wrong = 0;
    if (sql_ask_int(db, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'", &n_wrong, e) < 0)
        return -1;
    return n_wrong ? err_set(e, ERR_CORRUPT, "the database is damaged, so that no copy of it was kept") : 0;
}

/* Marks the copy and makes one file of it. */
static int mark(const char *path, int64_t wall_ms, struct err *e)
{
    struct str sql = { 0 };
    sqlite3 *db = sql_open(path, SQL_WRITE, e);
    if (!db)
        return -1;
    str_addf(&sql, "INSERT OR REPLACE INTO meta VALUES ('copied_ms', %lld)", (long long)wall_ms);
    int failed = check_sound(db, e) < 0 || sql_run(db, str_text(&sql), e) < 0 ||
                 sql_run(db, "PRAGMA journal_mode = DELETE", e) < 0;
    str_deinit(&sql);
    sqlite3_close(db);
    return failed ? -1 : 0;
}

static int fill(const char *source, const char *part, int64_t wall_ms, struct err *e)
{
    sqlite3 *db = sql_open(source, SQL_READ, e);
    int failed = db ? sql_copy(db, part, e) : -1;
    sqlite3_close(db);
    if (failed || mark(part, wall_ms, e) < 0)
        return -1;
    return chmod(part, 0600) < 0 ? err_set_errno(e, "change the mode of %s", part) : 0;
}

/* Gives the file its name, which nobody may have by now, and forces both to disk. */
static int publish(const char *part, const char *path, int64_t *bytes, struct err *e)
{
    struct stat st;
    char *copy = mem_strdup(path), *slash = strrchr(copy, '/');
    int fd = open(part, O_RDONLY | O_CLOEXEC), dir, failed = 0;
    if (slash)
        slash[slash == copy] = '\0';
    dir = open(slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || dir < 0 || fstat(fd, &st) < 0 || fsync(fd) < 0)
        failed = err_set_errno(e, "write %s to the disk", path);
    else if (link(part, path) < 0 && errno == EEXIST)
        failed = err_set(e, ERR_EXISTS, "%s is there already", path);
    else if (access(path, F_OK) < 0 || fsync(dir) < 0)
        failed = err_set_errno(e, "make %s", path);
    if (fd >= 0)
        close(fd);
    if (dir >= 0)
        close(dir);
    free(copy);
    if (!failed)
        *bytes = (int64_t)st.st_size;
    return failed;
}

int backup_make(const char *dir, const char *path, int64_t wall_ms, int64_t *bytes, struct err *e)
{
    struct str source = { 0 }, part = { 0 };
    if (access(path, F_OK) == 0)
        return err_set(e, ERR_EXISTS, "%s is there already: a backup never takes the place of a file", path);
    str_addf(&source, "%s/rung.db", dir);
    str_addf(&part, "%s.%d.part", path, (int)getpid());
    int failed = access(str_text(&source), F_OK) < 0 ? err_set(e, ERR_NOT_FOUND, "there is no store in %s", dir) : 0;
    if (!failed)
        failed = fill(str_text(&source), str_text(&part), wall_ms, e);
    if (!failed)
        failed = publish(str_text(&part), path, bytes, e);
    unlink(str_text(&part));
    str_deinit(&source);
    str_deinit(&part);
    return failed ? err_prefix(e, "backup of %s", dir) : 0;
}

/* ---- in turn ---- */

static int is_copy(const struct dirent *entry)
{
    return strncmp(entry->d_name, NAME_START, strlen(NAME_START)) == 0 && !strstr(entry->d_name, ".part");
}

/* Names begin with the date, so their order is that of time. */
static void remove_oldest(const char *dir, int n_keep)
{
    struct dirent **names = NULL;
    struct str path = { 0 };
    int n = scandir(dir, &names, is_copy, alphasort);
    for (int i = 0; i < n; i++) {
        str_clear(&path);
        str_addf(&path, "%s/%s", dir, names[i]->d_name);
        if (i < n - n_keep)
            unlink(str_text(&path));
        free(names[i]);
    }
    free(names);
    str_deinit(&path);
}

int backup_rotate(const char *dir, int n_keep, int64_t wall_ms, struct err *e)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm at;
    char when[64];
    int64_t bytes;
    struct str place = { 0 }, path = { 0 };
    gmtime_r(&seconds, &at);
    strftime(when, sizeof when, "%Y%m%d-%H%M%S", &at);
    str_addf(&place, "%s/backups", dir);
    str_addf(&path, "%s/%s%s", str_text(&place), NAME_START, when);
    int failed = home_make(str_text(&place), e);
    if (!failed)
        failed = backup_make(dir, str_text(&path), wall_ms, &bytes, e);
    if (!failed)
        remove_oldest(str_text(&place), n_keep);
    str_deinit(&place);
    str_deinit(&path);
    return failed;
}

/* ---- what it needs beside ---- */

int backup_each_checkpoint(
    const char *path, int (*take)(void *context, const char *hash, struct err *e), void *context, struct err *e)
{
    sqlite3 *db = sql_open(path, SQL_READ_FROZEN, e);
    sqlite3_stmt *statement =
        db ? sql_prepare(db, "SELECT DISTINCT checkpoint FROM trial WHERE checkpoint <> ''", e) : NULL;
    int rc = SQLITE_DONE, failed = statement ? 0 : -1;
    while (!failed && (rc = sqlite3_step(statement)) == SQLITE_ROW)
        failed = take(context, (const char *)sqlite3_column_text(statement, 0), e);
    if (!failed && rc != SQLITE_DONE)
        failed = sql_fail(db, rc, e);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return failed;
}
