#include "tests/bench/crowd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <zmq.h>

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/base/rng.h"
#include "common/base/str.h"
#include "common/proto/message.h"

enum { BEAT_MS = 1000, REPEAT_MS = 2000, ASK_MS = 3000, N_EVENTS = 256 };

struct lease {
    uint64_t trial, lease;
    int64_t rung, budget_from, budget_to;
};

struct member {
    void *socket;
    uint64_t worker, session;
    bool is_welcome, is_busy, is_sent;
    bool has_said; /* something since it was last drained: a send may eat the telling of what waits */
    struct lease lease;
    double asked, sent, first_sent, beat, due; /* seconds */
};

struct crowd {
    struct crowd_options options;
    void *zmq;
    int epoll;
    struct member *members;
    struct crowd_counts counts;
    size_t cap_latencies;
    struct str frame;
};

double crowd_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void end(const char *what)
{
    fprintf(stderr, "crowd: %s: %s\n", what, zmq_strerror(zmq_errno()));
    exit(1);
}

/* ---- saying ---- */

static void say(struct crowd *c, struct member *w, const struct message *m)
{
    str_clear(&c->frame);
    if (message_encode(m, &c->frame))
        zmq_send(w->socket, c->frame.text, c->frame.len, ZMQ_DONTWAIT);
    w->has_said = true;
}

static struct record_lease_ref held_by(const struct member *w)
{
    return (struct record_lease_ref){ .trial = w->lease.trial, .lease = w->lease.lease };
}

static void say_hello(struct crowd *c, struct member *w)
{
    char name[32];
    struct record_lease_ref held = held_by(w);
    snprintf(name, sizeof name, "crowd/%d", (int)(w - c->members) + 1);
    say(c, w,
        &(struct message){ .type = MESSAGE_HELLO,
            .as.hello = { .protocol_min = 1,
                .protocol_max = 1,
                .version = RUNG_VERSION,
                .worker = w->worker,
                .session = w->session,
                .name = name,
                .host = "crowd",
                .pid = 1,
                .slots = 1,
                .cores = 1,
                .commands = "true",
                .held = &held,
                .n_held = w->is_busy } });
    w->beat = crowd_now();
}

static void say_ask(struct crowd *c, struct member *w)
{
    if (c->options.is_idle)
        return;
    say(c, w, &(struct message){ .type = MESSAGE_ASK, .as.ask = { .session = w->session, .free = 1 } });
    w->asked = crowd_now();
}

static void say_beat(struct crowd *c, struct member *w)
{
    struct record_lease_ref held = held_by(w);
    say(c, w,
        &(struct message){
            .type = MESSAGE_BEAT, .as.beat = { .session = w->session, .held = &held, .n_held = w->is_busy } });
    w->beat = crowd_now();
}

/* A loss that falls with the budget, from a level of the trial's own. */
static double loss_of(const struct crowd *c, uint64_t trial, int64_t step)
{
    struct rng r;
    rng_derive(&r, (uint64_t)c->options.seed, trial, RNG_TEST, 0);
    return rng_double(&r) + 1.0 / (double)(1 + step);
}

static void say_result(struct crowd *c, struct member *w)
{
    enum { MOST = 32, WIDTH = 40 };
    static char metrics[MOST][WIDTH];
    struct record_curve_point curve[MOST];
    size_t n = 0;
    for (int64_t step = w->lease.budget_from + 1; step <= w->lease.budget_to && n < MOST; step++, n++) {
        snprintf(metrics[n], WIDTH, "{\"loss\":%.9f}", loss_of(c, w->lease.trial, step));
        curve[n] = (struct record_curve_point){ .step = step, .metrics = metrics[n] };
    }
    say(c, w,
        &(struct message){ .type = MESSAGE_RESULT,
            .as.result = { .session = w->session,
                .trial = w->lease.trial,
                .rung = w->lease.rung,
                .lease = w->lease.lease,
                .worker = w->worker,
                .budget = w->lease.budget_to,
                .curve = curve,
                .n_curve = n,
                .seconds = .001 } });
    w->sent = crowd_now();
    if (w->is_sent)
        c->counts.repeated++;
    else
        w->first_sent = w->sent;
    if (!w->is_sent) /* as an agent does: the slot is free already */
        say_ask(c, w);
    w->is_sent = true;
}

/* ---- hearing ---- */

static void take_welcome(struct crowd *c, struct member *w, const struct message_welcome *m)
{
    if (m->boot != c->counts.boot) {
        c->counts.boot = m->boot;
        c->counts.welcomed = 0;
        for (int i = 0; i < c->options.n_workers; i++)
            c->members[i].is_welcome = false;
    }
    c->counts.welcomed += !w->is_welcome;
    w->is_welcome = true;
    if (!w->is_busy)
        say_ask(c, w);
}

static void take_grant(struct crowd *c, struct member *w, const struct message_grant *m)
{
    if (w->is_busy) /* asked for while its acknowledgement was lost: asked for again later */
        return;
    w->lease = (struct lease){ m->trial, m->lease, m->rung, m->budget_from, m->budget_to };
    w->is_busy = true;
    w->is_sent = false;
    /* Turns are kept: who was late asks for no more rest, so that the rate is the one that was asked for. */
    double now = crowd_now();
    w->due = w->due + c->options.pause_seconds > now ? w->due + c->options.pause_seconds : now;
    if (w->due <= now)
        say_result(c, w);
}

