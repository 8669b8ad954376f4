/* Copies of a store while it is written, and what becomes of one that is put back; older forms for readers. */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coordinator/store/backup.h"
#include "coordinator/store/migrate.h"
#include "tests/store/checks.h"

static const char *path_in(const char *dir, const char *name)
{
    static char paths[4][512];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

static void save_event(struct store *s, uint64_t seq)
{
    struct event_row event = sample_event(seq, EVENT_LATE, 1, 1);
    OK(store_begin(s, &e));
    OK(store_save_event(s, &event, &e));
    OK(store_commit(s, &e));
}

TEST(a_backup_is_a_whole_store_of_its_moment_and_takes_the_place_of_nothing)
{
    char *dir = sample_directory(), *copy_dir = sample_directory();
    const char *copy = path_in(copy_dir, "rung.db");
    struct store *s = begun(dir, 3);
    int64_t bytes = 0;
    save_event(s, 1);
    OK(backup_make(dir, copy, 1000, &bytes, &e));
    CHECK(bytes > 4096);
    CHECK_INT(backup_make(dir, copy, 1000, &bytes, &e), -1);
    CHECK_INT(e.code, ERR_EXISTS);
    CHECK_CONTAINS(e.text, "is there already");
    save_event(s, 2);
    store_close(s);
    CHECK(access(path_in(copy_dir, "rung.db-wal"), F_OK) < 0);
    s = opened(copy_dir, STORE_WRITE);
    CHECK_TEXT(asked(s, "SELECT count(*) FROM event"), "1");
    CHECK_TEXT(asked(s, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), "0");
    store_close(s);
    sample_remove(copy_dir);
    sample_remove(dir);
}

TEST(numbers_of_trials_begin_far_beyond_in_a_backup_that_was_put_back)
{
    char *dir = sample_directory(), *copy_dir = sample_directory();
    int64_t bytes;
    struct store_ids ids;
    struct store *s = begun(dir, 3);
    OK(backup_make(dir, path_in(copy_dir, "rung.db"), 1000, &bytes, &e));
    OK(store_load_ids(s, &ids, &e));
    CHECK_INT(ids.trial, 3);
    store_close(s);
    for (int start = 0; start < 2; start++) { /* once, and not at every start */
        s = opened(copy_dir, STORE_WRITE);
        OK(store_load_ids(s, &ids, &e));
        CHECK_INT(ids.trial, 1000000000);
        store_close(s);
    }
    OK(backup_make(copy_dir, path_in(dir, "second"), 1000, &bytes, &e));
    OK(rename(path_in(dir, "second"), path_in(copy_dir, "rung.db")));
    s = opened(copy_dir, STORE_WRITE);
    OK(store_load_ids(s, &ids, &e));
    CHECK_INT(ids.trial, 2000000000);
    store_close(s);
    sample_remove(copy_dir);
    sample_remove(dir);
}

TEST(a_damaged_store_gives_no_backup)
{
    char *dir = sample_directory();
    int64_t bytes;
    struct store *s = begun(dir, 2000);
    OK(store_tidy(s, true, &e));
    store_close(s);
    FILE *f = fopen(path_in(dir, "rung.db"), "r+");
    CHECK(f && fseek(f, 60 * 4096, SEEK_SET) == 0);
    for (int i = 0; i < 512; i++)
        fputc(0x5a, f);
    fclose(f);
    CHECK_INT(backup_make(dir, path_in(dir, "copy"), 1000, &bytes, &e), -1);
    CHECK_INT(e.code, ERR_CORRUPT);
    CHECK(access(path_in(dir, "copy"), F_OK) < 0);
    sample_remove(dir);
}

static int count_entries(const char *dir)
{
    DIR *d = opendir(dir);
    int n = 0;
    CHECK(d);
    for (struct dirent *entry; (entry = readdir(d));)
        n += entry->d_name[0] != '.';
    closedir(d);
    return n;
}

TEST(the_oldest_backups_make_room)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 3);
    for (int hour = 0; hour < 5; hour++)
        OK(backup_rotate(dir, 3, INT64_C(1767225600000) + hour * 3600000, &e));
    CHECK_INT(count_entries(path_in(dir, "backups")), 3);
    CHECK(access(path_in(dir, "backups/rung.db-20260101-010000"), F_OK) < 0);
    CHECK_INT(access(path_in(dir, "backups/rung.db-20260101-020000"), F_OK), 0);
    CHECK_INT(access(path_in(dir, "backups/rung.db-20260101-040000"), F_OK), 0);
    store_close(s);
    sample_remove(dir);
}

TEST(a_reader_asks_an_older_form_and_leaves_the_file_as_it_is)
{
    const char *golden = getenv("RUNG_GOLDEN");
    static char sql[512 << 10];
    if (!golden)
        SKIP("RUNG_GOLDEN is not set");
    for (int version = 1; version <= store_n_migrations; version++) {
        char *dir = sample_directory(), dump[512];
        sqlite3 *db = NULL;
        snprintf(dump, sizeof dump, "%s/version-%d.dump", golden, version);
        FILE *f = fopen(dump, "r");
        CHECK(f);
        sql[fread(sql, 1, sizeof sql - 1, f)] = '\0';
        fclose(f);
        CHECK_INT(sqlite3_open(path_in(dir, "rung.db"), &db), SQLITE_OK);
        CHECK_INT(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        CHECK_INT(sqlite3_close(db), SQLITE_OK);
        struct store *s = opened(dir, STORE_READ);
        char wanted[16];
        snprintf(wanted, sizeof wanted, "%d", store_n_migrations);
        CHECK_TEXT(asked(s, "PRAGMA user_version"), wanted);
        CHECK_TEXT(asked(s, "SELECT min(1, count(*)) FROM ranking"), "1");
        store_close(s);
        CHECK_INT(sqlite3_open(path_in(dir, "rung.db"), &db), SQLITE_OK);
        snprintf(wanted, sizeof wanted, "%d", version);
        CHECK_TEXT(asked_db(db, "PRAGMA user_version"), wanted);
        CHECK_INT(sqlite3_close(db), SQLITE_OK);
        CHECK_INT(count_entries(dir), 1);
        sample_remove(dir);
    }
}

TAP_MAIN
