/* ending.c: from the end of an attempt to the disk: judged, its checkpoint saved, its outcome spooled. */
#include "worker/core/state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "worker/core/effects.h"

#define RETRY_MS 1000 /* what the disk refused is tried again after so long */

/* ---- finding ---- */

struct attempt *session_find_attempt(const struct session *s, uint64_t id)
{
    for (size_t i = 0; i < s->n_attempts; i++)
        if (s->attempts[i]->id == id)
            return s->attempts[i];
    return NULL;
}

struct attempt *session_find_lease(const struct session *s, uint64_t trial, uint64_t lease)
{
    for (size_t i = 0; i < s->n_attempts; i++)
        if (s->attempts[i]->grant.trial == trial && s->attempts[i]->grant.lease == lease)
            return s->attempts[i];
    return NULL;
}

bool session_is_finished(const struct session *s, uint64_t trial, uint64_t lease)
{
    size_t n = s->n_finished < N_FINISHED ? s->n_finished : N_FINISHED;
    for (size_t i = 0; i < n; i++)
        if (s->finished[i].trial == trial && s->finished[i].lease >= lease)
            return true;
    return false;
}

static void remember_finished(struct session *s, struct outcome_key key)
{
    s->finished[s->n_finished++ % N_FINISHED] = key;
}

static void remove_attempt(struct session *s, struct attempt *a)
{
    for (size_t i = 0; i < s->n_attempts; i++)
        if (s->attempts[i] == a)
            s->attempts[i] = s->attempts[--s->n_attempts];
    attempt_free(a);
}

/* ---- the directory ---- */

static bool is_directory_needed(const struct session *s, const char *directory)
{
    for (int i = 0; i < s->config.slots; i++)
        if (s->places[i].directory && str_equal(s->places[i].directory, directory))
            return true;
    for (size_t i = 0; i < s->n_attempts; i++)
        if (s->attempts[i]->state <= ATTEMPT_SAVING && s->attempts[i]->directory &&
            str_equal(s->attempts[i]->directory, directory))
            return true;
    return false;
}

static void clear_directory(struct session *s, const char *directory, struct session_effects *fx)
{
    if (directory && !is_directory_needed(s, directory))
        effect_add(fx, EFFECT_CLEAR)->directory = effect_own(fx, mem_strdup(directory));
}

/* ---- spooling ---- */

static void spool(struct session *s, struct attempt *a, struct session_effects *fx)
{
    a->state = ATTEMPT_SPOOLING;
    a->retry_ms = 0;
    struct session_effect *effect = effect_add(fx, EFFECT_SPOOL);
    effect->key = attempt_key(a);
    attempt_message(a, &s->config, &effect->message);
    clear_directory(s, a->directory, fx);
}

static void save(struct attempt *a, struct session_effects *fx)
{
    a->state = ATTEMPT_SAVING;
    a->retry_ms = 0;
    struct session_effect *effect = effect_add(fx, EFFECT_SAVE);
    effect->attempt = a->id;
    effect->text = effect_own(fx, mem_strdup(a->checkpoint_out));
}

void session_spool_again(struct session *s, int64_t now_ms, struct session_effects *fx)
{
    for (size_t i = 0; i < s->n_attempts; i++) {
        struct attempt *a = s->attempts[i];
        if (!a->retry_ms || now_ms < a->retry_ms)
            continue;
        if (a->state == ATTEMPT_SPOOLING)
            spool(s, a, fx);
        else
            save(a, fx);
    }
}

/* Once for each that is held up. */
static void hold_up(struct attempt *a, const char *what, const char *reason, int64_t now_ms, struct session_effects *fx)
{
    a->retry_ms = now_ms + RETRY_MS;
    if (!a->is_held_up)
        effect_log(fx, LOG_ERROR, "the %s of trial %s/%" PRId64 " cannot be written, which is tried again: %s", what,
            a->grant.campaign, a->grant.number, reason ? reason : "unknown");
    a->is_held_up = true;
}

static struct attempt *find_spooling(const struct session *s, struct outcome_key key)
{
    for (size_t i = 0; i < s->n_attempts; i++) {
        struct outcome_key k = attempt_key(s->attempts[i]);
        if (s->attempts[i]->state == ATTEMPT_SPOOLING && k.trial == key.trial && k.lease == key.lease &&
            k.rung == key.rung)
            return s->attempts[i];
    }
    return NULL;
}

