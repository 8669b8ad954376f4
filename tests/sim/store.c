#include "tests/sim/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/mutation.h"
#include "tests/sim/digest.h"

/* What a row was before the transaction changed it. Rows that are new are cut off by the marks. */
struct undo {
    enum { UNDO_TRIAL, UNDO_CAMPAIGN, UNDO_WORKER, UNDO_ATTEMPT } kind;
    size_t i;
    union {
        struct kept_trial trial;
        struct kept_campaign campaign;
        struct worker_row worker;
        struct kept_attempt attempt;
    } was;
};

/* ---- copies ---- */

#define TABLES(DO) DO(trials) DO(campaigns) DO(workers) DO(notes) DO(steers) DO(results) DO(attempts)

void tables_deinit(struct tables *t)
{
#define FREE(name) free(t->name);
    TABLES(FREE)
#undef FREE
    *t = (struct tables){ 0 };
}

void tables_copy(struct tables *to, const struct tables *from)
{
    tables_deinit(to);
    *to = *from;
#define COPY(name)                                                                                                     \
    to->cap_##name = from->n_##name;                                                                                   \
    to->name = mem_alloc(from->n_##name * sizeof *from->name);                                                         \
    if (from->n_##name)                                                                                                \
        memcpy(to->name, from->name, from->n_##name * sizeof *from->name);
    TABLES(COPY)
#undef COPY
}

void memory_deinit(struct memory_store *s)
{
    tables_deinit(&s->now);
    free(s->undo);
    *s = (struct memory_store){ 0 };
}

/* ---- transactions ---- */

void memory_begin(struct memory_store *s)
{
    assert(!s->is_in_transaction);
    s->is_in_transaction = true;
    s->marks = s->now;
    s->committed = s->n_undo;
    if (s->n_undo == 0)
        s->safe_marks = s->marks;
}

void memory_commit(struct memory_store *s)
{
    assert(s->is_in_transaction);
    s->is_in_transaction = false;
    if (mutation(COMMIT_LIES) && s->n_undo < 200)
        return; /* in the cache of the system; each so often it is written */
    s->n_undo = s->committed = 0;
}

static void undo_one(struct tables *t, const struct undo *u)
{
    switch (u->kind) {
    case UNDO_TRIAL:
        t->trials[u->i] = u->was.trial;
        break;
    case UNDO_CAMPAIGN:
        t->campaigns[u->i] = u->was.campaign;
        break;
    case UNDO_WORKER:
        t->workers[u->i] = u->was.worker;
        break;
    case UNDO_ATTEMPT:
        t->attempts[u->i] = u->was.attempt;
        break;
    }
}

static void go_back(struct memory_store *s, size_t to, const struct tables *marks)
{
    struct tables *t = &s->now;
    while (s->n_undo > to)
        undo_one(t, &s->undo[--s->n_undo]);
#define CUT(name) t->n_##name = marks->n_##name;
    TABLES(CUT)
#undef CUT
    t->seq = marks->seq;
    t->digest_trials = marks->digest_trials;
    t->digest_campaigns = marks->digest_campaigns;
    t->digest_workers = marks->digest_workers;
    s->is_in_transaction = false;
}

void memory_rollback(struct memory_store *s)
{
    if (s->is_in_transaction)
        go_back(s, s->committed, &s->marks);
}

void memory_power_cut(struct memory_store *s)
{
    if (s->n_undo > 0)
        go_back(s, 0, &s->safe_marks);
    memory_rollback(s);
}

static struct undo *remember(struct memory_store *s, int kind, size_t i)
{
    assert(s->is_in_transaction);
    s->undo = mem_grow(s->undo, s->n_undo, &s->cap_undo, sizeof *s->undo);
    s->undo[s->n_undo].kind = kind;
    s->undo[s->n_undo].i = i;
    return &s->undo[s->n_undo++];
}

/* ---- saving ---- */

static int must_be_next(int64_t id, size_t n, const char *what, struct err *e)
{
    return id == (int64_t)n + 1 ? 0 : err_set(e, ERR_INVALID, "%s %lld after %zu", what, (long long)id, n);
}

int memory_save_campaign(struct memory_store *s, const struct campaign_row *row, int plan, struct err *e)
{
    struct tables *t = &s->now;
    size_t i = (size_t)row->id - 1;
    struct campaign_row plain = *row;
    plain.spec = NULL;
    plain.file = NULL;
    if (i >= t->n_campaigns) {
        if (must_be_next(row->id, t->n_campaigns, "campaign", e) < 0)
            return -1;
        t->campaigns = mem_grow(t->campaigns, t->n_campaigns++, &t->cap_campaigns, sizeof *t->campaigns);
        t->campaigns[i] = (struct kept_campaign){ .plan = plan };
    } else {
        remember(s, UNDO_CAMPAIGN, i)->was.campaign = t->campaigns[i];
        t->digest_campaigns -= digest_campaign(&t->campaigns[i].row);
    }
    t->campaigns[i].row = plain;
    t->digest_campaigns += digest_campaign(&plain);
    return 0;
}

int memory_save_worker(struct memory_store *s, const struct worker_row *row, struct err *e)
{
    struct tables *t = &s->now;
    size_t i = (size_t)row->id - 1;
    struct worker_row plain = *row;
    plain.name = plain.host = plain.version = plain.kernel = "w"; /* `state` is one of three constants */
    for (size_t k = 0; k < t->n_workers; k++)
        if (k != i && t->workers[k].key == row->key)
            return err_set(e, ERR_INVALID, "two workers have one key");
    if (i >= t->n_workers) {
        if (must_be_next(row->id, t->n_workers, "worker", e) < 0)
            return -1;
        t->workers = mem_grow(t->workers, t->n_workers++, &t->cap_workers, sizeof *t->workers);
    } else {
        remember(s, UNDO_WORKER, i)->was.worker = t->workers[i];
        t->digest_workers -= digest_worker(&t->workers[i]);
    }
    t->workers[i] = plain;
    t->digest_workers += digest_worker(&plain);
    return 0;
}

int memory_save_trial(struct memory_store *s, const struct trial_row *row, struct err *e)
{
    struct tables *t = &s->now;
    size_t i = (size_t)row->id - 1;
    if (i >= t->n_trials) {
        if (must_be_next(row->id, t->n_trials, "trial", e) < 0)
            return -1;
        t->trials = mem_grow(t->trials, t->n_trials++, &t->cap_trials, sizeof *t->trials);
        t->trials[i] = (struct kept_trial){ .last_result = -1, .last_attempt = -1 };
        memcpy(t->trials[i].x, row->x, sizeof t->trials[i].x);
    } else {
        remember(s, UNDO_TRIAL, i)->was.trial = t->trials[i];
        t->digest_trials -= digest_trial(&t->trials[i].row, t->trials[i].x, SIM_PARAMS);
    }
    struct kept_trial *kept = &t->trials[i];
    kept->row = *row;
    kept->row.x = NULL; /* the array moves when it grows */
    t->digest_trials += digest_trial(&kept->row, kept->x, SIM_PARAMS);
    return 0;
}

static struct kept_trial *change_trial(struct memory_store *s, int64_t id)
{
    if (id < 1 || (size_t)id > s->now.n_trials)
        return NULL;
    remember(s, UNDO_TRIAL, (size_t)id - 1)->was.trial = s->now.trials[id - 1];
    return &s->now.trials[id - 1];
}

static int save_result(struct memory_store *s, const struct result_row *row, struct err *e)
{
    struct tables *t = &s->now;
    struct kept_trial *trial = change_trial(s, row->trial);
    if (trial && row->is_counted && row->rung < SIM_RUNGS) {
        if (trial->is_counted[row->rung])
            return err_set(
                e, ERR_INVALID, "trial %lld has a counted result at rung %d already", (long long)row->trial, row->rung);
        trial->is_counted[row->rung] = true;
    }
    t->results = mem_grow(t->results, t->n_results, &t->cap_results, sizeof *t->results);
    struct kept_result *kept = &t->results[t->n_results];
    *kept = (struct kept_result){ .row = *row, .before = trial ? trial->last_result : -1 };
    kept->has_checkpoint = *row->checkpoint;
    strncpy(kept->checkpoint, row->checkpoint, HASH_TEXT - 1);
    kept->row.checkpoint = kept->row.kernel = NULL;
    kept->row.curve = NULL;
    if (trial)
        trial->last_result = (int)t->n_results;
    t->n_results++;
    return 0;
}

static int save_attempt(struct memory_store *s, const struct attempt_row *row, struct err *e)
{
    struct tables *t = &s->now;
    const struct kept_attempt *known = memory_attempt(s, row->trial, row->lease);
    if (known) {
        size_t i = (size_t)(known - t->attempts);
        remember(s, UNDO_ATTEMPT, i)->was.attempt = *known;
        t->attempts[i].is_open = row->ended_ms == 0;
        return 0;
    }
    struct kept_trial *trial = change_trial(s, row->trial);
    if (!trial)
        return err_set(e, ERR_INVALID, "an attempt of trial %lld, which is not there", (long long)row->trial);
    t->attempts = mem_grow(t->attempts, t->n_attempts, &t->cap_attempts, sizeof *t->attempts);
    t->attempts[t->n_attempts] = (struct kept_attempt){ .trial = row->trial,
        .worker = row->worker,
        .lease = row->lease,
        .is_open = row->ended_ms == 0,
        .before = trial->last_attempt };
    trial->last_attempt = (int)t->n_attempts++;
    return 0;
}

static int save_event(struct memory_store *s, const struct event_row *row, struct err *e)
{
    struct tables *t = &s->now;
    if (row->seq != t->seq + 1)
        return err_set(
            e, ERR_INVALID, "event %llu after %llu", (unsigned long long)row->seq, (unsigned long long)t->seq);
    t->seq = row->seq;
    if (row->kind > EVENT_ABANDONED)
        return 0;
    t->notes = mem_grow(t->notes, t->n_notes, &t->cap_notes, sizeof *t->notes);
    t->notes[t->n_notes] = *row;
    t->notes[t->n_notes++].text = "";
    return 0;
}

static void save_steer(struct memory_store *s, const struct steer_row *row)
{
    struct tables *t = &s->now;
    t->steers = mem_grow(t->steers, t->n_steers, &t->cap_steers, sizeof *t->steers);
    struct kept_steer *kept = &t->steers[t->n_steers++];
    *kept = (struct kept_steer){ .row = *row };
    kept->row.who = kept->row.text = "";
    kept->row.x = NULL;
    if (row->x)
        memcpy(kept->x, row->x, sizeof kept->x);
}

int memory_save(struct memory_store *s, const struct save *save, struct err *e)
{
    if (save->kind == SAVE_STEER)
        save_steer(s, &save->as.steer);
    if (save->kind == SAVE_RESULT)
        return save_result(s, &save->as.result, e);
    if (save->kind == SAVE_ATTEMPT)
        return save_attempt(s, &save->as.attempt, e);
    return save->kind == SAVE_EVENT ? save_event(s, &save->as.event, e) : 0;
}

/* ---- looking ---- */

const struct kept_trial *memory_trial(const struct memory_store *s, int64_t id)
{
    return id >= 1 && (size_t)id <= s->now.n_trials ? &s->now.trials[id - 1] : NULL;
}

const struct kept_result *memory_result(const struct memory_store *s, int64_t trial, int rung, uint64_t lease)
{
    const struct kept_trial *t = memory_trial(s, trial);
    for (int i = t ? t->last_result : -1; i >= 0; i = s->now.results[i].before)
        if (s->now.results[i].row.rung == rung && s->now.results[i].row.lease == lease)
            return &s->now.results[i];
    return NULL;
}

const struct kept_attempt *memory_attempt(const struct memory_store *s, int64_t trial, uint64_t lease)
{
    const struct kept_trial *t = memory_trial(s, trial);
    for (int i = t ? t->last_attempt : -1; i >= 0; i = s->now.attempts[i].before)
        if (s->now.attempts[i].lease == lease)
            return &s->now.attempts[i];
    return NULL;
}

bool memory_is_committed_result(const struct memory_store *s, const struct kept_result *r)
{
    return !s->is_in_transaction || (size_t)(r - s->now.results) < s->marks.n_results;
}

bool memory_is_committed_attempt(const struct memory_store *s, const struct kept_attempt *a)
{
    return !s->is_in_transaction || (size_t)(a - s->now.attempts) < s->marks.n_attempts;
}
