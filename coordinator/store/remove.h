/* remove.h: what nobody needs any more goes. For a writer, outside transactions; each call is one transaction.
 *
 * Numbers of trials are never given again, so that what workers still bring of a trial that is gone cannot be taken for
 * another's.
 */
#ifndef RUNG_COORDINATOR_STORE_REMOVE_H
#define RUNG_COORDINATOR_STORE_REMOVE_H

#include "coordinator/store/store.h"

/* Removes every row of the campaign, and its view. ERR_NOT_FOUND; ERR_STATE when it is not over, unless is_forced. */
int store_remove_campaign(struct store *s, const char *name, bool is_forced, struct err *e);

/* Trials that are over, and not among the n_keep best of their campaign, let go of their checkpoints; *n says how many,
 * and `take` is told of each before the commit. With is_dry_run nothing changes, and nothing is taken. */
int store_drop_checkpoints(struct store *s, int n_keep, bool is_dry_run, void (*take)(void *context, int64_t trial),
    void *context, int64_t *n, struct err *e);

/* Calls `take` for each checkpoint that rows name, ascending. Stops with -1 when it returns -1. */
int store_each_checkpoint(
    struct store *s, int (*take)(void *context, const char *hash, struct err *e), void *context, struct err *e);

#endif
