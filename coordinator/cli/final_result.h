/* final_result.h: the trainings of a final campaign, gathered by configuration.
 */
#ifndef RUNG_COORDINATOR_CLI_FINAL_RESULT_H
#define RUNG_COORDINATOR_CLI_FINAL_RESULT_H

#include "coordinator/ask/archive.h"

enum { FINAL_METRICS = 3 };

/* What was measured at the end of each training that got there. */
struct final_metric {
    const char *name; /* borrows from the final campaign's archive, or for ever */
    double *values;   /* (n), owned, in the order of the trials */
    size_t n, cap;
};

struct final_config {
    const double *x;      /* without `repeat`; borrows from the final campaign's spec */
    int64_t place, trial; /* in the search's ranking, and which trial that is; 0: the search has no such trial */
    double value;         /* of the search's objective there */
    struct final_metric metrics[FINAL_METRICS];
    uint32_t first;             /* the first training that succeeded: a trial of the final campaign; 0: none */
    char checkpoint[HASH_TEXT]; /* what it ended with; empty: nothing */
};

struct final_result {
    struct archive search, final;
    struct final_config *configs; /* owned; the best of the search first */
    int n_configs, n_seeds;
};

/* Reads both campaigns of the store. Fails with ERR_NOT_FOUND when one is not there, ERR_EXISTS when `final` is no
 * final campaign of `search`. final_result_close accepts a zeroed one. */
int final_result_open(struct final_result *r, const char *store, const char *search, const char *final, struct err *e);
void final_result_close(struct final_result *r);

double final_metric_mean(const struct final_metric *m);           /* NaN without values */
double final_metric_standard_error(const struct final_metric *m); /* NaN with fewer than two */

#endif
