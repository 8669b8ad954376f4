/* Spoken digits that nobody spoke: a default that needs no download, and is called synthetic wherever a person sees it.
 *
 * A digit is a sequence of three to five phones, points in the space of 13 features that are drawn once from the seed.
 * Two pairs of digits share their phones in another order, so that order matters. A speaker has an offset and a tempo,
 * female speakers have one more offset in common. The frames go from phone to phone smoothly, with AR(1) noise on top,
 * and are smoothed once more.
 *
 * Everything is drawn from streams of rng.h and computed by dmath.h and plain arithmetic, so that the same seed gives
 * the same bits on every machine. No stream depends on the number of sequences. */
#include "worker/train/data/formats.h"

#include <assert.h>
#include <stdlib.h>

#include "common/base/dmath.h"
#include "common/base/mem.h"
#include "common/base/rng.h"
#include "worker/train/data/builder.h"

enum {
    F = 13,
    N_DIGITS = 10,
    N_CLASSES = 20,
    MIN_PHONES = 3,
    MAX_PHONES = 5,
    MIN_LEN = 21,
    MAX_LEN = 75,
    MAX_ROUNDS = 2
};

/* Standard deviations, in the unit of the features, unless said otherwise. */
#define PHONE_SPREAD 0.55
#define SPEAKER_OFFSET 0.6
#define GENDER_OFFSET 0.8
#define NOISE 0.2
#define NOISE_MEMORY 0.7  /* the AR(1) coefficient */
#define MEDIAN_LEN 37.5   /* frames */
#define SPEAKER_TEMPO 0.2 /* of the logarithm of the length */
#define UTTERANCE_TEMPO 0.15
#define DURATION_SPREAD 0.3 /* of the logarithm of a phone's duration */

/* What `trial` of rng_derive stands for here: streams of one purpose are told apart by what is drawn and for which
 * part. */
enum stream { STREAM_WORLD, STREAM_SPEAKER, STREAM_SEQUENCE, N_STREAMS };

struct digit {
    int n_phones;
    double phones[MAX_PHONES][F];
};

/* What all sets of one seed share. */
struct world {
    struct digit digits[N_DIGITS];
    double female[F]; /* offset */
};

struct speaker {
    double offset[F]; /* with the gender's */
    double tempo;     /* of the logarithm of the length */
};

static void derive(struct rng *r, uint64_t seed, enum stream stream, enum synthetic_part part, uint64_t index)
{
    rng_derive(r, seed, (uint64_t)stream + N_STREAMS * (uint64_t)part, RNG_SYNTHETIC, index);
}

static void draw_point(struct rng *r, double *x, double spread)
{
    for (int i = 0; i < F; i++)
        x[i] = spread * rng_normal(r);
}

/* `to` has the phones of `from`, the first behind the last. */
static void turn_digit(struct digit *to, const struct digit *from)
{
    to->n_phones = from->n_phones;
    for (int p = 0; p < from->n_phones; p++)
        for (int i = 0; i < F; i++)
            to->phones[p][i] = from->phones[(p + 1) % from->n_phones][i];
}

static void draw_world(struct world *w, uint64_t seed)
{
    struct rng r;
    derive(&r, seed, STREAM_WORLD, SYNTHETIC_TRAIN, 0);
    for (int k = 0; k < N_DIGITS; k++) {
        struct digit *digit = &w->digits[k];
        digit->n_phones = MIN_PHONES + (int)rng_below(&r, MAX_PHONES - MIN_PHONES + 1);
        for (int p = 0; p < digit->n_phones; p++)
            draw_point(&r, digit->phones[p], PHONE_SPREAD);
    }
    turn_digit(&w->digits[1], &w->digits[0]);
    turn_digit(&w->digits[3], &w->digits[2]);
    draw_point(&r, w->female, GENDER_OFFSET);
}

static void draw_speaker(struct speaker *s, const struct world *w, bool is_female, struct rng *r)
{
    draw_point(r, s->offset, SPEAKER_OFFSET);
    for (int i = 0; i < F; i++)
        s->offset[i] += is_female ? w->female[i] : 0;
    s->tempo = SPEAKER_TEMPO * rng_normal(r);
}

static int draw_len(const struct speaker *s, struct rng *r)
{
    int len = (int)(MEDIAN_LEN * dmath_exp(s->tempo + UTTERANCE_TEMPO * rng_normal(r)) + 0.5);
    return len < MIN_LEN ? MIN_LEN : len > MAX_LEN ? MAX_LEN : len;
}

