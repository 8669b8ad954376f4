/* asking.h: the commands that answer from the store: `rung best`, `trials`, `show`, `curve`, `brackets`, `workers`,
 * `campaigns`, `explain`, `importance`, `logs`, `events`, `decisions`. They read DIR/rung.db, whether a coordinator is
 * there or not, and change nothing.
 *
 * Each prints to `out` and returns the exit status, or -1 with e: ERR_NOT_FOUND for a store, campaign or trial that is
 * not there.
 */
#ifndef RUNG_COORDINATOR_ASK_ASKING_H
#define RUNG_COORDINATOR_ASK_ASKING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/err.h"
#include "coordinator/text/view.h"

struct asking {
    const char *store;     /* directory */
    const char *campaign;  /* NULL: the one that was begun last, and standard error says which that is */
    bool is_json;          /* one object, with its schema, instead of text */
    struct view_look look; /* of text */
    int64_t max_steps;     /* of SQLite's machine, that one question may take; 0: no limit */

    /* Of tables. An expression over the columns, "COLUMN:desc", "a,b,c", or NULL; the first so many rows, 0: all. */
    bool is_csv;
    bool is_failed; /* trials: those that failed or were set aside, and why */
    const char *where, *sort, *columns;
    int64_t limit;
};

enum best_format { BEST_TEXT, BEST_ARGS, BEST_ENV, BEST_CONFIG, BEST_CAMPAIGN };

/* The best trial of those that q->where lets through, as rung.best/1, or the first `top` of the ranking when that is
 * above 0 (rung.ranking/1). Other formats than BEST_TEXT are for pasting: "--hidden_size 128 ...", lines of a shell's
 * environment, the configuration alone, a campaign file that tries it first. EXIT_STATUS_NO_SUCCESS when the campaign
 * is over and no trial has a result; ERR_NOT_FOUND while it is not. */
int cli_best(const struct asking *q, int64_t top, enum best_format format, FILE *out, struct err *e);

/* The tables: trials (rung.trials/1), brackets (rung.brackets/1), campaigns (rung.campaigns/1), workers
 * (rung.workers/1), decisions (rung.decisions/1); q->campaign plays no part in those of the whole store. */
int cli_trials(const struct asking *q, FILE *out, struct err *e);
int cli_brackets(const struct asking *q, FILE *out, struct err *e);
int cli_campaigns(const struct asking *q, FILE *out, struct err *e);
int cli_workers(const struct asking *q, FILE *out, struct err *e);
int cli_decisions(const struct asking *q, FILE *out, struct err *e);

/* The learning curves of n trials by number, of one metric (NULL: the objective's): drawn, or their points as
 * rung.curve/1. */
int cli_curve(const struct asking *q, char *const *trials, int n, const char *metric, FILE *out, struct err *e);

/* How much each parameter decides whether a trial is among the best, by the values at `budget` (0: it chooses); as
 * rung.importance/1. */
int cli_importance(const struct asking *q, int64_t budget, FILE *out, struct err *e);

/* All about one trial, by its number: configuration, curves, results, attempts; as rung.show/1. */
int cli_show(const struct asking *q, const char *trial, FILE *out, struct err *e);

/* What one attempt printed: the one of that lease number, or, with 0, the last one that printed anything. Text alone.
 */
int cli_logs(const struct asking *q, const char *trial, int64_t attempt, FILE *out, struct err *e);

/* Why it was proposed, promoted, paused, stopped or failed, in words, as rung.explain/1. */
int cli_explain(const struct asking *q, const char *trial, FILE *out, struct err *e);

/* The last `n` events of the store, or of q->campaign; 0: all. As lines of rung.event/1. */
int cli_events(const struct asking *q, int64_t n, FILE *out, struct err *e);

#endif
