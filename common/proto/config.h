/* config.h: configurations as JSON and back, exactly.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COMMON_PROTO_CONFIG_H
#define RUNG_COMMON_PROTO_CONFIG_H

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/domain/problems.h"
#include "common/domain/spec.h"
#include "common/proto/json.h"

/* Appends an object of the parameters that are present, in the order of the space, a categorical by its choice's value.
 */
void config_to_json(const struct space *space, const double *x, struct str *out);

/* The same with the members of `fixed` (a JSON object as text, or NULL) behind: what the trial contract calls `config`.
 */
void config_to_json_with_fixed(const struct space *space, const double *x, const char *fixed, struct str *out);

/* One value alone: a number, true or false, a text, or null when absent. */
void config_put_value(const struct param *p, double value, struct str *out);

/* Reads an object of parameters into x (space->n_params values); a parameter that is not named is NaN. Every value must
 * be one that its parameter can take, and is snapped to the exact grid point. Mistakes are added with `pointer` in
 * front. 0 or -1. */
int config_from_value(
    const struct space *space, json_value object, const char *pointer, double *x, struct problems *problems);

/* As config_from_value from text, for a configuration that Rung wrote itself: the first mistake in e. */
int config_from_json(const struct space *space, const char *text, size_t len, double *x, struct err *e);

#endif
