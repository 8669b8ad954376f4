/* What a store says to be on disk is there: after a power cut, a failed write, a failed fsync or a full disk at any of
 * the things that SQLite asks of the disk during a script. RUNG_EVERY_POINT=1 tries each of them, else every few.
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/store/checks.h"
#include "tests/store/faulty.h"

enum { N_COMMITS = 24, USUAL_STRIDE = 5 };

/* What a script came to. */
struct played {
    int n_said; /* commits that were said to be on disk */
    int n_asked;
    bool has_happened;
};

static int save_one(struct store *s, uint64_t seq)
{
    struct event_row event = sample_event(seq, EVENT_COUNTED, 1, 1 + (int64_t)seq % 3);
    struct result_row result = sample_result(seq, event.trial, (int)(seq / 3));
    if (store_begin(s, &e) < 0)
        return -1;
    if (store_save_event(s, &event, &e) < 0 || store_save_result(s, &result, &e) < 0) {
        store_rollback(s);
        return -1;
    }
    return store_commit(s, &e);
}

/* Opens and commits, with the WAL brought back now and then, until something fails: rungd would end there. */
static int play(const char *dir)
{
    struct store *s = sample_open(dir, STORE_WRITE);
    int n_said = 0;
    for (bool goes_on = s != NULL; goes_on && n_said < N_COMMITS;) {
        goes_on = save_one(s, (uint64_t)n_said + 1) == 0;
        n_said += goes_on;
        goes_on = goes_on && store_tidy(s, n_said % 5 == 0, &e) == 0;
    }
    return n_said;
}

static void play_and_tell(const char *dir, const char *after, enum fault fault, int at, int fd)
{
    struct played p = { 0 };
    faulty_install();
    faulty_plan(fault, at, (uint64_t)at);
    p.n_said = play(dir);
    p.n_asked = faulty_count();
    p.has_happened = faulty_has_happened();
    faulty_leave(dir, after);
    _exit(write(fd, &p, sizeof p) == sizeof p ? 0 : 1);
}

static void check_left(const char *dir, const struct played *p, enum fault fault, int at)
{
    struct store_ids ids;
    struct store *s = sample_open(dir, STORE_WRITE);
    if (!s)
        TAP_FAIL("fault %d at %d: %s", (int)fault, at, sample_error.text);
    CHECK_TEXT(asked(s, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), "0");
    CHECK_TEXT(asked(s, "SELECT count(*) FROM pragma_foreign_key_check"), "0");
    OK(store_load_ids(s, &ids, &e));
    if (ids.seq != (uint64_t)p->n_said && ids.seq != (uint64_t)p->n_said + 1)
        TAP_FAIL("fault %d at %d: %d commits were said, %d are there", (int)fault, at, p->n_said, (int)ids.seq);
    char wanted[16];
    snprintf(wanted, sizeof wanted, "%d|%d", (int)ids.seq, (int)ids.seq);
    CHECK_TEXT(asked(s, "SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM result WHERE counted)"), wanted);
    store_close(s);
}

/* Plays in a process of its own, and looks at what a kill leaves of it, and what a power cut leaves. */
static struct played play_with(enum fault fault, int at)
{
    char *dir = sample_directory(), *after = sample_directory();
    struct played p;
    int fds[2], status;
    struct store *s = begun(dir, 3);
    OK(store_tidy(s, true, &e));
    store_close(s);
    OK(pipe(fds));
    pid_t child = fork();
    if (child == 0)
        play_and_tell(dir, after, fault, at, fds[1]);
    CHECK_INT(read(fds[0], &p, sizeof p), sizeof p);
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
    close(fds[0]);
    close(fds[1]);
    check_left(after, &p, fault, at);
    check_left(dir, &p, fault, at);
    sample_remove(dir);
    sample_remove(after);
    return p;
}

static void try_all_points(enum fault fault)
{
    struct played whole = play_with(FAULT_NONE, 0);
    CHECK_INT(whole.n_said, N_COMMITS);
    CHECK(whole.n_asked > N_COMMITS && !whole.has_happened);
    int stride = getenv("RUNG_EVERY_POINT") ? 1 : USUAL_STRIDE, n_happened = 0;
    for (int at = 1; at <= whole.n_asked; at += stride) {
        struct played p = play_with(fault, at);
        n_happened += p.has_happened;
        CHECK(!p.has_happened || p.n_said < N_COMMITS || fault == FAULT_IO || fault == FAULT_FSYNC);
    }
    CHECK(n_happened > 3);
}

TEST(a_power_cut_takes_nothing_that_was_said_to_be_on_disk)
{
    try_all_points(FAULT_POWER);
}

TEST(a_write_that_fails_takes_nothing_that_was_said_to_be_on_disk)
{
    try_all_points(FAULT_IO);
}

TEST(an_fsync_that_fails_is_not_taken_for_one_that_did_not)
{
    try_all_points(FAULT_FSYNC);
}

TEST(a_disk_that_fills_up_takes_nothing_that_was_said_to_be_on_disk)
{
    try_all_points(FAULT_FULL);
}

TAP_MAIN
