/* What a store refuses to open, and that it leaves such files alone; migrations. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/crc32c.h"
#include "coordinator/store/migrate.h"
#include "tests/store/checks.h"

static char *path_in(const char *dir, const char *name)
{
    static char paths[4][512];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

static uint32_t sum_of(const char *path)
{
    static char bytes[4 << 20];
    int fd = open(path, O_RDONLY);
    ssize_t len = read(fd, bytes, sizeof bytes);
    close(fd);
    CHECK(len > 0);
    return crc32c(0, bytes, (size_t)len);
}

/* Changes the file by SQL of a connection that is not the store's. */
static void tamper(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    CHECK_INT(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void make_store(const char *dir)
{
    struct store *s = begun(dir, 3);
    CHECK_INT(store_tidy(s, true, &e), 0);
    store_close(s);
}

static void check_refused(const char *dir, enum err_code code, const char *text)
{
    for (enum store_mode mode = STORE_WRITE; mode <= STORE_READ; mode++) {
        uint32_t before = sum_of(path_in(dir, "rung.db"));
        CHECK(!sample_open(dir, mode));
        CHECK_INT(sample_error.code, code);
        CHECK_CONTAINS(sample_error.text, text);
        CHECK_CONTAINS(sample_error.text, dir);
        CHECK(sum_of(path_in(dir, "rung.db")) == before);
    }
}

TEST(a_newer_database_is_refused_and_left_as_it_is)
{
    char *dir = sample_directory();
    make_store(dir);
    tamper(path_in(dir, "rung.db"), "PRAGMA user_version = 99");
    check_refused(dir, ERR_STATE, "newer Rung");
    sample_remove(dir);
}

TEST(a_database_of_something_else_is_refused_and_left_as_it_is)
{
    char *dir = sample_directory();
    tamper(path_in(dir, "rung.db"), "CREATE TABLE bookmarks (url TEXT)");
    check_refused(dir, ERR_CORRUPT, "not of Rung");
    sample_remove(dir);
}

TEST(a_file_that_is_no_database_is_refused_and_left_as_it_is)
{
    char *dir = sample_directory();
    FILE *f = fopen(path_in(dir, "rung.db"), "w");
    for (int i = 0; i < 1000; i++)
        fputs("this is not a database\n", f);
    fclose(f);
    check_refused(dir, ERR_CORRUPT, "not a database");
    sample_remove(dir);
}

TEST(a_damaged_page_is_found_before_anything_is_written)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 2000);
    CHECK_INT(store_tidy(s, true, &e), 0);
    store_close(s);
    int fd = open(path_in(dir, "rung.db"), O_RDWR);
    char garbage[512];
    memset(garbage, 0x5a, sizeof garbage);
    CHECK_INT(pwrite(fd, garbage, sizeof garbage, 60 * 4096), sizeof garbage);
    close(fd);
    uint32_t before = sum_of(path_in(dir, "rung.db"));
    CHECK(!sample_open(dir, STORE_WRITE));
    CHECK_INT(sample_error.code, ERR_CORRUPT);
    CHECK_CONTAINS(sample_error.text, "put back the newest backup");
    CHECK(sum_of(path_in(dir, "rung.db")) == before);
    sample_remove(dir);
}

TEST(a_reader_of_nothing_is_told_so)
{
    char *dir = sample_directory();
    CHECK(!sample_open(dir, STORE_READ));
    CHECK_INT(sample_error.code, ERR_NOT_FOUND);
    CHECK_CONTAINS(sample_error.text, "no store here");
    sample_remove(dir);
    CHECK(!sample_open("/nonexistent/rung", STORE_READ));
    CHECK_INT(sample_error.code, ERR_NOT_FOUND);
}

TEST(a_second_writer_is_refused_with_the_process_that_has_it)
{
    char *dir = sample_directory(), want[64];
    struct store *s = begun(dir, 1);
    CHECK(!sample_open(dir, STORE_WRITE));
    CHECK_INT(sample_error.code, ERR_BUSY);
    snprintf(want, sizeof want, "in use by rungd, process %d", (int)getpid());
    CHECK_CONTAINS(sample_error.text, want);
    store_close(s);
    s = sample_open(dir, STORE_WRITE);
    CHECK(s);
    store_close(s);
    sample_remove(dir);
}

TEST(the_boot_counter_grows_and_an_older_writer_finds_out_at_its_commit)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 1);
    CHECK_INT(store_boot(s), 1);
    store_close(s);
    s = sample_open(dir, STORE_WRITE);
    CHECK_INT(store_boot(s), 2);
    unlink(path_in(dir, "rungd.lock")); /* what keeps the second one out */
    struct store *other = sample_open(dir, STORE_WRITE);
    CHECK(other);
    CHECK_INT(store_boot(other), 3);
    CHECK_INT(store_begin(s, &e), 0);
    CHECK_INT(store_commit(s, &e), -1);
    CHECK_INT(e.code, ERR_STATE);
    CHECK_INT(store_begin(other, &e), 0);
    CHECK_INT(store_commit(other, &e), 0);
    struct store *reader = sample_open(dir, STORE_READ);
    CHECK_INT(store_boot(reader), 3);
    store_close(reader);
    store_close(other);
    store_close(s);
    sample_remove(dir);
}

