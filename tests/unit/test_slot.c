/* test_slot.c: supervisors and real processes: what is told, what is killed, and that nobody is left. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "common/base/str.h"
#include "tests/scratch.h"
#include "tests/tap.h"
#include "worker/slot/slot.h"
#include "worker/slot/supervisor.h"
#include "worker/slot/tail.h"

#define DEADLINE_MS 20000

/* ---- a slot, and what it told ---- */

struct seen {
    uv_loop_t loop;
    uv_timer_t deadline;
    struct slot *slot;
    int n_started, n_lines, n_exited;
    char lines[16][256];
    size_t longest;
    struct slot_exit how;
    char error[512], errors[LIMIT_REASON + 1], log[LIMIT_LOG_TAIL + 1];
    const char *answer; /* told at the first line */
    bool is_late, stops_at_line, kills_at_line;
};

static struct seen seen;

static void on_started(void *context, int slot)
{
    seen.n_started++;
}

static void on_line(void *context, int slot, const char *line, size_t len)
{
    if (seen.n_lines < 16)
        snprintf(seen.lines[seen.n_lines], sizeof seen.lines[0], "%s", line);
    seen.n_lines++;
    seen.longest = len > seen.longest ? len : seen.longest;
    if (seen.kills_at_line)
        slot_kill(seen.slot);
    if (seen.stops_at_line)
        uv_stop(&seen.loop);
}

static void on_exited(void *context, int slot, const struct slot_exit *how)
{
    seen.n_exited++;
    seen.how = *how;
    snprintf(seen.error, sizeof seen.error, "%s", how->error);
    snprintf(seen.errors, sizeof seen.errors, "%s", how->stderr_tail);
    snprintf(seen.log, sizeof seen.log, "%s", how->log);
    uv_stop(&seen.loop);
}

static const struct slot_hooks hooks = { .started = on_started, .line = on_line, .exited = on_exited };

static void on_deadline(uv_timer_t *timer)
{
    seen.is_late = true;
    uv_stop(&seen.loop);
}

static void open_slot(void)
{
    struct err e = { 0 };
    memset(&seen, 0, sizeof seen);
    uv_loop_init(&seen.loop);
    uv_timer_init(&seen.loop, &seen.deadline);
    seen.slot = slot_open(&seen.loop, 0, "/proc/self/exe", &hooks, NULL, &e);
    if (!seen.slot)
        TAP_FAIL("%s", e.text);
}

static void close_slot(void)
{
    slot_close(seen.slot);
    uv_close((uv_handle_t *)&seen.deadline, NULL);
    uv_run(&seen.loop, UV_RUN_DEFAULT);
    CHECK_INT(uv_loop_close(&seen.loop), 0);
}

static void start(const char *const *argv, int64_t memory_bytes)
{
    struct err e = { 0 };
    const char *const environment[] = { "RUNG_FD=3", "SEEN=by the trial", NULL };
    struct slot_program program = {
        .argv = argv, .environment = environment, .directory = scratch_dir(), .memory_bytes = memory_bytes
    };
    seen.n_started = seen.n_lines = seen.n_exited = 0;
    if (slot_start(seen.slot, &program, &e) < 0)
        TAP_FAIL("%s", e.text);
}

static void run_loop(void)
{
    uv_timer_start(&seen.deadline, on_deadline, DEADLINE_MS, 0);
    uv_run(&seen.loop, UV_RUN_DEFAULT);
    uv_timer_stop(&seen.deadline);
    if (seen.is_late)
        TAP_FAIL("nothing came of it in time");
}

/* The small trials of tests/e2e/trials; meson says where they are. */
static const char *trial(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/trial_%s", getenv("RUNG_TRIALS") ? getenv("RUNG_TRIALS") : ".", name);
    return path;
}

static void run_shell(const char *script)
{
    const char *const argv[] = { "sh", "-c", script, NULL };
    open_slot();
    start(argv, 0);
    run_loop();
}

#define FIRST_LINE                                                                                                     \
    "{\"budget_from\":0,\"budget_to\":3,\"checkpoint_in\":null,\"checkpoint_out\":\"%s\",\"metric\":\"loss\"}\n"

