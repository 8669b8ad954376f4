/* enqueue.c: the configurations to try first, held against `when` and `where`. */
#include <math.h>
#include <stdio.h>

#include "common/expr/expr_state.h"

static void check_presence(
    struct expr *x, const struct space *space, const double *values, const char *pointer, struct problems *problems)
{
    bool present[LIMIT_PARAMS];
    expr_presence(x, values, present);
    for (int i = 0; i < space->n_params; i++) {
        const struct param *p = &space->params[i];
        if (present[i] && isnan(values[i]))
            problems_add(problems, pointer, "\"%s\" is missing: expected a value for each parameter", p->name);
        if (!present[i] && !isnan(values[i])) {
            struct str at = { 0 };
            str_addf(&at, "%s/%s", pointer, p->name);
            problems_add(problems, str_text(&at),
                "\"%s\" does not exist here: expected none where its \"when\" (%.80s) does not hold", p->name, p->when);
            str_deinit(&at);
        }
    }
}

static void check_where(
    struct expr *x, char **where, const double *values, const char *pointer, struct problems *problems)
{
    for (int k = expr_first_broken(x, values, 0); k >= 0; k = expr_first_broken(x, values, k + 1))
        problems_add(
            problems, pointer, "breaks \"%.200s\": expected a configuration for which every where holds", where[k]);
}

void expr_check_config(struct expr *x, const struct campaign_spec *spec, const double *values, const char *pointer,
    struct problems *problems)
{
    if (problems_has_below(problems, pointer))
        return;
    check_presence(x, &spec->space, values, pointer, problems);
    if (!problems_has_below(problems, pointer))
        check_where(x, spec->where, values, pointer, problems);
}

void expr_check_enqueue(struct expr *x, const struct campaign_spec *spec, struct problems *problems)
{
    for (int i = 0; i < spec->n_enqueue; i++) {
        char pointer[32];
        snprintf(pointer, sizeof pointer, "/enqueue/%d", i);
        expr_check_config(x, spec, spec->enqueue + (size_t)i * (size_t)spec->space.n_params, pointer, problems);
    }
}
