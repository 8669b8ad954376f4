#include <math.h>

#include "coordinator/core/hub_state.h"

static double loss_of(const struct campaign *c, double value)
{
    return isnan(value) ? INFINITY : campaign_spec_loss(c->spec, value);
}

/* One event for all of them, which is in the journal only when there is something new. */
void hub_import(struct hub *h, const struct hub_event *e, struct effects *fx)
{
    const struct hub_import *import = &e->as.import;
    struct campaign *c = (struct campaign *)(uintptr_t)hub_campaign_of(h, import->campaign);
    int n_taken = 0, n_low = 0;
    for (int i = 0; i < import->n; i++) {
        const struct import_point *p = &import->points[i];
        int64_t budget = p->budget;
        bool is_new = search_note_imported(c->search, &budget, p->x, loss_of(c, p->value));
        n_low += budget == 0;
        if (!is_new)
            continue;
        effects_save(fx, SAVE_IMPORT)->as.import = (struct import_row){
            .campaign = c->row.id,
            .number = ++c->n_imports,
            .seq = h->seq + 1,
            .budget = budget,
            .value = p->value,
            .x = p->x,
            .source = effects_text(fx, "%s", import->source),
        };
        n_taken++;
    }
    if (n_taken)
        hub_log(h, e, fx, EVENT_CAMPAIGN, c, NULL)->text =
            effects_text(fx, "%d results from %s were given to its model", n_taken, import->source);
    struct send *s = effects_send(fx, SEND_IMPORTED, e->peer);
    s->request = e->request;
    s->n_taken = n_taken;
    s->n_low = n_low;
    s->n_known = import->n - n_taken - n_low;
}

int hub_load_import(struct hub *h, const struct import_row *row, int n_x, struct err *e)
{
    struct campaign *c = (struct campaign *)(uintptr_t)hub_campaign_of(h, row->campaign);
    int64_t budget = row->budget;
    if (!c || !c->search || n_x != c->spec->space.n_params || row->number != c->n_imports + 1)
        return err_set(e, ERR_CORRUPT, "import %lld does not fit its campaign", (long long)row->number);
    if (!search_note_imported(c->search, &budget, row->x, loss_of(c, row->value)))
        return err_set(e, ERR_CORRUPT, "import %lld is there twice, or reaches no rung", (long long)row->number);
    c->n_imports++;
    return 0;
}
