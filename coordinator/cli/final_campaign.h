/* final_campaign.h: the campaign that trains the best configurations of another one to the end.
 * Pure: no I/O, no clock, no globals.
 *
 * It is an ordinary campaign: each configuration is enqueued once for each value of one parameter more, `repeat`, the
 * last of the space, so that each trial has a seed of its own; and nothing stops early. A built-in program trains on
 * all training data and measures the test set at the end; its objective is the training loss, so that nothing can be
 * chosen on the test set by mistake.
 */
#ifndef RUNG_COORDINATOR_CLI_FINAL_CAMPAIGN_H
#define RUNG_COORDINATOR_CLI_FINAL_CAMPAIGN_H

#include <stdint.h>

#include "common/base/err.h"
#include "common/domain/spec.h"

struct final_goal {
    const char *name;      /* of the new campaign; may be too long */
    const double *configs; /* (n_configs, n_params): the best first, all different */
    int n_configs;
    int n_seeds;    /* trainings of each */
    int64_t epochs; /* of each training; 0: the search's max_budget */
};

/* Turns `spec`, the search, into its final campaign. Fails with ERR_INVALID when the data of a built-in program have no
 * test set or the space has a `repeat` already, ERR_USAGE when the name is too long or there are more than
 * LIMIT_ENQUEUE trainings; spec is untouched then. */
int final_campaign_make(struct campaign_spec *spec, const struct final_goal *goal, struct err *e);

/* How many different configurations, and trainings of each, a campaign has that final_campaign_make made. False when it
 * is no such campaign. */
bool final_campaign_read(const struct campaign_spec *spec, int *n_configs, int *n_seeds);

#endif
