#include <stdlib.h>

#include <sqlite3.h>

#include "common/base/mem.h"
#include "common/base/rng.h"
#include "common/expr/expr.h"
#include "common/expr/functions.h"
#include "common/expr/sandbox.h"
#include "common/expr/share.h"
#include "common/expr/text.h"
#include "tests/tap.h"

/* A space with one parameter of each kind of value. */
enum { HIDDEN, HEADS, RATE, KIND, FLAG, EXTRA, N };
static struct choice heads[] = { { .number = 1 }, { .number = 2 }, { .number = 4 } };
static char adam[] = "adam", sgd[] = "sgd";
static struct choice kinds[] = { { .type = CHOICE_TEXT, .text = adam }, { .type = CHOICE_TEXT, .text = sgd } };
static struct choice flags[] = { { .type = CHOICE_BOOL, .number = 0 }, { .type = CHOICE_BOOL, .number = 1 } };
static struct param params[N];

static struct campaign_spec make(char **where, int n_where)
{
    static const struct param fresh[N] = {
        [HIDDEN] = { .name = "hidden_size", .type = PARAM_INT, .low = 32, .high = 256, .step = 1 },
        [HEADS] = { .name = "num_heads", .type = PARAM_CATEGORICAL, .n_choices = 3, .choices = heads },
        [RATE] = { .name = "learning-rate", .type = PARAM_FLOAT, .low = 0, .high = 1 },
        [KIND] = { .name = "kind", .type = PARAM_CATEGORICAL, .n_choices = 2, .choices = kinds },
        [FLAG] = { .name = "order", .type = PARAM_CATEGORICAL, .n_choices = 2, .choices = flags },
        [EXTRA] = { .name = "extra", .type = PARAM_INT, .low = 0, .high = 9, .step = 1 },
    };
    static char fixed[] = "{\"layers\":2,\"device\":\"cpu\",\"amsgrad\":true}";
    memcpy(params, fresh, sizeof params);
    return (struct campaign_spec){
        .seed = 1, .space = { N, params }, .where = where, .n_where = n_where, .trial = { .fixed = fixed }
    };
}

/* Whether one expression holds as `where` at hidden 96, heads 4, rate 0.25, "sgd", true, and extra absent. */
static bool holds(const char *text)
{
    char *where = mem_strdup(text);
    double x[N] = { 96, 2, 0.25, 1, 1, NAN };
    struct campaign_spec spec = make(&where, 1);
    struct err e;
    struct expr *expr = expr_open(&spec, &e);
    if (!expr)
        TAP_FAIL("%s", e.text);
    struct rules rules = expr_rules(expr);
    bool result = rules_resolve(&rules, x);
    if (*expr_failure(expr))
        TAP_FAIL("%s: %s", text, expr_failure(expr));
    expr_close(expr);
    free(where);
    return result;
}

TEST(an_expression_sees_each_value_in_its_own_type)
{
    static const char *const hold[] = {
        "hidden_size % num_heads = 0",
        "hidden_size / 5 = 19",
        "typeof(hidden_size) = 'integer'",
        "typeof(\"learning-rate\") = 'real'",
        "\"learning-rate\" * 4 = 1",
        "kind = 'sgd'",
        "kind IN ('sgd', 'x')",
        "\"order\"",
        "\"order\" = 1",
        "extra IS NULL",
        "typeof(num_heads) = 'integer'",
        "kind LIKE 's%'",
        "CASE kind WHEN 'sgd' THEN 1 ELSE 0 END",
        "hidden_size BETWEEN 96 AND 96",
        "p.hidden_size = 96",
        "layers * hidden_size = 192",
        "device = 'cpu' AND amsgrad",
        "TRUE",
        "1",
    };
    static const char *const fail[] = { "hidden_size % num_heads", "kind = 'adam'", "NOT \"order\"", "0", "FALSE",
        "'text'", "hidden_size < 96", "extra IS NOT NULL", "0.0" };
    for (size_t i = 0; i < sizeof hold / sizeof *hold; i++)
        if (!holds(hold[i]))
            TAP_FAIL("%s does not hold", hold[i]);
    for (size_t i = 0; i < sizeof fail / sizeof *fail; i++)
        if (holds(fail[i]))
            TAP_FAIL("%s holds", fail[i]);
}