static void tell_first(const char *checkpoint_out)
{
    char line[1024];
    snprintf(line, sizeof line, FIRST_LINE, checkpoint_out);
    slot_tell(seen.slot, line);
}

/* ---- who is there ---- */

static bool is_alive(pid_t pid)
{
    return kill(pid, 0) == 0 || errno != ESRCH;
}

/* Process ids that a forker wrote, one a line. */
static int read_pids(const char *path, pid_t *pids, int cap)
{
    int n = 0, pid;
    FILE *f = fopen(path, "r");
    while (f && n < cap && fscanf(f, "%d", &pid) == 1)
        pids[n++] = pid;
    if (f)
        fclose(f);
    return n;
}

static int count_alive(const pid_t *pids, int n)
{
    int alive = 0;
    for (int i = 0; i < n; i++)
        alive += is_alive(pids[i]);
    return alive;
}

/* For processes that somebody else waits for. */
static bool are_gone_soon(const pid_t *pids, int n)
{
    for (int ms = 0; ms < DEADLINE_MS && count_alive(pids, n) > 0; ms++)
        usleep(1000);
    return count_alive(pids, n) == 0;
}

/* ---- the tests ---- */

TEST(a_trial_hears_its_line_says_its_own_and_ends)
{
    const char *const argv[] = { trial("steps"), NULL };
    open_slot();
    start(argv, 0);
    tell_first(scratch_path("checkpoint"));
    run_loop();
    CHECK_INT(seen.n_started, 1);
    CHECK_INT(seen.n_lines, 5);
    CHECK_CONTAINS(seen.lines[0], "{\"step\":1,\"metrics\":{\"loss\":1}}");
    CHECK_CONTAINS(seen.lines[3], "/checkpoint\",\"step\":3}");
    CHECK_TEXT(seen.lines[4], "{\"done\":true}");
    CHECK_INT(seen.how.end, SLOT_END_STATUS);
    CHECK_INT(seen.how.status, 0);
    CHECK_TEXT(seen.log, "at step 3");
    CHECK(seen.how.max_rss_bytes > 0);
    close_slot();
}

TEST(a_slot_serves_one_trial_after_the_other)
{
    const char *const argv[] = { trial("instant"), NULL };
    open_slot();
    for (int i = 0; i < 50; i++) {
        start(argv, 0);
        tell_first("nowhere");
        run_loop();
        CHECK_INT(seen.n_lines, 2);
        CHECK_INT(seen.n_exited, 1);
        CHECK_INT(seen.how.status, 0);
    }
    close_slot();
}

TEST(exit_status_signal_and_last_words_are_told)
{
    static const struct {
        const char *script;
        enum slot_end end;
        int status;
        const char *errors, *log;
    } rows[] = {
        { "echo a; echo b >&2; exit 3", SLOT_END_STATUS, 3, "b", NULL },
        { "kill -SEGV $$", SLOT_END_SIGNAL, SIGSEGV, "", "" },
        { "printf 'one\\ntwo\\n\\n' >&2; exit 75", SLOT_END_STATUS, 75, "one\ntwo", "one\ntwo" },
        { "printf 'caf\\303\\251 \\377\\n' >&2; exit 1", SLOT_END_STATUS, 1, "caf\303\251 \357\277\275", NULL },
        { "echo \"$SEEN\"; pwd; echo $RUNG_FD", SLOT_END_STATUS, 0, "", NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        run_shell(rows[i].script);
        CHECK_INT(seen.how.end, rows[i].end);
        CHECK_INT(seen.how.status, rows[i].status);
        CHECK_TEXT(seen.errors, rows[i].errors);
        if (rows[i].log)
            CHECK_TEXT(seen.log, rows[i].log);
        close_slot();
    }
    char wanted[600];
    snprintf(wanted, sizeof wanted, "by the trial\n%s\n3", scratch_dir());
    CHECK_TEXT(seen.log, wanted);
}

TEST(a_program_that_is_not_there_is_not_started_and_the_slot_goes_on)
{
    static const char *const names[] = { "no-such-program-anywhere", "./no-such-file", "/etc/passwd" };
    const char *const good[] = { "true", NULL };
    open_slot();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *const argv[] = { names[i], NULL };
        start(argv, 0);
        run_loop();
        CHECK_INT(seen.how.end, SLOT_END_NOT_STARTED);
        CHECK_CONTAINS(seen.error, names[i]);
        CHECK_INT(seen.n_started, 0);
    }
    start(good, 0);
    run_loop();
    CHECK_INT(seen.how.end, SLOT_END_STATUS);
    close_slot();
}

