/* warnings.h: what a campaign file that is right will probably regret.
 * No I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_CLI_WARNINGS_H
#define RUNG_COORDINATOR_CLI_WARNINGS_H

#include "common/domain/problems.h"
#include "common/domain/spec.h"
#include "common/expr/expr.h"
#include "common/expr/share.h"

/* Adds each, in the order of the file's parts. `share` is that of expr_feasible_share. */
void warnings_find(
    const struct campaign_spec *spec, struct expr *x, const struct share *share, struct problems *warnings);

/* How many configurations the space has, `when` and `where` apart: INFINITY with a continuous float. */
double space_combinations(const struct space *space);

#endif
