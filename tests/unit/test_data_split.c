#include "tests/unit/data_fixture.h"
#include "worker/train/data/builder.h"
#include "worker/train/data/split.h"

/* A set of one feature and one frame a sequence: value, label, speaker. */
static void build(struct dataset *d, const float *values, const uint32_t *labels, const uint32_t *speakers, size_t n,
    uint32_t n_classes, uint32_t n_speakers)
{
    struct builder b = { .d.n_features = 1 };
    for (size_t i = 0; i < n; i++) {
        *builder_add_frames(&b, 1, NULL) = values ? values[i] : (float)i;
        builder_end_sequence(&b, labels[i], NULL);
    }
    builder_take(&b, d);
    d->n_classes = n_classes;
    if (!speakers)
        return;
    d->n_speakers = n_speakers;
    d->speakers = mem_alloc(n * sizeof *speakers);
    memcpy(d->speakers, speakers, n * sizeof *speakers);
}

static struct data_spec spec_of(enum data_validation by, double share)
{
    return (struct data_spec){ .format = DATA_SYNTHETIC, .validation = by, .validation_share = share };
}

static bool has(const struct data_part *p, uint32_t i)
{
    for (size_t k = 0; k < p->n; k++)
        if (p->sequences[k] == i)
            return true;
    return false;
}

/* Every sequence is on one side and one only, in ascending order. */
static void check_is_division(const struct data_split *s, const struct dataset *d)
{
    CHECK_INT(s->train.n + s->validation.n, d->n_sequences);
    CHECK(s->train.n > 0 && s->validation.n > 0);
    for (uint32_t i = 0; i < d->n_sequences; i++)
        CHECK_INT(has(&s->train, i) + has(&s->validation, i), 1);
    for (size_t k = 1; k < s->train.n; k++)
        CHECK(s->train.sequences[k - 1] < s->train.sequences[k]);
}

static void count_classes(const struct data_part *p, size_t *counts)
{
    for (size_t k = 0; k < p->n; k++)
        counts[p->of->labels[p->sequences[k]]]++;
}

TEST(a_stratified_split_takes_its_share_of_every_class)
{
    enum { N = 300 };
    uint32_t labels[N];
    for (uint32_t i = 0; i < N; i++)
        labels[i] = i % 3 == 0 ? 0 : i % 30 == 1 ? 2 : 1; /* 100, 190, 10 */
    struct dataset d = { 0 };
    build(&d, NULL, labels, NULL, N, 3, 0);
    struct data_spec spec = spec_of(DATA_BY_KNOWN, 0.2);
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct data_split s = { 0 };
        size_t counts[3] = { 0 };
        CHECK_INT(data_split_init(&s, &d, NULL, &spec, seed, NULL), 0);
        CHECK_INT(s.by, DATA_BY_STRATIFIED);
        check_is_division(&s, &d);
        count_classes(&s.validation, counts);
        CHECK_INT(counts[0], 20);
        CHECK_INT(counts[1], 38);
        CHECK_INT(counts[2], 2);
        data_split_deinit(&s);
    }
    dataset_deinit(&d);
}

TEST(the_split_follows_from_the_seed_alone)
{
    struct data_spec spec = { .format = DATA_SYNTHETIC, .n_sequences = 400, .seed = 1, .validation_share = 0.2 };
    struct dataset d = { 0 };
    struct data_split a = { 0 }, b = { 0 }, c = { 0 };
    CHECK_INT(dataset_load(&d, NULL, &spec, NULL), 0);
    CHECK_INT(data_split_init(&a, &d, NULL, &spec, 1, NULL), 0);
    CHECK_INT(data_split_init(&b, &d, NULL, &spec, 1, NULL), 0);
    CHECK_INT(data_split_init(&c, &d, NULL, &spec, 2, NULL), 0);
    CHECK(a.validation.n == b.validation.n &&
          memcmp(a.validation.sequences, b.validation.sequences, a.validation.n * sizeof(uint32_t)) == 0);
    CHECK(a.validation.n != c.validation.n ||
          memcmp(a.validation.sequences, c.validation.sequences, a.validation.n * sizeof(uint32_t)) != 0);
    data_split_deinit(&a);
    data_split_deinit(&b);
    data_split_deinit(&c);
    dataset_deinit(&d);
}

