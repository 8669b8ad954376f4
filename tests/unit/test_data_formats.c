#include "common/base/crc32c.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "tests/unit/data_fixture.h"
#include "worker/train/data/formats.h"
#include "worker/train/data/lines.h"
#include "worker/train/data/source.h"

static struct lines *open_text(const char *text, size_t len)
{
    return lines_open(source_open_bytes(text, len, NULL), "f");
}

static int read_arabic(struct dataset *d, const struct str *text, uint32_t n_classes, struct err *e)
{
    struct lines *l = open_text(str_text(text), text->len);
    int status = arabic_read(d, l, n_classes, e);
    lines_close(l);
    return status;
}

static int read_ts(struct dataset *d, const char *text, size_t len, struct err *e)
{
    struct lines *l = open_text(text, len);
    int status = ts_read(d, l, e);
    lines_close(l);
    return status;
}

/* ---- arabic-digit ---- */

/* n sequences of 1 + i % 3 frames each; frame t of sequence i is i, t, 0.5, 0.5, … */
static void write_arabic(struct str *text, int n)
{
    str_add(text, "      \n");
    for (int i = 0; i < n; i++) {
        for (int t = 0; t <= i % 3; t++)
            str_addf(text, "%d %d .5 5e-1 0.5 0.5 0.5  0.5\t0.5 0.5 0.5 0.5 0.5 \n", i, t);
        if (i < n - 1)
            str_add(text, "\n");
    }
}

TEST(digits_get_labels_and_speakers_by_position)
{
    struct str text = { 0 };
    struct dataset d = { 0 };
    struct err e;
    write_arabic(&text, 400); /* 40 a digit: 20 male by two speakers, 20 female by two */
    CHECK_INT(read_arabic(&d, &text, 20, &e), 0);
    CHECK_INT(d.n_sequences, 400);
    CHECK_INT(d.n_features, 13);
    CHECK_INT(d.n_classes, 20);
    CHECK_INT(d.n_speakers, 4);
    CHECK_INT(d.starts[400], d.n_frames);
    CHECK_INT(dataset_max_len(&d), 3);
    for (uint32_t i = 0; i < 400; i++) {
        uint32_t digit = i / 40, is_female = i % 40 >= 20;
        CHECK_INT(d.labels[i], digit + 10 * is_female);
        CHECK_INT(d.speakers[i], i % 20 / 10 + 2 * is_female);
        CHECK_INT(dataset_len(&d, i), 1 + i % 3);
        CHECK_NEAR(dataset_frames(&d, i)[0], i, 0);
        CHECK_NEAR(dataset_frames(&d, i)[13 * (i % 3) + 1], i % 3, 0);
        CHECK_NEAR(dataset_frames(&d, i)[12], 0.5, 0);
    }
    CHECK_TEXT(d.class_names[3], "3 male");
    CHECK_TEXT(d.class_names[13], "3 female");
    dataset_deinit(&d);
    CHECK_INT(read_arabic(&d, &text, 10, &e), 0);
    CHECK_INT(d.n_classes, 10);
    CHECK_INT(d.labels[399], 9);
    CHECK_INT(d.labels[39], 0);
    CHECK_INT(d.speakers[39], 3);
    dataset_deinit(&d);
    str_deinit(&text);
}

