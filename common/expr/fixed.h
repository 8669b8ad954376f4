/* fixed.h: the parameters that do not vary, as values: expressions may name them too.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COMMON_EXPR_FIXED_H
#define RUNG_COMMON_EXPR_FIXED_H

#include "common/domain/space.h"

struct fixed {
    int n;
    char **names;
    struct choice *values;
};

/* Reads trial.fixed (the JSON text of an object, or NULL: none), at most LIMIT_PARAMS of them. */
void fixed_init(struct fixed *f, const char *json);
void fixed_deinit(struct fixed *f);

#endif
