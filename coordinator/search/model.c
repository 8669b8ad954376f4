#include "coordinator/search/model.h"

#include <math.h>
#include <stdlib.h>

#include "coordinator/search/model_kind.h"

static const struct model_kind *const kinds[] = { [MODEL_DEFAULT] = &model_parzen, [MODEL_BOHB] = &model_kde };

void model_init(struct model *m, enum search_model kind)
{
    *m = (struct model){ .kind = kinds[kind], .level = -1 };
}

void model_deinit(struct model *m)
{
    parzen_deinit(&m->good);
    parzen_deinit(&m->bad);
    kde_deinit(&m->good_kde);
    kde_deinit(&m->bad_kde);
    free(m->scratch.trials);
    free(m->scratch.u);
    free(m->scratch.extra);
    free(m->scratch.places);
    free(m->scratch.row_of);
    free(m->scratch.others);
    *m = (struct model){ 0 };
}

double model_random_share(const struct model *m)
{
    return m->kind->random_share;
}

size_t model_n_finite(struct ranking *results)
{
    const struct ranked *order = ranking_order(results);
    size_t n = results->n;
    while (n > 0 && !isfinite(order[n - 1].loss))
        n--;
    return n;
}

int model_level(const struct model *m, struct history *h)
{
    int level = h->n_levels - 1;
    size_t least = 2 * ((size_t)h->n_params + 1);
    least = least < m->kind->most_startup ? least : m->kind->most_startup;
    while (level >= 0 && (h->levels[level].n < least || model_n_finite(&h->levels[level]) == 0))
        level--;
    return level;
}

void model_fit(struct model *m, struct history *h, int level, struct rng *r)
{
    m->level = level;
    m->n_pending = 0;
    m->scratch.n = 0;
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
