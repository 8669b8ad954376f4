/* simulate.h: `rung simulate`: settings compared on a benchmark, or on an earlier campaign's curves, on a virtual
 * clock.
 */
#ifndef RUNG_COORDINATOR_CLI_SIMULATE_H
#define RUNG_COORDINATOR_CLI_SIMULATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/err.h"
#include "coordinator/text/view.h"

struct simulate_options {
    const char *task;        /* a benchmark's name, or a store's directory; NULL: list the benchmarks */
    const char *campaign;    /* of a store; NULL: the latest */
    const char *const *vary; /* n_vary times "NAME=A,B,..."; every combination is run */
    int n_vary;
    int64_t n_seeds, n_workers;
    double budget;    /* in full trainings, of all workers together: the time is so many divided among them */
    int64_t n_trials; /* above 0: campaigns end by themselves, after so many, whatever the budget */
    double slowness;  /* of the first worker; 0: as fast as the others */
    double tail;      /* shape of the Pareto variable that stretches each unit of budget; 0: none */
    bool is_json;
    struct view_look look;
};

/* 0, or -1 with e. */
int cli_simulate(const struct simulate_options *o, FILE *out, struct err *e);

#endif
