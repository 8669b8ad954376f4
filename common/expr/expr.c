#include "common/expr/expr.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "common/base/mem.h"
#include "common/expr/fixed.h"
#include "common/expr/sandbox.h"

/* One compiled `where` or `when`. */
struct term {
    sqlite3_stmt *statement;
    int owner; /* of a `when`: its parameter */
    int n_reads;
    int *reads; /* columns: parameters of the space, then fixed ones (bound once) */
};

struct expr {
    const struct space *space;
    struct fixed fixed;
    const char *columns[SANDBOX_COLUMNS];
    struct sandbox sandbox;
    struct term *wheres, *whens; /* whens in the order in which they depend on each other */
    int n_wheres, n_whens;
    struct err failure; /* the last */
};

/* ---- values to SQL ---- */

static void bind_number(sqlite3_stmt *statement, int at, double value)
{
    if (value == floor(value) && fabs(value) <= 0x1p53)
        sqlite3_bind_int64(statement, at, (int64_t)value);
    else
        sqlite3_bind_double(statement, at, value);
}

static void bind_choice(sqlite3_stmt *statement, int at, const struct choice *c)
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
        bind_choice(statement, at, &p->choices[(int)value]);
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

/* ---- preparing ---- */

static int compile(struct expr *x, const char *text, struct term *t, struct err *e)
{
    int reads[SANDBOX_COLUMNS];
    t->statement = sandbox_compile(&x->sandbox, text, reads, &t->n_reads, e);
    if (!t->statement)
        return -1;
    t->reads = mem_alloc((size_t)t->n_reads * sizeof *reads);
    memcpy(t->reads, reads, (size_t)t->n_reads * sizeof *reads);
    for (int i = 0; i < t->n_reads; i++)
        if (reads[i] >= x->space->n_params)
            bind_choice(t->statement, i + 1, &x->fixed.values[reads[i] - x->space->n_params]);
    return 0;
}

/* "<the expression, cut when long>": why. */
static void refuse(const char *pointer, const char *text, const char *why, struct problems *problems)
{
    enum { SHOWN = 80 };
    size_t len = strlen(text);
    if (len > SHOWN)
        for (len = SHOWN; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;)
            len--;
    problems_add(problems, pointer, "\"%.*s%s\": %s", (int)len, text, text[len] ? "…" : "", why);
}

static void compile_wheres(struct expr *x, const struct campaign_spec *spec, struct problems *problems)
{
    struct err e;
    x->wheres = mem_zalloc((size_t)spec->n_where, sizeof *x->wheres);
    for (int i = 0; i < spec->n_where; i++)
        if (compile(x, spec->where[i], &x->wheres[x->n_wheres++], &e) < 0) {
            char pointer[32];
            snprintf(pointer, sizeof pointer, "/where/%d", i);
            refuse(pointer, spec->where[i], e.text, problems);
        }
}

static void refuse_when(const struct param *p, const char *why, struct problems *problems)
{
    struct str pointer = { 0 };
    str_addf(&pointer, "/space/%s/when", p->name);
    refuse(str_text(&pointer), p->when, why, problems);
    str_deinit(&pointer);
}

static void compile_whens(struct expr *x, struct problems *problems)
{
    struct err e;
    x->whens = mem_zalloc((size_t)x->space->n_params, sizeof *x->whens);
    for (int i = 0; i < x->space->n_params; i++) {
        const struct param *p = &x->space->params[i];
        if (!p->when)
            continue;
        struct term *t = &x->whens[x->n_whens++];
        t->owner = i;
        if (compile(x, p->when, t, &e) < 0)
            refuse_when(p, e.text, problems);
    }
}

/* ---- the order of the whens ---- */

static bool term_reads(const struct term *t, int column)
{
    for (int i = 0; i < t->n_reads; i++)
        if (t->reads[i] == column)
            return true;
    return false;
}

/* Among whens from..n-1, one whose parameter t reads; -1 when there is none. */
static int unmet(const struct expr *x, const struct term *t, int from)
{
    for (int k = from; k < x->n_whens; k++)
        if (term_reads(t, x->whens[k].owner))
            return k;
    return -1;
}

/* Whens from..n-1 all wait for one another: walks along until a parameter comes again, and names the ring. */
static void refuse_cycle(const struct expr *x, int from, struct problems *problems)
{
    struct str ring = { 0 };
    int at = from;
    for (int steps = from; steps < x->n_whens; steps++) /* now on the ring, not only on a way to it */
        at = unmet(x, &x->whens[at], from);
    int first = at;
    do {
        str_addf(&ring, "%s, which depends on ", x->space->params[x->whens[at].owner].name);
        at = unmet(x, &x->whens[at], from);
    } while (at != first);
    const struct param *p = &x->space->params[x->whens[first].owner];
    str_addf(&ring, "%s", p->name);
    struct str why = { 0 };
    str_addf(&why, "a circle: %s", str_text(&ring));
    refuse_when(p, str_text(&why), problems);
    str_deinit(&ring);
    str_deinit(&why);
}

/* Brings the whens into an order in which each comes behind those that it reads; ties in the order of the space. */
static int order_whens(struct expr *x, struct problems *problems)
{
    for (int n = 0; n < x->n_whens; n++) {
        int k = n;
        while (k < x->n_whens && unmet(x, &x->whens[k], n) >= 0)
            k++;
        if (k == x->n_whens) {
            refuse_cycle(x, n, problems);
            return -1;
        }
        struct term next = x->whens[k];
        memmove(&x->whens[n + 1], &x->whens[n], (size_t)(k - n) * sizeof next);
        x->whens[n] = next;
    }
    return 0;
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
    compile_wheres(x, spec, problems);
    compile_whens(x, problems);
    if (problems_count(problems) == before)
        order_whens(x, problems);
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
