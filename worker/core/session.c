#include "worker/core/session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "worker/core/effects.h"
#include "worker/core/state.h"

#define LOAD_MAX 100000 /* no load average is greater */

/* ---- life ---- */

struct session *session_new(const struct session_config *config)
{
    struct session *s = mem_zalloc(1, sizeof *s);
    s->config = *config;
    s->config.name = mem_strdup(config->name);
    s->config.host = mem_strdup(config->host);
    s->config.version = mem_strdup(config->version);
    s->config.kernel = mem_strdup(config->kernel);
    s->config.work = mem_strdup(config->work);
    s->config.commands = mem_strdup(config->commands);
    s->asked = -1;
    s->quiet_ms = -1;
    rng_derive(&s->rng, config->session, config->worker, RNG_JITTER, 0);
    return s;
}

static void free_text(const char *text)
{
    free((void *)(uintptr_t)text);
}

void session_free(struct session *s)
{
    if (!s)
        return;
    const char *const texts[] = { s->config.name, s->config.host, s->config.version, s->config.kernel, s->config.work,
        s->config.commands };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free_text(texts[i]);
    for (size_t i = 0; i < s->n_attempts; i++)
        attempt_free(s->attempts[i]);
    for (int i = 0; i < s->config.slots; i++)
        free(s->places[i].directory);
    free(s->attempts);
    outbox_deinit(&s->outbox);
    free(s);
}

/* ---- what the coordinator is told ---- */

static const struct record_lease_ref *list_held(const struct session *s, size_t *n_out, struct session_effects *fx)
{
    struct record_lease_ref *held = effect_own(fx, mem_zalloc(LIMIT_SLOTS, sizeof *held));
    size_t n = 0;
    for (size_t i = 0; i < s->n_attempts && n < LIMIT_SLOTS; i++) {
        const struct attempt *a = s->attempts[i];
        held[n++] = (struct record_lease_ref){ .trial = a->grant.trial, .lease = a->grant.lease, .step = a->step };
    }
    for (size_t i = 0; i < s->outbox.n && n < LIMIT_SLOTS; i++)
        held[n++] =
            (struct record_lease_ref){ .trial = s->outbox.list[i].key.trial, .lease = s->outbox.list[i].key.lease };
    *n_out = n;
    return held;
}

static void send_hello(struct session *s, struct session_effects *fx)
{
    struct message_hello hello = { .protocol_min = MESSAGE_PROTOCOL,
        .protocol_max = MESSAGE_PROTOCOL,
        .version = s->config.version,
        .worker = s->config.worker,
        .session = s->config.session,
        .name = s->config.name,
        .host = s->config.host,
        .pid = s->config.pid,
        .slots = s->config.slots,
        .cores = s->config.cores,
        .memory_bytes = s->config.memory_bytes,
        .kernel = s->config.kernel,
        .commands = s->config.commands };
    hello.held = list_held(s, &hello.n_held, fx);
    effect_send(fx, MESSAGE_HELLO)->as.hello = hello;
}

static void send_beat(struct session *s, struct session_effects *fx)
{
    struct message_beat beat = { .session = s->config.session, .load = s->load };
    beat.held = list_held(s, &beat.n_held, fx);
    effect_send(fx, MESSAGE_BEAT)->as.beat = beat;
}

static void send_ask(struct session *s, int free, int64_t now_ms, struct session_effects *fx)
{
    effect_send(fx, MESSAGE_ASK)->as.ask = (struct message_ask){ .session = s->config.session, .free = free };
    s->asked = free;
    s->ask_ms = now_ms + SESSION_ASK_MS;
}

/* Slots that became free are told at once, but for the moment that their outcomes need to be there first. */
static void ask(struct session *s, int64_t now_ms, struct session_effects *fx)
{
    if (!s->link.is_welcome || s->is_draining)
        return;
    int free = session_count_free(s);
    int ahead = outbox_count_unsent(&s->outbox, now_ms);
    for (size_t i = 0; i < s->n_attempts; i++)
        ahead += s->attempts[i]->state >= ATTEMPT_SAVING && !s->attempts[i]->retry_ms;
    int ready = free > ahead ? free - ahead : 0;
    bool is_due = now_ms >= s->ask_ms && free > 0;
    if (ready > s->asked || free < s->asked || is_due)
        send_ask(s, is_due || free < s->asked ? free : ready, now_ms, fx);
}

