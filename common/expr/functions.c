#include "common/expr/functions.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include <sqlite3.h>

#include "common/base/dmath.h"

/* SQLite's own that depend on nothing but their arguments, and ours. No date, no random, nothing that builds large
 * texts. */
static const char *const names[] = { "abs", "ceil", "ceiling", "coalesce", "exp", "floor", "glob", "ifnull", "iif",
    "instr", "length", "like", "ln", "log", "log10", "log2", "lower", "max", "min", "mod", "nullif", "pow", "power",
    "round", "sign", "sqrt", "substr", "trunc", "typeof", "upper" };
enum { N_NAMES = sizeof names / sizeof *names };

static bool is_number(sqlite3_value *v)
{
    int type = sqlite3_value_numeric_type(v);
    return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

/* ---- one number to one number; NULL where SQLite's documentation has NULL ---- */

static double ln_of(double x)
{
    return x > 0 ? dmath_log(x) : NAN;
}

/* Exact at the powers of two. */
static double log2_of(double x)
{
    int exponent;
    if (!(x > 0) || isinf(x))
        return x > 0 ? x : NAN;
    double mantissa = frexp(x, &exponent);
    return (exponent - 1) + dmath_log(mantissa * 2) / 0x1.62e42fefa39efp-1;
}

/* Exact at the powers of ten that are doubles. */
static double log10_of(double x)
{
    double y = ln_of(x) / 0x1.26bb1bbb55516p+1, whole = floor(y + 0.5), power = 1;
    if (!(fabs(whole) <= 22))
        return y;
    for (int i = 0; i < (int)fabs(whole); i++)
        power *= 10;
    return (whole < 0 ? 1 / power : power) == x ? whole : y;
}

static double sqrt_of(double x)
{
    return x >= 0 ? sqrt(x) : NAN;
}

/* Whole exponents by multiplication, so that pow(2, 10) is 1024 to the bit. */
static double pow_of(double x, double y)
{
    if (y == floor(y) && fabs(y) <= 1024) {
        double power = 1, base = x;
        for (unsigned n = (unsigned)fabs(y); n > 0; n >>= 1) {
            if (n & 1)
                power *= base;
            base *= base;
        }
        return y < 0 ? 1 / power : power;
    }
    return x > 0 ? dmath_exp(y * dmath_log(x)) : x == 0 && y > 0 ? 0 : NAN;
}

static double log_of(double base, double x)
{
    if (base == 2 || base == 10)
        return base == 2 ? log2_of(x) : log10_of(x);
    return base > 0 && base != 1 ? ln_of(x) / dmath_log(base) : NAN;
}

/* ---- as SQLite calls them ---- */

struct function {
    const char *name;
    int n_arguments;
    void (*call)(sqlite3_context *c, int n, sqlite3_value **v);
    double (*unary)(double);
    double (*binary)(double, double);
};

static void call_unary(sqlite3_context *c, int n, sqlite3_value **v)
{
    const struct function *f = sqlite3_user_data(c);
    if (is_number(v[0]))
        sqlite3_result_double(c, f->unary(sqlite3_value_double(v[0]))); /* NaN becomes NULL */
}

static void call_binary(sqlite3_context *c, int n, sqlite3_value **v)
{
    const struct function *f = sqlite3_user_data(c);
    if (is_number(v[0]) && is_number(v[1]))
        sqlite3_result_double(c, f->binary(sqlite3_value_double(v[0]), sqlite3_value_double(v[1])));
}

/* An INTEGER stays one. */
static void call_rounding(sqlite3_context *c, int n, sqlite3_value **v)
{
    if (sqlite3_value_numeric_type(v[0]) == SQLITE_INTEGER)
        sqlite3_result_int64(c, sqlite3_value_int64(v[0]));
    else
        call_unary(c, n, v);
}

static void call_sign(sqlite3_context *c, int n, sqlite3_value **v)
{
    double x = sqlite3_value_double(v[0]);
    if (is_number(v[0]))
        sqlite3_result_int(c, (x > 0) - (x < 0));
}

/* clang-format off */
static const struct function functions[] = {
    { "ceil",    1, call_rounding, ceil,     NULL },
    { "ceiling", 1, call_rounding, ceil,     NULL },
    { "floor",   1, call_rounding, floor,    NULL },
    { "trunc",   1, call_rounding, trunc,    NULL },
    { "sign",    1, call_sign,     NULL,     NULL },
    { "sqrt",    1, call_unary,    sqrt_of,  NULL },
    { "exp",     1, call_unary,    dmath_exp, NULL },
    { "ln",      1, call_unary,    ln_of,    NULL },
    { "log",     1, call_unary,    log10_of, NULL },
    { "log10",   1, call_unary,    log10_of, NULL },
    { "log2",    1, call_unary,    log2_of,  NULL },
    { "log",     2, call_binary,   NULL,     log_of },
    { "mod",     2, call_binary,   NULL,     fmod },
    { "pow",     2, call_binary,   NULL,     pow_of },
    { "power",   2, call_binary,   NULL,     pow_of },
};
/* clang-format on */

void functions_add(struct sqlite3 *db)
{
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        const struct function *f = &functions[i];
        /* SQLite hands user data back as it was given: read only. */
        int status =
            sqlite3_create_function(db, f->name, f->n_arguments, flags, (void *)(uintptr_t)f, f->call, NULL, NULL);
        assert(status == SQLITE_OK);
    }
}

bool functions_allow(const char *name)
{
    for (size_t i = 0; i < N_NAMES; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

size_t functions_names(const char *const **out)
{
    *out = names;
    return N_NAMES;
}