// clang-format off
static const struct {
    const char *text, *message;
} bad_arabic[] = {
    { "", "f: 0 sequences, where labels by position need a multiple of 20" },
    { "\n\n  \n", "f: 0 sequences" },
    { "1 2 3 4 5 6 7 8 9 10 11 12 13\n", "f: 1 sequences" },
    { "1 2 3 4 5 6 7 8 9 10 11 12 13\n\n1 2 3\n", "f: line 3: 3 numbers, where a frame has 13" },
    { "1 2 3 4 5 6 7 8 9 10 11 12 13 14\n", "f: line 1: more than 13 numbers" },
    { "1 2 3 4 5 6 7 8 9 10 11 12 nan\n", "f: line 1: \"nan\" where a number is wanted" },
    { "1 2 3 4 5 6 7 8 9 10 11 12 13x\n", "f: line 1: \"13x\" where a number is wanted" },
    { "1 2 3 4 5 6 7 8 9 10 11 12-13\n", "f: line 1: \"12-13\" where a number is wanted" },
    { "1,2,3,4,5,6,7,8,9,10,11,12,13\n", "f: line 1: \"1\" where a number is wanted" },
    { "1 2 3 4 5 6 7 8 9 10 11 12 1e39\n", "f: line 1: 1e39 is too large for single precision" },
    { "1 2 3 4 5 6 7 8 9 10 11 12 -1e999\n", "f: line 1: -1e999 is too large for single precision" },
};
// clang-format on

TEST(a_bad_digit_file_is_refused_with_its_line)
{
    for (size_t i = 0; i < sizeof bad_arabic / sizeof *bad_arabic; i++) {
        struct str text = { 0 };
        struct dataset d = { 0 };
        struct err e = { 0 };
        str_add(&text, bad_arabic[i].text);
        CHECK_INT(read_arabic(&d, &text, 20, &e), -1);
        CHECK_CONTAINS(e.text, bad_arabic[i].message);
        CHECK(d.frames == NULL && d.n_sequences == 0);
        str_deinit(&text);
    }
}

TEST(a_nul_byte_in_a_digit_file_is_no_number)
{
    struct str text = { 0 };
    struct dataset d = { 0 };
    struct err e;
    str_add_bytes(&text, "1 2\0 3\n", 7);
    CHECK_INT(read_arabic(&d, &text, 20, &e), -1);
    CHECK_CONTAINS(e.text, "f: line 1: \"2?\" where a number is wanted");
    str_deinit(&text);
}

TEST(a_digit_file_that_lost_a_sequence_is_refused)
{
    struct str text = { 0 };
    struct dataset d = { 0 };
    struct err e;
    write_arabic(&text, 399);
    CHECK_INT(read_arabic(&d, &text, 20, &e), -1);
    CHECK_CONTAINS(e.text, "399 sequences");
    str_deinit(&text);
}

TEST(a_sequence_longer_than_the_limit_is_refused_where_it_passes_it)
{
    struct str text = { 0 };
    struct dataset d = { 0 };
    struct err e;
    for (int i = 0; i <= LIMIT_SEQUENCE; i++)
        str_add(&text, "1 2 3 4 5 6 7 8 9 0 1 2 3\n");
    CHECK_INT(read_arabic(&d, &text, 20, &e), -1);
    CHECK_INT(e.code, ERR_LIMIT);
    CHECK_CONTAINS(e.text, "f: line 100001: a sequence of more than 100000 frames");
    str_deinit(&text);
}

/* ---- ts ---- */

TEST(a_ts_file_with_every_tag_is_read)
{
    static const char text[] =
        "# a comment\n@problemName Two Rooms\r\n@TIMESTAMPS False\n@missing true\n@univariate false\n"
        "@dimensions 2\n@equalLength false\n@classLabel true hot cold  mild\n\n@data\n"
        "1.5,1.6,1.7:0.1,0.2,0.3:cold\n# between\n\n -1 , 2e0:3,4 : hot \n7:8:cold";
    static const float wanted[] = { 1.5f, .1f, 1.6f, .2f, 1.7f, .3f, -1, 3, 2, 4, 7, 8 };
    struct dataset d = { 0 };
    struct err e;
    CHECK_INT(read_ts(&d, text, sizeof text - 1, &e), 0);
    CHECK_INT(d.n_sequences, 3);
    CHECK_INT(d.n_features, 2);
    CHECK_INT(d.n_frames, 6);
    CHECK_INT(d.n_classes, 3);
    CHECK(d.speakers == NULL && d.n_speakers == 0);
    CHECK(memcmp(d.frames, wanted, sizeof wanted) == 0);
    CHECK_INT(d.labels[0], 1);
    CHECK_INT(d.labels[1], 0);
    CHECK_INT(d.labels[2], 1);
    CHECK_TEXT(d.class_names[2], "mild");
    dataset_deinit(&d);
}