static void talk(struct session *s, int64_t now_ms, struct session_effects *fx)
{
    switch (link_tick(&s->link, &s->rng, now_ms)) {
    case LINK_NOTHING:
        break;
    case LINK_RECONNECT:
        effect_add(fx, EFFECT_RECONNECT);
        send_hello(s, fx);
        break;
    case LINK_HELLO:
        send_hello(s, fx);
        break;
    case LINK_BEAT:
        send_beat(s, fx);
        break;
    }
}

static void drain(struct session *s, const char *reason, int64_t now_ms, struct session_effects *fx)
{
    s->is_draining = true;
    if (s->link.is_welcome)
        send_ask(s, 0, now_ms, fx);
    session_stop_all(s, reason, now_ms, fx);
}

/* ---- what it says ---- */

static void cancel(
    struct session *s, const struct record_lease_ref *refs, size_t n, int64_t now_ms, struct session_effects *fx)
{
    for (size_t i = 0; i < n; i++) {
        struct attempt *a = session_find_lease(s, refs[i].trial, refs[i].lease);
        if (a)
            session_stop_attempt(s, a, "the coordinator cancelled it", SESSION_STOP_MS, now_ms, fx);
    }
}

static void take_welcome(struct session *s, const struct message *m, int64_t now_ms, struct session_effects *fx)
{
    const struct message_welcome *welcome = &m->as.welcome;
    bool is_new = !s->link.is_welcome || s->link.boot != welcome->boot;
    link_welcome(&s->link, welcome, now_ms);
    s->is_orphan = false;
    cancel(s, welcome->drop, welcome->n_drop, now_ms, fx);
    if (!is_new)
        return;
    effect_log(fx, LOG_INFO, "the coordinator is there (start %" PRIu64 ")", welcome->boot);
    s->asked = -1;
    s->ask_ms = now_ms;
    outbox_hurry(&s->outbox, now_ms);
}

static void take_who(struct session *s, const struct message *m, int64_t now_ms, struct session_effects *fx)
{
    if (!s->link.is_welcome)
        return; /* HELLO is being said */
    link_lose(&s->link, now_ms);
    talk(s, now_ms, fx);
}

static void take_beat_ack(struct session *s, const struct message *m, int64_t now_ms, struct session_effects *fx)
{
    const struct message_beat_ack *ack = &m->as.beat_ack;
    if (s->link.is_welcome && s->link.boot != ack->boot) {
        take_who(s, m, now_ms, fx);
        return;
    }
    cancel(s, ack->cancel, ack->n_cancel, now_ms, fx);
    if (ack->leave && !s->is_draining) {
        effect_log(fx, LOG_INFO, "leaving: %s; trials are stopped and handed back", ack->leave);
        drain(s, "the worker is leaving", now_ms, fx);
    }
}

static void take_grant(struct session *s, const struct message *m, int64_t now_ms, struct session_effects *fx)
{
    session_take_grant(s, &m->as.grant, now_ms, fx);
}

static void take_nowork(struct session *s, const struct message *m, int64_t now_ms, struct session_effects *fx)
{
    effect_log(fx, LOG_DEBUG, "no work at this moment: %s", m->as.nowork.reason);
}

static void take_result_ack(struct session *s, const struct message *m, int64_t now_ms, struct session_effects *fx)
{
    const struct message_result_ack *ack = &m->as.result_ack;
    struct outcome_key key = { .trial = ack->trial, .lease = ack->lease, .rung = ack->rung };
    if (!outbox_find(&s->outbox, key))
        return;
    if (str_equal(ack->verdict, "send_blob")) {
        outbox_upload_again(&s->outbox, key, now_ms);
        return;
    }
    effect_log(fx, LOG_DEBUG, "acknowledged: trial %" PRIu64 " rung %" PRId64 " lease %" PRIu64 ": %s", key.trial,
        key.rung, key.lease, ack->verdict);
    outbox_remove(&s->outbox, key);
    effect_add(fx, EFFECT_FORGET)->key = key;
}

