#include "worker/train/nn/jitter.h"

#include <math.h>
#include <string.h>

#include "tests/tap.h"

enum { SEQUENCES = 50, STEPS = 9, FEATURES = 13 };

/* Sequences of 1 to 9 frames, every value `value`. */
static void pack_constant(struct batch *b, float value)
{
    static float frames[STEPS][FEATURES];
    struct batch_sequence sequences[SEQUENCES];
    for (size_t t = 0; t < STEPS; t++)
        for (size_t f = 0; f < FEATURES; f++)
            frames[t][f] = value;
    for (size_t i = 0; i < SEQUENCES; i++)
        sequences[i] = (struct batch_sequence){ frames[0], (uint32_t)(i % STEPS + 1), 0 };
    batch_init(b, SEQUENCES, STEPS, SEQUENCES * STEPS, FEATURES);
    batch_pack(b, sequences, SEQUENCES, NULL, NULL);
}

static float value_at(const struct batch *b, size_t sequence, size_t step, size_t feature)
{
    return b->x[(b->offsets[step] + sequence) * b->stride + feature];
}

/* Mean and standard deviation of the first frames, over many steps of training. */
static void first_frames(const struct jitter *j, float value, double *mean, double *deviation)
{
    enum { DRAWS = 200 };
    double sum = 0, squares = 0, n = (double)DRAWS * SEQUENCES * FEATURES;
    for (uint64_t step = 0; step < DRAWS; step++) {
        struct batch b;
        pack_constant(&b, value);
        jitter_apply(j, &b, 7, step);
        for (size_t i = 0; i < SEQUENCES; i++)
            for (size_t f = 0; f < FEATURES; f++) {
                double x = (double)value_at(&b, i, 0, f);
                sum += x;
                squares += x * x;
            }
        batch_deinit(&b);
    }
    *mean = sum / n;
    *deviation = sqrt(squares / n - *mean * *mean);
}

TEST(each_change_has_the_deviation_that_is_asked_for)
{
    static const struct {
        struct jitter jitter;
        float value;
        double deviation;
    } rows[] = {
        { { .shift = 0.5 }, 3, 0.5 },
        { { .stretch = 0.25 }, 3, 0.75 },
        { { .stretch = 0.25 }, 0, 0 },
        { { .noise = 2 }, 3, 2 },
        { { .shift = 0.3, .stretch = 0.1, .noise = 0.4 }, 0, 0.5 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double mean, deviation;
        first_frames(&rows[i].jitter, rows[i].value, &mean, &deviation);
        CHECK_NEAR(mean, (double)rows[i].value, 5 * rows[i].deviation / sqrt(130000));
        CHECK_NEAR(deviation, rows[i].deviation, 0.02 * rows[i].deviation);
    }
}

TEST(a_shift_is_one_for_all_frames_of_a_sequence_and_another_for_each_feature_and_sequence)
{
    struct batch b;
    pack_constant(&b, 1);
    jitter_apply(&(struct jitter){ .shift = 0.5, .stretch = 0.5 }, &b, 1, 0);
    for (size_t i = 0; i < SEQUENCES; i++)
        for (size_t f = 0; f < FEATURES; f++) {
            for (size_t t = 1; t < b.lengths[i]; t++)
                CHECK(value_at(&b, i, t, f) == value_at(&b, i, 0, f));
            CHECK(value_at(&b, i, 0, f) != value_at(&b, (i + 1) % SEQUENCES, 0, f));
            CHECK(value_at(&b, i, 0, f) != value_at(&b, i, 0, (f + 1) % FEATURES));
        }
    batch_deinit(&b);
}

TEST(no_two_values_share_their_noise_and_the_rest_of_a_row_stays_zero)
{
    struct batch b;
    pack_constant(&b, 0);
    jitter_apply(&(struct jitter){ .noise = 1 }, &b, 1, 0);
    for (size_t row = 0; row < b.n_frames; row++) {
        CHECK(b.x[row * b.stride] != b.x[row * b.stride + 1]);
        CHECK(row == 0 || b.x[row * b.stride] != b.x[(row - 1) * b.stride]);
        for (size_t f = FEATURES; f < b.stride; f++)
            CHECK(b.x[row * b.stride + f] == 0);
    }
    batch_deinit(&b);
}

TEST(a_step_done_again_is_changed_alike_and_another_step_or_seed_is_not)
{
    const struct jitter j = { 0.1, 0.2, 0.3 };
    struct batch b[4];
    for (size_t i = 0; i < 4; i++)
        pack_constant(&b[i], 1);
    jitter_apply(&j, &b[0], 1, 5);
    jitter_apply(&j, &b[1], 1, 5);
    jitter_apply(&j, &b[2], 1, 6);
    jitter_apply(&j, &b[3], 2, 5);
    size_t bytes = b[0].n_frames * b[0].stride * sizeof(float);
    CHECK(memcmp(b[0].x, b[1].x, bytes) == 0);
    CHECK(memcmp(b[0].x, b[2].x, bytes) != 0);
    CHECK(memcmp(b[0].x, b[3].x, bytes) != 0);
    for (size_t i = 0; i < 4; i++)
        batch_deinit(&b[i]);
}

TEST(without_deviations_no_bit_changes)
{
    struct batch b[2];
    for (size_t i = 0; i < 2; i++)
        pack_constant(&b[i], -0.0f);
    jitter_apply(&(struct jitter){ 0 }, &b[0], 1, 5);
    CHECK(memcmp(b[0].x, b[1].x, b[0].n_frames * b[0].stride * sizeof(float)) == 0);
    for (size_t i = 0; i < 2; i++)
        batch_deinit(&b[i]);
}

TAP_MAIN
