#include "common/base/crc32c.h"
#include "common/base/dmath.h"
#include "common/base/err.h"
#include "common/base/rng.h"
#include "common/base/str.h"
#include "tests/tap.h"

#include <stdlib.h>

TEST(an_error_grows_outward)
{
    struct err e = { 0 };
    CHECK_INT(err_set(&e, ERR_INVALID, "no %s", "tea"), -1);
    CHECK_INT(err_prefix(&e, "line %d", 3), -1);
    CHECK_TEXT(e.text, "line 3: no tea");
    CHECK_INT(e.code, ERR_INVALID);
}

TEST(text_grows_and_is_taken)
{
    struct str s = { 0 };
    for (int i = 0; i < 1000; i++)
        str_addf(&s, "%d,", i % 10);
    CHECK_INT(s.len, 2000);
    char *text = str_take(&s);
    CHECK(s.text == NULL && strlen(text) == 2000);
    free(text);
}

TEST(the_nearest_word_is_suggested_and_a_far_one_is_not)
{
    const char *words[] = { "hidden_size", "num_layers", "dropout" };
    CHECK_TEXT(str_nearest("hiden_size", words, 3), "hidden_size");
    CHECK(str_nearest("batch", words, 3) == NULL);
}

TEST(utf8_is_told_from_what_only_looks_like_it)
{
    static const struct {
        const char *bytes;
        bool is_utf8;
    } rows[] = { { "plain", true }, { "\xc3\xa9", true }, { "\xf0\x9f\x98\x80", true }, { "\xc0\x80", false },
        { "\xed\xa0\x80", false }, { "\xc3", false }, { "\xf5\x80\x80\x80", false }, { "\x80", false } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_INT(str_is_utf8(rows[i].bytes, strlen(rows[i].bytes)), rows[i].is_utf8);
}

TEST(crc32c_gives_the_check_value_whole_and_in_pieces)
{
    CHECK_INT(crc32c(0, "123456789", 9), 0xe3069283);
    CHECK_INT(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
}

TEST(the_same_four_numbers_give_the_same_stream)
{
    struct rng a, b, c;
    rng_derive(&a, 1, 2, RNG_PROPOSE, 3);
    rng_derive(&b, 1, 2, RNG_PROPOSE, 3);
    rng_derive(&c, 1, 2, RNG_PROPOSE, 4);
    uint64_t first = rng_u64(&a);
    CHECK(first == rng_u64(&b));
    CHECK(first != rng_u64(&c));
}

TEST(uniform_numbers_have_the_moments_of_uniform_numbers)
{
    struct rng r;
    rng_derive(&r, 7, 0, RNG_TEST, 0);
    double sum = 0, squares = 0;
    int counts[7] = { 0 };
    for (int i = 0; i < 100000; i++) {
        double u = rng_double(&r);
        CHECK(u >= 0 && u < 1);
        sum += u;
        squares += u * u;
        counts[rng_below(&r, 7)]++;
    }
    CHECK_NEAR(sum / 1e5, 0.5, 0.005);
    CHECK_NEAR(squares / 1e5, 1.0 / 3, 0.005);
    for (int i = 0; i < 7; i++)
        CHECK_NEAR(counts[i], 1e5 / 7, 600);
}

TEST(exp_and_log_are_within_an_ulp_or_two_of_the_c_library)
{
    for (double x = -740; x < 709; x += 0.37)
        CHECK_NEAR(dmath_exp(x) / exp(x), 1, x < -708 ? 1e-6 : 4e-16);
    for (double x = 1e-300; x < 1e300; x *= 1.7)
        CHECK_NEAR(dmath_log(x), log(x), 4e-16 * fabs(log(x)) + 1e-17);
    CHECK_NEAR(dmath_exp(-INFINITY), 0, 0);
    CHECK_NEAR(dmath_exp(INFINITY), INFINITY, 0);
    CHECK_NEAR(dmath_log(0), -INFINITY, 0);
    CHECK(isnan(dmath_log(-1)) && isnan(dmath_exp(NAN)));
    CHECK_NEAR(dmath_exp(709.7) / exp(709.7), 1, 4e-16);
}

TEST(the_normal_quantile_matches_published_values)
{
    static const double rows[][2] = { { 1e-10, -6.361340902404056 }, { .001, -3.090232306167813 },
        { .025, -1.9599639845400545 }, { .3, -.5244005127080409 }, { .5, 0 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_NEAR(dmath_ndtri(rows[i][0]), rows[i][1], 1e-14);
    }
    CHECK_NEAR(dmath_ndtri(.975), 1.959963984540054, 1e-14);
}

TAP_MAIN
