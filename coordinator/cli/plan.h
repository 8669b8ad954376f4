/* plan.h: `rung plan`: what a campaign would do and cost, before anything runs. */
#ifndef RUNG_COORDINATOR_CLI_PLAN_H
#define RUNG_COORDINATOR_CLI_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/err.h"
#include "common/proto/json.h"

struct plan_options {
    const char *path;     /* of the campaign file; "-" is standard input */
    bool is_json;         /* one object, schema "rung.plan/1", instead of text */
    double epoch_seconds; /* of one unit of budget; 0: unknown, so no times are estimated */
    int n_workers;        /* slots that run at once; 0: 1 */
    int64_t n_trials;     /* for a campaign without limits.trials: how many to plan for; 0: 100 */
    int (*check_data)(json_value data, const char *pointer, struct err *e); /* as in struct campaign_source */
};

/* Prints to `out`, at most 80 columns wide. Returns the exit status: 0, or 2 when the file has mistakes (printed as
 * `rung check` does); -1 with e when it cannot be read at all. */
int cli_plan(const struct plan_options *options, FILE *out, struct err *e);

#endif