TEST(no_speaker_is_on_both_sides_and_every_class_is)
{
    struct data_spec spec = { .format = DATA_SYNTHETIC, .n_sequences = 2000, .seed = 1, .validation_share = 0.2 };
    struct dataset d = { 0 };
    CHECK_INT(dataset_load(&d, NULL, &spec, NULL), 0);
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct data_split s = { 0 };
        bool trains[100] = { 0 };
        size_t counts[20] = { 0 };
        CHECK_INT(data_split_init(&s, &d, NULL, &spec, seed, NULL), 0);
        CHECK_INT(s.by, DATA_BY_SPEAKER);
        check_is_division(&s, &d);
        for (size_t k = 0; k < s.train.n; k++)
            trains[d.speakers[s.train.sequences[k]]] = true;
        for (size_t k = 0; k < s.validation.n; k++)
            CHECK(!trains[d.speakers[s.validation.sequences[k]]]);
        count_classes(&s.validation, counts);
        for (int c = 0; c < 20; c++)
            CHECK_INT(counts[c], 20); /* 10 of 50 speakers a sex, twice each */
        data_split_deinit(&s);
    }
    dataset_deinit(&d);
}

TEST(exact_duplicates_stay_together)
{
    enum { N = 60 };
    float values[N];
    uint32_t labels[N];
    for (uint32_t i = 0; i < N; i++) {
        values[i] = (float)(i % 20); /* each value three times */
        labels[i] = i % 2;
    }
    struct dataset d = { 0 };
    build(&d, values, labels, NULL, N, 2, 0);
    struct data_spec spec = spec_of(DATA_BY_STRATIFIED, 0.3);
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct data_split s = { 0 };
        CHECK_INT(data_split_init(&s, &d, NULL, &spec, seed, NULL), 0);
        check_is_division(&s, &d);
        for (uint32_t i = 0; i < 20; i++) {
            CHECK_INT(has(&s.train, i), has(&s.train, i + 20));
            CHECK_INT(has(&s.train, i), has(&s.train, i + 40));
        }
        CHECK_INT(s.validation.n, 18);
        data_split_deinit(&s);
    }
    dataset_deinit(&d);
}

TEST(speakers_who_share_a_sequence_stay_together)
{
    /* Speakers 0 and 2 both hold the value 7. */
    static const float values[] = { 1, 7, 2, 3, 7, 4, 5, 6 };
    static const uint32_t labels[] = { 0, 1, 0, 1, 1, 0, 0, 1 }, speakers[] = { 0, 0, 1, 1, 2, 2, 3, 3 };
    struct dataset d = { 0 };
    build(&d, values, labels, speakers, 8, 2, 4);
    struct data_spec spec = spec_of(DATA_BY_SPEAKER, 0.25);
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct data_split s = { 0 };
        CHECK_INT(data_split_init(&s, &d, NULL, &spec, seed, NULL), 0);
        check_is_division(&s, &d);
        CHECK_INT(has(&s.train, 0), has(&s.train, 4));
        CHECK_INT(has(&s.train, 0), has(&s.train, 5));
        data_split_deinit(&s);
    }
    dataset_deinit(&d);
}

TEST(a_rare_class_is_on_both_sides_where_it_can_be_and_else_trains)
{
    /* Class 1 has two sequences, class 2 one; a share of a hundredth alone would take none of them. */
    static const uint32_t labels[] = { 0, 0, 0, 0, 0, 0, 1, 1, 2, 0 };
    struct dataset d = { 0 };
    build(&d, NULL, labels, NULL, 10, 3, 0);
    for (int i = 0; i < 2; i++) {
        struct data_spec spec = spec_of(DATA_BY_STRATIFIED, i ? 0.99 : 0.01);
        for (uint64_t seed = 0; seed < 20; seed++) {
            struct data_split s = { 0 };
            size_t train[3] = { 0 }, validation[3] = { 0 };
            CHECK_INT(data_split_init(&s, &d, NULL, &spec, seed, NULL), 0);
            count_classes(&s.train, train);
            count_classes(&s.validation, validation);
            CHECK(train[0] >= 1 && validation[0] >= 1);
            CHECK(train[1] == 1 && validation[1] == 1);
            CHECK(train[2] == 1 && validation[2] == 0);
            data_split_deinit(&s);
        }
    }
    dataset_deinit(&d);
}

