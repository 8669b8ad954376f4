/* running.c: attempts while they run: their lines, their limits, and how they are stopped. */
#include "worker/core/state.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "worker/core/effects.h"

static void tell(struct session_effects *fx, enum session_effect_kind kind, int slot)
{
    effect_add(fx, kind)->slot = slot;
}

static void kill_attempt(struct attempt *a, struct session_effects *fx)
{
    if (a->is_killed)
        return;
    a->is_killed = true;
    tell(fx, EFFECT_KILL, a->slot);
}

/* ---- lines ---- */

static void send_progress(struct session *s, struct attempt *a, int64_t now_ms, struct session_effects *fx)
{
    if (!s->link.is_welcome || a->told_step == a->step || now_ms - a->told_ms < SESSION_PROGRESS_MS)
        return;
    const struct record_curve_point *last = &a->curve.points[a->curve.n - 1];
    effect_send(fx, MESSAGE_PROGRESS)->as.progress = (struct message_progress){ .session = s->config.session,
        .trial = a->grant.trial,
        .lease = a->grant.lease,
        .step = last->step,
        .metrics = effect_own(fx, mem_strdup(last->metrics)) };
    a->told_ms = now_ms;
    a->told_step = a->step;
}

/* The process has said all of this attempt: it leaves, or stays for more. */
static void after_done(
    struct session *s, struct place *p, struct attempt *a, int64_t now_ms, struct session_effects *fx)
{
    a->kill_ms = now_ms + SESSION_LINGER_MS;
    if (!p->continues || s->is_draining || a->is_stopping) {
        tell(fx, EFFECT_END_INPUT, a->slot);
        return;
    }
    a->seconds = (double)(now_ms - a->begun_ms) / 1000;
    session_end_attempt(s, a, NULL, now_ms, fx);
}

static void take_saying(struct session *s, struct place *p, struct attempt *a, const struct saying *said,
    const struct session_event *event, struct session_effects *fx)
{
    struct err e = { 0 };
    bool is_first = !p->was_heard;
    p->was_heard = true;
    attempt_begin_speaking(a);
    if (said->kind == SAYS_CONTINUES && is_first) {
        p->continues = true;
    } else if (attempt_hear(a, said, event->now_ms, &e) < 0) {
        attempt_fail(a, FAILURE_EXIT, e.text);
        kill_attempt(a, fx);
    } else if (a->failure == FAILURE_DIVERGED && a->kill_ms == 0) {
        a->kill_ms = event->now_ms + SESSION_LINGER_MS;
    } else if (a->is_done && said->kind == SAYS_DONE) {
        after_done(s, p, a, event->now_ms, fx);
    } else if (said->kind == SAYS_REPORT && a->failure == FAILURE_NONE) {
        send_progress(s, a, event->now_ms, fx);
    }
}

void session_take_line(struct session *s, const struct session_event *event, struct session_effects *fx)
{
    struct place *p = &s->places[event->slot];
    struct attempt *a = p->attempt;
    if (p->state == PLACE_WARM && !a) {
        effect_log(fx, LOG_WARN, "slot %d: a trial that was done said more, and is killed", event->slot);
        p->state = PLACE_LEAVING;
        tell(fx, EFFECT_KILL, event->slot);
        return;
    }
    if (p->state != PLACE_BUSY || a->failure != FAILURE_NONE)
        return;
    struct saying said;
    struct err e = { 0 };
    if (saying_read(event->text, event->len, a->grant.metric, &said, &e) < 0) {
        attempt_fail(a, FAILURE_EXIT, e.text);
        kill_attempt(a, fx);
        return;
    }
    take_saying(s, p, a, &said, event, fx);
    saying_deinit(&said);
}

/* A program that does not speak the contract may print what it measures. */
void session_take_printed(struct session *s, const struct session_event *event, struct session_effects *fx)
{
    struct attempt *a = s->places[event->slot].attempt;
    if (s->places[event->slot].state != PLACE_BUSY || !attempt_is_printing(a))
        return;
    if (!attempt_hear_printed(a, event->text, event->len, event->now_ms))
        return;
    if (a->failure != FAILURE_NONE || a->is_done)
        kill_attempt(a, fx);
    else
        send_progress(s, a, event->now_ms, fx);
}

/* ---- limits ---- */

