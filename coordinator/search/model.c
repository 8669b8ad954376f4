#include "coordinator/search/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

struct model_kind {
    double random_share;
    void (*fit)(struct model *m, struct history *h, struct rng *r);
    void (*draw)(const struct model *m, struct rng *r, double *u);
    double (*score)(struct model *m, const double *drawn, const double *u);
};

int64_t model_n_good(int64_t n)
{
    int64_t share = (15 * n + 99) / 100;
    return share < 25 ? share : 25;
}

static void add_row(struct model *m, const struct history *h, uint32_t trial, size_t row)
{
    size_t n = (size_t)h->n_params;
    if ((row + 1) * n > m->cap_rows) {
        m->cap_rows = 2 * (row + 1) * n;
        m->rows = mem_resize(m->rows, m->cap_rows, sizeof(double));
    }
    memcpy(m->rows + row * n, history_point(h, trial), n * sizeof(double));
}

static size_t n_finite(struct ranking *r)
{
    const struct ranked *order = ranking_order(r);
    size_t n = r->n;
    while (n > 0 && !isfinite(order[n - 1].loss))
        n--;
    return n;
}

int model_level(struct history *h)
{
    int level = h->n_levels - 1;
    while (level >= 0 && (h->levels[level].n < 2 * ((size_t)h->n_params + 1) || n_finite(&h->levels[level]) == 0))
        level--;
    return level;
}

/* Expected-improvement weights (Watanabe 2023): how far each good loss is below the best of the others. Halved and
 * scaled so that no loss is too large; all alike when there is no finite loss among the others. */
static void weigh_good(const struct ranked *order, size_t n_good, size_t n_finite_all, double *weights)
{
    double line = n_good < n_finite_all ? order[n_good].loss / 2 : order[n_good - 1].loss / 2;
    double most = line - order[0].loss / 2;
    for (size_t i = 0; i < n_good; i++)
        weights[i] = most > 0 && n_good < n_finite_all ? fmax(1e-12, (line - order[i].loss / 2) / most) : 1;
}

/* Running trials without a result at the level, and trials that broke on their way to it, are bad: the model then looks
 * elsewhere. A trial that waits on a lower rung has a result, and says nothing here. */
static size_t add_others(struct model *m, struct history *h, size_t row)
{
    for (size_t i = 0; i < h->n_running; i++)
        if (history_level(h, h->running[i]) <= m->level) {
            add_row(m, h, h->running[i], row++);
            m->n_pending++;
        }
    for (int k = 0; k < m->level; k++) {
        const struct ranked *order = ranking_order(&h->levels[k]);
        for (size_t i = n_finite(&h->levels[k]); i < h->levels[k].n; i++)
            add_row(m, h, order[i].trial, row++);
    }
    return row;
}

static void fit_parzen(struct model *m, struct history *h, struct rng *r)
{
    struct ranking *results = &h->levels[m->level];
    const struct ranked *order = ranking_order(results);
    size_t n_good = (size_t)model_n_good((int64_t)results->n), n_sound = n_finite(results);
    n_good = n_good < n_sound ? n_good : n_sound;
    for (size_t i = 0; i < results->n; i++)
        add_row(m, h, order[i].trial, i);
    size_t n_rows = add_others(m, h, results->n);
    double weights[25];
    weigh_good(order, n_good, n_sound, weights);
    parzen_fit(&m->good, h->axes, h->n_params, m->rows, n_good, weights, PARZEN_WATANABE);
    parzen_fit(
        &m->bad, h->axes, h->n_params, m->rows + n_good * (size_t)h->n_params, n_rows - n_good, NULL, PARZEN_WATANABE);
    m->n_good = (int)n_good;
    m->n_bad = (int)(n_rows - n_good);
}

static void draw_parzen(const struct model *m, struct rng *r, double *u)
{
    parzen_draw(&m->good, r, u);
}

static double score_parzen(struct model *m, const double *drawn, const double *u)
{
    return parzen_log_density(&m->good, u) - parzen_log_density(&m->bad, u);
}

/* The best max(d + 1, 15 %) are good; of the rest, max(d + 1, 85 %) are bad: both floors can leave the worst result in
 * neither set. Failures are results like others, only worst. What runs is not looked at. */
static void fit_kde(struct model *m, struct history *h, struct rng *r)
{
    struct ranking *results = &h->levels[m->level];
    const struct ranked *order = ranking_order(results);
    size_t n = results->n, least = (size_t)h->n_params + 1, n_good = 15 * n / 100, n_bad = 85 * n / 100;
    n_good = n_good > least ? n_good : least;
    n_bad = n_bad > least ? n_bad : least;
    n_bad = n_bad < n - n_good ? n_bad : n - n_good;
    for (size_t i = 0; i < n_good + n_bad; i++)
        add_row(m, h, order[i].trial, i);
    kde_fit(&m->good_kde, h->axes, h->n_params, m->rows, n_good, r);
    kde_fit(&m->bad_kde, h->axes, h->n_params, m->rows + n_good * (size_t)h->n_params, n_bad, r);
    m->n_good = (int)n_good;
    m->n_bad = (int)n_bad;
}

static void draw_kde(const struct model *m, struct rng *r, double *u)
{
    kde_draw(&m->good_kde, r, u);
}

/* Judged as it was drawn: before it is rounded, and before `when` drops what does not apply. */
static double score_kde(struct model *m, const double *drawn, const double *u)
{
    static const double log_least = -73.68272297580947; /* log(1e-32) */
    return fmax(kde_log_density(&m->good_kde, drawn), log_least) - fmax(kde_log_density(&m->bad_kde, drawn), log_least);
}

static const struct model_kind kinds[] = {
    [MODEL_DEFAULT] = { 0.15, fit_parzen, draw_parzen, score_parzen },
    [MODEL_BOHB] = { 1.0 / 3, fit_kde, draw_kde, score_kde },
};

void model_init(struct model *m, enum search_model kind)
{
    *m = (struct model){ .kind = &kinds[kind], .level = -1 };
}

void model_deinit(struct model *m)
{
    parzen_deinit(&m->good);
    parzen_deinit(&m->bad);
    kde_deinit(&m->good_kde);
    kde_deinit(&m->bad_kde);
    free(m->rows);
    *m = (struct model){ 0 };
}

double model_random_share(const struct model *m)
{
    return m->kind->random_share;
}

void model_fit(struct model *m, struct history *h, int level, struct rng *r)
{
    m->level = level;
    m->n_pending = 0;
    m->kind->fit(m, h, r);
}

void model_draw(const struct model *m, struct rng *r, double *u)
{
    m->kind->draw(m, r, u);
}

double model_score(struct model *m, const double *drawn, const double *u)
{
    return m->kind->score(m, drawn, u);
}
