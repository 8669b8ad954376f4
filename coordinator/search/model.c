#include "coordinator/search/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

struct model_kind {
    double random_share;
    void (*fit)(struct model *m, struct history *h, struct rng *r);
    void (*draw)(const struct model *m, struct rng *r, double *u);
    void (*score)(struct model *m, const double *drawn, const double *u, int n, double *scores);
};

int64_t model_n_good(int64_t n)
{
    int64_t share = (15 * n + 99) / 100;
    return share < 25 ? share : 25;
}

static void add_row(struct model *m, const struct history *h, uint32_t trial)
{
    size_t n = (size_t)h->n_params, row = m->n_rows++;
    if (m->n_rows > m->cap_rows) {
        m->cap_rows = 2 * m->n_rows;
        m->trials = mem_resize(m->trials, m->cap_rows, sizeof *m->trials);
        m->rows = mem_resize(m->rows, m->cap_rows, n * sizeof(double));
        m->extra = mem_resize(m->extra, m->cap_rows, n * sizeof(double));
        m->order = mem_resize(m->order, m->cap_rows, n * sizeof *m->order);
    }
    m->trials[row] = trial;
    memcpy(m->rows + row * n, history_point(h, trial), n * sizeof(double));
    memcpy(m->extra + row * n, history_extra(h, trial), n * sizeof(double));
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
static void add_others(struct model *m, struct history *h)
{
    for (size_t i = 0; i < h->n_running; i++)
        if (history_level(h, h->running[i]) <= m->level) {
            add_row(m, h, h->running[i]);
            m->n_pending++;
        }
    for (int k = 0; k < m->level; k++) {
        const struct ranked *order = ranking_order(&h->levels[k]);
        for (size_t i = n_finite(&h->levels[k]); i < h->levels[k].n; i++)
            add_row(m, h, order[i].trial);
    }
}

/* The bad rows in the order of each axis, from the orders that the history keeps: no sorting. */
static void order_bad(struct model *m, struct history *h, size_t n_good)
{
    size_t n_bad = m->n_rows - n_good;
    if (h->n_trials >= m->cap_row_of) {
        m->cap_row_of = 2 * ((size_t)h->n_trials + 1);
        m->row_of = mem_resize(m->row_of, m->cap_row_of, sizeof *m->row_of);
    }
    memset(m->row_of, 0, ((size_t)h->n_trials + 1) * sizeof *m->row_of);
    for (size_t i = n_good; i < m->n_rows; i++)
        m->row_of[m->trials[i]] = (uint32_t)(i - n_good) + 1;
    for (int j = 0; j < h->n_params; j++) {
        const struct ranked *trials = ranking_order(&h->orders[j]);
        uint32_t *next = m->order + (size_t)j * n_bad;
        for (size_t i = 0; i < h->orders[j].n; i++)
            if (m->row_of[trials[i].trial])
                *next++ = m->row_of[trials[i].trial] - 1;
    }
}

static void fit_parzen(struct model *m, struct history *h, struct rng *r)
{
    struct ranking *results = &h->levels[m->level];
    const struct ranked *order = ranking_order(results);
    size_t n_good = (size_t)model_n_good((int64_t)results->n), n_sound = n_finite(results), n = (size_t)h->n_params;
    double weights[25];
    n_good = n_good < n_sound ? n_good : n_sound;
    for (size_t i = 0; i < results->n; i++)
        add_row(m, h, order[i].trial);
    add_others(m, h);
    weigh_good(order, n_good, n_sound, weights);
    order_bad(m, h, n_good);
    m->n_good = (int)n_good;
    m->n_bad = (int)(m->n_rows - n_good);
    struct parzen_rows good = { n_good, m->rows, m->extra, NULL, weights };
    struct parzen_rows bad = { m->n_rows - n_good, m->rows + n_good * n, m->extra + n_good * n, m->order, NULL };
    parzen_fit(&m->good, h->axes, h->n_params, &good, PARZEN_WATANABE);
    parzen_fit(&m->bad, h->axes, h->n_params, &bad, PARZEN_WATANABE);
}

static void draw_parzen(const struct model *m, struct rng *r, double *u)
{
    parzen_draw(&m->good, r, u);
}

static void score_parzen(struct model *m, const double *drawn, const double *u, int n, double *scores)
{
    double bad[PARZEN_POINTS];
    parzen_log_densities(&m->good, u, n, scores);
    parzen_log_densities(&m->bad, u, n, bad);
    for (int i = 0; i < n; i++)
        scores[i] -= bad[i];
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
        add_row(m, h, order[i].trial);
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
static void score_kde(struct model *m, const double *drawn, const double *u, int n, double *scores)
{
    static const double log_least = -73.68272297580947; /* log(1e-32) */
    for (int i = 0; i < n; i++) {
        const double *point = drawn + i * m->good_kde.n_axes;
        scores[i] = fmax(kde_log_density(&m->good_kde, point), log_least) -
                    fmax(kde_log_density(&m->bad_kde, point), log_least);
    }
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
    free(m->trials);
    free(m->rows);
    free(m->extra);
    free(m->order);
    free(m->row_of);
    *m = (struct model){ 0 };
}

double model_random_share(const struct model *m)
{
    return m->kind->random_share;
}

void model_fit(struct model *m, struct history *h, int level, struct rng *r)
{
    m->level = level;
    m->n_rows = 0;
    m->n_pending = 0;
    m->kind->fit(m, h, r);
}

void model_draw(const struct model *m, struct rng *r, double *u)
{
    m->kind->draw(m, r, u);
}

void model_score(struct model *m, const double *drawn, const double *u, int n, double *scores)
{
    m->kind->score(m, drawn, u, n, scores);
}
