/* test_agent.c: the real rung-worker against a coordinator in this process, which grants what a test says and notes
 * what comes back.
 */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/io/address.h"
#include "common/io/blobs.h"
#include "common/io/bulk_server.h"
#include "common/io/zsock.h"
#include "common/proto/message.h"
#include "tests/scratch.h"
#include "tests/tap.h"

#define DEADLINE_MS 30000
#define MAX_OUTCOMES 512

/* ---- a coordinator that does what the test says ---- */

struct outcome {
    enum message_type type;
    uint64_t trial, lease;
    int64_t rung, budget, first_step;
    size_t n_curve;
    char kind[32], reason[512], log[512], checkpoint[HASH_HEX];
};

struct fake {
    uv_loop_t loop;
    uv_timer_t deadline, check;
    struct zcontext *zmq;
    struct zsock *control, *bulk;
    struct blobs *blobs;
    struct bulk_server *server;
    struct address address;
    uint64_t boot;

    const char *command; /* JSON, of every grant */
    uint64_t n_trials;   /* to grant: ids 1 … n */
    uint64_t n_granted;
    int64_t budget_from, budget_to, rung;
    char checkpoint[HASH_HEX];
    int64_t memory_bytes, trial_timeout_ms, progress_timeout_ms;
    bool ignores_results; /* heard, and not acknowledged */
    bool cancels;         /* everything that is held */

    int n_hello, n_progress, n_bye;
    size_t n_held;                         /* by the last HELLO */
    struct outcome outcomes[MAX_OUTCOMES]; /* each counted once */
    size_t n_outcomes, n_copies;
    bool (*is_enough)(void);
    bool is_late;
};

static struct fake fake;

static void answer(uint64_t peer, const struct message *m)
{
    struct str frame = { 0 };
    if (!message_encode(m, &frame))
        TAP_FAIL("a message that is too long");
    zsock_send(fake.control, peer, frame.text, frame.len);
    str_deinit(&frame);
}

static void grant_next(uint64_t peer)
{
    uint64_t trial = ++fake.n_granted;
    answer(peer, &(struct message){ .type = MESSAGE_GRANT,
                     .as.grant = { .trial = trial,
                         .lease = 1 + (uint64_t)fake.rung,
                         .campaign = "test",
                         .number = (int64_t)trial,
                         .rung = fake.rung,
                         .budget_from = fake.budget_from,
                         .budget_to = fake.budget_to,
                         .seed = 7,
                         .campaign_seed = 1,
                         .metric = "loss",
                         .config = "{\"x\":0.5}",
                         .command = fake.command,
                         .directory = scratch_dir(),
                         .checkpoint = fake.checkpoint[0] ? fake.checkpoint : NULL,
                         .memory_bytes = fake.memory_bytes,
                         .trial_timeout_ms = fake.trial_timeout_ms,
                         .progress_timeout_ms = fake.progress_timeout_ms } });
}

static void note(struct outcome *o)
{
    fake.n_copies++;
    for (size_t i = 0; i < fake.n_outcomes; i++)
        if (fake.outcomes[i].trial == o->trial && fake.outcomes[i].lease == o->lease)
            return;
    if (fake.n_outcomes < MAX_OUTCOMES)
        fake.outcomes[fake.n_outcomes++] = *o;
}

static void acknowledge(uint64_t peer, const struct outcome *o)
{
    bool lacks_blob = o->checkpoint[0] && !blobs_has(fake.blobs, o->checkpoint);
    if (!fake.ignores_results)
        answer(peer, &(struct message){ .type = MESSAGE_RESULT_ACK,
                         .as.result_ack = { .trial = o->trial,
                             .rung = o->rung,
                             .lease = o->lease,
                             .verdict = lacks_blob ? "send_blob" : "counted" } });
}

static void take_outcome(uint64_t peer, const struct message *m)
{
    struct outcome o = { .type = m->type };
    const struct message_result *r = &m->as.result;
    const struct message_fail *f = &m->as.fail;
    bool is_fail = m->type == MESSAGE_FAIL;
    o.trial = is_fail ? f->trial : r->trial;
    o.lease = is_fail ? f->lease : r->lease;
    o.rung = is_fail ? f->rung : r->rung;
    o.budget = is_fail ? f->budget : r->budget;
    o.n_curve = is_fail ? f->n_curve : r->n_curve;
    const struct record_curve_point *curve = is_fail ? f->curve : r->curve;
    o.first_step = o.n_curve ? curve[0].step : 0;
    const char *checkpoint = is_fail ? f->checkpoint : r->checkpoint, *log = is_fail ? f->log_tail : r->log_tail;
    snprintf(o.kind, sizeof o.kind, "%s", is_fail ? f->kind : "");
    snprintf(o.reason, sizeof o.reason, "%s", is_fail ? f->reason : "");
    snprintf(o.log, sizeof o.log, "%s", log ? log : "");
    snprintf(o.checkpoint, sizeof o.checkpoint, "%s", checkpoint ? checkpoint : "");
    note(&o);
    acknowledge(peer, &o);
}

