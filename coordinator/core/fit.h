/* fit.h: whether a worker can run a campaign's trials at all, whatever it does at this moment.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_CORE_FIT_H
#define RUNG_COORDINATOR_CORE_FIT_H

#include "common/base/str.h"
#include "coordinator/core/campaign.h"
#include "coordinator/core/roster.h"

enum fit {
    FIT_GOOD,
    FIT_TOO_SMALL,  /* fewer slots than a trial takes */
    FIT_NOT_ALLOWED /* its own configuration does not name the program */
};

int fit_slots(const struct campaign *c, const struct worker *w); /* that a trial takes of it */
enum fit fit_of(const struct campaign *c, const struct worker *w);

/* When workers are here and none of them fits: appends why, and what to do, for people. */
void fit_explain(const struct campaign *c, const struct roster *r, struct str *out);

#endif