static void take_error(struct session *s, const struct message *m, int64_t now_ms, struct session_effects *fx)
{
    effect_log(fx, LOG_ERROR, "the coordinator says: %s", m->as.error.text);
    if (str_equal(m->as.error.code, "refused")) /* this key is not let in any more, or may not work */
        link_lose(&s->link, now_ms);
    if (!s->link.is_welcome)
        link_back_off(&s->link, now_ms);
}

static const struct {
    enum message_type type;
    void (*take)(struct session *s, const struct message *m, int64_t now_ms, struct session_effects *fx);
} messages[] = {
    { MESSAGE_WELCOME, take_welcome },
    { MESSAGE_WHO, take_who },
    { MESSAGE_GRANT, take_grant },
    { MESSAGE_NOWORK, take_nowork },
    { MESSAGE_BEAT_ACK, take_beat_ack },
    { MESSAGE_RESULT_ACK, take_result_ack },
    { MESSAGE_ERROR, take_error },
};

static void take_message(struct session *s, const struct session_event *event, struct session_effects *fx)
{
    link_hear(&s->link, event->now_ms);
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        if (messages[i].type == event->message->type)
            messages[i].take(s, event->message, event->now_ms, fx);
}

/* ---- leaving ---- */

static void take_drain(struct session *s, const struct session_event *event, struct session_effects *fx)
{
    if (!s->is_draining) {
        effect_log(fx, LOG_INFO, "leaving: trials are stopped and handed back; once more kills them");
        drain(s, "the worker is leaving", event->now_ms, fx);
        return;
    }
    effect_add(fx, EFFECT_EXIT)->status = 130;
    s->is_over = true;
}

static bool is_busy(const struct session *s)
{
    for (int i = 0; i < s->config.slots; i++)
        if (s->places[i].state != PLACE_EMPTY && s->places[i].state != PLACE_WARM)
            return true;
    return s->n_attempts > 0;
}

static bool has_warm(const struct session *s)
{
    for (int i = 0; i < s->config.slots; i++)
        if (s->places[i].state == PLACE_WARM)
            return true;
    return false;
}

static void leave_when_drained(struct session *s, int64_t now_ms, struct session_effects *fx)
{
    if (!s->is_draining || is_busy(s) || has_warm(s))
        return;
    if (s->leave_ms == 0)
        s->leave_ms = now_ms + SESSION_FAREWELL_MS;
    if (s->outbox.n > 0 && now_ms < s->leave_ms)
        return;
    if (s->outbox.n > 0)
        effect_log(fx, LOG_WARN, "%zu outcomes stay in the spool for the next start", s->outbox.n);
    effect_send(fx, MESSAGE_BYE)->as.bye = (struct message_bye){ .session = s->config.session };
    effect_add(fx, EFFECT_EXIT)->status = 0;
    s->is_over = true;
}

static void leave_when_idle(struct session *s, int64_t now_ms, struct session_effects *fx)
{
    bool is_quiet = !is_busy(s) && s->outbox.n == 0;
    if (!is_quiet)
        s->quiet_ms = -1;
    else if (s->quiet_ms < 0)
        s->quiet_ms = now_ms;
    if (!is_quiet || s->is_draining || s->config.idle_exit_ms <= 0 || now_ms - s->quiet_ms < s->config.idle_exit_ms)
        return;
    effect_log(fx, LOG_INFO, "leaving: no work for %" PRId64 " s", s->config.idle_exit_ms / 1000);
    drain(s, "the worker is leaving", now_ms, fx);
}

static void give_up_when_orphan(struct session *s, int64_t now_ms, struct session_effects *fx)
{
    if (s->link.is_welcome || s->link.boot == 0 || s->is_orphan || now_ms - s->link.heard_ms < SESSION_ORPHAN_MS)
        return;
    s->is_orphan = true;
    session_stop_all(s, "the coordinator was out of reach for too long", now_ms, fx);
}

