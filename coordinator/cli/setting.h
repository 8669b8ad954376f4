/* setting.h: where a built-in program has one of its numbers from: the space, `fixed`, or its own default.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_CLI_SETTING_H
#define RUNG_COORDINATOR_CLI_SETTING_H

#include "common/domain/spec.h"

struct setting {
    const struct param *param; /* NULL: not in the space; borrowed from the spec */
    int index;                 /* of param */
    double value;              /* when not in the space */
    char text[LIMIT_NAME + 1]; /* in an expression: the name, or the number where the file does not name it */
};

/* Asserts that the spec's program is a built-in one that knows `name`. */
void setting_find(struct setting *s, const struct campaign_spec *spec, const char *name);

double setting_value(const struct setting *s, const double *x); /* NaN where it is absent */
double setting_highest(const struct setting *s);                /* over the space */

#endif