void session_take_spooled(struct session *s, const struct session_event *event, struct session_effects *fx)
{
    struct attempt *a = find_spooling(s, event->key);
    if (!a) { /* a record without its checkpoint took the place of one with it, or had no room */
        if (event->is_failed)
            outbox_keep(&s->outbox, event->key, event->now_ms);
        else if (outbox_find(&s->outbox, event->key))
            outbox_add(&s->outbox, event->key, NULL, 0, event->now_ms);
        return;
    }
    if (event->is_failed) {
        hold_up(a, "outcome", event->reason, event->now_ms, fx);
        return;
    }
    if (a->is_held_up)
        effect_log(
            fx, LOG_INFO, "the outcome of trial %s/%" PRId64 " is written now", a->grant.campaign, a->grant.number);
    effect_log(fx, LOG_DEBUG, "kept: trial %" PRIu64 " rung %" PRId64 " lease %" PRIu64, event->key.trial,
        event->key.rung, event->key.lease);
    outbox_add(&s->outbox, event->key, a->hash, a->bytes, event->now_ms);
    remember_finished(s, event->key);
    remove_attempt(s, a);
}

/* ---- saving ---- */

static void save_or_spool(struct session *s, struct attempt *a, struct session_effects *fx)
{
    if (attempt_wants_save(a))
        save(a, fx);
    else
        spool(s, a, fx);
}

/* A process that stays for more is known by the state that it is in. */
static void tell_warm_place(struct session *s, const struct attempt *a)
{
    struct place *p = &s->places[a->slot];
    if (p->state == PLACE_WARM && p->trial == a->grant.trial && p->reached == a->step)
        str_copy(p->hash, sizeof p->hash, a->hash);
}

void session_take_saved(struct session *s, const struct session_event *event, struct session_effects *fx)
{
    struct attempt *a = session_find_attempt(s, event->attempt);
    if (!a || a->state != ATTEMPT_SAVING)
        return;
    if (event->hash && *event->hash) {
        str_copy(a->hash, sizeof a->hash, event->hash);
        a->bytes = event->bytes;
        tell_warm_place(s, a);
    } else if (s->has_no_room) {
        hold_up(a, "checkpoint", event->reason, event->now_ms, fx);
        return;
    } else {
        effect_log(fx, LOG_WARN, "the checkpoint of trial %s/%" PRId64 " cannot be kept: %s", a->grant.campaign,
            a->grant.number, event->reason ? event->reason : "unknown");
    }
    spool(s, a, fx);
}

/* ---- ending ---- */

static void log_outcome(const struct attempt *a, struct session_effects *fx)
{
    if (a->failure == FAILURE_NONE)
        effect_log(fx, LOG_INFO, "trial %s/%" PRId64 " reached %" PRId64 " in %.2f s", a->grant.campaign,
            a->grant.number, a->step, a->seconds);
    else
        effect_log(fx, LOG_WARN, "trial %s/%" PRId64 " ended at %" PRId64 " (%s): %.300s", a->grant.campaign,
            a->grant.number, a->step, failure_kind_names[a->failure], a->reason ? a->reason : "");
}

static void keep_warm(struct place *p, const struct attempt *a, int64_t now_ms, struct session_effects *fx)
{
    if (a->failure != FAILURE_NONE) {
        p->state = PLACE_LEAVING;
        p->kill_ms = 0;
        effect_add(fx, EFFECT_KILL)->slot = a->slot;
        return;
    }
    p->state = PLACE_WARM;
    p->trial = a->grant.trial;
    p->reached = a->step;
    p->hash[0] = 0;
    p->since_ms = now_ms;
}

void session_end_attempt(
    struct session *s, struct attempt *a, const struct session_exit *how, int64_t now_ms, struct session_effects *fx)
{
    a->had_no_room |= s->has_no_room;
    attempt_judge(a, how);
    log_outcome(a, fx);
    if (a->slot >= 0) {
        struct place *p = &s->places[a->slot];
        if (p->attempt == a)
            p->attempt = NULL;
        if (attempt_has_process(a) && !how)
            keep_warm(p, a, now_ms, fx);
    }
    save_or_spool(s, a, fx);
}

void session_take_exit(struct session *s, const struct session_event *event, struct session_effects *fx)
{
    struct place *p = &s->places[event->slot];
    if (p->state == PLACE_EMPTY)
        return;
    enum place_state before = p->state;
    char *directory = p->directory;
    p->state = PLACE_EMPTY;
    p->directory = NULL;
    if (before == PLACE_BUSY)
        session_end_attempt(s, p->attempt, event->exit, event->now_ms, fx);
    else
        session_start_waiting(s, event->slot, event->now_ms, fx);
    clear_directory(s, directory, fx);
    free(directory);
}
