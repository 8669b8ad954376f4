/* test_agent.c: the real rung-worker against a coordinator in this process. */
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/e2e/fake_coordinator.h"

/* ---- agents ---- */

static pid_t start_agent(const char *directory, const char *slots)
{
    const char *program = getenv("RUNG_WORKER");
    char *argv[] = { (char *)(uintptr_t) "rung-worker", (char *)(uintptr_t) "--connect", fake.address.text,
        (char *)(uintptr_t) "--dir", (char *)(uintptr_t)scratch_path(directory), (char *)(uintptr_t) "--slots",
        (char *)(uintptr_t)slots, (char *)(uintptr_t) "--allow-commands", (char *)(uintptr_t) "*",
        (char *)(uintptr_t) "--log-level", (char *)(uintptr_t)(getenv("RUNG_TEST_LOG") ? "debug" : "error"), NULL };
    pid_t pid;
    if (!program)
        SKIP("RUNG_WORKER does not name the program");
    if (posix_spawn(&pid, program, NULL, NULL, argv, environ) != 0)
        TAP_FAIL("%s cannot be started", program);
    return pid;
}

static int end_agent(pid_t pid, int signal)
{
    int status;
    kill(pid, signal);
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* A grant's command: one of the small trials with up to two arguments. */
static const char *command(const char *name, const char *first, const char *second)
{
    static char text[4096];
    int n = snprintf(text, sizeof text, "[\"%s/trial_%s\"", getenv("RUNG_TRIALS"), name);
    if (first)
        n += snprintf(text + n, sizeof text - (size_t)n, ",\"%s\"", first);
    if (second)
        n += snprintf(text + n, sizeof text - (size_t)n, ",\"%s\"", second);
    snprintf(text + n, sizeof text - (size_t)n, "]");
    return text;
}

static bool has_spooled(void)
{
    struct stat st;
    return stat(scratch_path("away/spool"), &st) == 0 && st.st_size > 0;
}

/* ---- the tests ---- */

TEST(a_hundred_trials_on_two_agents_are_counted_once_each)
{
    open_fake("hundred");
    pid_t one = start_agent("hundred-1", "1"), two = start_agent("hundred-2", "1");
    fake.command = command("instant", NULL, NULL);
    fake.n_trials = 100;
    uint64_t begun = uv_hrtime();
    run_until(has_all_outcomes);
    printf("# 100 trials in %.0f ms\n", (double)(uv_hrtime() - begun) / 1e6);
    for (size_t i = 0; i < fake.n_outcomes; i++) {
        CHECK_INT(fake.outcomes[i].type, MESSAGE_RESULT);
        CHECK_INT(fake.outcomes[i].budget, 1);
    }
    CHECK_INT(fake.n_outcomes, 100);
    CHECK_INT(end_agent(one, SIGTERM), 0);
    CHECK_INT(end_agent(two, SIGTERM), 0);
    close_fake();
}

TEST(a_trial_goes_on_from_its_checkpoint_on_another_machine)
{
    open_fake("goes-on");
    fake.command = command("steps", "1", NULL);
    fake.n_trials = 1;
    fake.budget_to = 3;
    pid_t one = start_agent("goes-on-1", "1");
    run_until(has_all_outcomes);
    CHECK_INT(end_agent(one, SIGTERM), 0);
    CHECK_INT(fake.outcomes[0].n_curve, 3);
    CHECK_TEXT(fake.outcomes[0].log, "at step 3");
    CHECK(blobs_has(fake.blobs, fake.outcomes[0].checkpoint));

    str_copy(fake.checkpoint, sizeof fake.checkpoint, fake.outcomes[0].checkpoint);
    fake.n_granted = 0;
    fake.n_asked = 0;
    fake.n_trials = 1;
    fake.n_outcomes = 0;
    fake.rung = 1;
    fake.budget_from = 3;
    fake.budget_to = 5;
    pid_t two = start_agent("goes-on-2", "1");
    run_until(has_all_outcomes);
    CHECK_INT(fake.outcomes[0].first_step, 4);
    CHECK_INT(fake.outcomes[0].n_curve, 2);
    CHECK_INT(end_agent(two, SIGTERM), 0);
    close_fake();
}

TEST(each_failure_comes_with_its_kind_and_reason)
{
    static const struct {
        const char *name, *first, *kind, *reason;
        int64_t memory_bytes, trial_timeout_ms, progress_timeout_ms;
    } rows[] = {
        { "crash", "3", "exit", "exit status 3:\nreading the data\nthe data is broken", 0, 0, 0 },
        { "crash", "75", "preempted", "retried elsewhere", 0, 0, 0 },
        { "crash", "78", "refused", "the data is broken", 0, 0, 0 },
        { "crash", "abort", "exit", "killed by signal 6 (Aborted)", 0, 0, 0 },
        { "crash", "0", "exit", "without saying \"done\"", 0, 0, 0 },
        { "nothing-of-this-name", NULL, "refused", "cannot be started: No such file", 0, 0, 0 },
        { "leak", NULL, "out_of_memory", "the limit is 64 MiB", 64 << 20, 0, 0 },
        { "hang", NULL, "progress_timeout", "nothing was reported for 0.3 s", 0, 0, 300 },
        { "hang", NULL, "trial_timeout", "not done after 0.3 s", 0, 300, 0 },
    };
    open_fake("failures");
    pid_t agent = start_agent("failures", "1");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fake.command = command(rows[i].name, rows[i].first, NULL);
        fake.memory_bytes = rows[i].memory_bytes;
        fake.trial_timeout_ms = rows[i].trial_timeout_ms;
        fake.progress_timeout_ms = rows[i].progress_timeout_ms;
        fake.n_trials = i + 1;
        run_until(has_all_outcomes);
        CHECK_INT(fake.outcomes[i].type, MESSAGE_FAIL);
        CHECK_TEXT(fake.outcomes[i].kind, rows[i].kind);
        CHECK_CONTAINS(fake.outcomes[i].reason, rows[i].reason);
    }
    CHECK_INT(end_agent(agent, SIGTERM), 0);
    close_fake();
}

