/* tap.h: tests as sentences. Each TEST registers itself; the program runs them all and prints TAP, which meson reads.
 *
 *     #include "tests/tap.h"
 *     TEST(an_empty_string_is_text_too)
 *     {
 *         CHECK_TEXT(str_text(&(struct str){ 0 }), "");
 *     }
 *     TAP_MAIN
 *
 * A failed CHECK ends its test. Arguments of the program choose tests by a part of their name.
 */
#ifndef RUNG_TESTS_TAP_H
#define RUNG_TESTS_TAP_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct tap_test {
    const char *name;
    void (*run)(void);
    struct tap_test *next;
};

static struct tap_test *tap_first, **tap_last = &tap_first;
static jmp_buf tap_end;
enum { TAP_PASSED, TAP_FAILED, TAP_SKIPPED };
static int tap_outcome;
static char tap_reason[512];

#define TEST(sentence)                                                                                                 \
    static void test_##sentence(void);                                                                                 \
    __attribute__((constructor)) static void register_##sentence(void)                                                 \
    {                                                                                                                  \
        static struct tap_test test = { #sentence, test_##sentence, NULL };                                            \
        *tap_last = &test;                                                                                             \
        tap_last = &test.next;                                                                                         \
    }                                                                                                                  \
    static void test_##sentence(void)

/* Ends the running test. `place` is "file:line: ", or empty. */
__attribute__((noreturn, noinline, format(printf, 3, 4), unused)) static void tap_stop(
    int outcome, const char *place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    snprintf(tap_reason, sizeof tap_reason, "%s", place);
    size_t used = strlen(tap_reason);
    vsnprintf(tap_reason + used, sizeof tap_reason - used, format, args);
    va_end(args);
    tap_outcome = outcome;
    longjmp(tap_end, 1);
}

#define TAP_TEXT_OF(x) #x
#define TAP_LINE(line) __FILE__ ":" TAP_TEXT_OF(line) ": "
#define TAP_FAIL(...) tap_stop(TAP_FAILED, TAP_LINE(__LINE__), __VA_ARGS__)
#define SKIP(...) tap_stop(TAP_SKIPPED, "", __VA_ARGS__)

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            TAP_FAIL("%s does not hold", #condition);                                                                  \
    } while (0)

#define CHECK_INT(got, wanted)                                                                                         \
    do {                                                                                                               \
        long long tap_got = (long long)(got), tap_wanted = (long long)(wanted);                                        \
        if (tap_got != tap_wanted)                                                                                     \
            TAP_FAIL("%s is %lld, not %lld", #got, tap_got, tap_wanted);                                               \
    } while (0)

#define CHECK_TEXT(got, wanted)                                                                                        \
    do {                                                                                                               \
        const char *tap_got = (got), *tap_wanted = (wanted);                                                           \
        if (!tap_got || strcmp(tap_got, tap_wanted) != 0)                                                              \
            TAP_FAIL("%s is \"%s\", not \"%s\"", #got, tap_got ? tap_got : "(null)", tap_wanted);                      \
    } while (0)

#define CHECK_CONTAINS(got, part)                                                                                      \
    do {                                                                                                               \
        const char *tap_got = (got), *tap_part = (part);                                                               \
        if (!tap_got || !strstr(tap_got, tap_part))                                                                    \
            TAP_FAIL("%s is \"%s\", without \"%s\"", #got, tap_got ? tap_got : "(null)", tap_part);                    \
    } while (0)

/* |got - wanted| <= tolerance; infinities and NaN are equal to themselves alone. */
#define CHECK_NEAR(got, wanted, tolerance)                                                                             \
    do {                                                                                                               \
        double tap_got = (got), tap_wanted = (wanted);                                                                 \
        bool tap_same = tap_got == tap_wanted || (isnan(tap_got) && isnan(tap_wanted));                                \
        if (!tap_same && !(fabs(tap_got - tap_wanted) <= (tolerance)))                                                 \
            TAP_FAIL("%s is %.17g, not %.17g", #got, tap_got, tap_wanted);                                             \
    } while (0)

static bool tap_is_chosen(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strstr(name, argv[i]))
            return true;
    return argc < 2;
}

__attribute__((noinline)) static void tap_run_one(void (*run)(void))
{
    tap_outcome = TAP_PASSED;
    if (setjmp(tap_end) == 0)
        run();
}

static int tap_run(int argc, char **argv)
{
    int number = 0, failed = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (struct tap_test *t = tap_first; t; t = t->next) {
        if (!tap_is_chosen(t->name, argc, argv))
            continue;
        tap_run_one(t->run);
        number++;
        failed += tap_outcome == TAP_FAILED;
        printf("%s %d - %s", tap_outcome == TAP_FAILED ? "not ok" : "ok", number, t->name);
        if (tap_outcome == TAP_SKIPPED)
            printf(" # SKIP %s", tap_reason);
        putchar('\n');
        if (tap_outcome == TAP_FAILED)
            printf("# %s\n", tap_reason);
    }
    printf("1..%d\n", number);
    return failed > 0;
}

#define TAP_MAIN                                                                                                       \
    int main(int argc, char **argv)                                                                                    \
    {                                                                                                                  \
        return tap_run(argc, argv);                                                                                    \
    }

#endif