TEST(a_trial_inherits_no_descriptor_but_four)
{
    int stray = open("/dev/null", O_RDONLY); /* not close-on-exec: a shell may leave us some */
    run_shell("ls /proc/self/fd | tr '\\n' ' '");
    CHECK_TEXT(seen.log, "0 1 2 3 4"); /* the last is that of ls itself */
    close_slot();
    close(stray);
}

TEST(a_trial_that_heeds_nothing_is_killed)
{
    const char *const argv[] = { trial("hang"), NULL };
    open_slot();
    seen.kills_at_line = true;
    start(argv, 0);
    run_loop();
    CHECK_INT(seen.how.end, SLOT_END_SIGNAL);
    CHECK_INT(seen.how.status, SIGKILL);
    close_slot();
}

TEST(stop_and_end_of_file_reach_the_trial)
{
    const char *const stopped[] = { trial("steps"), "1000", NULL };
    open_slot();
    start(stopped, 0);
    tell_first(scratch_path("checkpoint"));
    slot_tell(seen.slot, "{\"stop\":true}\n");
    run_loop();
    CHECK_TEXT(seen.lines[seen.n_lines - 1], "{\"done\":true}");
    CHECK_INT(seen.how.status, 0);
    const char *const reads[] = { "sh", "-c", "cat <&3 >&2; exit 4", NULL };
    start(reads, 0);
    slot_tell(seen.slot, "hello\n");
    slot_end_input(seen.slot);
    run_loop();
    CHECK_TEXT(seen.errors, "hello");
    CHECK_INT(seen.how.status, 4);
    close_slot();
}

TEST(a_first_line_of_a_megabyte_arrives_whole)
{
    size_t len = 1 << 20;
    char *line = malloc(len + 1);
    memset(line, 'x', len);
    line[len - 1] = '\n';
    line[len] = 0;
    const char *const argv[] = { "sh", "-c", "wc -c <&3", NULL };
    open_slot();
    start(argv, 0);
    slot_tell(seen.slot, line);
    slot_end_input(seen.slot);
    run_loop();
    CHECK_TEXT(seen.log, "1048576");
    close_slot();
    free(line);
}

TEST(a_line_that_is_too_long_comes_cut_once)
{
    run_shell("head -c 1000000 /dev/zero | tr '\\0' y >&3; echo >&3; echo short >&3");
    CHECK_INT(seen.n_lines, 2);
    CHECK_INT(seen.longest, LIMIT_TRIAL_LINE + 1);
    CHECK_TEXT(seen.lines[1], "short");
    close_slot();
}

TEST(the_family_of_a_trial_that_ends_is_gone_when_its_end_is_told)
{
    pid_t pids[16];
    const char *file = scratch_path("family");
    const char *const argv[] = { trial("forker"), file, NULL };
    open_slot();
    start(argv, 0);
    tell_first("nowhere");
    run_loop();
    CHECK_INT(seen.how.status, 0);
    int n = read_pids(file, pids, 16);
    CHECK(n >= 6);
    CHECK_INT(count_alive(pids, n), 0);
    close_slot();
}

TEST(memory_beyond_the_limit_kills_the_whole_tree)
{
    const char *const argv[] = { trial("leak"), NULL };
    open_slot();
    start(argv, 64 << 20);
    run_loop();
    CHECK_INT(seen.how.end, SLOT_END_MEMORY);
    CHECK(seen.how.max_rss_bytes > 16 << 20);
    close_slot();
}