TEST(a_univariate_ts_file_without_dimensions_is_read)
{
    static const char text[] = "@univariate true\n@equalLength true\n@seriesLength 3\n@classLabel true 1 2\n@data\n"
                               "1,2,3:1\n4,5,6:2\n";
    struct dataset d = { 0 };
    struct err e;
    CHECK_INT(read_ts(&d, text, sizeof text - 1, &e), 0);
    CHECK_INT(d.n_features, 1);
    CHECK_INT(d.n_frames, 6);
    CHECK_NEAR(dataset_frames(&d, 1)[2], 6, 0);
    dataset_deinit(&d);
}

#define HEAD "@classLabel true a b\n@data\n"
// clang-format off
static const struct {
    const char *text, *message;
} bad_ts[] = {
    { "", "f: no line @data" },
    { "@classLabel true a b\n", "f: no line @data" },
    { "1,2:a\n", "f: line 1: a line of data before the line @data" },
    { "@data\n1:a\n", "f: line 1: no @classLabel before @data" },
    { "@problemname x\n@clasLabel true a\n", "f: line 2: unknown tag @clasLabel; did you mean @classLabel?" },
    { "@\n", "f: line 1: unknown tag @" },
    { "@timestamps true\n", "f: line 1: sequences with time stamps are not read" },
    { "@timestamps\n", "f: line 1: @timeStamps wants true or false" },
    { "@dimensions 0\n", "f: line 1: @dimensions wants a whole number from 1 to 4096" },
    { "@dimensions 5000\n", "f: line 1: @dimensions wants a whole number" },
    { "@dimensions -1\n", "f: line 1: @dimensions wants a whole number" },
    { "@dimensions 99999999999999999999999\n", "f: line 1: @dimensions wants a whole number" },
    { "@serieslength x\n", "f: line 1: @seriesLength wants a whole number" },
    { "@classLabel false\n", "f: line 1: sequences without classes" },
    { "@classLabel true\n", "f: line 1: @classLabel true wants the names" },
    { "@classLabel true a b a\n", "f: line 1: the class \"a\" twice" },
    { "@classLabel true a\n@classLabel true b\n", "f: line 2: a second @classLabel" },
    { "@classLabel true \xff\n", "f: line 1: the name of class 1 is not UTF-8" },
    { "@targetlabel true\n", "f: line 1: a regression problem" },
    { "@univariate true\n@dimensions 2\n" HEAD, "f: line 4: @univariate true, and 2 dimensions" },
    { HEAD, "f: no sequence behind @data" },
    { HEAD "1,2\n", "f: line 3: no class" },
    { HEAD "1,2:c\n", "f: line 3: \"c\" is not among the classes" },
    { HEAD "1,2:\n", "f: line 3: \"\" is not among the classes" },
    { HEAD ":a\n", "f: line 3: \"\" where a number is wanted" },
    { HEAD "1,,2:a\n", "f: line 3: \"\" where a number is wanted" },
    { HEAD "1,2,:a\n", "f: line 3: \"\" where a number is wanted" },
    { HEAD "1,x:a\n", "f: line 3: \"x\" where a number is wanted" },
    { HEAD "1 2:a\n", "f: line 3: \"1\" where a number is wanted" },
    { HEAD "1,?:a\n", "f: line 3: a missing value" },
    { HEAD "1,2:a\n1,NaN:a\n", "f: line 4: a missing value" },
    { HEAD "1,inf:a\n", "f: line 3: \"inf\" where a number is wanted" },
    { HEAD "1,1e39:a\n", "f: line 3: 1e39 is too large" },
    { HEAD "(0,1),(1,2):a\n", "f: line 3: \"(0\" where a number is wanted" },
    { HEAD "1,2:3:a\n", "f: line 3: dimension 2 has 1 values, the first has 2" },
    { HEAD "1:2:a\n1:2:3:b\n", "f: line 4: 3 dimensions, where there should be 2" },
    { "@dimensions 3\n" HEAD "1:2:a\n", "f: line 4: 2 dimensions, where there should be 3" },
    { "@univariate true\n" HEAD "1:2:a\n", "f: line 4: 2 dimensions, where there should be 1" },
    { "@equalLength true\n" HEAD "1,2:a\n1,2,3:a\n", "f: line 5: 3 frames, where @equalLength true promises 2" },
    { "@equalLength true\n@seriesLength 4\n" HEAD "1,2:a\n",
      "f: line 5: 2 frames, where @equalLength true promises 4" },
};
// clang-format on

