/* MODEL_DEFAULT: which results go into the two Parzen estimators, laid out so that nothing is sorted anew. */
#include <math.h>
#include <string.h>

#include "common/base/mem.h"
#include "coordinator/search/model_kind.h"

enum { MAX_GOOD = 25, AHEAD = 24 };

int64_t model_n_good(int64_t n)
{
    int64_t share = (15 * n + 99) / 100;
    return share < MAX_GOOD ? share : MAX_GOOD;
}

/* Expected-improvement weights (Watanabe 2023): how far each good loss is below the best of the others. Halved and
 * scaled so that no loss is too large; all alike when there is no finite loss among the others. */
static void weigh_good(const struct ranked *order, size_t n_good, size_t n_finite, double *weights)
{
    bool has_line = n_good < n_finite;
    double line = order[has_line ? n_good : n_good - 1].loss / 2, most = line - order[0].loss / 2;
    for (size_t i = 0; i < n_good; i++)
        weights[i] = has_line && most > 0 ? fmax(1e-12, (line - order[i].loss / 2) / most) : 1;
}

static void add_trial(struct model_scratch *s, const struct history *h, uint32_t trial)
{
    size_t n = (size_t)h->n_params;
    if (s->n == s->cap) {
        s->cap = 2 * s->cap + 72; /* no power of two, or the columns would share the lines of the nearest cache */
        s->trials = mem_resize(s->trials, s->cap, sizeof *s->trials);
        s->u = mem_resize(s->u, s->cap, n * sizeof(double));
        s->extra = mem_resize(s->extra, s->cap, n * sizeof(double));
        s->places = mem_resize(s->places, s->cap, n * sizeof *s->places);
    }
    s->trials[s->n++] = trial;
}

/* Running trials without a result at the level, and trials that broke on their way to it, are bad: the model then looks
 * elsewhere. A trial that waits on a lower rung has a result, and says nothing here. */
static void add_others(struct model *m, struct history *h)
{
    for (size_t i = 0; i < h->n_running; i++)
        if (history_level(h, h->running[i]) <= m->level) {
            add_trial(&m->scratch, h, h->running[i]);
            m->n_pending++;
        }
    for (int k = 0; k < m->level; k++) {
        const struct ranked *order = ranking_order(&h->levels[k]);
        for (size_t i = model_n_finite(&h->levels[k]); i < h->levels[k].n; i++)
            add_trial(&m->scratch, h, order[i].trial);
    }
}

/* The first axis of numbers, whose order lets the score pass over kernels that are far away; the last axis if none. */
static int find_lead(const struct history *h)
{
    int lead = 0;
    while (lead < h->n_params - 1 && h->axes[lead].kind != AXIS_REAL)
        lead++;
    return lead;
}

/* Puts the bad in the order of the lead; behind them those that are not on it. Sets row_of. */
static void order_bad(struct model_scratch *s, struct history *h, size_t n_good)
{
    int lead = find_lead(h);
    size_t next = n_good;
    if (history_n_rows(h) > s->cap_row_of) {
        s->cap_row_of = 2 * history_n_rows(h);
        s->row_of = mem_resize(s->row_of, s->cap_row_of, sizeof *s->row_of);
        s->others = mem_resize(s->others, s->cap_row_of, sizeof *s->others);
    }
    memset(s->row_of, 0, history_n_rows(h) * sizeof *s->row_of);
    for (size_t i = n_good; i < s->n; i++)
        s->row_of[history_row(h, s->trials[i])] = UINT32_MAX;
    memcpy(s->others, s->trials, s->n * sizeof *s->others);
    const struct ranked *order = ranking_order(&h->orders[lead]);
    size_t n_on_lead = h->axes[lead].kind == AXIS_REAL ? h->orders[lead].n : 0;
    for (size_t i = 0; i < n_on_lead; i++) {
        uint32_t *row = &s->row_of[history_row(h, order[i].trial)];
        if (*row == 0)
            continue;
        s->trials[next++] = order[i].trial;
        *row = (uint32_t)(next - n_good);
    }
    for (size_t i = n_good; i < s->n && next < s->n; i++) {
        uint32_t *row = &s->row_of[history_row(h, s->others[i])];
        if (*row != UINT32_MAX)
            continue;
        s->trials[next++] = s->others[i];
        *row = (uint32_t)(next - n_good);
    }
}

static void load_columns(struct model_scratch *s, const struct history *h)
{
    size_t n = (size_t)h->n_params;
    for (size_t i = 0; i < s->n; i++) {
        const double *u = history_point(h, s->trials[i]), *extra = u + n;
        if (i + AHEAD < s->n) { /* in the order of the lead they lie anywhere */
            const double *later = history_point(h, s->trials[i + AHEAD]);
            __builtin_prefetch(later);
            __builtin_prefetch(later + 8);
        }
        for (size_t j = 0; j < n; j++) {
            s->u[j * s->cap + i] = u[j];
            s->extra[j * s->cap + i] = extra[j];
        }
    }
}

/* The bad on each axis, ascending, from the orders that the history keeps. */
static void find_places(struct model_scratch *s, struct history *h)
{
    for (int j = 0; j < h->n_params; j++) {
        const struct ranked *order = ranking_order(&h->orders[j]);
        struct parzen_place *next = s->places + (size_t)j * s->cap, *first = next;
        for (size_t i = 0; i < h->orders[j].n; i++)
            if (s->row_of[history_row(h, order[i].trial)])
                *next++ = (struct parzen_place){ order[i].loss, s->row_of[history_row(h, order[i].trial)] - 1 };
        s->n_places[j] = (uint32_t)(next - first);
    }
}

static void fit(struct model *m, struct history *h, struct rng *r)
{
    struct model_scratch *s = &m->scratch;
    struct ranking *results = &h->levels[m->level];
    const struct ranked *order = ranking_order(results);
    size_t n_good = (size_t)model_n_good((int64_t)results->n), n_finite = model_n_finite(results);
    double weights[MAX_GOOD];
    n_good = n_good < n_finite ? n_good : n_finite;
    for (size_t i = 0; i < results->n; i++)
        add_trial(s, h, order[i].trial);
    add_others(m, h);
    weigh_good(order, n_good, n_finite, weights);
    order_bad(s, h, n_good);
    load_columns(s, h);
    find_places(s, h);
    struct parzen_rows good = { .n = n_good, .stride = s->cap, .u = s->u, .weights = weights };
    struct parzen_rows bad = { .n = s->n - n_good,
        .stride = s->cap,
        .u = s->u + n_good,
        .extra = s->extra + n_good,
        .places = s->places,
        .n_places = s->n_places };
    parzen_fit(&m->good, h->axes, h->n_params, &good, PARZEN_WATANABE);
    parzen_fit(&m->bad, h->axes, h->n_params, &bad, PARZEN_WATANABE);
    m->n_good = (int)n_good;
    m->n_bad = (int)(s->n - n_good);
}

static void draw(const struct model *m, struct rng *r, double *u)
{
    parzen_draw(&m->good, r, u);
}

static void score(struct model *m, const double *drawn, const double *u, int n, double *scores)
{
    double bad[PARZEN_POINTS];
    parzen_log_densities(&m->good, u, n, scores);
    parzen_log_densities(&m->bad, u, n, bad);
    for (int i = 0; i < n; i++)
        scores[i] -= bad[i];
}

/* More startup in a larger space was worse by a third of the regret (counting ones of 16 and 32 parameters). */
const struct model_kind model_parzen = { 0.15, 18, fit, draw, score };
