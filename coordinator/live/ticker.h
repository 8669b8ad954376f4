/* ticker.h: how a campaign is going, for a log: a line for each event that is worth one, and now and then one of where
 * it stands.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_LIVE_TICKER_H
#define RUNG_COORDINATOR_LIVE_TICKER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"
#include "common/proto/json.h"

/* What was said last. Zeroed at first. */
struct ticker {
    int64_t best_trial, best_budget;
    double best_value;
    int64_t n_completed, n_failed;
    int64_t said_ms;   /* monotonic: when anything was said */
    int64_t n_results; /* when anything was said */
    bool has_trouble;  /* and it was said */
    bool waits;        /* and why was said */
    bool has_warning;  /* and it was said */
};

/* Adds the lines that the news in `campaign`, a part of `status`, is worth. */
void ticker_tell(struct ticker *t, json_value status, json_value campaign, int64_t now_ms, struct str *out);

#endif