TEST(the_directory_and_the_file_are_for_their_owner_alone)
{
    char *dir = sample_directory();
    char *below = path_in(dir, "store");
    mode_t mask = umask(0);
    struct store *s = sample_open(below, STORE_WRITE);
    umask(mask);
    CHECK(s);
    struct stat st;
    CHECK_INT(stat(below, &st), 0);
    CHECK_INT(st.st_mode & 0777, 0700);
    CHECK_INT(stat(path_in(dir, "store/rung.db"), &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    CHECK_INT(stat(path_in(dir, "store/rung.db-wal"), &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    store_close(s);
    sample_remove(dir);
}

/* ---- migrations ---- */

static const struct migration steps[] = {
    { "0001", "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (7);" },
    { "0002", "ALTER TABLE a ADD COLUMN y TEXT; UPDATE a SET y = 'seven';" },
    { "0003", "CREATE TABLE b (z INTEGER) STRICT; INSERT INTO b SELECT x + 1 FROM a;" },
    { "0004", "INSERT INTO b VALUES (1); INSERT INTO nowhere VALUES (1);" },
};

static int64_t counted(sqlite3 *db, const char *sql)
{
    int64_t answer = -1;
    if (sql_ask_int(db, sql, &answer, &e) < 0)
        TAP_FAIL("%s: %s", sql, e.text);
    return answer;
}

TEST(an_older_database_is_copied_and_brought_up_step_by_step)
{
    char *dir = sample_directory();
    char *path = path_in(dir, "rung.db"), *copy = path_in(dir, "rung.db.version-1");
    sqlite3 *db = sql_open(path, SQL_WRITE, &e);
    CHECK(db);
    CHECK_INT(store_migrate(db, path, steps, 1, &e), 0);
    CHECK(access(copy, F_OK) != 0);
    CHECK_INT(store_migrate(db, path, steps, 3, &e), 0);
    CHECK_INT(counted(db, "SELECT x FROM a WHERE y = 'seven'"), 7);
    CHECK_INT(counted(db, "SELECT z FROM b"), 8);
    CHECK_INT(counted(db, "PRAGMA user_version"), 3);
    CHECK_INT(counted(db, "PRAGMA application_id"), STORE_APPLICATION_ID);
    sqlite3_close(db);
    CHECK_INT(sqlite3_open(copy, &db), SQLITE_OK);
    CHECK_INT(counted(db, "SELECT x FROM a"), 7);
    CHECK_INT(counted(db, "PRAGMA user_version"), 1);
    sqlite3_close(db);
    sample_remove(dir);
}

TEST(a_migration_that_fails_leaves_the_last_good_step)
{
    char *dir = sample_directory();
    char *path = path_in(dir, "rung.db");
    sqlite3 *db = sql_open(path, SQL_WRITE, &e);
    CHECK_INT(store_migrate(db, path, steps, 2, &e), 0);
    CHECK_INT(store_migrate(db, path, steps, 4, &e), -1);
    CHECK_CONTAINS(e.text, "migration 0004: no such table: nowhere");
    CHECK_INT(counted(db, "PRAGMA user_version"), 3);
    CHECK_INT(counted(db, "SELECT count(*) FROM b"), 1);
    sqlite3_close(db);
    sample_remove(dir);
}

/* Runs the statements of a text file on a new database file. */
static void restore(const char *db_path, const char *sql_path)
{
    static char sql[256 << 10];
    FILE *f = fopen(sql_path, "r");
    if (!f)
        TAP_FAIL("%s is not there", sql_path);
    sql[fread(sql, 1, sizeof sql - 1, f)] = '\0';
    fclose(f);
    tamper(db_path, sql);
}

TEST(a_file_of_each_released_form_is_read_and_brought_up)
{
    const char *golden = getenv("RUNG_GOLDEN");
    if (!golden)
        SKIP("RUNG_GOLDEN is not set");
    for (int version = 1; version <= store_n_migrations; version++) {
        char *dir = sample_directory(), dump[512];
        snprintf(dump, sizeof dump, "%s/version-%d.dump", golden, version);
        restore(path_in(dir, "rung.db"), dump);
        struct store *s = opened(dir, STORE_WRITE);
        CHECK_INT(counted(s->db, "PRAGMA user_version"), store_n_migrations);
        CHECK_INT(counted(s->db, "SELECT count(*) FROM trial WHERE config LIKE '%hidden%'"), 8);
        CHECK_INT(counted(s->db, "SELECT count(*) FROM point"), 112);
        CHECK_INT(counted(s->db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
        CHECK_INT(store_boot(s), 2);
        store_close(s);
        sample_remove(dir);
    }
}

TAP_MAIN
