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

TEST(the_complementary_error_function_is_that_of_the_c_library)
{
    for (double x = -6; x < 26; x += 0.0137)
        CHECK_NEAR(dmath_erfc(x) / erfc(x), 1, 1e-15);
    CHECK_NEAR(dmath_erfc(INFINITY), 0, 0);
    CHECK_NEAR(dmath_erfc(-INFINITY), 2, 0);
    CHECK(isnan(dmath_erfc(NAN)));
}

TEST(the_normal_distribution_keeps_its_tails)
{
    static const double log_rows[][2] = { { -40, -804.6084420137539 }, { -10, -53.23128515051248 },
        { -3, -6.60772622151035 } };
    for (size_t i = 0; i < sizeof log_rows / sizeof *log_rows; i++)
        CHECK_NEAR(dmath_log_ndtr(log_rows[i][0]), log_rows[i][1], 1e-14 * fabs(log_rows[i][1]));
    CHECK_NEAR(dmath_log_ndtr(-20 - 1e-9), dmath_log_ndtr(-20 + 1e-9), 1e-7);
    CHECK_NEAR(dmath_log_ndtr(10), -dmath_ndtr(-10), 1e-30);
    CHECK_NEAR(dmath_ndtri(1e-10), -6.361340902404056, 1e-14);
    CHECK_NEAR(dmath_ndtr(dmath_ndtri(0.3)), 0.3, 1e-16);
}

TEST(truncated_normal_quantiles_are_those_of_scipy)
{
    static const double u[5] = { .01, .25, .5, .75, .99 };
    static const struct {
        double mean, sd, quantile[5];
    } rows[] = {
        { .5, .1, { .26736626660161, .43255107008307603, .5, .567448929916924, .7326337333983897 } },
        { 0, .3,
            { .0037568141149192918, .09550695033123553, .20214444189293676, .34463626777523887, .7642523718687947 } },
        { .95, .3, { .2036319978116644, .6287526799545629, .7782373898096533, .8931347972412415, .9956937023152176 } },
        { .3, 2,
            { .009956203178786982, .24732661089237451, .49384726486430075, .7433603366121383, .9895389992676338 } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int k = 0; k < 5; k++)
            CHECK_NEAR(dmath_truncated_normal(u[k], rows[i].mean, rows[i].sd), rows[i].quantile[k], 1e-14);
    CHECK_NEAR(dmath_truncated_normal(1 - 1e-16, 0, 1e-3), 0, 0.01);
    CHECK(dmath_truncated_normal(1e-17, 1, 1e-3) >= 0);
}

TEST(a_sum_of_exponentials_is_exact_to_rounding)
{
    double x[1003];
    for (int n = 1; n <= 1003; n += 167) {
        long double sum = 0;
        for (int i = 0; i < n; i++) {
            x[i] = -800.0 * (i * 7 % 1003) / 1003 + 5;
            sum += expl(x[i]);
        }
        CHECK_NEAR(dmath_log_sum_exp(x, (size_t)n), (double)logl(sum), 1e-15 * fabs((double)logl(sum)) + 1e-15);
    }
    CHECK_NEAR(dmath_log_sum_exp(x, 0), -INFINITY, 0);
    CHECK_NEAR(dmath_log_sum_exp((double[]){ -INFINITY, -INFINITY }, 2), -INFINITY, 0);
    CHECK_NEAR(dmath_log_sum_exp((double[]){ -INFINITY, 3 }, 2), 3, 0);
}

TAP_MAIN