static void take_ack(struct crowd *c, struct member *w, const struct message_result_ack *m)
{
    if (!w->is_busy || m->trial != w->lease.trial || m->lease != w->lease.lease)
        return;
    struct crowd_counts *n = &c->counts;
    n->latencies = mem_grow(n->latencies, n->n_latencies, &c->cap_latencies, sizeof *n->latencies);
    n->latencies[n->n_latencies++] = (float)((crowd_now() - w->first_sent) * 1000);
    n->results++;
    w->is_busy = false;
}

static void take(struct crowd *c, struct member *w, const void *frame, size_t len)
{
    struct message m = { 0 };
    struct err e = { 0 };
    if (message_decode(frame, len, &m, &e) < 0)
        return;
    switch ((int)m.type) {
    case MESSAGE_WELCOME:
        take_welcome(c, w, &m.as.welcome);
        break;
    case MESSAGE_WHO:
        say_hello(c, w);
        break;
    case MESSAGE_GRANT:
        take_grant(c, w, &m.as.grant);
        break;
    case MESSAGE_RESULT_ACK:
        take_ack(c, w, &m.as.result_ack);
        break;
    }
    message_deinit(&m);
}

/* All that waits, as the descriptor tells once. */
static void drain(struct crowd *c, struct member *w)
{
    zmq_msg_t body;
    w->has_said = false;
    zmq_msg_init(&body);
    while (zmq_msg_recv(&body, w->socket, ZMQ_DONTWAIT) >= 0)
        take(c, w, zmq_msg_data(&body), zmq_msg_size(&body));
    zmq_msg_close(&body);
}

/* ---- time ---- */

static void look_after(struct crowd *c, struct member *w, double now)
{
    if (w->is_busy && !w->is_sent && now >= w->due)
        say_result(c, w);
    else if (w->is_busy && w->is_sent && now - w->sent > REPEAT_MS / 1e3)
        say_result(c, w);
    else if (w->is_welcome && !w->is_busy && now - w->asked > ASK_MS / 1e3)
        say_ask(c, w);
    if (now - w->beat > BEAT_MS / 1e3) {
        if (w->is_welcome)
            say_beat(c, w);
        else
            say_hello(c, w);
    }
    if (w->has_said)
        drain(c, w);
}

void crowd_run(
    struct crowd *c, double end_seconds, bool (*is_enough)(const struct crowd_counts *, void *), void *context)
{
    struct epoll_event ready[N_EVENTS];
    double looked = 0;
    while (true) {
        int n = epoll_wait(c->epoll, ready, N_EVENTS, 1);
        for (int i = 0; i < n; i++)
            drain(c, ready[i].data.ptr);
        double now = crowd_now();
        if (now - looked < .002)
            continue;
        looked = now;
        if (now >= end_seconds || (is_enough && is_enough(&c->counts, context)))
            return;
        for (int i = 0; i < c->options.n_workers; i++)
            look_after(c, &c->members[i], now);
    }
}

/* ---- its life ---- */

static void open_member(struct crowd *c, int i)
{
    struct member *w = &c->members[i];
    int fd = -1, zero = 0, one = 1, reconnect = 100 + i % 100;
    size_t len = sizeof fd;
    double now = crowd_now();
    w->worker = (uint64_t)c->options.seed * 100000 + (uint64_t)i + 1;
    w->session = w->worker + 1;
    /* Beats and turns are spread, as those of a cluster are. */
    w->beat = now - (double)i / c->options.n_workers;
    w->due = now + c->options.pause_seconds * i / c->options.n_workers;
    if (!(w->socket = zmq_socket(c->zmq, ZMQ_DEALER)))
        end("a socket");
    zmq_setsockopt(w->socket, ZMQ_LINGER, &zero, sizeof zero);
    zmq_setsockopt(w->socket, ZMQ_IMMEDIATE, &one, sizeof one);
    zmq_setsockopt(w->socket, ZMQ_RECONNECT_IVL, &reconnect, sizeof reconnect);
    if (zmq_connect(w->socket, c->options.address) < 0 || zmq_getsockopt(w->socket, ZMQ_FD, &fd, &len) < 0)
        end(c->options.address);
    struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.ptr = w };
    if (epoll_ctl(c->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        end("epoll");
}

struct crowd *crowd_open(const struct crowd_options *options)
{
    struct crowd *c = mem_zalloc(1, sizeof *c);
    struct rlimit files = { 65536, 65536 };
    setrlimit(RLIMIT_NOFILE, &files);
    c->options = *options;
    c->zmq = zmq_ctx_new();
    zmq_ctx_set(c->zmq, ZMQ_MAX_SOCKETS, options->n_workers + 16);
    c->epoll = epoll_create1(EPOLL_CLOEXEC);
    c->members = mem_zalloc((size_t)options->n_workers, sizeof *c->members);
    for (int i = 0; i < options->n_workers; i++)
        open_member(c, i);
    return c;
}

void crowd_close(struct crowd *c)
{
    for (int i = 0; i < c->options.n_workers; i++)
        zmq_close(c->members[i].socket);
    zmq_ctx_term(c->zmq);
    free(c->members);
    free(c->counts.latencies);
    str_deinit(&c->frame);
    free(c);
}

struct crowd_counts crowd_counts(const struct crowd *c)
{
    return c->counts;
}

void crowd_forget(struct crowd *c)
{
    c->counts.results = c->counts.repeated = 0;
    c->counts.n_latencies = 0;
}
