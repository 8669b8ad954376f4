#include "coordinator/search/agreement.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/mem.h"

static bool counts(const struct ranked *r)
{
    return isfinite(r->loss) && !(r->trial & HISTORY_IMPORTED);
}

/* Marks who has a result at a level: by number. */
static void mark(struct ranking *level, bool *has)
{
    const struct ranked *order = ranking_order(level);
    for (size_t i = 0; i < level->n; i++)
        if (counts(&order[i]))
            has[order[i].trial] = true;
}

/* Ranks, from 0, among those that both levels have; equals share the mean of theirs. Returns how many. */
static int rank(struct ranking *level, const bool *in_both, double *ranks)
{
    const struct ranked *order = ranking_order(level);
    int n = 0;
    for (size_t i = 0, next; i < level->n; i = next) {
        int n_equal = 0;
        for (next = i; next < level->n && order[next].loss == order[i].loss; next++)
            n_equal += counts(&order[next]) && in_both[order[next].trial];
        for (size_t k = i; k < next; k++)
            if (counts(&order[k]) && in_both[order[k].trial])
                ranks[order[k].trial] = n + (n_equal - 1) / 2.0;
        n += n_equal;
    }
    return n;
}

/* Pearson's correlation of the two rankings, which is right for ties too. */
static double correlate(const bool *in_both, uint32_t n_trials, const double *a, const double *b, int n)
{
    double mean = (n - 1) / 2.0, both = 0, of_a = 0, of_b = 0;
    for (uint32_t t = 1; t <= n_trials; t++) {
        if (!in_both[t])
            continue;
        both += (a[t] - mean) * (b[t] - mean);
        of_a += (a[t] - mean) * (a[t] - mean);
        of_b += (b[t] - mean) * (b[t] - mean);
    }
    return of_a > 0 && of_b > 0 ? both / sqrt(of_a * of_b) : 0;
}

double agreement_find(struct history *h, int lower, int upper, int *n)
{
    size_t n_rows = (size_t)h->n_trials + 1;
    bool *in_both = mem_zalloc(n_rows, sizeof *in_both), *above = mem_zalloc(n_rows, sizeof *above);
    double *a = mem_zalloc(n_rows, sizeof *a), *b = mem_zalloc(n_rows, sizeof *b);
    mark(&h->levels[lower], in_both);
    mark(&h->levels[upper], above);
    for (size_t i = 0; i < n_rows; i++)
        in_both[i] = in_both[i] && above[i];
    *n = rank(&h->levels[lower], in_both, a);
    rank(&h->levels[upper], in_both, b);
    double found = *n < 2 ? NAN : correlate(in_both, h->n_trials, a, b, *n);
    free(in_both);
    free(above);
    free(a);
    free(b);
    return found;
}