TEST(a_where_that_is_null_holds)
{
    CHECK(holds("extra > 5"));
    CHECK(holds("NULL"));
    CHECK(holds("1 / 0"));
    CHECK(holds("extra > 5 OR kind = 'adam'"));
    CHECK(!holds("extra > 5 AND kind = 'adam'"));
}

TEST(arithmetic_is_exact_where_it_can_be)
{
    static const char *const hold[] = {
        "pow(2, 10) = 1024",
        "power(2, -1) = 0.5",
        "log2(8) = 3",
        "log2(0.125) = -3",
        "log10(1000) = 3",
        "log(1000) = 3",
        "log(2, 1024) = 10",
        "log10(0.001) = -3",
        "sqrt(81) = 9",
        "sqrt(-1) IS NULL",
        "ln(0) IS NULL",
        "ln(1) = 0",
        "exp(0) = 1",
        "floor(2.5) = 2",
        "ceil(2.5) = 3",
        "trunc(-2.5) = -2",
        "typeof(floor(7)) = 'integer'",
        "sign(-3) = -1",
        "mod(7.5, 2) = 1.5",
        "pow(0, 0) = 1",
        "pow(4, 0.5) > 1.999999 AND pow(4, 0.5) < 2.000001",
        "pow(-1, 0.5) IS NULL",
        "floor('a') IS NULL",
        "log(1, 5) IS NULL",
        "abs(ln(exp(2)) - 2) < 1e-15",
        "max(1, 2, 3) = 3",
        "min(hidden_size, 3) = 3",
        "round(2.567, 2) = 2.57",
        "coalesce(extra, 7) = 7",
        "iif(amsgrad, 1, 0)",
        "sign(NULL) IS NULL",
    };
    for (size_t i = 0; i < sizeof hold / sizeof *hold; i++)
        if (!holds(hold[i]))
            TAP_FAIL("%s does not hold", hold[i]);
}

static void check_refused(const char *text, const char *why)
{
    char *where = mem_strdup(text);
    struct campaign_spec spec = make(&where, 1);
    struct err e = { 0 };
    struct expr *expr = expr_open(&spec, &e);
    expr_close(expr);
    free(where);
    if (expr)
        TAP_FAIL("%s is taken", text);
    if (!strstr(e.text, why) || !strstr(e.text, "/where/0: "))
        TAP_FAIL("%s: %s, without \"%s\"", text, e.text, why);
}

TEST(nothing_but_an_expression_gets_through)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        { "hidden_size IN (SELECT 1)", "a subquery" },
        { "(SELECT 1)", "a subquery" },
        { "EXISTS (SELECT 1)", "a subquery" },
        { "hidden_size IN p", "sub" },
        { "(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n)", "a subquery" },
        { "(VALUES(1))", "a subquery" },
        { "EXISTS (SELECT * FROM sqlite_master)", "expression" },
        { "(SELECT * FROM pragma_table_info('p'))", "" },
        { "1) FROM p WHERE (1", "closing parenthesis" },
        { "1) UNION SELECT (1", "closing parenthesis" },
        { "1; ATTACH 'x' AS y", "a second statement" },
        { "1 -- ) FROM x", "a comment" },
        { "1 /* ) FROM x", "a comment" },
        { "'a", "a quote that does not end" },
        { "\"a", "a quote that does not end" },
        { "(1", "an opening parenthesis" },
        { "hidden_size > ?1", "a bound parameter" },
        { ":a", "a bound parameter" },
        { "[hidden_size]", "a bracket" },
        { "`hidden_size`", "a bracket" },
        { "load_extension('x')", "not allowed: load_extension" },
        { "randomblob(9)", "not allowed: randomblob" },
        { "random() > 0", "not allowed: random" },
        { "date('now') > 0", "not allowed: date" },
        { "CURRENT_TIME > 0", "not allowed: current_time" },
        { "zeroblob(1000)", "not allowed: zeroblob" },
        { "printf('%1000000000d', 1)", "not allowed: printf" },
        { "replace(kind, 'a', 'b')", "not allowed: replace" },
        { "sqlite_version()", "not allowed: sqlite_version" },
        { "max(hidden_size)", "aggregate" },
        { "count(*)", "" },
        { "row_number() OVER ()", "" },
        { "RAISE(ABORT, 'x')", "RAISE" },
        { "rowid", "no parameter \"ROWID\"" },
        { "sqlite_master.name", "no parameter" },
        { "hiden_size > 1", "did you mean \"hidden_size\"?" },
        { "kind = \"sgd\"", "a text stands in single quotes" },
        { "sqr(2)", "did you mean \"sqrt\"?" },
        { "hidden_size >", "not complete" },
        { "", "not complete" },
        { "1, 2", "" },
        { "1 AS a", "" },
        { "1 ORDER BY 1", "" },
        { "kind COLLATE nowhere = 1", "collation" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_refused(rows[i].text, rows[i].why);
}

