/* intake.c: from a grant to a process that works on it. */
#include "worker/core/state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/domain/allowed.h"
#include "common/proto/json.h"
#include "worker/core/effects.h"

/* ---- which slot ---- */

static bool is_free(const struct place *p)
{
    return !p->attempt && (p->state == PLACE_EMPTY || p->state == PLACE_WARM);
}

int session_count_free(const struct session *s)
{
    int n = 0;
    if (s->has_no_room)
        return 0;
    for (int i = 0; i < s->config.slots; i++) {
        const struct attempt *a = s->places[i].attempt;
        n += a ? 1 - grant_slots(&a->grant) : is_free(&s->places[i]);
    }
    size_t held = s->n_attempts + s->outbox.n;
    int room = held < LIMIT_SLOTS ? (int)(LIMIT_SLOTS - held) : 0; /* a beat lists no more */
    return n < 0 ? 0 : n < room ? n : room;
}

/* The process of this trial may go on when its state is the one that the grant begins with. */
static bool fits_warm(const struct place *p, const struct message_grant *grant)
{
    if (p->state != PLACE_WARM || p->attempt || p->trial != grant->trial || p->reached >= grant->budget_to)
        return false;
    if (!grant->checkpoint)
        return !p->hash[0];
    return str_equal(p->hash, grant->checkpoint) && p->reached == grant->budget_from;
}

static int find_warm(const struct session *s, const struct message_grant *grant)
{
    for (int i = 0; i < s->config.slots; i++)
        if (fits_warm(&s->places[i], grant))
            return i;
    return -1;
}

/* An empty slot, else the one that has been warm for longest. */
static int find_slot(const struct session *s)
{
    int best = -1;
    for (int i = 0; i < s->config.slots; i++) {
        if (!is_free(&s->places[i]))
            continue;
        if (s->places[i].state == PLACE_EMPTY)
            return i;
        if (best < 0 || s->places[i].since_ms < s->places[best].since_ms)
            best = i;
    }
    return best;
}

/* ---- starting ---- */

static void name_files(const struct session *s, struct attempt *a, const char *directory)
{
    struct str text = { 0 };
    if (directory)
        str_add(&text, directory);
    else
        str_addf(&text, "%s/%" PRIu64, s->config.work, a->id);
    a->directory = str_take(&text);
    str_addf(&text, "%s/checkpoint-%" PRIu64, a->directory, a->grant.lease);
    a->checkpoint_out = str_take(&text);
}

static void begin(struct session *s, struct attempt *a, int64_t now_ms)
{
    struct place *p = &s->places[a->slot];
    p->state = PLACE_BUSY;
    a->state = ATTEMPT_RUNNING;
    a->begun_ms = a->heard_ms = now_ms;
}

static void start(struct session *s, struct attempt *a, int64_t now_ms, struct session_effects *fx)
{
    struct place *p = &s->places[a->slot];
    begin(s, a, now_ms);
    name_files(s, a, NULL);
    p->directory = mem_strdup(a->directory);
    p->continues = p->was_heard = false;
    struct str line = { 0 };
    contract_add_first(&line, &a->grant, a->checkpoint_in, a->checkpoint_out);
    struct session_effect *effect = effect_add(fx, EFFECT_START);
    effect->slot = a->slot;
    effect->attempt = a->id;
    effect->grant = &a->grant;
    effect->directory = a->directory;
    effect->checkpoint_in = a->checkpoint_in;
    effect->checkpoint_out = a->checkpoint_out;
    effect->text = effect_take(fx, &line);
    effect_log(fx, LOG_INFO, "trial %s/%" PRId64 " starts in slot %d: %" PRId64 " to %" PRId64, a->grant.campaign,
        a->grant.number, a->slot, a->grant.budget_from, a->grant.budget_to);
}

static void go_on(struct session *s, struct attempt *a, int64_t now_ms, struct session_effects *fx)
{
    struct place *p = &s->places[a->slot];
    begin(s, a, now_ms);
    a->step = a->told_step = p->reached;
    a->speaks = true;
    name_files(s, a, p->directory);
    struct str line = { 0 };
    contract_add_next(&line, &a->grant, a->checkpoint_out);
    struct session_effect *effect = effect_add(fx, EFFECT_TELL);
    effect->slot = a->slot;
    effect->text = effect_take(fx, &line);
    effect_log(fx, LOG_INFO, "trial %s/%" PRId64 " goes on in slot %d: %" PRId64 " to %" PRId64, a->grant.campaign,
        a->grant.number, a->slot, p->reached, a->grant.budget_to);
}

/* The place is the attempt's, and its checkpoint is here: start unless another process is still leaving. */
static void start_when_empty(struct session *s, struct attempt *a, int64_t now_ms, struct session_effects *fx)
{
    struct place *p = &s->places[a->slot];
    a->state = ATTEMPT_WAITING;
    if (p->state == PLACE_WARM)
        session_end_warm(s, a->slot, now_ms, fx);
    if (p->state == PLACE_EMPTY)
        start(s, a, now_ms, fx);
}

void session_start_waiting(struct session *s, int slot, int64_t now_ms, struct session_effects *fx)
{
    struct attempt *a = s->places[slot].attempt;
    if (a && a->state == ATTEMPT_WAITING)
        start(s, a, now_ms, fx);
}

/* ---- grants ---- */

static struct attempt *add_attempt(struct session *s, const struct message_grant *grant)
{
    struct attempt *a = attempt_new(++s->last_attempt, grant);
    s->attempts = mem_grow(s->attempts, s->n_attempts, &s->cap_attempts, sizeof *s->attempts);
    return s->attempts[s->n_attempts++] = a;
}

