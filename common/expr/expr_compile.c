/* expr_compile.c: the expressions of a campaign, compiled and put in order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/expr/expr_state.h"

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
            expr_bind_choice(t->statement, i + 1, &x->fixed.values[reads[i] - x->space->n_params]);
    return 0;
}

/* "<the expression, cut when long>": why. */
static void refuse(const char *pointer, const char *text, const char *why, struct problems *problems)
{
    enum { SHOWN = 80 };
    struct str shown = { 0 };
    str_add_utf8(&shown, text, strlen(text), SHOWN);
    problems_add(problems, pointer, "\"%s%s\": %s", str_text(&shown), strlen(text) > SHOWN ? "…" : "", why);
    str_deinit(&shown);
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
static void order_whens(struct expr *x, struct problems *problems)
{
    for (int n = 0; n < x->n_whens; n++) {
        int k = n;
        while (k < x->n_whens && unmet(x, &x->whens[k], n) >= 0)
            k++;
        if (k == x->n_whens) {
            refuse_cycle(x, n, problems);
            return;
        }
        struct term next = x->whens[k];
        memmove(&x->whens[n + 1], &x->whens[n], (size_t)(k - n) * sizeof next);
        x->whens[n] = next;
    }
}

void expr_compile(struct expr *x, const struct campaign_spec *spec, struct problems *problems)
{
    size_t before = problems_count(problems);
    compile_wheres(x, spec, problems);
    compile_whens(x, problems);
    if (problems_count(problems) == before)
        order_whens(x, problems);
}
