/* Questions with columns, conditions and orders of a person's choice: what they answer, and what they refuse. */
#include <stdlib.h>
#include <string.h>

#include "coordinator/store/parts.h"
#include "coordinator/store/question.h"
#include "tests/store/sample.h"
#include "tests/tap.h"

static char *dir;
static struct store *store;
static struct campaign_spec spec;
static struct err e;

/* Eight trials of the campaign "digits" (id 1), all with a value. */
static void set_up(void)
{
    dir = sample_directory();
    store = sample_begun(dir, 8);
    CHECK(store);
    store_close(store);
    store = sample_open(dir, STORE_READ);
    CHECK(store);
    spec = sample_spec("digits");
}

static void tear_down(void)
{
    store_close(store);
    campaign_spec_deinit(&spec);
    sample_remove(dir);
}

/* The first column of the answer, with blanks between; "refused" with e. */
static const char *ask(struct question q)
{
    static struct str text;
    struct cell cells[64];
    q.campaign = 1;
    q.spec = &spec;
    str_clear(&text);
    struct asked *a = question_open(store, &q, &e);
    if (!a)
        return "refused";
    CHECK(question_n_columns(a) <= 64);
    int got;
    while ((got = question_next(a, cells, &e)) > 0) {
        str_add(&text, text.len ? " " : "");
        if (cells[0].kind == CELL_INT)
            str_addf(&text, "%lld", (long long)cells[0].whole);
        else if (cells[0].kind == CELL_NUMBER)
            str_addf(&text, "%.17g", cells[0].number);
        else
            str_add(&text, cells[0].kind == CELL_NULL ? "null" : cells[0].text);
    }
    question_close(a);
    return got < 0 ? e.text : str_text(&text);
}

static const char *trials_where(const char *where)
{
    return ask((struct question){ .from = QUESTION_TRIALS, .columns = "trial", .where = where });
}

TEST(a_condition_may_name_columns_and_parameters)
{
    static const struct {
        const char *where, *trials;
    } cases[] = {
        { "trial <= 3", "1 2 3" },
        { "hidden = 10", "2" },
        { "hidden > 10 and trial < 5", "3 4" },
        { "kind = 'gru' and heads is not null and trial < 5", "4" },
        { "heads is null and trial < 4", "1 2 3" },
        { "kind = 2.5 and trial < 8", "3 7" },
        { "kind = true and trial < 8", "2 6" },
        { "state like 'comp%' and 1 = 0", "" },
        { "trial in (2, 4) or trial = max(7, 1)", "2 4 7" },
    };
    set_up();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_TEXT(trials_where(cases[i].where), cases[i].trials);
    tear_down();
}

TEST(a_condition_reaches_nothing_but_the_columns)
{
    static const struct {
        const char *where, *said;
    } cases[] = {
        { "hiden > 3", "did you mean \"hidden\"?" },
        { "nonsense_everywhere = 3", "there are trial, state," },
        { "1) or (1", "parenthesis" },
        { "trial in (select id from trial)", "no such table" },
        { "exists (select 1)", "subquery" },
        { "trial in trial", "" },
        { "1; drop table trial", "second statement" },
        { "1 -- comment", "comment" },
        { "load_extension('x')", "not allowed" },
        { "randomblob(1000000000) is null", "not allowed" },
        { "rung_param(0, config) = 1", "" },
        { "trial = ?1", "bound parameter" },
        { "trial = :x", "bound parameter" },
        { "count(*) > 1", "" },
        { "row_number() over () = 1", "" },
        { "trial = 1 order by trial", "" },
        { "", "" },
        { "trial =", "not complete" },
        { "rowid = 1", "rowid" },
        { "x is null", "no column \"x\"" },
    };
    set_up();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        e = (struct err){ 0 };
        CHECK_TEXT(trials_where(cases[i].where), "refused");
        CHECK_INT(e.code, ERR_USAGE);
        if (!strcasestr(e.text, cases[i].said))
            TAP_FAIL("%s: %s", cases[i].where, e.text);
    }
    tear_down();
}

