#include "worker/slot/slot.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "worker/slot/lines.h"
#include "worker/slot/order.h"
#include "worker/slot/supervisor.h"
#include "worker/slot/tail.h"
#include "worker/slot/talk.h"
#include "worker/slot/tree.h"
#include "worker/slot/watch.h"

enum { STREAM_OUT, STREAM_ERR, N_STREAMS };

/* One of the trial's two output streams. */
struct stream {
    struct slot *slot;
    struct watch *watch; /* NULL: closed */
};

struct slot {
    uv_loop_t *loop;
    int number;
    char *program;
    const struct slot_hooks *hooks;
    void *context;

    pid_t supervisor; /* 0: none */
    struct watch *channel;

    bool is_running; /* from the order to start to the report of the end */
    uint64_t started_ns;
    struct talk talk;
    struct stream streams[N_STREAMS];
    struct tail log, errors;
    struct lines printed;
};

/* ---- the trial's output ---- */

/* Returns false when there is nothing more, at this moment or at all. */
static bool read_stream(struct stream *stream)
{
    char bytes[16 << 10];
    ssize_t n = read(stream->watch->fd, bytes, sizeof bytes);
    if (n > 0) {
        tail_add(&stream->slot->log, bytes, (size_t)n);
        if (stream == &stream->slot->streams[STREAM_ERR])
            tail_add(&stream->slot->errors, bytes, (size_t)n);
        else if (stream->slot->printed.line)
            lines_take(&stream->slot->printed, bytes, (size_t)n);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        watch_close(stream->watch);
        stream->watch = NULL;
    }
    return n > 0;
}

static void on_stream(void *owner, int events)
{
    read_stream(owner);
}

static void drain_streams(struct slot *s)
{
    for (int i = 0; i < N_STREAMS; i++)
        while (s->streams[i].watch && read_stream(&s->streams[i]))
            continue;
}

static void close_streams(struct slot *s)
{
    for (int i = 0; i < N_STREAMS; i++) {
        watch_close(s->streams[i].watch);
        s->streams[i].watch = NULL;
    }
}

/* ---- the end of a trial ---- */

static void on_line(void *owner, const char *line, size_t len)
{
    struct slot *s = owner;
    s->hooks->line(s->context, s->number, line, len);
}

static void on_printed(void *owner, const char *line, size_t len)
{
    struct slot *s = owner;
    s->hooks->printed(s->context, s->number, line, len);
}

/* Takes what the trial said and printed last; then nobody writes any more. */
static void end_trial(struct slot *s, const struct report *report)
{
    talk_drain(&s->talk);
    drain_streams(s);
    if (s->printed.line)
        lines_end(&s->printed);
    talk_close(&s->talk);
    close_streams(s);
    char *errors = tail_text(&s->errors), *log = tail_text(&s->log);
    struct slot_exit how = { .end = report->end,
        .status = report->status,
        .error = report->error,
        .stderr_tail = errors,
        .log = log,
        .max_rss_bytes = report->max_rss_bytes,
        .seconds = (double)(uv_hrtime() - s->started_ns) / 1e9 };
    tail_clear(&s->errors);
    tail_clear(&s->log);
    s->is_running = false;
    s->hooks->exited(s->context, s->number, &how);
    free(errors);
    free(log);
}

/* ---- the supervisor ---- */

/* Supervisors of this process, which a sweep for strays spares. */
static pid_t supervisors[LIMIT_SLOTS];

static bool is_supervisor(const void *context, pid_t child)
{
    for (int i = 0; i < LIMIT_SLOTS; i++)
        if (supervisors[i] == child)
            return true;
    return false;
}

static void forget_supervisor(struct slot *s)
{
    watch_close(s->channel);
    s->channel = NULL;
    kill(s->supervisor, SIGKILL);
    waitpid(s->supervisor, NULL, 0);
    supervisors[s->number] = s->supervisor = 0;
}

static void lose_supervisor(struct slot *s)
{
    forget_supervisor(s);
    tree_sweep(is_supervisor, NULL); /* what it has left came to us, as we are a subreaper too */
    if (s->is_running)
        end_trial(s, &(struct report){ .kind = REPORT_ENDED, .end = SLOT_END_LOST });
}

static void on_report(void *owner, int events)
{
    struct slot *s = owner;
    struct report report;
    int r = report_receive(s->channel->fd, &report);
    if (r == 0)
        lose_supervisor(s);
    else if (r > 0 && report.kind == REPORT_STARTED)
        s->hooks->started(s->context, s->number);
    else if (r > 0)
        end_trial(s, &report);
}

