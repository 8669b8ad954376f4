/* MODEL_BOHB: which results go into BOHB's two densities, and how candidates are compared. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "common/base/mem.h"
#include "coordinator/search/model_kind.h"

static void load_rows(struct model_scratch *s, const struct history *h, const struct ranked *order, size_t n_rows)
{
    size_t n = (size_t)h->n_params;
    if (n_rows > s->cap) {
        s->cap = 2 * n_rows;
        s->u = mem_resize(s->u, s->cap, n * sizeof(double));
    }
    for (size_t i = 0; i < n_rows; i++)
        memcpy(s->u + i * n, history_point(h, order[i].trial), n * sizeof(double));
    s->n = n_rows;
}

/* The best max(d + 1, 15 %) are good; of the rest, max(d + 1, 85 %) are bad: both floors can leave the worst result in
 * neither set. Failures are results like others, only worst. What runs is not looked at. */
static void fit(struct model *m, struct history *h, struct rng *r)
{
    struct ranking *results = &h->levels[m->level];
    size_t n = results->n, least = (size_t)h->n_params + 1, n_good = 15 * n / 100, n_bad = 85 * n / 100;
    n_good = n_good > least ? n_good : least;
    n_bad = n_bad > least ? n_bad : least;
    n_bad = n_bad < n - n_good ? n_bad : n - n_good;
    load_rows(&m->scratch, h, ranking_order(results), n_good + n_bad);
    kde_fit(&m->good_kde, h->axes, h->n_params, m->scratch.u, n_good, r);
    kde_fit(&m->bad_kde, h->axes, h->n_params, m->scratch.u + n_good * (size_t)h->n_params, n_bad, r);
    m->n_good = (int)n_good;
    m->n_bad = (int)n_bad;
}

static void draw(const struct model *m, struct rng *r, double *u)
{
    kde_draw(&m->good_kde, r, u);
}

/* Judged as they were drawn: before they are rounded, and before `when` drops what does not apply. */
static void score(struct model *m, const double *drawn, const double *u, int n, double *scores)
{
    static const double log_least = -73.68272297580947; /* log(1e-32) */
    for (int i = 0; i < n; i++) {
        const double *point = drawn + i * m->good_kde.n_axes;
        scores[i] = fmax(kde_log_density(&m->good_kde, point), log_least) -
                    fmax(kde_log_density(&m->bad_kde, point), log_least);
    }
}

const struct model_kind model_kde = { 1.0 / 3, SIZE_MAX, fit, draw, score };
