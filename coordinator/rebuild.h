/* rebuild.h: the hub from the rows: at every start, and again after a commit that failed. The same path, so that it is
 * always exercised.
 */
#ifndef RUNG_COORDINATOR_REBUILD_H
#define RUNG_COORDINATOR_REBUILD_H

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

/* The notes of one campaign again, into a search that hub_open_search has just opened. */
int rebuild_search(struct store *s, struct hub *h, const struct campaign *c, struct err *e);

#endif
