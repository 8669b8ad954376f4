/* run.h: `rung run`: a campaign on this machine from beginning to end, with one command.
 *
 * Starts a coordinator and workers, submits the campaign, shows how it goes, and ends them when it is over. Everything
 * that a worker has delivered is in the store, whatever happens; the same command goes on from there.
 */
#ifndef RUNG_COORDINATOR_CLI_RUN_H
#define RUNG_COORDINATOR_CLI_RUN_H

#include <stdbool.h>

#include "common/base/err.h"
#include "coordinator/cli/submission.h"

struct run_options {
    const char *path;              /* of the campaign file; "-" is standard input */
    const struct submission *file; /* or the campaign itself, for a caller that says at the end what came of it */
    const char *again;             /* with `file`: the words that go on with it: "final digits" */
    const char *store;             /* directory; made when it is not there */
    bool is_default_store;         /* nobody named it, so nobody must name it later */
    int n_workers;                 /* of one trial each; 0: as many as processors and memory are there for */
    bool is_quiet;                 /* no progress, only the best trial at the end */
    bool is_json;                  /* the best trial as JSON, and no progress */
};

/* Whether a coordinator holds the store: 0, or 1; a store that is not there is not held. -1 with e. */
int run_store_is_served(const char *store, struct err *e);

/* Returns the exit status: 0; EXIT_STATUS_INVALID for a file with mistakes; EXIT_STATUS_NO_SUCCESS, _CANCELLED,
 * _INTERRUPTED. -1 with e: ERR_BUSY when a coordinator serves the store already, ERR_EXISTS when the store has another
 * campaign of that name, ERR_IO when a program ends again and again. */
int cli_run(const struct run_options *options, struct err *e);

#endif
