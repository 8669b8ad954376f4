#include "worker/train/data/split.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/mem.h"

/* Sums over the frames of a part: (F) each. */
struct sums {
    double *mean, *squares;
    size_t n_frames;
};

static void add_values(struct sums *s, const float *x, size_t T, size_t F)
{
    for (size_t t = 0; t < T; t++, x += F)
        for (size_t i = 0; i < F; i++)
            s->mean[i] += x[i];
    s->n_frames += T;
}

static void add_squares(struct sums *s, const float *x, size_t T, size_t F)
{
    for (size_t t = 0; t < T; t++, x += F)
        for (size_t i = 0; i < F; i++) {
            double off = x[i] - s->mean[i];
            s->squares[i] += off * off;
        }
}

/* Features of one kind, such as cepstral coefficients, differ in size because they differ in weight: a scale of its own
 * for each would blow up the small ones, which are mostly noise. So they share one, the root of their mean variance,
 * unless the largest deviation is more than ALIKE times the smallest: then they are of different kinds (or units), and
 * each gets its own. */
#define ALIKE 10

static void choose_scales(const struct sums *s, float *scale, size_t F)
{
    double least = INFINITY, most = 0, total = 0;
    size_t n_varying = 0;
    for (size_t i = 0; i < F; i++) {
        double variance = s->squares[i] / (double)s->n_frames, deviation = sqrt(variance);
        scale[i] = (float)deviation > 0 ? (float)deviation : 1;
        if ((float)deviation <= 0)
            continue;
        least = fmin(least, deviation);
        most = fmax(most, deviation);
        total += variance;
        n_varying++;
    }
    for (size_t i = 0; n_varying > 0 && most <= ALIKE * least && i < F; i++)
        scale[i] = (float)sqrt(total / (double)n_varying);
}

/* Two passes: the deviations are summed around the mean, so that a large mean costs no digits, and those of a feature
 * that does not vary are exactly 0: equal floats add up exactly in double. */
void data_part_moments(const struct data_part *part, float *mean, float *scale)
{
    const struct dataset *d = part->of;
    size_t F = d->n_features;
    struct sums s = { mem_zalloc(F, sizeof(double)), mem_zalloc(F, sizeof(double)), 0 };
    for (size_t k = 0; k < part->n; k++)
        add_values(&s, dataset_frames(d, part->sequences[k]), dataset_len(d, part->sequences[k]), F);
    for (size_t i = 0; i < F; i++)
        s.mean[i] /= (double)s.n_frames;
    for (size_t k = 0; k < part->n; k++)
        add_squares(&s, dataset_frames(d, part->sequences[k]), dataset_len(d, part->sequences[k]), F);
    for (size_t i = 0; i < F; i++)
        mean[i] = (float)s.mean[i];
    choose_scales(&s, scale, F);
    free(s.mean);
    free(s.squares);
}
