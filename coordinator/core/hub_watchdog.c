#include "coordinator/core/hub_state.h"

#include <math.h>

/* Below so many trials a rank correlation says little itself: its standard error is 1 / sqrt(n - 1), here 0.19. */
enum { FIRST_LOOK = 30 };

/* Those that were promoted are the best of the rung below, which lowers the correlation: what is under this line is as
 * good as chance. */
#define LOW_CORRELATION 0.2

/* At 30 trials, and whenever there are twice as many. */
static bool is_time_to_look(int64_t n)
{
    int64_t look = FIRST_LOOK;
    while (look < n)
        look *= 2;
    return look == n;
}

void hub_watch_agreement(
    struct hub *h, const struct hub_event *e, struct effects *fx, struct campaign *c, int64_t budget)
{
    int64_t rungs[LIMIT_RUNGS], lower, upper;
    int n, n_rungs = search_bracket_rungs(&c->spec->search, 0, rungs);
    if (n_rungs < 2 || budget != rungs[1] || !is_time_to_look(search_n_results(c->search, 1)))
        return;
    double correlation = search_agreement(c->search, &n, &lower, &upper);
    if (n < FIRST_LOOK / 2 || !(correlation < LOW_CORRELATION))
        return;
    hub_log(h, e, fx, EVENT_CAMPAIGN, c, NULL)->text = effects_text(fx,
        "warning: the order of trials at budget %lld says little about that at %lld (rank correlation %.2f, %d "
        "trials): "
        "begin higher, with \"min_budget\": %lld",
        (long long)lower, (long long)upper, correlation, n, (long long)upper);
}
