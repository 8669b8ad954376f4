#include "coordinator/core/fit.h"

#include "common/domain/allowed.h"

int fit_slots(const struct campaign *c, const struct worker *w)
{
    return campaign_spec_slots(c->spec, w->row.slots, w->row.memory_bytes);
}

enum fit fit_of(const struct campaign *c, const struct worker *w)
{
    const struct trial_spec *trial = &c->spec->trial;
    if (trial->command && !allowed_program(w->commands, trial->command[0]))
        return FIT_NOT_ALLOWED;
    if (campaign_spec_cores(c->spec) > w->row.slots)
        return FIT_TOO_SMALL;
    return FIT_GOOD;
}

static void put_reason(const struct campaign *c, enum fit why, struct str *out)
{
    switch (why) {
    case FIT_GOOD:
        return;
    case FIT_TOO_SMALL:
        str_addf(out,
            "a trial takes %d slots (trial.cores), and no worker that is here has so many: start one with "
            "--slots %d",
            campaign_spec_cores(c->spec), campaign_spec_cores(c->spec));
        return;
    case FIT_NOT_ALLOWED:
        str_addf(out, "no worker that is here may run %s: start one with --allow-commands %s",
            c->spec->trial.command[0], c->spec->trial.command[0]);
        return;
    }
}

void fit_explain(const struct campaign *c, const struct roster *r, struct str *out)
{
    enum fit nearest = FIT_GOOD;
    for (size_t i = 0; i < r->n; i++) {
        const struct worker *w = r->workers[i];
        enum fit fit = w->is_here ? fit_of(c, w) : FIT_GOOD;
        if (w->is_here && fit == FIT_GOOD)
            return;
        if (fit > nearest)
            nearest = fit;
    }
    put_reason(c, nearest, out);
}