TEST(a_bad_ts_file_is_refused_with_its_line)
{
    for (size_t i = 0; i < sizeof bad_ts / sizeof *bad_ts; i++) {
        struct dataset d = { 0 };
        struct err e = { 0 };
        if (read_ts(&d, bad_ts[i].text, strlen(bad_ts[i].text), &e) == 0)
            TAP_FAIL("taken: %s", bad_ts[i].text);
        CHECK_CONTAINS(e.text, bad_ts[i].message);
        CHECK_INT(e.code, ERR_INVALID);
        CHECK(d.frames == NULL && d.n_sequences == 0);
    }
}

TEST(a_ts_file_beyond_the_limits_is_refused)
{
    struct str text = { 0 };
    struct dataset d = { 0 };
    struct err e;
    str_add(&text, "@classLabel true");
    for (int i = 0; i <= LIMIT_CLASSES; i++)
        str_addf(&text, " c%d", i);
    str_add(&text, "\n");
    CHECK_INT(read_ts(&d, text.text, text.len, &e), -1);
    CHECK_INT(e.code, ERR_LIMIT);
    CHECK_CONTAINS(e.text, "f: line 1: more than 4096 classes");
    str_clear(&text);
    str_add(&text, "@classLabel true ");
    for (int i = 0; i <= LIMIT_NAME; i++)
        str_add(&text, "n");
    str_add(&text, "\n");
    CHECK_INT(read_ts(&d, text.text, text.len, &e), -1);
    CHECK_INT(e.code, ERR_LIMIT);
    CHECK_CONTAINS(e.text, "f: line 1: the name of class 1 is longer than 64 bytes");
    str_clear(&text);
    str_add(&text, HEAD);
    for (int i = 0; i <= LIMIT_SEQUENCE; i++)
        str_add(&text, "1,");
    str_add(&text, "1:a\n");
    CHECK_INT(read_ts(&d, text.text, text.len, &e), -1);
    CHECK_INT(e.code, ERR_LIMIT);
    CHECK_CONTAINS(e.text, "f: line 3: a sequence of more than 100000 frames");
    str_clear(&text);
    str_add(&text, HEAD);
    for (int i = 0; i <= LIMIT_FEATURES; i++)
        str_add(&text, "1:");
    str_add(&text, "a\n");
    CHECK_INT(read_ts(&d, text.text, text.len, &e), -1);
    CHECK_INT(e.code, ERR_LIMIT);
    CHECK_CONTAINS(e.text, "f: line 3: more than 4096 dimensions");
    str_deinit(&text);
}

/* ---- synthetic ---- */

TEST(the_synthetic_set_is_what_it_says)
{
    struct dataset d = { 0 };
    size_t counts[20] = { 0 };
    CHECK_INT(synthetic_make(&d, 2000, SYNTHETIC_TRAIN, 1, NULL), 0);
    CHECK_INT(d.n_features, 13);
    CHECK_INT(d.n_classes, 20);
    CHECK_INT(d.n_speakers, 100);
    for (size_t i = 0; i < d.n_sequences; i++) {
        size_t len = dataset_len(&d, i);
        CHECK(len >= 21 && len <= 75);
        CHECK(d.speakers[i] < d.n_speakers);
        CHECK_INT(d.speakers[i] % 2, d.labels[i] >= 10); /* nobody speaks with two sexes */
        counts[d.labels[i]]++;
    }
    for (size_t c = 0; c < 20; c++)
        CHECK_INT(counts[c], 100);
    CHECK_NEAR((double)d.n_frames / 2000, 39, 1.5);
    for (size_t k = 0; k < d.n_frames * 13; k++)
        CHECK(isfinite(d.frames[k]));
    dataset_deinit(&d);
}

