/* asking.h: the commands that answer from the store: `rung best`, `trials`, `show`, `logs`, `explain`, `campaigns`,
 * `events`. They read DIR/rung.db, whether a coordinator is there or not, and change nothing.
 *
 * Each prints to `out` and returns the exit status, or -1 with e: ERR_NOT_FOUND for a store, campaign or trial that is
 * not there.
 */
#ifndef RUNG_COORDINATOR_CLI_ASKING_H
#define RUNG_COORDINATOR_CLI_ASKING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/err.h"
#include "coordinator/cli/view.h"

struct asking {
    const char *store;     /* directory */
    const char *campaign;  /* NULL: the one that was begun last, and standard error says which that is */
    bool is_json;          /* one object, with its schema, instead of text */
    struct view_look look; /* of text */
};

/* The best trial, as rung.best/1, or the first `top` of the ranking when that is above 0. EXIT_STATUS_NO_SUCCESS when
 * the campaign is over and no trial has a result; ERR_NOT_FOUND while it is not. */
int cli_best(const struct asking *q, int64_t top, FILE *out, struct err *e);

/* All trials, in the order in which they were proposed, as rung.trials/1 or, when `is_csv`, with a column a parameter.
 */
int cli_trials(const struct asking *q, bool is_csv, FILE *out, struct err *e);

/* All about one trial, by its number: configuration, curves, results, attempts; as rung.show/1. */
int cli_show(const struct asking *q, const char *trial, FILE *out, struct err *e);

/* What one attempt printed: the one of that lease number, or, with 0, the last one that printed anything. Text alone.
 */
int cli_logs(const struct asking *q, const char *trial, int64_t attempt, FILE *out, struct err *e);

/* Why it was proposed, promoted, paused, stopped or failed, in words, as rung.explain/1. */
int cli_explain(const struct asking *q, const char *trial, FILE *out, struct err *e);

/* All campaigns of the store, as rung.campaigns/1; q->campaign plays no part. */
int cli_campaigns(const struct asking *q, FILE *out, struct err *e);

/* The last `n` events of the store, or of q->campaign; 0: all. As lines of rung.event/1. */
int cli_events(const struct asking *q, int64_t n, FILE *out, struct err *e);

#endif
