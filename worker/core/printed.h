/* printed.h: metrics in what a program prints, for trials that do not speak the contract (schemas/trial-contract.md,
 * "Programs that only print"). Pure: no I/O, no clock, no globals.
 *
 * A line that is a JSON object gives its numbers, any other its `name=value` words. `step` or `epoch` says which step
 * they belong to. Lines are gathered until one has the objective's metric: then they are a report.
 */
#ifndef RUNG_WORKER_CORE_PRINTED_H
#define RUNG_WORKER_CORE_PRINTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/limits.h"
#include "common/base/str.h"

/* Zeroed is empty: nothing gathered. */
struct printed {
    struct {
        char name[LIMIT_NAME + 1];
        double value;
    } metrics[LIMIT_METRICS];
    int n;
    bool has_step;   /* a line of these named it … */
    int64_t step;    /* … this one */
    bool has_metric; /* the objective's is among them: a report */
    bool diverged;   /* the objective's was printed, and is not finite */
};

/* Takes one line. `metric` is the objective's. True when it makes a report, or says that the trial diverged: look at
 * `p`, and printed_clear it. */
bool printed_take(struct printed *p, const char *line, size_t len, const char *metric);

/* Appends the gathered metrics as a JSON object. */
void printed_put(const struct printed *p, struct str *out);
void printed_clear(struct printed *p);

#endif