static void hand_back(struct session *s, const struct message_grant *grant, enum failure_kind failure,
    const char *reason, int64_t now_ms, struct session_effects *fx)
{
    struct attempt *a = add_attempt(s, grant);
    attempt_fail(a, failure, reason);
    session_end_attempt(s, a, NULL, now_ms, fx);
}

/* A coordinator that gave the lease up, and then found that we still hold the trial, grants it to us again: what runs
 * goes on under the new number. */
static bool adopt(struct session *s, const struct message_grant *grant)
{
    for (size_t i = 0; i < s->n_attempts; i++) {
        struct attempt *a = s->attempts[i];
        if (a->grant.trial != grant->trial || a->grant.rung != grant->rung || a->grant.lease > grant->lease)
            continue;
        if (!attempt_has_process(a) || a->is_stopping || a->failure != FAILURE_NONE)
            continue;
        a->grant.lease = grant->lease;
        return true;
    }
    return false;
}

/* A program that a campaign brings runs where the worker's own configuration names it. */
static bool may_run(const struct session *s, const struct message_grant *grant, struct err *e)
{
    struct json_doc *doc = grant->command ? json_parse(grant->command, strlen(grant->command), NULL) : NULL;
    json_value word = doc ? json_first(json_root(doc)) : NULL;
    const char *program = word && json_type(word) == JSON_TEXT ? json_text(word) : "";
    bool is_allowed = !grant->command || allowed_program(s->config.commands, program);
    if (!is_allowed)
        err_set(
            e, ERR_REFUSED, "this worker may not run %.200s: start it with --allow-commands %.200s", program, program);
    json_free(doc);
    return is_allowed;
}

static bool is_known(const struct session *s, const struct message_grant *grant)
{
    struct outcome_key key = { .trial = grant->trial, .lease = grant->lease, .rung = grant->rung };
    return session_find_lease(s, grant->trial, grant->lease) || outbox_find(&s->outbox, key) ||
           session_is_finished(s, grant->trial, grant->lease);
}

static void place_attempt(
    struct session *s, const struct message_grant *grant, int slot, int64_t now_ms, struct session_effects *fx)
{
    struct attempt *a = add_attempt(s, grant);
    a->slot = slot;
    s->places[slot].attempt = a;
    if (!grant->checkpoint && !grant->blobs) {
        start_when_empty(s, a, now_ms, fx);
        return;
    }
    a->state = ATTEMPT_FETCHING;
    struct session_effect *effect = effect_add(fx, EFFECT_FETCH);
    effect->attempt = a->id;
    effect->grant = &a->grant;
    effect->hash = grant->checkpoint ? effect_own(fx, mem_strdup(grant->checkpoint)) : NULL;
    effect->bytes = grant->checkpoint_bytes;
    if (s->places[slot].state == PLACE_WARM)
        session_end_warm(s, slot, now_ms, fx);
}

void session_take_grant(
    struct session *s, const struct message_grant *grant, int64_t now_ms, struct session_effects *fx)
{
    if (is_known(s, grant))
        return;
    if (s->asked > 0) /* this answers some of them */
        s->asked = s->asked > grant_slots(grant) ? s->asked - grant_slots(grant) : 0;
    if (adopt(s, grant))
        return;
    int warm = find_warm(s, grant);
    int slot = warm >= 0 ? warm : find_slot(s);
    struct err refusal = { 0 };
    if (s->is_draining) {
        hand_back(s, grant, FAILURE_PREEMPTED, "the worker is leaving", now_ms, fx);
    } else if (s->has_no_room) {
        hand_back(s, grant, FAILURE_PREEMPTED, "the disk of the worker is full", now_ms, fx);
    } else if (!may_run(s, grant, &refusal)) {
        hand_back(s, grant, FAILURE_REFUSED, refusal.text, now_ms, fx);
    } else if (slot < 0) {
        hand_back(s, grant, FAILURE_PREEMPTED, "the worker has no free slot", now_ms, fx);
    } else if (warm >= 0) {
        struct attempt *a = add_attempt(s, grant);
        a->slot = slot;
        s->places[slot].attempt = a;
        go_on(s, a, now_ms, fx);
    } else {
        place_attempt(s, grant, slot, now_ms, fx);
    }
}

/* Where the data and files lie on this machine takes the place of where they lay at first. */
static void take_local(struct attempt *a, const struct session_event *event)
{
    if (event->data) {
        free((void *)(uintptr_t)a->grant.data);
        a->grant.data = mem_strdup(event->data);
    }
    if (event->blobs) {
        free((void *)(uintptr_t)a->grant.blobs);
        a->grant.blobs = mem_strdup(event->blobs);
    }
}

void session_take_fetched(struct session *s, const struct session_event *event, struct session_effects *fx)
{
    struct attempt *a = session_find_attempt(s, event->attempt);
    if (!a || a->state != ATTEMPT_FETCHING)
        return;
    if (event->text || (!a->grant.checkpoint && !event->is_failed)) {
        a->checkpoint_in = mem_strdup(event->text);
        take_local(a, event);
        start_when_empty(s, a, event->now_ms, fx);
        return;
    }
    struct str reason = { 0 };
    str_addf(&reason, "%s could not be had: %s", event->is_failed ? "a file" : "the checkpoint",
        event->reason ? event->reason : "unknown");
    attempt_fail(a, FAILURE_LOST, str_text(&reason)); /* which is no reason to try the same at once */
    str_deinit(&reason);
    session_end_attempt(s, a, NULL, event->now_ms, fx);
}
