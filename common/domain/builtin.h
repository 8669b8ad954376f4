/* builtin.h: what the built-in trial programs can be told: their parameters, each with its range, and their metrics.
 * Pure: no I/O, no clock, no globals.
 *
 * A campaign file is checked against these tables before anything runs; the trainer keeps the same promises.
 */
#ifndef RUNG_COMMON_DOMAIN_BUILTIN_H
#define RUNG_COMMON_DOMAIN_BUILTIN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/str.h"

enum builtin_kind { BUILTIN_INT, BUILTIN_FLOAT, BUILTIN_BOOL };

struct builtin_param {
    const char *name;
    enum builtin_kind kind;
    double low, high;        /* of a number */
    bool is_above, is_below; /* `low` itself, `high` itself is not allowed */
    double standard;         /* what the program takes unless told */
};

struct builtin {
    const char *program;
    const struct builtin_param *params;
    const char *const *names; /* of the parameters, for suggestions */
    size_t n_params;
};

enum { BUILTIN_N_PROGRAMS = 2, BUILTIN_N_METRICS = 3 };
extern const char *const builtin_programs[BUILTIN_N_PROGRAMS];
extern const char *const builtin_metrics[BUILTIN_N_METRICS];

const struct builtin *builtin_find(const char *program); /* NULL when there is no such program */
const struct builtin_param *builtin_find_param(const struct builtin *b, const char *name);

/* Whether a number may be the parameter's value; never true for a BUILTIN_BOOL. */
bool builtin_allows(const struct builtin_param *p, double value);

/* Appends what is allowed: "a whole number from 1 to 64", "a number from 0 to below 1", "true or false". */
void builtin_describe(const struct builtin_param *p, struct str *out);

#endif
