/* What was committed survives a kill, a full disk and everything that readers do. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/rng.h"
#include "tests/scratch.h"
#include "tests/store/checks.h"

static int64_t counted(struct store *s, const char *sql)
{
    int64_t answer = -1;
    if (sql_ask_int(s->db, sql, &answer, &e) < 0)
        TAP_FAIL("%s: %s", sql, e.text);
    return answer;
}

static void check_integrity(struct store *s)
{
    CHECK_INT(counted(s, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), 0);
    CHECK_INT(counted(s, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

/* One transaction as the hub makes them: an event, a result with its curve, its trial. */
static int save_one(struct store *s, uint64_t seq)
{
    struct event_row event = sample_event(seq, EVENT_COUNTED, 1, 1 + (int64_t)seq % 3);
    struct result_row result = sample_result(seq, event.trial, (int)(seq / 3));
    struct trial_row trial = sample_trial(event.trial, 1, (int)event.trial);
    trial.reached = (int64_t)seq;
    if (store_begin(s, &e) < 0)
        return -1;
    if (store_save_event(s, &event, &e) < 0 || store_save_result(s, &result, &e) < 0 ||
        store_save_trial(s, &trial, &e) < 0) {
        store_rollback(s);
        return -1;
    }
    return store_commit(s, &e);
}

/* Commits from `seq` on and says each number that is on disk, until it is killed. */
static void commit_for_ever(const char *dir, int to)
{
    struct store *s = sample_open(dir, STORE_WRITE);
    struct store_ids ids;
    if (!s || store_load_ids(s, &ids, &e) < 0)
        _exit(2);
    for (uint64_t seq = ids.seq + 1;; seq++) {
        if (save_one(s, seq) < 0 || store_tidy(s, seq % 7 == 0, &e) < 0)
            _exit(3);
        if (write(to, &seq, sizeof seq) != sizeof seq)
            _exit(4);
    }
}

/* Starts a child, lets it say `n` numbers, kills it, and returns the last that it said. */
static uint64_t run_and_kill(const char *dir, int n)
{
    int pipe_fds[2];
    CHECK_INT(pipe(pipe_fds), 0);
    pid_t child = fork();
    if (child == 0)
        commit_for_ever(dir, pipe_fds[1]);
    close(pipe_fds[1]);
    uint64_t seq = 0, said;
    for (int i = 0; read(pipe_fds[0], &said, sizeof said) == sizeof said; i++) {
        seq = said;
        if (i == n)
            kill(child, SIGKILL);
    }
    close(pipe_fds[0]);
    int status;
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK(WIFSIGNALED(status)); /* else it ended by itself: it could not write */
    return seq;
}

TEST(a_process_killed_while_it_commits_loses_nothing_that_it_said)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 3);
    store_close(s);
    struct rng rng;
    rng_derive(&rng, 4, 0, RNG_TEST, 0);
    for (int round = 0; round < 25; round++) {
        uint64_t said = run_and_kill(dir, (int)rng_below(&rng, 60));
        s = opened(dir, STORE_WRITE);
        check_integrity(s);
        struct store_ids ids;
        CHECK_INT(store_load_ids(s, &ids, &e), 0);
        CHECK(ids.seq == said || ids.seq == said + 1); /* one may be on disk that was not said */
        CHECK_INT(counted(s, "SELECT count(*) FROM event"), ids.seq);
        CHECK_INT(counted(s, "SELECT count(*) FROM result WHERE counted"), ids.seq);
        CHECK_INT(counted(s, "SELECT max(reached) FROM trial"), ids.seq > 6 ? ids.seq : 6);
        store_close(s);
    }
    sample_remove(dir);
}

/* A small disk of the test's own at dir, in a view of the file system that ends with this process. */
static void mount_small_disk(char *dir)
{
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("rung-test", dir, "tmpfs", 0, "size=6m") < 0) {
        sample_remove(dir);
        SKIP("only root may mount a small disk");
    }
}

/* ---- a full disk ---- */

static void fill_until_full(struct store *s, uint64_t *seq)
{
    static char text[LIMIT_REASON];
    memset(text, 'x', sizeof text - 1);
    for (;; ++*seq) {
        struct event_row event = sample_event(*seq, EVENT_LATE, 1, 1);
        event.text = text;
        int failed = store_begin(s, &e);
        if (!failed && (failed = store_save_event(s, &event, &e)) < 0)
            store_rollback(s);
        if (!failed)
            failed = store_commit(s, &e);
        if (failed)
            break;
    }
    CHECK_INT(e.code, ERR_LIMIT);
}

static void check_full_and_freed(struct store *s, void (*set_free)(struct store *), bool has_room_at_once)
{
    uint64_t seq = 1;
    fill_until_full(s, &seq);
    CHECK(seq > 1);
    CHECK_INT(store_has_room(s), has_room_at_once);
    CHECK_INT(counted(s, "SELECT count(*) FROM event"), seq - 1);
    check_integrity(s);
    set_free(s);
    CHECK(store_has_room(s));
    struct event_row event = sample_event(seq, EVENT_LATE, 1, 1);
    CHECK_INT(store_begin(s, &e), 0);
    CHECK_INT(store_save_event(s, &event, &e), 0);
    CHECK_INT(store_commit(s, &e), 0);
    CHECK_INT(counted(s, "SELECT count(*) FROM event"), seq);
}