static void fail_after(
    struct attempt *a, enum failure_kind failure, int64_t limit_ms, const char *what, struct session_effects *fx)
{
    char reason[128];
    snprintf(reason, sizeof reason, "%s %g s", what, (double)limit_ms / 1000);
    attempt_fail(a, failure, reason);
    kill_attempt(a, fx);
}

static void watch_attempt(struct attempt *a, int64_t now_ms, struct session_effects *fx)
{
    const struct message_grant *grant = &a->grant;
    if (a->kill_ms && now_ms >= a->kill_ms)
        kill_attempt(a, fx);
    if (a->is_killed || a->failure != FAILURE_NONE || a->is_done || a->is_stopping)
        return;
    if (grant->trial_timeout_ms > 0 && now_ms - a->begun_ms >= grant->trial_timeout_ms)
        fail_after(a, FAILURE_TRIAL_TIMEOUT, grant->trial_timeout_ms, "not done after", fx);
    else if (grant->progress_timeout_ms > 0 && now_ms - a->heard_ms >= grant->progress_timeout_ms)
        fail_after(a, FAILURE_PROGRESS_TIMEOUT, grant->progress_timeout_ms, "nothing was reported for", fx);
}

static void watch_place(struct session *s, int slot, int64_t now_ms, struct session_effects *fx)
{
    struct place *p = &s->places[slot];
    if (p->state == PLACE_BUSY) {
        watch_attempt(p->attempt, now_ms, fx);
        if (p->attempt->failure == FAILURE_NONE && !p->attempt->is_done)
            send_progress(s, p->attempt, now_ms, fx);
    } else if (p->state == PLACE_WARM && now_ms - p->since_ms >= SESSION_WARM_MS) {
        session_end_warm(s, slot, now_ms, fx);
    } else if (p->state == PLACE_LEAVING && p->kill_ms && now_ms >= p->kill_ms) {
        p->kill_ms = 0;
        tell(fx, EFFECT_KILL, slot);
    }
}

void session_watch_slots(struct session *s, int64_t now_ms, struct session_effects *fx)
{
    for (int i = 0; i < s->config.slots; i++)
        watch_place(s, i, now_ms, fx);
}

/* ---- stopping ---- */

void session_end_warm(struct session *s, int slot, int64_t now_ms, struct session_effects *fx)
{
    struct place *p = &s->places[slot];
    p->state = PLACE_LEAVING;
    p->kill_ms = now_ms + SESSION_LINGER_MS;
    tell(fx, EFFECT_END_INPUT, slot);
}

void session_stop_attempt(struct session *s, struct attempt *a, const char *reason, int64_t patience_ms, int64_t now_ms,
    struct session_effects *fx)
{
    if (a->is_stopping || a->failure != FAILURE_NONE)
        return;
    switch (a->state) {
    case ATTEMPT_FETCHING:
    case ATTEMPT_WAITING:
        attempt_fail(a, FAILURE_PREEMPTED, reason);
        session_end_attempt(s, a, NULL, now_ms, fx);
        return;
    case ATTEMPT_RUNNING:
        attempt_stop(a, reason);
        a->kill_ms = now_ms + patience_ms;
        if (!a->is_done) {
            struct session_effect *effect = effect_add(fx, EFFECT_TELL);
            effect->slot = a->slot;
            effect->text = contract_stop;
        }
        if (attempt_is_printing(a))
            tell(fx, EFFECT_TERMINATE, a->slot); /* which does not listen to lines */
        return;
    case ATTEMPT_SAVING:
    case ATTEMPT_SPOOLING:
        return;
    }
}

/* What is handed back is wanted: the step that runs may come to its end. */
static int64_t patience_of(const struct attempt *a)
{
    int64_t ms = a->slowest_ms ? SESSION_STOP_STEPS * a->slowest_ms : SESSION_STOP_FIRST_MS;
    return ms > SESSION_STOP_MS ? ms : SESSION_STOP_MS;
}

void session_stop_all(struct session *s, const char *reason, int64_t now_ms, struct session_effects *fx)
{
    for (int i = 0; i < s->config.slots; i++) {
        struct place *p = &s->places[i];
        if (p->attempt)
            session_stop_attempt(s, p->attempt, reason, patience_of(p->attempt), now_ms, fx);
        if (p->state == PLACE_WARM && !p->attempt)
            session_end_warm(s, i, now_ms, fx);
    }
}