TEST(columns_and_orders_are_those_that_were_asked_for)
{
    set_up();
    CHECK_TEXT(ask((struct question){ .columns = "hidden , trial", .max_rows = 3 }), "9 10 11");
    CHECK_TEXT(ask((struct question){ .columns = "trial", .sort = "hidden:desc", .max_rows = 2 }), "8 7");
    CHECK_TEXT(ask((struct question){ .columns = "trial", .sort = "heads", .where = "trial < 5" }), "4 1 2 3");
    CHECK_TEXT(ask((struct question){ .columns = "trial", .sort = "heads:desc", .where = "trial < 5" }), "4 1 2 3");
    CHECK_TEXT(ask((struct question){ .columns = "kind", .max_rows = 3 }), "\"linear\" true 2.5");
    CHECK_TEXT(ask((struct question){ .columns = "rate", .max_rows = 1 }), "0.03333333333333333");
    CHECK_TEXT(ask((struct question){ .columns = "trial", .trials = "2,5" }), "2 5");
    tear_down();
}

TEST(a_misspelt_column_is_refused_with_the_nearest_and_all)
{
    set_up();
    CHECK_TEXT(ask((struct question){ .columns = "trail" }), "refused");
    CHECK_CONTAINS(e.text, "is it trial?");
    CHECK_CONTAINS(e.text, "hidden, rate, kind, heads");
    CHECK_TEXT(ask((struct question){ .sort = "valu:desc" }), "refused");
    CHECK_CONTAINS(e.text, "is it value?");
    CHECK_TEXT(ask((struct question){ .sort = "value:down" }), "refused");
    CHECK_CONTAINS(e.text, "COLUMN:desc");
    CHECK_TEXT(ask((struct question){ .columns = "trial,,state" }), "refused");
    CHECK_TEXT(ask((struct question){ .trials = "1) or (1" }), "refused");
    CHECK_INT(e.code, ERR_USAGE);
    tear_down();
}

TEST(the_ranking_is_that_of_the_view)
{
    struct str view = { 0 };
    set_up();
    struct question ranked = { .columns = "trial", .is_ranked = true };
    const char *answer = ask(ranked);
    sqlite3 *db = sql_open(store->path, SQL_READ, &e);
    sqlite3_stmt *s = sql_prepare(db, "SELECT trial FROM ranking WHERE campaign = 'digits' ORDER BY place", &e);
    while (s && sqlite3_step(s) == SQLITE_ROW)
        str_addf(&view, "%s%s", view.len ? " " : "", (const char *)sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
    sqlite3_close(db);
    CHECK(view.len > 0);
    CHECK_TEXT(answer, str_text(&view));
    str_deinit(&view);
    tear_down();
}

TEST(every_view_answers_and_its_columns_can_be_named)
{
    set_up();
    for (int from = QUESTION_TRIALS; from <= QUESTION_RESULTS; from++) {
        struct question q = { .from = (enum question_source)from, .campaign = 1, .spec = &spec };
        struct asked *a = question_open(store, &q, &e);
        if (!a)
            TAP_FAIL("source %d: %s", from, e.text);
        struct str list = { 0 };
        for (int i = 0; i < question_n_columns(a); i++)
            str_addf(&list, "%s%s", i ? "," : "", question_column(a, i));
        q.columns = str_text(&list);
        struct asked *again = question_open(store, &q, &e);
        CHECK(again);
        CHECK_INT(question_n_columns(again), question_n_columns(a));
        question_close(again);
        question_close(a);
        str_deinit(&list);
    }
    tear_down();
}

TEST(a_parameter_that_is_called_as_a_column_is_another_column)
{
    struct str list = { 0 };
    set_up();
    str_copy(spec.space.params[0].name, sizeof spec.space.params[0].name, "value");
    question_add_params(&spec.space, &list);
    CHECK_TEXT(str_text(&list), ",param_value,rate,kind,heads");
    CHECK_TEXT(ask((struct question){ .columns = "trial", .where = "param_value = 10" }), "2");
    str_deinit(&list);
    tear_down();
}

TEST(a_question_that_takes_too_long_ends)
{
    set_up();
    store_close(store);
    store = store_open(dir, &(struct store_options){ .mode = STORE_READ, .max_steps = 1 }, &e);
    CHECK(store);
    struct str where = { 0 };
    for (int i = 0; i < 150; i++)
        str_addf(&where, "%shidden + rate > %d", i ? " and " : "", -i);
    struct question q = { .campaign = 1, .spec = &spec, .where = str_text(&where) };
    struct cell cells[64];
    struct asked *a = question_open(store, &q, &e);
    int got = 0;
    while (a && (got = question_next(a, cells, &e)) > 0)
        ;
    question_close(a);
    str_deinit(&where);
    tear_down();
    CHECK_INT(a ? got : -1, -1);
    CHECK_INT(e.code, ERR_INTERRUPTED);
}

TAP_MAIN
