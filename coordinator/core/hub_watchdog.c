#include "coordinator/core/hub_state.h"

void hub_watch_agreement(struct hub *h, const struct hub_event *e, struct effects *fx, struct campaign *c)
{
    struct search_agreement a;
    if (!search_has_compared(c->search, &a) || !a.is_low)
        return;
    hub_log(h, e, fx, EVENT_CAMPAIGN, c, NULL)->text = effects_text(fx,
        "warning: the order of trials at budget %lld says little about that at %lld (rank correlation %.2f, %d "
        "trials): %s \"min_budget\": %lld",
        (long long)a.lower, (long long)a.upper, a.correlation, a.n,
        a.turned ? "new trials begin at the latter from now on; to begin there, set" : "begin higher, with",
        (long long)a.upper);
}