static void lift_page_limit(struct store *s)
{
    CHECK_INT(sql_run(s->db, "PRAGMA max_page_count = 1000000", &e), 0);
}

/* As a coordinator leaves it that is killed while it makes its first tables: no write-ahead log is there yet. */
static void leave_journal(const char *path)
{
    sqlite3 *db = NULL;
    if (sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_exec(db,
            "PRAGMA cache_size = 1; BEGIN; CREATE TABLE half (x); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i "
            "+ 1 FROM n LIMIT 5000) INSERT INTO half SELECT hex(randomblob(200)) FROM n",
            NULL, NULL, NULL) != SQLITE_OK)
        _exit(2);
    _exit(0);
}

TEST(a_store_whose_maker_was_killed_halfway_is_made_again)
{
    struct str path = { 0 }, journal = { 0 };
    struct stat st;
    int status;
    CHECK_INT(mkdir(scratch_path("halfway"), 0700), 0);
    str_addf(&path, "%s/rung.db", scratch_path("halfway"));
    str_addf(&journal, "%s-journal", path.text);
    pid_t child = fork();
    if (child == 0)
        leave_journal(path.text);
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
    CHECK(stat(journal.text, &st) == 0 && st.st_size > 0);
    struct store *s = sample_open(scratch_path("halfway"), STORE_WRITE);
    if (!s)
        TAP_FAIL("%s", e.text);
    CHECK_INT(counted(s, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), 0);
    CHECK_INT(counted(s, "SELECT count(*) FROM trial"), 0);
    store_close(s);
    str_deinit(&path);
    str_deinit(&journal);
}

TEST(a_file_that_may_not_grow_fails_its_transaction_alone)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 3);
    CHECK_INT(sql_run(s->db, "PRAGMA max_page_count = 120", &e), 0);
    check_full_and_freed(s, lift_page_limit, true);
    store_close(s);
    sample_remove(dir);
}

static char *ballast;

static void drop_ballast(struct store *s)
{
    CHECK_INT(unlink(ballast), 0);
}

TEST(a_full_disk_fails_its_transaction_alone_and_gives_up_the_reserve)
{
    char *dir = sample_directory();
    mount_small_disk(dir);
    struct str path = { 0 };
    str_addf(&path, "%s/ballast", dir);
    ballast = path.text;
    FILE *f = fopen(ballast, "w");
    for (int i = 0; i < 2 << 20; i++)
        fputc('x', f);
    fclose(f);
    struct store_options options = { .mode = STORE_WRITE, .reserve_bytes = 1 << 20 };
    struct store *s = begun(dir, 3);
    store_close(s);
    s = store_open(dir, &options, &e);
    CHECK(s);
    struct str reserve = { 0 };
    str_addf(&reserve, "%s/reserve", dir);
    CHECK_INT(access(reserve.text, F_OK), 0);
    check_full_and_freed(s, drop_ballast, false);
    CHECK_INT(access(reserve.text, F_OK), 0);
    store_close(s);
    umount(dir);
    str_deinit(&path);
    str_deinit(&reserve);
    sample_remove(dir);
}

static void fill_disk(const char *dir)
{
    static const char block[4096];
    struct str path = { 0 };
    str_addf(&path, "%s/ballast", dir);
    int fd = open(path.text, O_WRONLY | O_CREAT, 0600);
    while (write(fd, block, sizeof block) > 0)
        ;
    close(fd);
    str_deinit(&path);
}

TEST(a_store_opens_on_a_full_disk_by_its_reserve)
{
    char *dir = sample_directory();
    struct store_options options = { .mode = STORE_WRITE, .reserve_bytes = 1 << 20 };
    mount_small_disk(dir);
    store_close(begun(dir, 3));
    struct store *s = store_open(dir, &options, &e);
    CHECK(s);
    CHECK_INT(store_tidy(s, true, &e), 0);
    store_close(s);
    fill_disk(dir);
    s = store_open(dir, &options, &e);
    if (!s)
        TAP_FAIL("%s", e.text);
    CHECK_INT(store_boot(s), 3);
    CHECK_INT(save_one(s, 1), 0);
    store_close(s);
    umount(dir);
    sample_remove(dir);
}

/* ---- damage ---- */

static int take_anything_trial(void *context, const struct trial_row *row, int n_x, struct err *e_)
{
    return 0;
}

static int take_anything_event(void *context, const struct event_row *row, struct err *e_)
{
    return 0;
}

static int take_anything_decision(void *context, const struct decision_row *row, struct err *e_)
{
    return 0;
}

/* Damages a few bytes of a copy of the file, and reads it as far as it goes. Returns true when something was noticed.
 */