TEST(what_cannot_be_divided_is_refused)
{
    static const uint32_t labels[] = { 0, 1, 0, 1 }, one[] = { 0, 0, 0, 0 };
    static const float same[] = { 3, 3, 3, 3 };
    struct dataset d = { 0 };
    struct data_split s = { 0 };
    struct data_spec spec = spec_of(DATA_BY_SPEAKER, 0.2);
    struct err e;
    build(&d, NULL, labels, one, 4, 2, 1);
    CHECK_INT(data_split_init(&s, &d, NULL, &spec, 1, &e), -1);
    CHECK_INT(e.code, ERR_INVALID);
    CHECK_CONTAINS(e.text, "1 speakers cannot be divided");
    CHECK(!s.train.sequences && !s.validation.sequences);
    dataset_deinit(&d);
    build(&d, same, labels, NULL, 4, 2, 0);
    CHECK_INT(data_split_init(&s, &d, NULL, &spec, 1, &e), -1);
    CHECK_CONTAINS(e.text, "the data does not say who speaks");
    spec.validation = DATA_BY_STRATIFIED;
    CHECK_INT(data_split_init(&s, &d, NULL, &spec, 1, &e), -1);
    CHECK_CONTAINS(e.text, "no class has two different sequences");
    spec.validation = DATA_BY_TEST;
    CHECK_INT(data_split_init(&s, &d, NULL, &spec, 1, &e), -1);
    CHECK_CONTAINS(e.text, "there is none");
    dataset_deinit(&d);
}

TEST(validation_on_the_test_set_trains_on_everything_and_says_so)
{
    static const uint32_t labels[] = { 0, 1, 0, 1 };
    struct dataset d = { 0 }, test = { 0 };
    struct data_split s = { 0 };
    struct data_spec spec = spec_of(DATA_BY_TEST, 0.2);
    build(&d, NULL, labels, NULL, 4, 2, 0);
    build(&test, NULL, labels, NULL, 3, 2, 0);
    CHECK_INT(data_split_init(&s, &d, &test, &spec, 1, NULL), 0);
    CHECK_TEXT(data_validation_name(s.by), "test");
    CHECK(s.train.of == &d && s.train.n == 4);
    CHECK(s.validation.of == &test && s.validation.n == 3 && s.validation.sequences[2] == 2);
    data_split_deinit(&s);
    dataset_deinit(&d);
    dataset_deinit(&test);
}

TEST(without_validation_all_sequences_train_and_none_validates)
{
    static const uint32_t labels[] = { 0, 1, 0, 1 };
    struct dataset d = { 0 };
    struct data_split s = { 0 };
    struct data_spec spec = spec_of(DATA_BY_NONE, 0.2);
    build(&d, NULL, labels, NULL, 4, 2, 0);
    CHECK_INT(data_split_init(&s, &d, NULL, &spec, 1, NULL), 0);
    CHECK_TEXT(data_validation_name(s.by), "none");
    CHECK(s.train.of == &d && s.train.n == 4 && s.train.sequences[3] == 3);
    CHECK_INT(s.validation.n, 0);
    data_split_deinit(&s);
    dataset_deinit(&d);
}