TEST(an_expression_cannot_be_nested_without_end)
{
    char text[LIMIT_EXPRESSION + 1] = { 0 };
    memset(text, '(', LIMIT_EXPRESSION / 2 - 1);
    text[LIMIT_EXPRESSION / 2 - 1] = '1';
    memset(text + LIMIT_EXPRESSION / 2, ')', LIMIT_EXPRESSION / 2 - 1);
    check_refused(text, "");
    for (int i = 0; i < LIMIT_EXPRESSION - 1; i++)
        text[i] = '-' + (i % 2) * ('+' - '-');
    text[LIMIT_EXPRESSION - 1] = '1';
    check_refused(text, "");
}

TEST(a_failed_evaluation_does_not_hold_and_says_why)
{
    static char text[] = "abs(hidden_size - 9223372036854775807 - 97) > 0";
    char *where = text;
    double x[N] = { 96, 2, 0.25, 1, 1, NAN };
    struct campaign_spec spec = make(&where, 1);
    struct expr *expr = expr_open(&spec, NULL);
    CHECK(expr != NULL);
    struct rules rules = expr_rules(expr);
    CHECK_TEXT(expr_failure(expr), "");
    CHECK(!rules_resolve(&rules, x));
    CHECK_CONTAINS(expr_failure(expr), "overflow");
    expr_close(expr);
}

/* Nothing that the authorizer lets through can run long; so it is taken away to see the second fence. */
TEST(a_statement_that_runs_on_is_stopped)
{
    static const char *const columns[] = { "x" };
    struct sandbox s;
    struct err e = { 0 };
    sqlite3_stmt *endless = NULL, *brief = NULL;
    CHECK_INT(sandbox_open(&s, columns, 1, &e), 0);
    sqlite3_set_authorizer(s.db, NULL, NULL);
    const char *sql = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
    CHECK_INT(sqlite3_prepare_v2(s.db, sql, -1, &endless, NULL), SQLITE_OK);
    CHECK_INT(sandbox_evaluate(&s, endless, &e), SANDBOX_FAILED);
    CHECK_CONTAINS(e.text, "interrupted");
    CHECK_INT(sqlite3_prepare_v2(s.db, "SELECT 0", -1, &brief, NULL), SQLITE_OK);
    for (int i = 0; i < 3 * LIMIT_EXPRESSION_STEPS; i++) /* steps of earlier evaluations do not add up */
        CHECK_INT(sandbox_evaluate(&s, brief, &e), SANDBOX_TRUE);
    sqlite3_finalize(endless);
    sqlite3_finalize(brief);
    sandbox_close(&s);
}

TEST(a_parameter_exists_only_where_its_when_holds)
{
    static char when_extra[] = "kind = 'sgd'", when_order[] = "extra > 4",
                when_rate[] = "\"order\" IS NULL OR \"order\"";
    struct campaign_spec spec = make(NULL, 0);
    /* In the order of the space the dependent ones come first. */
    params[RATE].when = when_rate;
    params[FLAG].when = when_order;
    params[EXTRA].when = when_extra;
    static const struct {
        double kind, extra, order;
        bool has_extra, has_order, has_rate;
    } rows[] = { { 1, 9, 1, true, true, true }, { 1, 9, 0, true, true, false }, { 1, 3, 0, true, false, true },
        { 0, 9, 0, false, false, true } };
    struct expr *expr = expr_open(&spec, NULL);
    CHECK(expr != NULL);
    struct rules rules = expr_rules(expr);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double x[N] = { 96, 2, 0.25, rows[i].kind, rows[i].order, rows[i].extra };
        bool present[N];
        expr_presence(expr, x, present);
        CHECK(present[HIDDEN] && present[EXTRA] == rows[i].has_extra && present[FLAG] == rows[i].has_order);
        CHECK(rules_resolve(&rules, x));
        CHECK(!isnan(x[EXTRA]) == rows[i].has_extra);
        CHECK(!isnan(x[FLAG]) == rows[i].has_order);
        CHECK(!isnan(x[RATE]) == rows[i].has_rate);
        CHECK_NEAR(x[HIDDEN], 96, 0);
    }
    expr_close(expr);
}

