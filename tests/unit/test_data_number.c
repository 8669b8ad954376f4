#include "common/base/rng.h"
#include "tests/tap.h"
#include "worker/train/data/number.h"

#include <locale.h>
#include <stdlib.h>

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

TEST(every_number_is_the_nearest_double)
{
    static const char *const rows[] = { "0", "-0", "1", "-1.5", "+2", ".5", "5.", "1e3", "1E-3", "1e+22", "1e23",
        "1e-22", "9007199254740993", "9007199254740992", "900719925474099267", "0.1", "123456789012345678901234567890",
        "1e400", "-1e400", "1e-400", "4.9e-324", "2.4703282292062327e-324", "1.7976931348623157e308",
        "8.98846567431158e307", "0.000000000000000000001", "179769313486231580793728971405301199e273",
        "00000000000000000000000000000001", "1e0000000000000000000001",
        "0.1000000000000000055511151231257827021181583404541015625", "-81.101e-2", "1e99999999999999999999",
        "9007199254740991e22", "9007199254740991e-22", "0.00000000000000000000000000000000000000000000001e46" };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double got = 0;
        const char *end = number_parse(rows[i], &got);
        if (!end || *end || !same_bits(got, strtod(rows[i], NULL)))
            TAP_FAIL("%s gives %.17g", rows[i], got);
    }
}

TEST(random_numbers_of_every_precision_come_back)
{
    struct rng r;
    rng_derive(&r, 3, 0, RNG_TEST, 0);
    for (int i = 0; i < 100000; i++) {
        char text[64];
        double x, got = 0;
        uint64_t bits = rng_u64(&r);
        memcpy(&x, &bits, sizeof x);
        if (!isfinite(x) || i % 2)
            x = rng_normal(&r) * 10;
        snprintf(text, sizeof text, i % 3 ? "%.*g" : "%.*e", (int)rng_below(&r, 20) + 1, x);
        const char *end = number_parse(text, &got);
        if (!end || *end || !same_bits(got, strtod(text, NULL)))
            TAP_FAIL("%s gives %.17g", text, got);
    }
}

TEST(a_number_ends_where_it_ends)
{
    static const struct {
        const char *text;
        int len;
    } rows[] = { { "1.5,2", 3 }, { "1.5:", 3 }, { "7 8", 1 }, { "0x10", 1 }, { "1.2.3", 3 }, { "-3-4", 2 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double got;
        const char *end = number_parse(rows[i].text, &got);
        CHECK(end != NULL);
        CHECK_INT(end - rows[i].text, rows[i].len);
    }
}

TEST(what_is_no_number_is_refused)
{
    static const char *const rows[] = { "", "-", "+", ".", "-.", "e5", "1e", "1e+", "1e-x", "nan", "NaN", "inf",
        "-Infinity", " 1", "?", "--1", "+-1", ",1" };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double got = 42;
        if (number_parse(rows[i], &got) || got != 42)
            TAP_FAIL("\"%s\" was taken", rows[i]);
    }
}

/* The slow path must not follow the locale either: 1e-30 with a long fraction takes it. */
TEST(a_locale_with_decimal_commas_changes_nothing)
{
    static const char *const locales[] = { "de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "fr_FR", "da_DK.UTF-8",
        "nl_NL.UTF-8" };
    const char *set = NULL;
    for (size_t i = 0; !set && i < sizeof locales / sizeof *locales; i++)
        set = setlocale(LC_NUMERIC, locales[i]);
    if (!set)
        SKIP("no locale with decimal commas is installed");
    double slow = 0, fast = 0;
    const char *end = number_parse("1.2345678901234567890123e-30", &slow);
    number_parse("1.25", &fast);
    setlocale(LC_NUMERIC, "C");
    CHECK(end && *end == '\0');
    CHECK(same_bits(slow, 1.2345678901234567890123e-30));
    CHECK_NEAR(fast, 1.25, 0);
}

TAP_MAIN
