#include "tests/num/random_batch.h"
#include "tests/tap.h"

/* Frame t of sequence i holds 100 i + t in its first feature. */
static void pack_numbered(struct batch *b, const uint32_t *lengths, size_t n, const float *mean, const float *factor)
{
    float frames[8][16][2];
    struct batch_sequence sequences[8];
    size_t n_frames = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t t = 0; t < 16; t++) {
            frames[i][t][0] = (float)(100 * i + t);
            frames[i][t][1] = -1;
        }
        sequences[i] = (struct batch_sequence){ frames[i][0], lengths[i], (uint32_t)i };
        n_frames += lengths[i];
    }
    batch_init(b, n, 16, n_frames, 2);
    batch_pack(b, sequences, n, mean, factor);
}

static float first_feature(const struct batch *b, size_t t, size_t i)
{
    return b->x[(b->offsets[t] + i) * b->stride];
}

TEST(sequences_are_sorted_by_length_and_packed_step_by_step)
{
    static const uint32_t lengths[] = { 2, 5, 1, 5, 3 }, order[] = { 1, 3, 4, 0, 2 }, sizes[] = { 5, 4, 3, 2, 2 };
    struct batch b;
    pack_numbered(&b, lengths, 5, NULL, NULL);
    CHECK_INT(b.n_steps, 5);
    CHECK_INT(b.n_frames, 16);
    for (size_t t = 0; t < 5; t++)
        CHECK_INT(b.batch_sizes[t], sizes[t]);
    for (size_t i = 0; i < 5; i++) {
        CHECK_INT(b.order[i], order[i]);
        CHECK_INT(b.labels[i], order[i]);
        CHECK_INT(b.lengths[i], lengths[order[i]]);
        for (size_t t = 0; t < b.lengths[i]; t++)
            CHECK_NEAR((double)first_feature(&b, t, i), 100.0 * order[i] + (double)t, 0);
    }
    batch_deinit(&b);
}

TEST(features_are_standardised_and_the_rest_of_a_row_is_zero)
{
    static const uint32_t lengths[] = { 1, 3 };
    static const float mean[] = { 100, -3 }, factor[] = { 0.5f, 4 };
    struct batch b;
    pack_numbered(&b, lengths, 2, mean, factor);
    for (size_t row = 0; row < b.n_frames; row++) {
        CHECK_NEAR((double)b.x[row * b.stride + 1], 8, 0);
        for (size_t f = 2; f < b.stride; f++)
            CHECK(b.x[row * b.stride + f] == 0);
    }
    CHECK_NEAR((double)first_feature(&b, 2, 0), 1, 0);
    CHECK_NEAR((double)first_feature(&b, 0, 1), -50, 0);
    batch_deinit(&b);
}

TEST(a_batch_can_be_packed_again_and_again)
{
    struct batch b, fresh;
    float frames[6][2] = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 }, { 9, 10 }, { 11, 12 } };
    struct batch_sequence long_ones[2] = { { frames[0], 6, 0 }, { frames[0], 5, 1 } }, short_one = { frames[2], 2, 1 };
    batch_init(&b, 2, 6, 11, 2);
    batch_init(&fresh, 2, 6, 11, 2);
    batch_pack(&b, long_ones, 2, NULL, NULL);
    batch_pack(&b, &short_one, 1, NULL, NULL);
    batch_pack(&fresh, &short_one, 1, NULL, NULL);
    CHECK_INT(b.n_sequences, 1);
    CHECK_INT(b.n_steps, 2);
    CHECK_INT(b.n_frames, 2);
    CHECK(memcmp(b.x, fresh.x, sizeof(float) * 2 * b.stride) == 0);
    batch_deinit(&b);
    batch_deinit(&fresh);
}

TEST(a_slice_holds_its_sequences_and_no_others)
{
    struct batch whole, slice;
    random_batch(&whole, 23, 9, true, 3, 5, 4);
    batch_init(&slice, 23, 9, whole.n_frames, 3);
    for (size_t first = 0; first < 23; first += 4) {
        size_t n = first + 4 <= 23 ? 4 : 23 - first, n_frames = 0;
        batch_slice(&slice, &whole, first, n);
        CHECK_INT(slice.n_sequences, n);
        CHECK_INT(slice.n_steps, whole.lengths[first]);
        for (size_t i = 0; i < n; i++) {
            CHECK_INT(slice.lengths[i], whole.lengths[first + i]);
            CHECK_INT(slice.labels[i], whole.labels[first + i]);
            for (size_t t = 0; t < slice.lengths[i]; t++)
                CHECK(first_feature(&slice, t, i) == first_feature(&whole, t, first + i));
            n_frames += slice.lengths[i];
        }
        CHECK_INT(slice.n_frames, n_frames);
    }
    batch_deinit(&whole);
    batch_deinit(&slice);
}

TAP_MAIN
