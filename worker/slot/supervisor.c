#include "worker/slot/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "worker/slot/order.h"
#include "worker/slot/start.h"
#include "worker/slot/tree.h"

#define MEMORY_EACH_MS 100     /* how often a tree with a limit is weighed */
#define KILL_PATIENCE_MS 10000 /* what does not die of SIGKILL in this time hangs in the kernel */

struct supervisor {
    pid_t agent;
    int signals;          /* a signalfd: SIGCHLD, and SIGTERM, by which the kernel tells that the agent died */
    int64_t memory_bytes; /* the limit of what runs; 0: none */
    pid_t trial;          /* 0: none runs */
    bool is_reaped;       /* the trial's own process was waited for */
    int wait_status;      /* of it */
    bool is_over_memory;  /* killed by us for its memory */
    bool is_killed;       /* killed by us for another reason */
    int64_t oom_kills;    /* of the kernel, at the start */
    int64_t max_rss_bytes;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void report(const struct report *r)
{
    report_send(SUPERVISOR_CHANNEL, r, NULL); /* when nobody listens any more, the loop finds out */
}

/* ---- waiting for processes ---- */

/* Takes all that have ended. Returns false when there are no children left. */
static bool reap(struct supervisor *s)
{
    struct rusage used;
    int status;
    for (;;) {
        pid_t pid = wait4(-1, &status, WNOHANG, &used);
        if (pid < 0 && errno == EINTR)
            continue;
        if (pid <= 0)
            return pid == 0;
        if ((int64_t)used.ru_maxrss << 10 > s->max_rss_bytes)
            s->max_rss_bytes = (int64_t)used.ru_maxrss << 10;
        if (pid == s->trial) {
            s->is_reaped = true;
            s->wait_status = status;
        }
    }
}

static void drain_signals(const struct supervisor *s)
{
    struct signalfd_siginfo info;
    while (read(s->signals, &info, sizeof info) > 0)
        continue;
}

/* Kills and waits until nobody is left. Whoever hangs in the kernel is left to the agent, which frees the slot. */
static void kill_all(struct supervisor *s)
{
    struct pollfd wait = { .fd = s->signals, .events = POLLIN };
    int64_t end_ms = now_ms() + KILL_PATIENCE_MS;
    while (reap(s)) {
        if (now_ms() > end_ms)
            _exit(1);
        tree_kill_children();
        poll(&wait, 1, 20);
        drain_signals(s);
    }
}

/* ---- one attempt ---- */

static bool was_killed_by_kernel(const struct supervisor *s)
{
    return !s->is_killed && WIFSIGNALED(s->wait_status) && WTERMSIG(s->wait_status) == SIGKILL && s->oom_kills >= 0 &&
           tree_oom_kills() > s->oom_kills;
}

/* The trial's own process is gone, or everything has to go. */
static void end_attempt(struct supervisor *s)
{
    kill_all(s);
    struct report r = { .kind = REPORT_ENDED, .max_rss_bytes = s->max_rss_bytes };
    if (s->is_over_memory || was_killed_by_kernel(s)) {
        r.end = SLOT_END_MEMORY;
    } else if (WIFSIGNALED(s->wait_status)) {
        r.end = SLOT_END_SIGNAL;
        r.status = WTERMSIG(s->wait_status);
    } else {
        r.end = SLOT_END_STATUS;
        r.status = WEXITSTATUS(s->wait_status);
    }
    s->trial = 0;
    report(&r);
}

static void begin_attempt(struct supervisor *s, struct order *order)
{
    struct report r = { .kind = REPORT_ENDED, .end = SLOT_END_NOT_STARTED };
    struct err e = { 0 };
    s->oom_kills = tree_oom_kills();
    s->is_reaped = s->is_killed = s->is_over_memory = false;
    s->max_rss_bytes = 0;
    s->wait_status = 0;
    s->memory_bytes = order->memory_bytes;
    s->trial = trial_start(order, &e);
    for (int i = 0; i < ORDER_N_DESCRIPTORS; i++)
        close(order->descriptors[i]);
    if (s->trial > 0) {
        report(&(struct report){ .kind = REPORT_STARTED });
        return;
    }
    s->trial = 0;
    kill_all(s);
    memcpy(r.error, e.text, sizeof r.error - 1);
    report(&r);
}

static void weigh(struct supervisor *s)
{
    if (s->trial && tree_memory(s->memory_bytes) > s->memory_bytes) {
        s->is_over_memory = true;
        end_attempt(s);
    }
}

/* ---- the loop ---- */

static void take_signals(struct supervisor *s)
{
    drain_signals(s);
    reap(s);
    if (s->trial && s->is_reaped)
        end_attempt(s);
}

/* Returns false when the agent is gone. */
static bool take_order(struct supervisor *s)
{
    static struct order order;
    struct err e;
    int r = order_receive(SUPERVISOR_CHANNEL, &order, &e);
    if (r <= 0)
        return false;
    if (order.kind == ORDER_START && !s->trial) {
        begin_attempt(s, &order);
    } else if (order.kind == ORDER_KILL && s->trial) {
        s->is_killed = true;
        end_attempt(s);
    } else if (order.kind == ORDER_TERMINATE && s->trial) {
        kill(-s->trial, SIGTERM); /* its session: what a shell script runs hears it too */
    }
    return true;
}

static void run(struct supervisor *s)
{
    struct pollfd polled[] = { { .fd = SUPERVISOR_CHANNEL, .events = POLLIN }, { .fd = s->signals, .events = POLLIN } };
    while (getppid() == s->agent) {
        bool is_weighed = s->trial && s->memory_bytes > 0;
        if (poll(polled, 2, is_weighed ? MEMORY_EACH_MS : -1) < 0 && errno != EINTR)
            break;
        if (polled[1].revents)
            take_signals(s);
        if (polled[0].revents && !take_order(s))
            break;
        if (is_weighed)
            weigh(s);
    }
    kill_all(s);
}

/* ---- beginning ---- */

static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int supervisor_main(int argc, char **argv)
{
    if (argc < 3)
        return 64;
    static struct supervisor s;
    s.agent = (pid_t)atoi(argv[2]);
    s.signals = open_signals();
    prctl(PR_SET_NAME, "rung-slot");
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (s.signals < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        return 71;
    run(&s); /* which looks first whether the agent died before the kernel was asked to tell */
    return 0;
}