/* ---- the door ---- */

static void take_tick(struct session *s, const struct session_event *event, struct session_effects *fx)
{
    s->load = event->load > 0 && event->load < LOAD_MAX ? (int64_t)(event->load * 100) : 0;
    talk(s, event->now_ms, fx);
    session_watch_slots(s, event->now_ms, fx);
    session_spool_again(s, event->now_ms, fx);
    give_up_when_orphan(s, event->now_ms, fx);
    leave_when_idle(s, event->now_ms, fx);
}

static void take_connected(struct session *s, const struct session_event *event, struct session_effects *fx)
{
    link_connected(&s->link, &s->rng, event->now_ms);
    send_hello(s, fx);
}

static void take_started(struct session *s, const struct session_event *event, struct session_effects *fx)
{
    struct attempt *a = s->places[event->slot].attempt;
    if (a && attempt_has_process(a))
        a->begun_ms = a->heard_ms = event->now_ms;
}

static void take_recovered(struct session *s, const struct session_event *event, struct session_effects *fx)
{
    outbox_add(&s->outbox, event->key, event->hash, event->bytes, event->now_ms);
}

static void take_uploaded(struct session *s, const struct session_event *event, struct session_effects *fx)
{
    outbox_uploaded(&s->outbox, event, fx);
}

/* Nobody can deliver it any more. The coordinator gives the lease to somebody else once we do not list it. */
static void take_damaged(struct session *s, const struct session_event *event, struct session_effects *fx)
{
    effect_log(fx, LOG_ERROR, "the outcome of trial %" PRIu64 ", lease %" PRIu64 ", is lost: its record is damaged",
        event->key.trial, event->key.lease);
    outbox_remove(&s->outbox, event->key);
    effect_add(fx, EFFECT_FORGET)->key = event->key;
}

static void take_room(struct session *s, const struct session_event *event, struct session_effects *fx)
{
    s->has_no_room = event->is_failed;
    for (size_t i = 0; i < s->n_attempts; i++)
        s->attempts[i]->had_no_room |= event->is_failed;
    if (event->is_failed)
        effect_log(fx, LOG_ERROR, "%s. What runs goes on and outcomes are held; nothing new is asked for",
            event->reason ? event->reason : "the disk is full");
    else
        effect_log(fx, LOG_INFO, "the disk has room again");
}

static void (*const takers[SESSION_N_KINDS])(
    struct session *s, const struct session_event *event, struct session_effects *fx) = {
    [SESSION_TICK] = take_tick,
    [SESSION_MESSAGE] = take_message,
    [SESSION_CONNECTED] = take_connected,
    [SESSION_STARTED] = take_started,
    [SESSION_LINE] = session_take_line,
    [SESSION_PRINTED] = session_take_printed,
    [SESSION_EXITED] = session_take_exit,
    [SESSION_FETCHED] = session_take_fetched,
    [SESSION_SAVED] = session_take_saved,
    [SESSION_SPOOLED] = session_take_spooled,
    [SESSION_RECOVERED] = take_recovered,
    [SESSION_UPLOADED] = take_uploaded,
    [SESSION_DAMAGED] = take_damaged,
    [SESSION_ROOM] = take_room,
    [SESSION_DRAIN] = take_drain,
};

void session_step(struct session *s, const struct session_event *event, struct session_effects *effects)
{
    if (s->is_over)
        return;
    takers[event->kind](s, event, effects);
    if (s->is_over)
        return;
    if (s->link.is_welcome)
        outbox_run(&s->outbox, &s->rng, event->now_ms, effects);
    ask(s, event->now_ms, effects);
    leave_when_drained(s, event->now_ms, effects);
}

int64_t session_tick_ms(const struct session *s)
{
    return s->link.is_welcome || s->link.wait_ms > 500 ? SESSION_TICK_MS : SESSION_HELLO_MS / 2;
}
