/* expr.h: `where` and `when`: SQL expressions over the parameters of a space, evaluated by SQLite in memory.
 * No I/O, no clock; all state is in struct expr, which belongs to one thread.
 *
 * Nothing but an expression gets through: no subquery, no table, no second statement, no bound parameter, no comment,
 * and only the functions listed in functions.c, which give the same bits on every machine. An int is an INTEGER to SQL
 * (so 7 / 2 is 3), a float a REAL, a categorical its choice (a whole number an INTEGER, true and false 1 and 0, a text
 * TEXT), an absent parameter NULL. A `where` that is NULL holds, as a CHECK of SQL does: a constraint over a parameter
 * that is absent does not forbid. A `when` that is NULL does not hold: what depends on something absent is absent too.
 */
#ifndef RUNG_COMMON_EXPR_EXPR_H
#define RUNG_COMMON_EXPR_EXPR_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/domain/problems.h"
#include "common/domain/spec.h"

struct expr; /* a campaign's expressions, prepared */

/* Prepares all of them, and holds spec->enqueue against them: every parameter that exists is there, no other is, and
 * each `where` holds. Returns owned (expr_close), or NULL with e. Borrows spec->space until expr_close. */
struct expr *expr_open(const struct campaign_spec *spec, struct err *e);

/* As expr_open, with every mistake added to `problems` under its JSON pointer ("/where/0", "/space/dropout/when"). */
struct expr *expr_open_all(const struct campaign_spec *spec, struct problems *problems);
void expr_close(struct expr *x);

/* The predicate for a search; valid until expr_close. Its resolve is NULL when the campaign has no expressions. */
struct rules expr_rules(struct expr *x);

/* For each parameter, whether its `when` holds at `values` (which are read as if those whose `when` does not hold were
 * absent). present has n_params entries. */
void expr_presence(struct expr *x, const double *values, bool *present);

/* The first `where`, by index, that does not hold at `values` (resolved before), from `from` on; -1 when all hold. */
int expr_first_broken(struct expr *x, const double *values, int from);

/* Holds a configuration that config_from_value read against `when` and `where`: every parameter that exists is there,
 * no other is, and each `where` holds. Adds mistakes under `pointer`; nothing when there is one below it already. */
void expr_check_config(struct expr *x, const struct campaign_spec *spec, const double *values, const char *pointer,
    struct problems *problems);

/* An evaluation can still fail (too many steps, an overflow): the `where` or `when` then counts as not holding, and
 * this is the text of the last such failure, "" when there was none. */
const char *expr_failure(const struct expr *x);

#endif
