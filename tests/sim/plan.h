/* plan.h: the campaigns of a run, as the dials and the seed have them.
 */
#ifndef RUNG_TESTS_SIM_PLAN_H
#define RUNG_TESTS_SIM_PLAN_H

#include "common/domain/spec.h"
#include "coordinator/core/campaign.h"
#include "tests/sim/faults/dials.h"

#define SLOT_BYTES (INT64_C(4) << 30) /* the memory that a worker has for each slot */

/* The campaign number `plan` (from 0) of this world: the same each time. Returns owned, for hub_load_campaign or
 * HUB_SUBMIT to take. */
struct campaign_spec *plan_spec(const struct dials *d, uint64_t seed, int plan);

/* As struct bridge_world has it: a person's configuration, a number as its text, allowed by the rules. */
int plan_read_config(const void *context, const struct campaign *c, const char *json, double *x, struct err *e);

/* What forbids half of the space, or nothing. */
struct rules plan_rules(const struct dials *d);

#endif