TEST(a_circle_of_whens_is_named)
{
    static char a[] = "\"order\"", b[] = "extra > 1", self[] = "\"learning-rate\" > 0";
    struct problems problems = { 0 };
    struct campaign_spec spec = make(NULL, 0);
    params[EXTRA].when = a;
    params[FLAG].when = b;
    CHECK(expr_open_all(&spec, &problems) == NULL);
    CHECK_INT(problems.n, 1);
    CHECK_CONTAINS(problems.items[0].text, "a circle: order, which depends on extra, which depends on order");
    problems_deinit(&problems);
    params[EXTRA].when = params[FLAG].when = NULL;
    params[RATE].when = self;
    CHECK(expr_open_all(&spec, &problems) == NULL);
    CHECK_TEXT(problems.items[0].pointer, "/space/learning-rate/when");
    CHECK_CONTAINS(problems.items[0].text, "learning-rate, which depends on learning-rate");
    problems_deinit(&problems);
}

TEST(no_expression_needs_no_rules)
{
    struct campaign_spec spec = make(NULL, 0);
    struct expr *expr = expr_open(&spec, NULL);
    CHECK(expr && !expr_rules(expr).resolve);
    expr_close(expr);
}

TEST(the_feasible_share_is_that_of_the_prior)
{
    static char divides[] = "hidden_size % num_heads = 0", never[] = "kind = 'sgd' OR \"order\"";
    char *where[] = { divides, never };
    struct campaign_spec spec = make(where, 2);
    struct share share;
    struct expr *expr = expr_open(&spec, NULL);
    CHECK(expr != NULL);
    expr_feasible_share(expr, &spec, 40000, &share);
    /* Of 32 .. 256 (225 values) 113 are even and 57 are multiples of 4. */
    double first = (1 + 113.0 / 225 + 57.0 / 225) / 3;
    CHECK_NEAR(share.rejected[0], 1 - first, 0.01);
    CHECK_NEAR(share.rejected[1], 0.25, 0.01);
    CHECK_NEAR(share.feasible, first * 0.75, 5 * share.standard_error);
    CHECK_NEAR(share.standard_error, sqrt(first * 0.75 * (1 - first * 0.75) / 40000), 1e-4);
    expr_close(expr);
}

TEST(random_text_is_refused_or_evaluated_and_nothing_else)
{
    static const char *const pieces[] = { "hidden_size", "num_heads", "kind", " ", "(", ")", "'", "\"", "%", "=", "<",
        "1", "0", "SELECT ", "FROM ", "p", ",", ";", "--", "/*", "max(", "abs(", "NOT ", " AND ", " OR ", "NULL",
        " IN ", "CASE WHEN ", " THEN ", " END", "-", ".", "x'00'", "||", "like", "[", "?", "é" };
    struct rng r;
    int n_taken = 0;
    rng_derive(&r, 1, 0, RNG_TEST, 0);
    for (int i = 0; i < 20000; i++) {
        struct str text = { 0 };
        for (uint64_t k = 0, n = 1 + rng_below(&r, 6); k < n; k++)
            str_add(&text, pieces[rng_below(&r, sizeof pieces / sizeof *pieces)]);
        struct campaign_spec spec = make(&text.text, 1);
        struct expr *expr = expr_open(&spec, NULL);
        if (expr) {
            double x[N] = { 96, 2, 0.25, 1, 1, NAN };
            struct rules rules = expr_rules(expr);
            rules_resolve(&rules, x);
            CHECK(text_refusal(text.text) == NULL && !strstr(text.text, "SELECT "));
            n_taken++;
        }
        expr_close(expr);
        str_deinit(&text);
    }
    CHECK(n_taken > 100);
}

TAP_MAIN