/* The checksum is that of x86-64, gcc and clang: any other machine must give it too. */
TEST(the_synthetic_set_has_the_same_bits_everywhere)
{
    struct dataset d = { 0 };
    CHECK_INT(synthetic_make(&d, 100, SYNTHETIC_TRAIN, 1, NULL), 0);
    CHECK_INT(crc32c(0, d.frames, d.n_frames * 13 * sizeof(float)), 223480412);
    dataset_deinit(&d);
}

TEST(another_seed_or_another_part_speaks_otherwise)
{
    struct dataset a = { 0 }, b = { 0 }, c = { 0 };
    CHECK_INT(synthetic_make(&a, 40, SYNTHETIC_TRAIN, 1, NULL), 0);
    CHECK_INT(synthetic_make(&b, 40, SYNTHETIC_TRAIN, 2, NULL), 0);
    CHECK_INT(synthetic_make(&c, 40, SYNTHETIC_TEST, 1, NULL), 0);
    CHECK(a.frames[0] != b.frames[0] && a.frames[0] != c.frames[0]);
    dataset_deinit(&a);
    dataset_deinit(&b);
    dataset_deinit(&c);
}

/* ---- both sets of a spec ---- */

static struct data_spec ts_spec(const char *train, const char *test)
{
    struct data_spec spec = { .format = DATA_TS, .validation_share = 0.2 };
    snprintf(spec.train, sizeof spec.train, "%s", train);
    snprintf(spec.test, sizeof spec.test, "%s", test);
    return spec;
}

TEST(a_test_set_means_the_classes_of_the_training_set)
{
    static const char train_text[] = "@classLabel true a b c\n@data\n1:a\n2:b\n",
                      test_text[] = "@classLabel true c a\n@data\n1:a\n2:c\n";
    struct data_spec spec = ts_spec(fixture_write("train.ts", train_text, sizeof train_text - 1),
        fixture_write("test.ts", test_text, sizeof test_text - 1));
    struct dataset train = { 0 }, test = { 0 };
    struct err e;
    CHECK_INT(dataset_load(&train, &test, &spec, &e), 0);
    CHECK_INT(test.n_classes, 3);
    CHECK_INT(test.labels[0], 0);
    CHECK_INT(test.labels[1], 2);
    CHECK_TEXT(test.class_names[1], "b");
    dataset_deinit(&train);
    dataset_deinit(&test);
}

TEST(a_test_set_that_does_not_fit_is_refused_and_nothing_is_left)
{
    static const char train_text[] = "@classLabel true a b\n@data\n1:a\n2:b\n";
    static const char *const rows[][2] = { { "@classLabel true a z\n@data\n1:a\n",
                                               "the class \"z\" is not among those" },
        { "@classLabel true a b\n@data\n1:2:a\n", "2 numbers a frame, where the training set has 1" },
        { "@classLabel true a b\n@data\n1\n", "line 3: no class" } };
    const char *train_path = fixture_write("train.ts", train_text, sizeof train_text - 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct data_spec spec = ts_spec(train_path, fixture_write("test.ts", rows[i][0], strlen(rows[i][0])));
        struct dataset train = { 0 }, test = { 0 };
        struct err e;
        CHECK_INT(dataset_load(&train, &test, &spec, &e), -1);
        CHECK_CONTAINS(e.text, rows[i][1]);
        CHECK_CONTAINS(e.text, spec.test);
        CHECK(!train.frames && !train.n_sequences && !test.frames && !test.n_sequences);
        CHECK_INT(dataset_load(&train, NULL, &spec, &e), 0); /* nobody asked for the test set */
        dataset_deinit(&train);
    }
}

