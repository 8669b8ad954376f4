/* stream.h: what happens in a campaign, from its store: `rung watch --since`. The events are durable, so that a reader
 * who remembers the last number goes on where it was, across restarts of everything. */
#ifndef RUNG_COORDINATOR_CLI_STREAM_H
#define RUNG_COORDINATOR_CLI_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "coordinator/ask/asking.h"

struct stream_options {
    const char *store;
    const char *campaign; /* NULL: the one that was begun last */
    int64_t since;        /* the number of the last event that is known; 0: all from the beginning, -1: from now on */
    bool is_json;         /* lines of rung.event/1; else a line of text an event */
    int64_t timeout_ms;   /* 0: no limit */
    const char *until;    /* as cli_watch */
};

/* Prints each event after `since`, and waits for more until the campaign is over. Returns what stream_exit says,
 * EXIT_STATUS_TIMEOUT, EXIT_STATUS_INTERRUPTED, or -1 with e; ERR_UNREACHABLE when nobody serves the store, so that
 * nothing more can come. */
int cli_stream(const struct stream_options *options, FILE *out, struct err *e);

/* How the campaign stands in its store, on standard error. Returns 0 with what a command ends with that waited for it
 * in *status; -1 with ERR_UNREACHABLE when it is not over: then nobody goes on with it. */
int stream_say_end(const char *store, const char *campaign, const char *until, int *status, struct err *e);

#endif
