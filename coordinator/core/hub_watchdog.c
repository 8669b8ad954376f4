#include "coordinator/core/hub_state.h"

void hub_watch_agreement(struct hub *h, const struct hub_event *e, struct effects *fx, struct campaign *c)
{
    struct search_agreement a;
    struct str words = { 0 };
    if (!search_has_compared(c->search, &a) || !a.is_low)
        return;
    search_agreement_words(&a, &words);
    hub_log(h, e, fx, EVENT_CAMPAIGN, c, NULL)->text = effects_text(fx, "warning: %s", str_text(&words));
    str_deinit(&words);
}