TEST(an_agent_that_is_asked_to_leave_hands_its_trial_back_with_its_checkpoint)
{
    open_fake("leaving");
    pid_t agent = start_agent("leaving", "1");
    fake.command = command("steps", "5", NULL);
    fake.budget_to = 100000;
    fake.n_trials = 1;
    run_until(has_progress);
    kill(agent, SIGTERM);
    run_until(has_bye);
    CHECK_INT(end_agent(agent, 0), 0);
    CHECK_INT(fake.n_outcomes, 1);
    const struct outcome *o = &fake.outcomes[0];
    CHECK_TEXT(o->kind, "preempted");
    CHECK_CONTAINS(o->reason, "the worker is leaving");
    CHECK(o->budget > 0);
    CHECK_INT(o->n_curve, o->budget);
    CHECK(blobs_has(fake.blobs, o->checkpoint));
    close_fake();
}

TEST(a_result_that_nobody_acknowledged_survives_kill_9_of_the_agent)
{
    open_fake("kill");
    pid_t agent = start_agent("kill", "1");
    fake.command = command("steps", "1", NULL);
    fake.n_trials = 1;
    fake.ignores_results = true;
    run_until(has_all_outcomes);
    CHECK_INT(end_agent(agent, SIGKILL), 1000 + SIGKILL);
    struct outcome first = fake.outcomes[0];
    fake.n_outcomes = fake.n_copies = 0;
    fake.n_hello = 0;
    agent = start_agent("kill", "1");
    run_until(has_hello);
    CHECK_INT(fake.n_held, 1);
    fake.ignores_results = false;
    run_until(has_all_outcomes);
    CHECK_INT(fake.outcomes[0].trial, first.trial);
    CHECK_INT(fake.outcomes[0].lease, first.lease);
    CHECK_TEXT(fake.outcomes[0].checkpoint, first.checkpoint);
    CHECK_INT(end_agent(agent, SIGTERM), 0);
    close_fake();
}

TEST(results_wait_while_the_coordinator_is_away_and_come_when_it_is_back)
{
    open_fake("away");
    pid_t agent = start_agent("away", "2");
    fake.command = command("steps", "20", NULL);
    fake.budget_to = 10;
    fake.n_trials = 2;
    run_until(has_progress);
    stop_listening();
    run_until(has_spooled);
    fake.n_hello = 0;
    listen_again();
    run_until(has_all_outcomes);
    CHECK(fake.n_hello >= 1);
    CHECK_INT(fake.n_outcomes, 2);
    CHECK_INT(end_agent(agent, SIGTERM), 0);
    close_fake();
}

TEST(a_result_is_repeated_until_it_is_acknowledged)
{
    open_fake("repeat");
    pid_t agent = start_agent("repeat", "1");
    fake.command = command("instant", NULL, NULL);
    fake.n_trials = 1;
    fake.ignores_results = true;
    run_until(has_copies);
    fake.ignores_results = false;
    fake.n_copies = 1;
    run_until(has_copies);
    CHECK_INT(fake.n_outcomes, 1);
    CHECK_INT(end_agent(agent, SIGTERM), 0);
    close_fake();
}

TEST(a_cancelled_trial_is_stopped_and_handed_back)
{
    open_fake("cancel");
    pid_t agent = start_agent("cancel", "1");
    fake.command = command("steps", "5", NULL);
    fake.budget_to = 100000;
    fake.n_trials = 1;
    run_until(has_progress);
    fake.cancels = true;
    run_until(has_all_outcomes);
    CHECK_TEXT(fake.outcomes[0].kind, "preempted");
    CHECK_CONTAINS(fake.outcomes[0].reason, "cancelled");
    CHECK_INT(end_agent(agent, SIGTERM), 0);
    close_fake();
}

TEST(two_agents_on_one_directory_are_refused)
{
    open_fake("twice");
    pid_t agent = start_agent("twice", "1");
    run_until(has_hello);
    pid_t second = start_agent("twice", "1");
    CHECK_INT(end_agent(second, 0), err_exit_status(ERR_BUSY));
    CHECK_INT(end_agent(agent, SIGTERM), 0);
    close_fake();
}

TAP_MAIN
