#include "coordinator/core/campaign.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/str.h"

void campaign_open_search(struct campaign *c)
{
    struct search_inputs in = {
        .spec = &c->filed,
        .space = &c->spec->space,
        .rules = &c->rules,
        .enqueue = c->spec->enqueue,
        .n_enqueue = c->spec->n_enqueue,
        .seed = c->spec->seed,
    };
    search_free(c->search);
    c->search = search_new(&in);
    c->n_results = c->n_reached = c->n_imports = 0;
}

struct campaign *campaign_new(const struct campaign_row *row, struct campaign_spec *spec, struct rules rules)
{
    struct campaign *c = mem_zalloc(1, sizeof *c);
    c->row = *row;
    c->spec = spec;
    c->file = mem_strdup(row->file);
    c->row.spec = spec;
    c->row.file = c->file;
    c->rules = rules;
    c->saved_ran_ms = row->ran_ms;
    c->filed = spec->search;
    if (!campaign_is_over(c))
        campaign_open_search(c);
    return c;
}

void campaign_free(struct campaign *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n_trials; i++)
        trial_free(c->trials[i]);
    free(c->trials);
    free(c->queue);
    search_free(c->search);
    campaign_spec_deinit(c->spec);
    free(c->spec);
    free(c->file);
    free(c->best_metrics);
    free(c);
}

bool campaign_is_over(const struct campaign *c)
{
    return c->row.state != CAMPAIGN_RUNNING && c->row.state != CAMPAIGN_PAUSED;
}

int64_t campaign_rung_budget(const struct campaign *c, int bracket, int rung)
{
    int64_t rungs[LIMIT_RUNGS];
    int n = search_bracket_rungs(&c->spec->search, bracket, rungs);
    assert(rung >= 0 && rung < n);
    return rungs[rung];
}

int campaign_n_rungs(const struct campaign *c, int bracket)
{
    int64_t rungs[LIMIT_RUNGS];
    return search_bracket_rungs(&c->spec->search, bracket, rungs);
}

static void push_queue(struct campaign *c, struct trial *t)
{
    c->queue = mem_grow(c->queue, c->n_queue, &c->cap_queue, sizeof *c->queue);
    c->queue[c->n_queue++] = t;
}

static void drop_from_queue(struct campaign *c, const struct trial *t)
{
    for (size_t i = 0; i < c->n_queue; i++) {
        if (c->queue[i] != t)
            continue;
        memmove(&c->queue[i], &c->queue[i + 1], (c->n_queue - i - 1) * sizeof *c->queue);
        c->n_queue--;
        return;
    }
}

struct trial *campaign_add_trial(struct campaign *c, const struct trial_row *row)
{
    assert(row->number == c->n_trials + 1);
    struct trial *t = trial_new(c, row);
    c->trials = mem_grow(c->trials, c->n_trials, &c->cap_trials, sizeof *c->trials);
    c->trials[c->n_trials++] = t;
    c->n_states[row->state]++;
    c->checkpoint_bytes += row->checkpoint_bytes;
    if (row->state == TRIAL_QUEUED)
        push_queue(c, t);
    return t;
}

void campaign_move_trial(struct campaign *c, struct trial *t, enum trial_state next)
{
    if (t->row.state == TRIAL_QUEUED)
        drop_from_queue(c, t);
    /* A trial that leaves its way never reached the rung that it was on the way to. */
    bool was_under_way = t->row.state == TRIAL_QUEUED || t->row.state == TRIAL_RUNNING;
    if (was_under_way && (next == TRIAL_STOPPED || next == TRIAL_FAILED || next == TRIAL_SET_ASIDE))
        t->row.rung = t->row.reached > 0 ? t->row.rung - 1 : -1;
    c->n_states[t->row.state]--;
    int moved = trial_move(t, next, NULL);
    assert(moved == 0);
    (void)moved;
    c->n_states[next]++;
    if (next == TRIAL_QUEUED)
        push_queue(c, t);
}

void campaign_set_checkpoint(struct campaign *c, struct trial *t, const char *hash, int64_t bytes, int64_t budget)
{
    c->checkpoint_bytes -= t->row.checkpoint_bytes;
    str_copy(t->row.checkpoint, sizeof t->row.checkpoint, hash);
    t->row.checkpoint_bytes = *hash ? bytes : 0;
    t->row.budget = *hash ? budget : 0;
    c->checkpoint_bytes += t->row.checkpoint_bytes;
}

bool campaign_is_better(const struct campaign *c, const struct trial *t, const struct trial *than)
{
    if (t->row.reached != than->row.reached)
        return t->row.reached > than->row.reached;
    double loss = campaign_spec_loss(c->spec, t->row.value), other = campaign_spec_loss(c->spec, than->row.value);
    return loss != other ? loss < other : t->row.number < than->row.number;
}

void campaign_judge(struct campaign *c, struct trial *t)
{
    if (t != c->best && !isnan(t->row.value) && (!c->best || campaign_is_better(c, t, c->best)))
        c->best = t;
}

void campaign_note_metrics(struct campaign *c, const char *metrics)
{
    free(c->best_metrics);
    c->best_metrics = mem_strdup(metrics);
}

struct trial *campaign_next_queued(const struct campaign *c, const struct trial *after, int64_t now_ms)
{
    bool is_behind = !after;
    for (size_t i = 0; i < c->n_queue; i++) {
        if (is_behind && c->queue[i]->retry_at_ms <= now_ms)
            return c->queue[i];
        is_behind |= c->queue[i] == after;
    }
    return NULL;
}
