/* foreign.h: what was measured elsewhere, as a list, from wherever it comes; and which of it fits a campaign. */
#ifndef RUNG_COORDINATOR_EXCHANGE_FOREIGN_H
#define RUNG_COORDINATOR_EXCHANGE_FOREIGN_H

#include "common/expr/expr.h"
#include "coordinator/exchange/takeout.h"

struct foreign_result {
    char *label;    /* owned, for people: "trial 7", "line 12" */
    char *config;   /* owned: a JSON object, parameter to value */
    int64_t budget; /* 0: not said, so it counts as at max_budget */
    double value;   /* NaN: it failed there */
};

struct foreign {
    struct foreign_result *results; /* owned */
    size_t n, cap;
    size_t n_silent; /* trials that say nothing: not finished, failed for an unknown reason, without a value */
    int goal;        /* enum goal, or -1: the source does not say */
};

void foreign_add(struct foreign *f, const char *label, const char *config, int64_t budget, double value);
void foreign_deinit(struct foreign *f); /* accepts a zeroed one */

/* The readers append; *f is the caller's also after a failure. `rungs` are the campaign's: of a learning curve the
 * points at these budgets are taken. */

/* A study of an Optuna SQLite file; `study` NULL: the only one. ERR_NOT_FOUND names those that are there. */
int foreign_read_optuna(
    struct foreign *f, const char *path, const char *study, const int64_t *rungs, int n_rungs, struct err *e);

/* A table with a header. Parameters are its columns params_NAME, or those called as the space's parameters; the value
 * stands in `value`, `values_METRIC`, or a column called as the metric; `budget` or `user_attrs_rung:budget`, and
 * `state`, are read where they are. */
int foreign_read_csv(struct foreign *f, const char *path, const struct campaign_spec *spec, struct err *e);

/* The counted results of a campaign, at all of their budgets. */
int foreign_read_campaign(struct foreign *f, const struct takeout *t, struct err *e);

/* Reads r's configuration as one of the campaign: what its space does not have is left out (`ignored` gets its name,
 * once), and so is what `when` says is absent. False with the reason in `why` when a parameter is missing, a value is
 * none of its parameter's, or a `where` does not hold. x has n_params values. */
bool foreign_fit(const struct foreign_result *r, const struct campaign_spec *spec, struct expr *expr, double *x,
    struct str *why, struct str *ignored);

#endif
