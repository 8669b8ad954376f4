/* share.h: how much of a space its `where` leaves.
 * No I/O, no clock, no globals.
 */
#ifndef RUNG_COMMON_EXPR_SHARE_H
#define RUNG_COMMON_EXPR_SHARE_H

#include <stdint.h>

#include "common/base/limits.h"
#include "common/expr/expr.h"

struct share {
    uint64_t n_samples;
    double feasible;                    /* fraction of draws from the prior that every `where` allows */
    double standard_error;              /* of `feasible` */
    double rejected[LIMIT_EXPRESSIONS]; /* fraction that each `where` rejects, whatever the others say */
};

/* Draws n_samples configurations from the prior of spec->space (stream RNG_FEASIBLE of the campaign's seed). */
void expr_feasible_share(struct expr *x, const struct campaign_spec *spec, uint64_t n_samples, struct share *out);

#endif
