/* feed.h: what happens in a campaign, a line an event, from its coordinator: `rung watch` to a pipe, and with --json.
 *
 * Events are durable and numbered: whoever remembers the last number goes on there, across restarts of everything.
 * Between them --json tells how the running trials go (rung.progress/1): lossy, and without a number.
 */
#ifndef RUNG_COORDINATOR_CLI_FEED_H
#define RUNG_COORDINATOR_CLI_FEED_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "coordinator/cli/remote.h"

struct feed_options {
    struct remote where;
    const char *campaign; /* NULL: the only one that is going on */
    int64_t since;        /* the number of the last event that is known; -1: what happens from now on */
    bool is_json;         /* rung.event/1 and rung.progress/1; else a line of text an event */
    int64_t timeout_ms;   /* 0: no limit */
    const char *until; /* leave with 0 once this holds of the best trial (until.h); NULL: when the campaign is over */
};

/* Until the campaign is over: returns as cli_watch, EXIT_STATUS_NOT_MET when `until` never held. A store that nobody
 * serves says what it has. */
int cli_feed(const struct feed_options *options, FILE *out, struct err *e);

#endif