static void take(uint64_t peer, const struct message *m)
{
    switch ((int)m->type) {
    case MESSAGE_HELLO:
        fake.n_hello++;
        fake.n_held = m->as.hello.n_held;
        answer(peer, &(struct message){ .type = MESSAGE_WELCOME,
                         .as.welcome = { .protocol = 1, .boot = fake.boot, .heartbeat_ms = 200, .lease_ms = 5000 } });
        break;
    case MESSAGE_ASK:
        for (int64_t i = 0; i < m->as.ask.free && fake.n_granted < fake.n_trials; i++)
            grant_next(peer);
        break;
    case MESSAGE_BEAT:
        answer(peer, &(struct message){ .type = MESSAGE_BEAT_ACK,
                         .as.beat_ack = { .boot = fake.boot,
                             .cancel = fake.cancels ? m->as.beat.held : NULL,
                             .n_cancel = fake.cancels ? m->as.beat.n_held : 0 } });
        break;
    case MESSAGE_PROGRESS:
        fake.n_progress++;
        break;
    case MESSAGE_BYE:
        fake.n_bye++;
        break;
    case MESSAGE_RESULT:
    case MESSAGE_FAIL:
        take_outcome(peer, m);
        break;
    }
}

static void on_control(void *context, uint64_t peer, const char *user, const void *frame, size_t len)
{
    struct message m;
    struct err e;
    if (message_decode(frame, len, &m, &e) < 0)
        TAP_FAIL("%s", e.text);
    take(peer, &m);
    message_deinit(&m);
}

static void on_bulk(void *context, uint64_t peer, const char *user, const void *frame, size_t len)
{
    struct message m;
    struct err e;
    if (message_decode(frame, len, &m, &e) < 0)
        TAP_FAIL("%s", e.text);
    bulk_server_take(fake.server, peer, &m);
    message_deinit(&m);
}

static void reply_bulk(void *context, uint64_t peer, const struct message *m)
{
    struct str frame = { 0 };
    if (message_encode(m, &frame))
        zsock_send(fake.bulk, peer, frame.text, frame.len);
    str_deinit(&frame);
}

static struct zsock *bind_socket(const char *address, zsock_message_fn on_message)
{
    struct err e;
    struct zsock_options options = { .kind = ZSOCK_SERVER, .on_message = on_message };
    struct zsock *z = zsock_open(fake.zmq, &fake.loop, &options, &e);
    if (!z || zsock_bind(z, address, &e) < 0)
        TAP_FAIL("%s", e.text);
    return z;
}

static void listen_again(void)
{
    fake.boot++;
    fake.control = bind_socket(fake.address.text, on_control);
    fake.bulk = bind_socket(fake.address.bulk, on_bulk);
}

static void stop_listening(void)
{
    zsock_close(fake.control);
    zsock_close(fake.bulk);
    uv_run(&fake.loop, UV_RUN_NOWAIT);
    fake.control = fake.bulk = NULL;
}

static void open_fake(const char *name)
{
    struct err e = { 0 };
    char address[512];
    memset(&fake, 0, sizeof fake);
    uv_loop_init(&fake.loop);
    uv_timer_init(&fake.loop, &fake.deadline);
    uv_timer_init(&fake.loop, &fake.check);
    snprintf(address, sizeof address, "ipc://%s.sock", scratch_path(name));
    fake.zmq = zcontext_open(&e);
    fake.blobs = blobs_open(scratch_path("coordinator-blobs"), &e);
    if (!fake.zmq || !fake.blobs || address_parse(address, &fake.address, &e) < 0)
        TAP_FAIL("%s", e.text);
    fake.server = bulk_server_open(&fake.loop, fake.blobs, &(struct bulk_server_options){ .reply = reply_bulk });
    listen_again();
    fake.budget_to = 1;
}

static void close_fake(void)
{
    bulk_server_close(fake.server);
    if (fake.control)
        stop_listening();
    uv_close((uv_handle_t *)&fake.deadline, NULL);
    uv_close((uv_handle_t *)&fake.check, NULL);
    uv_run(&fake.loop, UV_RUN_DEFAULT);
    uv_loop_close(&fake.loop);
    zcontext_close(fake.zmq);
    blobs_close(fake.blobs);
}

/* ---- running it ---- */

static void on_deadline(uv_timer_t *timer)
{
    fake.is_late = true;
    uv_stop(&fake.loop);
}

static void on_check(uv_timer_t *timer)
{
    if (fake.is_enough())
        uv_stop(&fake.loop);
}

static void run_until(bool (*is_enough)(void))
{
    fake.is_enough = is_enough;
    uv_timer_start(&fake.deadline, on_deadline, DEADLINE_MS, 0);
    uv_timer_start(&fake.check, on_check, 0, 2);
    uv_run(&fake.loop, UV_RUN_DEFAULT);
    uv_timer_stop(&fake.deadline);
    uv_timer_stop(&fake.check);
    if (fake.is_late)
        TAP_FAIL("it did not happen: %zu outcomes of %llu trials", fake.n_outcomes, (unsigned long long)fake.n_granted);
}

static bool has_all_outcomes(void)
{
    return fake.n_outcomes >= fake.n_trials;
}

static bool has_progress(void)
{
    return fake.n_progress > 0;
}

static bool has_bye(void)
{
    return fake.n_bye > 0;
}

static bool has_copies(void)
{
    return fake.n_copies >= 2;
}

static bool has_hello(void)
{
    return fake.n_hello > 0;
}

/* ---- agents ---- */

static pid_t start_agent(const char *directory, const char *slots)
{
    const char *program = getenv("RUNG_WORKER");
    char *argv[] = { (char *)(uintptr_t) "rung-worker", (char *)(uintptr_t) "--connect", fake.address.text,
        (char *)(uintptr_t) "--dir", (char *)(uintptr_t)scratch_path(directory), (char *)(uintptr_t) "--slots",
        (char *)(uintptr_t)slots, (char *)(uintptr_t) "--allow-commands", (char *)(uintptr_t) "--log-level",
        (char *)(uintptr_t)(getenv("RUNG_TEST_LOG") ? "debug" : "error"), NULL };
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
    usleep(300000); /* the trials end meanwhile; if they do not, they are merely delivered later */
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