/* The middle of each phone on the way from 0 to 1. */
static void draw_middles(double *middles, int n_phones, struct rng *r)
{
    double total = 0;
    for (int p = 0; p < n_phones; p++) {
        double duration = dmath_exp(DURATION_SPREAD * rng_normal(r));
        middles[p] = total + duration / 2;
        total += duration;
    }
    for (int p = 0; p < n_phones; p++)
        middles[p] /= total;
}

/* Where a digit is at `when` (0 to 1): on a smooth step between the phones on both sides. */
static void place_frame(double *x, const struct digit *digit, const double *middles, double when)
{
    int next = 0;
    while (next < digit->n_phones && middles[next] <= when)
        next++;
    int before = next > 0 ? next - 1 : 0, after = next < digit->n_phones ? next : digit->n_phones - 1;
    double u = before == after ? 0 : (when - middles[before]) / (middles[after] - middles[before]);
    double step = u * u * (3 - 2 * u);
    for (int i = 0; i < F; i++)
        x[i] = digit->phones[before][i] + step * (digit->phones[after][i] - digit->phones[before][i]);
}

/* Frames (T, F) into `to`: each the weighted mean of itself and its neighbours. */
static void smooth(float *to, const double (*x)[F], int T)
{
    for (int t = 0; t < T; t++) {
        const double *before = x[t > 0 ? t - 1 : 0], *after = x[t < T - 1 ? t + 1 : t];
        for (int i = 0; i < F; i++)
            to[t * F + i] = (float)(0.25 * before[i] + 0.5 * x[t][i] + 0.25 * after[i]);
    }
}

static int speak(struct builder *b, const struct digit *digit, const struct speaker *s, struct rng *r, struct err *e)
{
    double x[MAX_LEN][F], middles[MAX_PHONES], noise[F];
    int T = draw_len(s, r);
    draw_middles(middles, digit->n_phones, r);
    draw_point(r, noise, NOISE);
    for (int t = 0; t < T; t++) {
        place_frame(x[t], digit, middles, (t + 0.5) / T);
        for (int i = 0; i < F; i++) {
            x[t][i] += s->offset[i] + noise[i];
            /* 0.714… is sqrt(1 - 0.7^2): the noise keeps its size. */
            noise[i] = NOISE_MEMORY * noise[i] + 0.71414284285428498 * NOISE * rng_normal(r);
        }
    }
    float *to = builder_add_frames(b, (size_t)T, e);
    if (to)
        smooth(to, (const double(*)[F])x, T);
    return to ? 0 : -1;
}

/* Sequences go round the classes, and a speaker stays for so many rounds: all speakers of one sex say all digits
 * equally often. Twice each, but once in a small set, so that even the smallest has two speakers a sex. */
static uint32_t rounds_a_speaker(uint32_t n_sequences)
{
    return n_sequences < 20 * N_CLASSES ? 1 : 2;
}

static int make_sequences(struct builder *b, uint32_t *speakers, const struct world *w, uint32_t n_sequences,
    enum synthetic_part part, uint64_t seed, struct err *e)
{
    uint32_t rounds = rounds_a_speaker(n_sequences);
    for (uint32_t i = 0; i < n_sequences; i++) {
        uint32_t class = i % N_CLASSES, is_female = class / N_DIGITS;
        struct speaker speaker;
        struct rng r;
        speakers[i] = 2 * (i / N_CLASSES / rounds) + is_female;
        derive(&r, seed, STREAM_SPEAKER, part, speakers[i]);
        draw_speaker(&speaker, w, is_female, &r);
        derive(&r, seed, STREAM_SEQUENCE, part, i);
        if (speak(b, &w->digits[class % N_DIGITS], &speaker, &r, e) || builder_end_sequence(b, class, e))
            return -1;
    }
    return 0;
}

int synthetic_make(struct dataset *out, uint32_t n_sequences, enum synthetic_part part, uint64_t seed, struct err *e)
{
    assert(n_sequences > 0);
    struct builder b = { .d.n_features = F };
    struct world *w = mem_zalloc(1, sizeof *w);
    uint32_t *speakers = mem_zalloc(n_sequences, sizeof *speakers);
    draw_world(w, seed);
    int status = make_sequences(&b, speakers, w, n_sequences, part, seed, e);
    free(w);
    if (status) {
        free(speakers);
        builder_deinit(&b);
        return -1;
    }
    builder_name_classes(&b, format_digit_classes, N_CLASSES);
    builder_take(&b, out);
    out->speakers = speakers;
    out->n_speakers = 2 * (speakers[n_sequences - 1] / 2 + 1);
    return 0;
}
