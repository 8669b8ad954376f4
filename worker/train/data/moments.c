#include "worker/train/data/split.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/base/mem.h"

/* Sums over the frames of a part: (F) each. */
struct sums {
    double *mean, *squares;
    bool *is_varying;
    size_t n_frames;
};

static void add_values(struct sums *s, const float *x, size_t T, size_t F)
{
    for (size_t t = 0; t < T; t++, x += F)
        for (size_t i = 0; i < F; i++)
            s->mean[i] += x[i];
    s->n_frames += T;
}

static void add_squares(struct sums *s, const float *x, const float *first, size_t T, size_t F)
{
    for (size_t t = 0; t < T; t++, x += F)
        for (size_t i = 0; i < F; i++) {
            double off = x[i] - s->mean[i];
            s->squares[i] += off * off;
            s->is_varying[i] |= x[i] != first[i];
        }
}

/* Two passes: the deviations are summed around the mean, so that a large mean costs no digits. */
void data_part_moments(const struct data_part *part, float *mean, float *scale)
{
    const struct dataset *d = part->of;
    size_t F = d->n_features;
    struct sums s = { mem_zalloc(F, sizeof(double)), mem_zalloc(F, sizeof(double)), mem_zalloc(F, sizeof(bool)), 0 };
    for (size_t k = 0; k < part->n; k++)
        add_values(&s, dataset_frames(d, part->sequences[k]), dataset_len(d, part->sequences[k]), F);
    for (size_t i = 0; i < F; i++)
        s.mean[i] /= (double)s.n_frames;
    for (size_t k = 0; k < part->n; k++)
        add_squares(&s, dataset_frames(d, part->sequences[k]), dataset_frames(d, part->sequences[0]),
            dataset_len(d, part->sequences[k]), F);
    for (size_t i = 0; i < F; i++) {
        float deviation = (float)sqrt(s.squares[i] / (double)s.n_frames);
        mean[i] = (float)s.mean[i];
        scale[i] = s.is_varying[i] && deviation > 0 ? deviation : 1;
    }
    free(s.mean);
    free(s.squares);
    free(s.is_varying);
}