TEST(moments_are_those_of_the_part_alone)
{
    static const float rows[][3] = { { 1, 5, 1e6f }, { 3, 5, 1e6f + 1 }, { 100, 100, 100 }, { 5, 5, 1e6f + 2 } };
    struct builder b = { .d.n_features = 3 };
    struct dataset d = { 0 };
    float mean[3], scale[3];
    uint32_t chosen[] = { 0, 2 };
    memcpy(builder_add_frames(&b, 2, NULL), rows[0], 2 * sizeof rows[0]);
    builder_end_sequence(&b, 0, NULL);
    memcpy(builder_add_frames(&b, 1, NULL), rows[2], sizeof rows[2]);
    memcpy(builder_add_frames(&b, 1, NULL), rows[2], sizeof rows[2]);
    builder_end_sequence(&b, 0, NULL);
    memcpy(builder_add_frames(&b, 1, NULL), rows[3], sizeof rows[3]);
    builder_end_sequence(&b, 0, NULL);
    builder_take(&b, &d);
    data_part_moments(&(struct data_part){ &d, chosen, 2 }, mean, scale);
    CHECK_NEAR(mean[0], 3, 0);
    CHECK_NEAR(mean[1], 5, 0);
    CHECK_NEAR(mean[2], 1e6 + 1, 0);
    for (int i = 0; i < 3; i++) /* variances 8/3 and 2/3, and one that does not vary: one scale */
        CHECK_NEAR(scale[i], sqrtf(5.0f / 3), 1e-6);
    dataset_deinit(&d);
}

TEST(features_of_different_kinds_have_scales_of_their_own)
{
    static const float rows[][3] = { { 1, 100, 7 }, { 3, 140, 7 } };
    struct builder b = { .d.n_features = 3 };
    struct dataset d = { 0 };
    struct data_part whole = { 0 };
    float mean[3], scale[3];
    memcpy(builder_add_frames(&b, 2, NULL), rows[0], 2 * sizeof rows[0]);
    builder_end_sequence(&b, 0, NULL);
    builder_take(&b, &d);
    data_part_init_whole(&whole, &d);
    data_part_moments(&whole, mean, scale);
    CHECK_NEAR(scale[0], 1, 0);
    CHECK_NEAR(scale[1], 20, 0);
    CHECK_NEAR(scale[2], 1, 0); /* constant */
    data_part_deinit(&whole);
    dataset_deinit(&d);
}

TEST(a_constant_feature_has_scale_one_whatever_its_value)
{
    enum { N = 1000 };
    struct builder b = { .d.n_features = 1 };
    struct dataset d = { 0 };
    struct data_part whole = { 0 };
    float mean, scale, *x = builder_add_frames(&b, N, NULL);
    for (int i = 0; i < N; i++)
        x[i] = 0.1f;
    builder_end_sequence(&b, 0, NULL);
    builder_take(&b, &d);
    data_part_init_whole(&whole, &d);
    data_part_moments(&whole, &mean, &scale);
    CHECK_NEAR(mean, 0.1f, 0);
    CHECK_NEAR(scale, 1, 0);
    data_part_deinit(&whole);
    dataset_deinit(&d);
}

TEST(the_published_digits_are_divided_by_speaker)
{
    struct data_spec spec = { .format = DATA_ARABIC_DIGIT, .n_classes = 20, .validation_share = 0.2 };
    struct dataset d = { 0 };
    struct data_split s = { 0 };
    size_t counts[20] = { 0 };
    fixture_real(spec.train, sizeof spec.train, "Train_Arabic_Digit.txt.xz");
    CHECK_INT(dataset_load(&d, NULL, &spec, NULL), 0);
    CHECK_INT(data_split_init(&s, &d, NULL, &spec, 1, NULL), 0);
    count_classes(&s.validation, counts);
    for (int c = 0; c < 20; c++)
        CHECK_INT(counts[c], 70); /* 7 of 33 speakers a sex, 10 times each */
    for (size_t k = 0; k < s.validation.n; k++)
        for (uint32_t i = s.validation.sequences[k] / 10 * 10, n = 0; n < 10; n++)
            CHECK(d.speakers[i + n] == d.speakers[s.validation.sequences[k]] && has(&s.validation, i + n));
    data_split_deinit(&s);
    dataset_deinit(&d);
}

TAP_MAIN