TEST(closing_the_slot_kills_what_runs)
{
    pid_t pids[16];
    const char *file = scratch_path("closed");
    const char *const argv[] = { trial("forker"), file, "stays", NULL };
    open_slot();
    seen.stops_at_line = true;
    start(argv, 0);
    tell_first("nowhere");
    run_loop();
    int n = read_pids(file, pids, 16);
    CHECK(n >= 6);
    CHECK_INT(count_alive(pids, n), n);
    close_slot();
    CHECK_INT(count_alive(pids, n), 0);
}

/* ---- deaths on the way ---- */

/* An agent with one slot, in a process of its own: it starts a forker and lives until it is killed. */
__attribute__((noreturn)) static void be_an_agent(const char *file, int ready)
{
    const char *const argv[] = { trial("forker"), file, "stays", NULL };
    open_slot();
    seen.stops_at_line = true;
    start(argv, 0);
    tell_first("nowhere");
    run_loop();
    if (write(ready, "x", 1) == 1)
        uv_run(&seen.loop, UV_RUN_DEFAULT);
    _exit(1);
}

TEST(kill_9_of_the_agent_takes_the_whole_tree_with_it)
{
    pid_t pids[16];
    int ready[2];
    char c;
    const char *file = scratch_path("orphans");
    CHECK(pipe(ready) == 0);
    pid_t agent = fork();
    if (agent == 0)
        be_an_agent(file, ready[1]);
    close(ready[1]);
    CHECK_INT(read(ready[0], &c, 1), 1);
    close(ready[0]);
    int n = read_pids(file, pids, 16);
    CHECK(n >= 6);
    CHECK_INT(count_alive(pids, n), n);
    kill(agent, SIGKILL);
    waitpid(agent, NULL, 0);
    CHECK(are_gone_soon(pids, n));
    while (waitpid(-1, NULL, 0) > 0) /* the supervisor, whose parent is gone, became ours */
        continue;
}

/* The supervisor's process id: the parent of the trial's own process. */
static pid_t find_supervisor(void)
{
    char path[64], line[64] = "";
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)getpid(), (int)getpid());
    FILE *f = fopen(path, "r");
    if (!f || !fgets(line, sizeof line, f))
        TAP_FAIL("no supervisor");
    fclose(f);
    return (pid_t)atoi(line);
}

TEST(a_supervisor_that_is_killed_leaves_nobody_and_is_replaced)
{
    pid_t pids[16];
    const char *file = scratch_path("strays");
    const char *const argv[] = { trial("forker"), file, "stays", NULL };
    const char *const good[] = { "true", NULL };
    open_slot();
    seen.stops_at_line = true;
    start(argv, 0);
    tell_first("nowhere");
    run_loop();
    int n = read_pids(file, pids, 16);
    CHECK_INT(count_alive(pids, n), n);
    kill(find_supervisor(), SIGKILL);
    run_loop();
    CHECK_INT(seen.n_exited, 1);
    CHECK_INT(seen.how.end, SLOT_END_LOST);
    CHECK(are_gone_soon(pids, n));
    start(good, 0);
    run_loop();
    CHECK_INT(seen.how.end, SLOT_END_STATUS);
    close_slot();
}

/* ---- the tail ---- */

TEST(a_tail_keeps_the_last_bytes_from_a_line_on)
{
    struct tail t = { .cap = 16 };
    char *text = tail_text(&t);
    CHECK_TEXT(text, "");
    free(text);
    tail_add(&t, "first line\n", 11);
    tail_add(&t, "second\nthird\n", 13);
    text = tail_text(&t);
    CHECK_TEXT(text, "second\nthird");
    free(text);
    tail_add(&t, "0123456789abcdefghijklmnop", 26);
    text = tail_text(&t);
    CHECK_TEXT(text, "abcdefghijklmnop");
    free(text);
    tail_deinit(&t);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], SLOT_ARGUMENT) == 0)
        return supervisor_main(argc, argv);
    return tap_run(argc, argv);
}
