#include "coordinator/core/trial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "coordinator/core/campaign.h"

#define TO(state) (1u << TRIAL_##state)

/* clang-format off */
static const unsigned moves[] = {
    [TRIAL_QUEUED]    = TO(RUNNING) | TO(PAUSED) | TO(COMPLETED) | TO(STOPPED) | TO(SET_ASIDE),
    [TRIAL_RUNNING]   = TO(QUEUED) | TO(PAUSED) | TO(COMPLETED) | TO(FAILED) | TO(SET_ASIDE) | TO(STOPPED),
    [TRIAL_PAUSED]    = TO(QUEUED) | TO(STOPPED),
    /* What is over goes on only when a person brings its campaign back to life, raises max_budget, or retries. */
    [TRIAL_COMPLETED] = TO(PAUSED),
    [TRIAL_STOPPED]   = TO(QUEUED) | TO(PAUSED),
    [TRIAL_FAILED]    = TO(QUEUED),
    [TRIAL_SET_ASIDE] = TO(QUEUED),
};
/* clang-format on */

struct trial *trial_new(struct campaign *c, const struct trial_row *row)
{
    struct trial *t = mem_zalloc(1, sizeof *t);
    size_t bytes = (size_t)c->row.spec->space.n_params * sizeof *row->x;
    double *x = mem_alloc(bytes);
    memcpy(x, row->x, bytes);
    t->row = *row;
    t->row.x = x;
    t->campaign = c;
    t->config_id = (config_hash(&c->row.spec->space, x) ^ campaign_spec_trial_seed(c->row.spec, row->number)) | 1;
    t->live_value = NAN;
    return t;
}

void trial_free(struct trial *t)
{
    if (!t)
        return;
    free(t->live);
    free((void *)(uintptr_t)t->row.x);
    free(t);
}

int trial_move(struct trial *t, enum trial_state next, struct err *e)
{
    if (!(moves[t->row.state] & (1u << next)))
        return err_set(e, ERR_STATE, "trial %u cannot go from %s to %s", t->row.number, trial_state_names[t->row.state],
            trial_state_names[next]);
    t->row.state = next;
    return 0;
}

void trial_forget_breaks(struct trial *t)
{
    t->row.n_broken = 0;
    memset(t->row.broke_on, 0, sizeof t->row.broke_on);
    t->retry_at_ms = 0;
}

bool trial_is_open(const struct trial *t)
{
    return t->row.state == TRIAL_QUEUED || t->row.state == TRIAL_RUNNING || t->row.state == TRIAL_PAUSED;
}

int trial_next_rung(const struct trial *t)
{
    bool on_its_way = t->row.state == TRIAL_QUEUED || t->row.state == TRIAL_RUNNING;
    return on_its_way ? t->row.rung : t->row.rung + 1;
}