static int spawn(struct slot *s, int channel, struct err *e)
{
    char parent[24];
    char *argv[] = { s->program, (char *)(uintptr_t)SLOT_ARGUMENT, parent, NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    snprintf(parent, sizeof parent, "%d", (int)getpid());
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, channel, SUPERVISOR_CHANNEL);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    errno = posix_spawn(&s->supervisor, s->program, &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (errno == 0)
        return 0;
    s->supervisor = 0;
    return err_set_errno(e, "start a supervisor, %s", s->program);
}

static int open_supervisor(struct slot *s, struct err *e)
{
    int pair[2];
    if (s->supervisor)
        return 0;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return err_set_errno(e, "make the channel of a supervisor");
    int r = spawn(s, pair[1], e);
    close(pair[1]);
    if (r < 0) {
        close(pair[0]);
        return -1;
    }
    supervisors[s->number] = s->supervisor;
    s->channel = watch_open(s->loop, pair[0], on_report, s);
    return 0;
}

struct slot *slot_open(
    uv_loop_t *loop, int number, const char *program, const struct slot_hooks *hooks, void *context, struct err *e)
{
    assert(number >= 0);
    assert(number < LIMIT_SLOTS);
    struct slot *s = mem_zalloc(1, sizeof *s);
    s->loop = loop;
    s->number = number;
    s->program = mem_strdup(program);
    s->hooks = hooks;
    s->context = context;
    s->log.cap = LIMIT_LOG_TAIL;
    s->errors.cap = LIMIT_REASON;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (open_supervisor(s, e) == 0)
        return s;
    free(s->program);
    free(s);
    return NULL;
}

void slot_close(struct slot *s)
{
    if (!s)
        return;
    if (s->channel)
        watch_close(s->channel); /* at its end the supervisor kills all that is below it, and ends */
    if (s->supervisor)
        waitpid(s->supervisor, NULL, 0);
    if (s->supervisor)
        supervisors[s->number] = 0;
    talk_close(&s->talk);
    close_streams(s);
    lines_deinit(&s->printed);
    tail_deinit(&s->log);
    tail_deinit(&s->errors);
    free(s->program);
    free(s);
}

/* ---- the beginning of a trial ---- */

struct ends {
    int ours[ORDER_N_DESCRIPTORS], theirs[ORDER_N_DESCRIPTORS];
};

static void close_all(const int *descriptors)
{
    for (int i = 0; i < ORDER_N_DESCRIPTORS; i++)
        if (descriptors[i] >= 0)
            close(descriptors[i]);
}

static int make_pair(struct ends *ends, enum order_descriptor which)
{
    int pair[2];
    int r = which == ORDER_CONTRACT ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) : pipe2(pair, O_CLOEXEC);
    if (r < 0)
        return -1;
    fcntl(pair[0], F_SETFL, O_NONBLOCK); /* our end alone: what the trial gets blocks as usual */
    ends->ours[which] = pair[0];
    ends->theirs[which] = pair[1];
    return 0;
}

static int make_ends(struct ends *ends, struct err *e)
{
    *ends = (struct ends){ .ours = { -1, -1, -1 }, .theirs = { -1, -1, -1 } };
    for (int i = 0; i < ORDER_N_DESCRIPTORS; i++)
        if (make_pair(ends, (enum order_descriptor)i) < 0) {
            err_set_errno(e, "make the sockets of a trial");
            close_all(ends->ours);
            close_all(ends->theirs);
            return -1;
        }
    return 0;
}

int slot_start(struct slot *s, const struct slot_program *program, struct err *e)
{
    struct ends ends;
    assert(!s->is_running);
    if (open_supervisor(s, e) < 0 || make_ends(&ends, e) < 0)
        return -1;
    int r = order_send_start(s->channel->fd, program, ends.theirs, e);
    close_all(ends.theirs);
    if (r < 0) {
        close_all(ends.ours);
        return -1;
    }
    s->is_running = true;
    s->started_ns = uv_hrtime();
    s->printed.max = LIMIT_PRINTED_LINE;
    s->printed.line = program->wants_printed ? on_printed : NULL;
    s->printed.owner = s;
    talk_open(&s->talk, s->loop, ends.ours[ORDER_CONTRACT], on_line, s);
    for (int i = 0; i < N_STREAMS; i++) {
        s->streams[i].slot = s;
        s->streams[i].watch = watch_open(s->loop, ends.ours[ORDER_STDOUT + i], on_stream, &s->streams[i]);
    }
    return 0;
}

void slot_tell(struct slot *s, const char *line)
{
    talk_say(&s->talk, line);
}

void slot_end_input(struct slot *s)
{
    talk_end(&s->talk);
}

void slot_terminate(struct slot *s)
{
    if (s->is_running && s->channel)
        order_send(s->channel->fd, ORDER_TERMINATE, NULL);
}

void slot_kill(struct slot *s)
{
    if (s->is_running && s->channel)
        order_send(s->channel->fd, ORDER_KILL, NULL);
}
