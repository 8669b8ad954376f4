#include "common/expr/expr.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/expr/expr_state.h"

/* ---- values to SQL ---- */

static void bind_number(sqlite3_stmt *statement, int at, double value)
{
    if (value == floor(value) && fabs(value) <= 0x1p53)
        sqlite3_bind_int64(statement, at, (int64_t)value);
    else
        sqlite3_bind_double(statement, at, value);
}

void expr_bind_choice(sqlite3_stmt *statement, int at, const struct choice *c)
{
    switch (c->type) {
    case CHOICE_NUMBER:
    case CHOICE_BOOL:
        bind_number(statement, at, c->number);
        break;
    case CHOICE_TEXT: /* lives as long as the space */
        sqlite3_bind_text(statement, at, c->text, -1, SQLITE_STATIC);
        break;
    }
}

static void bind_value(sqlite3_stmt *statement, int at, const struct param *p, double value)
{
    if (isnan(value))
        sqlite3_bind_null(statement, at);
    else if (p->type == PARAM_CATEGORICAL)
        expr_bind_choice(statement, at, &p->choices[(int)value]);
    else if (p->type == PARAM_INT)
        sqlite3_bind_int64(statement, at, (int64_t)value);
    else
        sqlite3_bind_double(statement, at, value);
}

static enum sandbox_truth evaluate(struct expr *x, const struct term *t, const double *values)
{
    for (int i = 0; i < t->n_reads && t->reads[i] < x->space->n_params; i++)
        bind_value(t->statement, i + 1, &x->space->params[t->reads[i]], values[t->reads[i]]);
    return sandbox_evaluate(&x->sandbox, t->statement, &x->failure);
}

static bool when_holds(struct expr *x, const struct term *t, const double *values)
{
    return evaluate(x, t, values) == SANDBOX_TRUE;
}

static bool where_holds(struct expr *x, const struct term *t, const double *values)
{
    enum sandbox_truth truth = evaluate(x, t, values);
    return truth == SANDBOX_TRUE || truth == SANDBOX_NULL;
}

/* ---- the public door ---- */

static void list_columns(struct expr *x)
{
    for (int i = 0; i < x->space->n_params; i++)
        x->columns[i] = x->space->params[i].name;
    for (int i = 0; i < x->fixed.n; i++)
        x->columns[x->space->n_params + i] = x->fixed.names[i];
}

struct expr *expr_open_all(const struct campaign_spec *spec, struct problems *problems)
{
    struct err e;
    size_t before = problems_count(problems);
    struct expr *x = mem_zalloc(1, sizeof *x);
    x->space = &spec->space;
    fixed_init(&x->fixed, spec->trial.fixed);
    list_columns(x);
    if (sandbox_open(&x->sandbox, x->columns, spec->space.n_params + x->fixed.n, &e) < 0) {
        problems_add(problems, "/space", "%s", e.text);
        expr_close(x);
        return NULL;
    }
    expr_compile(x, spec, problems);
    if (problems_count(problems) == before)
        expr_check_enqueue(x, spec, problems);
    if (problems_count(problems) == before)
        return x;
    expr_close(x);
    return NULL;
}

struct expr *expr_open(const struct campaign_spec *spec, struct err *e)
{
    struct problems problems = { 0 };
    struct expr *x = expr_open_all(spec, &problems);
    if (!x)
        err_set(e, ERR_INVALID, "%s: %s", problems.items[0].pointer, problems.items[0].text);
    problems_deinit(&problems);
    return x;
}

static void close_terms(struct term *terms, int n)
{
    for (int i = 0; i < n; i++) {
        sqlite3_finalize(terms[i].statement);
        free(terms[i].reads);
    }
    free(terms);
}

void expr_close(struct expr *x)
{
    if (!x)
        return;
    close_terms(x->wheres, x->n_wheres);
    close_terms(x->whens, x->n_whens);
    sandbox_close(&x->sandbox);
    fixed_deinit(&x->fixed);
    free(x);
}

static bool resolve(void *context, double *values)
{
    struct expr *x = context;
    for (int i = 0; i < x->n_whens; i++)
        if (!when_holds(x, &x->whens[i], values))
            values[x->whens[i].owner] = NAN;
    return expr_first_broken(x, values, 0) < 0;
}

struct rules expr_rules(struct expr *x)
{
    bool has_any = x->n_wheres > 0 || x->n_whens > 0;
    return (struct rules){ .context = x, .resolve = has_any ? resolve : NULL };
}

void expr_presence(struct expr *x, const double *values, bool *present)
{
    double resolved[LIMIT_PARAMS];
    assert(x->space->n_params <= LIMIT_PARAMS);
    memcpy(resolved, values, (size_t)x->space->n_params * sizeof *resolved);
    for (int i = 0; i < x->space->n_params; i++)
        present[i] = true;
    for (int i = 0; i < x->n_whens; i++) {
        int owner = x->whens[i].owner;
        present[owner] = when_holds(x, &x->whens[i], resolved);
        if (!present[owner])
            resolved[owner] = NAN;
    }
}

int expr_first_broken(struct expr *x, const double *values, int from)
{
    for (int i = from; i < x->n_wheres; i++)
        if (!where_holds(x, &x->wheres[i], values))
            return i;
    return -1;
}

const char *expr_failure(const struct expr *x)
{
    return x->failure.text;
}