static bool read_damaged(const char *dir, const char *bytes, size_t len, struct rng *rng)
{
    struct str path = { 0 };
    str_addf(&path, "%s/rung.db", dir);
    char *copy = malloc(len);
    memcpy(copy, bytes, len);
    for (uint64_t n = 1 + rng_below(rng, 8); n > 0; n--)
        copy[rng_below(rng, len)] = (char)rng_below(rng, 256);
    FILE *f = fopen(path.text, "w");
    CHECK(f && fwrite(copy, 1, len, f) == len);
    fclose(f);
    free(copy);
    str_deinit(&path);
    struct store *s = sample_open(dir, STORE_READ);
    bool is_noticed = !s;
    if (s) {
        is_noticed |= store_load_trials(s, 0, take_anything_trial, NULL, &e) < 0;
        is_noticed |= store_load_events(s, &(struct event_filter){ 0 }, take_anything_event, NULL, &e) < 0;
        is_noticed |= store_load_decisions(s, 0, take_anything_decision, NULL, &e) < 0;
    }
    store_close(s);
    s = sample_open(dir, STORE_WRITE);
    is_noticed |= !s;
    store_close(s);
    return is_noticed;
}

TEST(a_damaged_file_is_noticed_or_read_and_never_a_crash)
{
    static char bytes[2 << 20];
    char *dir = sample_directory();
    struct store *s = begun(dir, 100);
    for (uint64_t seq = 1; seq <= 20; seq++)
        OK(save_one(s, seq));
    OK(store_tidy(s, true, &e));
    store_close(s);
    struct str path = { 0 };
    str_addf(&path, "%s/rung.db", dir);
    FILE *f = fopen(path.text, "r");
    size_t len = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    str_deinit(&path);
    struct rng rng;
    rng_derive(&rng, 5, 0, RNG_TEST, 0);
    int n_noticed = 0;
    for (int round = 0; round < 150; round++)
        n_noticed += read_damaged(dir, bytes, len, &rng);
    CHECK(n_noticed > 0);
    sample_remove(dir);
}

/* ---- readers ---- */

TEST(a_reader_sees_one_moment_while_the_writer_goes_on)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 3);
    struct store *reader = opened(dir, STORE_READ);
    CHECK_INT(sql_run(reader->db, "BEGIN", &e), 0);
    CHECK_INT(counted(reader, "SELECT count(*) FROM event"), 0);
    for (uint64_t seq = 1; seq <= 50; seq++) {
        CHECK_INT(save_one(s, seq), 0);
        CHECK_INT(store_tidy(s, seq % 5 == 0, &e), 0);
    }
    CHECK_INT(counted(reader, "SELECT count(*) FROM event"), 0);
    CHECK_INT(sql_run(reader->db, "COMMIT", &e), 0);
    CHECK_INT(counted(reader, "SELECT count(*) FROM event"), 50);
    CHECK_INT(sql_run(reader->db, "DELETE FROM event", &e), -1);
    store_close(reader);
    store_close(s);
    sample_remove(dir);
}

TEST(an_idle_store_has_an_empty_wal_and_a_long_one_is_brought_back)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 3);
    struct str wal = { 0 };
    struct stat st;
    str_addf(&wal, "%s/rung.db-wal", dir);
    for (uint64_t seq = 1; seq <= 600; seq++) {
        CHECK_INT(save_one(s, seq), 0);
        CHECK_INT(store_tidy(s, false, &e), 0);
    }
    CHECK_INT(stat(wal.text, &st), 0);
    CHECK(st.st_size > 0 && st.st_size < 6 << 20);
    CHECK_INT(store_tidy(s, true, &e), 0);
    CHECK_INT(stat(wal.text, &st), 0);
    CHECK_INT(st.st_size, 0);
    store_close(s);
    str_deinit(&wal);
    sample_remove(dir);
}

TEST(a_question_that_takes_too_long_is_ended)
{
    char *dir = sample_directory();
    struct store *s = begun(dir, 3);
    store_close(s);
    s = store_open(dir, &(struct store_options){ .mode = STORE_READ, .max_steps = 1000000 }, &e);
    CHECK(s);
    s->steps_left = s->options.max_steps;
    int64_t n = 0;
    CHECK_INT(sql_ask_int(s->db,
                  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", &n, &e),
        -1);
    CHECK_INT(e.code, ERR_INTERRUPTED);
    CHECK_INT(store_load_ids(s, &(struct store_ids){ 0 }, &e), 0);
    store_close(s);
    sample_remove(dir);
}

TEST(a_store_on_a_medium_that_cannot_be_written_is_still_read)
{
    if (getuid() == 0 && access("/proc/self/ns/mnt", F_OK) != 0)
        SKIP("no mount namespaces");
    char *dir = sample_directory();
    mount_small_disk(dir);
    struct store *s = begun(dir, 3);
    CHECK_INT(store_tidy(s, true, &e), 0);
    store_close(s);
    CHECK_INT(mount("rung-test", dir, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=6m"), 0);
    s = opened(dir, STORE_READ);
    CHECK_INT(counted(s, "SELECT count(*) FROM trial"), 3);
    store_close(s);
    umount(dir);
    sample_remove(dir);
}

TAP_MAIN
