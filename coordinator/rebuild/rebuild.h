/* rebuild.h: the hub from the rows: at every start, and again after a commit that failed. The same path, so that it is
 * always exercised.
 */
#ifndef RUNG_COORDINATOR_REBUILD_REBUILD_H
#define RUNG_COORDINATOR_REBUILD_REBUILD_H

#include "common/expr/expr.h"
#include "coordinator/core/hub.h"
#include "coordinator/store/store.h"

/* The prepared expressions of the hub's campaigns, which the rules in it point to. Zeroed is empty. */
struct expr_list {
    struct expr **items;
    size_t n, cap;
};
void expr_list_clear(struct expr_list *list);               /* before the hub whose campaigns they are about is freed */
void expr_list_add(struct expr_list *list, struct expr *x); /* takes x */

/* Reads everything that is not over. Returns owned (hub_free), or NULL with e; `exprs` must be empty, and is then
 * filled. */
struct hub *rebuild_hub(
    struct store *s, const struct hub_settings *settings, int64_t now_ms, struct expr_list *exprs, struct err *e);

/* Sees each note before the search is told; -1, with e, ends it. */
struct rebuild_watch {
    int (*before)(void *context, const struct event_row *note, struct err *e);
    void *context;
};

/* The notes of one campaign again, with what people steered and imported among them, into a search that was just
 * opened. `watch` may be NULL. */
int rebuild_search(
    struct store *s, struct hub *h, const struct campaign *c, const struct rebuild_watch *watch, struct err *e);

/* A campaign's row, and a trial's, into the hub. The expressions of a campaign go to `exprs`. */
int rebuild_campaign(struct hub *h, const struct campaign_row *row, struct expr_list *exprs, struct err *e);
int rebuild_trial(struct hub *h, const struct trial_row *row, int n_x, struct err *e);

#endif
