/* bulk.h: answers that no command has: much at once, for a page that draws it. As call.h's `read`, in a thread. */
#ifndef RUNG_COORDINATOR_WEB_BULK_H
#define RUNG_COORDINATOR_WEB_BULK_H

#include "coordinator/ask/archive.h"
#include "coordinator/store/question.h"
#include "coordinator/web/call.h"

int bulk_read_campaign(struct call *c, FILE *out, struct err *e);
int bulk_read_columns(struct call *c, FILE *out, struct err *e);
int bulk_read_curves(struct call *c, FILE *out, struct err *e);
int bulk_read_failures(struct call *c, FILE *out, struct err *e);

/* The columns of trials unless told otherwise: with those of the parameters. */
void bulk_add_trial_columns(const struct archive *a, struct str *list);

/* Appends `"n": ..., "columns": {...}`: all rows of a question, by columns. Of more than `max_rows` rows the last
 * (max_rows 0: all). *n_all is how many there were. */
int bulk_put_columns(struct archive *a, const struct question *q, int64_t max_rows, struct str *json, int64_t *n_shown,
    int64_t *n_all, struct err *e);

/* How many trials meet the condition (NULL: all). */
int bulk_count_trials(struct archive *a, const char *where, int64_t *n, struct err *e);

/* Appends the numbers of trials, "3,7", of those that the question lets through. */
int bulk_list_trials(struct archive *a, const struct question *q, struct str *list, int64_t *n, struct err *e);

/* Adds "thinned" or another key: {"shown": ..., "of": ...}. */
void bulk_add_thinned(struct str *json, const char *key, int64_t n_shown, int64_t n_all);

/* The number of the last event of the store; a snapshot is held until archive_close. */
int bulk_hold(struct archive *a, uint64_t *seq, struct err *e);

#endif
