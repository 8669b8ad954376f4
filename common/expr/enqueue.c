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

void expr_check_enqueue(struct expr *x, const struct campaign_spec *spec, struct problems *problems)
{
    for (int i = 0; i < spec->n_enqueue; i++) {
        const double *values = spec->enqueue + (size_t)i * (size_t)spec->space.n_params;
        char pointer[32];
        snprintf(pointer, sizeof pointer, "/enqueue/%d", i);
        if (problems_has_below(problems, pointer))
            continue;
        check_presence(x, &spec->space, values, pointer, problems);
        if (problems_has_below(problems, pointer))
            continue;
        for (int k = expr_first_broken(x, values, 0); k >= 0; k = expr_first_broken(x, values, k + 1))
            problems_add(problems, pointer, "breaks \"%.200s\": expected a configuration for which every where holds",
                spec->where[k]);
    }
}