TEST(a_file_that_is_not_there_is_named)
{
    struct data_spec spec = ts_spec("/nowhere/data.ts", "");
    struct dataset train = { 0 };
    struct err e;
    CHECK_INT(dataset_load(&train, NULL, &spec, &e), -1);
    CHECK_INT(e.code, ERR_NOT_FOUND);
    CHECK_TEXT(e.text, "/nowhere/data.ts: no such file");
}

TEST(a_synthetic_spec_gives_both_sets_and_no_test_set_when_there_is_none)
{
    struct data_spec spec = {
        .format = DATA_SYNTHETIC, .n_sequences = 60, .n_test = 20, .seed = 5, .validation_share = 0.2
    };
    struct dataset train = { 0 }, test = { 0 };
    struct err e;
    CHECK_INT(dataset_load(&train, &test, &spec, &e), 0);
    CHECK_INT(train.n_sequences, 60);
    CHECK_INT(test.n_sequences, 20);
    dataset_deinit(&train);
    dataset_deinit(&test);
    spec.n_test = 0;
    CHECK_INT(dataset_load(&train, &test, &spec, &e), 0);
    CHECK_INT(test.n_sequences, 0);
    dataset_deinit(&train);
}

/* ---- the real files ---- */

TEST(the_published_digits_are_read_whole)
{
    struct data_spec spec = { .format = DATA_ARABIC_DIGIT, .n_classes = 20, .validation_share = 0.2 };
    struct dataset train = { 0 }, test = { 0 };
    struct err e = { 0 };
    fixture_real(spec.train, sizeof spec.train, "Train_Arabic_Digit.txt.xz");
    fixture_real(spec.test, sizeof spec.test, "Test_Arabic_Digit.txt.xz");
    int status = dataset_load(&train, &test, &spec, &e);
    if (status)
        TAP_FAIL("%s", e.text);
    CHECK_INT(train.n_sequences, 6600);
    CHECK_INT(train.n_frames, 263256);
    CHECK_INT(train.n_speakers, 66);
    CHECK_INT(dataset_max_len(&train), 93);
    CHECK_NEAR(train.frames[0], -0.81101f, 0);
    CHECK_NEAR(train.frames[13], -0.37028f, 0);
    CHECK_INT(test.n_sequences, 2200);
    CHECK_INT(test.n_frames, 87063);
    CHECK_INT(test.n_speakers, 22);
    CHECK_NEAR(test.frames[test.n_frames * 13 - 1], 0.83912f, 0);
    CHECK_NEAR(train.frames[train.n_frames * 13 - 1], -0.56474f, 0);
    dataset_deinit(&train);
    dataset_deinit(&test);
}

TEST(the_published_vowels_are_read_whole)
{
    struct data_spec spec = { .format = DATA_TS, .validation_share = 0.2 };
    struct dataset train = { 0 }, test = { 0 };
    struct err e = { 0 };
    fixture_real(spec.train, sizeof spec.train, "JapaneseVowels_TRAIN.ts.xz");
    fixture_real(spec.test, sizeof spec.test, "JapaneseVowels_TEST.ts.xz");
    int status = dataset_load(&train, &test, &spec, &e);
    if (status)
        TAP_FAIL("%s", e.text);
    CHECK_INT(train.n_sequences, 270);
    CHECK_INT(train.n_features, 12);
    CHECK_INT(train.n_classes, 9);
    CHECK_NEAR(train.frames[0], 1.860936f, 0);
    CHECK_NEAR(train.frames[1], -0.207383f, 0);
    CHECK_INT(test.n_sequences, 370);
    size_t shortest = SIZE_MAX;
    for (size_t i = 0; i < test.n_sequences; i++)
        shortest = dataset_len(&test, i) < shortest ? dataset_len(&test, i) : shortest;
    CHECK_INT(shortest, 7);
    CHECK_INT(dataset_max_len(&test), 29);
    dataset_deinit(&train);
    dataset_deinit(&test);
}

TAP_MAIN
