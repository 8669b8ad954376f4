/* fake_coordinator.h: a coordinator in a test's own process, on real sockets: it grants what the test says, and notes
 * what comes back.
 */
#ifndef RUNG_TESTS_E2E_FAKE_COORDINATOR_H
#define RUNG_TESTS_E2E_FAKE_COORDINATOR_H

#include <stdlib.h>

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
    uint64_t n_granted, asker;
    int64_t n_asked; /* of the last ASK, and not granted yet */
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

static void grant_asked(void)
{
    for (; fake.n_asked > 0 && fake.n_granted < fake.n_trials; fake.n_asked--)
        grant_next(fake.asker);
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
        fake.asker = peer;
        fake.n_asked = m->as.ask.free;
        grant_asked();
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
    grant_asked();
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

#endif
