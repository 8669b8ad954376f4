#include "coordinator/core/effect.h"

#include <stdarg.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "coordinator/core/campaign.h"
#include "coordinator/core/trial.h"

void effects_clear(struct effects *fx)
{
    for (size_t i = 0; i < fx->n_trials; i++)
        fx->trials[i]->is_changed = false;
    for (size_t i = 0; i < fx->n_campaigns; i++)
        fx->campaigns[i]->is_changed = false;
    for (size_t i = 0; i < fx->n_texts; i++)
        free(fx->texts[i]);
    fx->n_campaigns = fx->n_workers = fx->n_trials = fx->n_saves = fx->n_sends = fx->n_texts = 0;
}

void effects_deinit(struct effects *fx)
{
    for (size_t i = 0; i < fx->n_texts; i++)
        free(fx->texts[i]);
    free(fx->campaigns);
    free(fx->workers);
    free(fx->trials);
    free(fx->saves);
    free(fx->sends);
    free(fx->texts);
    *fx = (struct effects){ 0 };
}

void effects_change_campaign(struct effects *fx, struct campaign *c)
{
    if (c->is_changed)
        return;
    c->is_changed = true;
    fx->campaigns = mem_grow(fx->campaigns, fx->n_campaigns, &fx->cap_campaigns, sizeof *fx->campaigns);
    fx->campaigns[fx->n_campaigns++] = c;
}

void effects_change_trial(struct effects *fx, struct trial *t)
{
    if (t->is_changed)
        return;
    t->is_changed = true;
    fx->trials = mem_grow(fx->trials, fx->n_trials, &fx->cap_trials, sizeof *fx->trials);
    fx->trials[fx->n_trials++] = t;
}

struct worker_row *effects_save_worker(struct effects *fx)
{
    fx->workers = mem_grow(fx->workers, fx->n_workers, &fx->cap_workers, sizeof *fx->workers);
    fx->workers[fx->n_workers] = (struct worker_row){ 0 };
    return &fx->workers[fx->n_workers++];
}

struct save *effects_save(struct effects *fx, enum save_kind kind)
{
    fx->saves = mem_grow(fx->saves, fx->n_saves, &fx->cap_saves, sizeof *fx->saves);
    fx->saves[fx->n_saves] = (struct save){ .kind = kind };
    return &fx->saves[fx->n_saves++];
}

struct send *effects_send(struct effects *fx, enum send_kind kind, uint64_t peer)
{
    fx->sends = mem_grow(fx->sends, fx->n_sends, &fx->cap_sends, sizeof *fx->sends);
    fx->sends[fx->n_sends] = (struct send){ .kind = kind, .peer = peer, .text = "" };
    return &fx->sends[fx->n_sends++];
}

static void *keep(struct effects *fx, void *owned)
{
    fx->texts = mem_grow(fx->texts, fx->n_texts, &fx->cap_texts, sizeof *fx->texts);
    return fx->texts[fx->n_texts++] = owned;
}

const char *effects_text(struct effects *fx, const char *format, ...)
{
    struct str text = { 0 };
    va_list args;
    va_start(args, format);
    str_addv(&text, format, args);
    va_end(args);
    return keep(fx, str_take(&text));
}

struct lease_ref *effects_refs(struct effects *fx, int n)
{
    return keep(fx, mem_zalloc((size_t)n, sizeof(struct lease_ref)));
}
