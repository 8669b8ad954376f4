/* delta.h: what changed in a campaign, as rung.delta/1: its two halves. */
#ifndef RUNG_COORDINATOR_WEB_DELTA_H
#define RUNG_COORDINATOR_WEB_DELTA_H

#include "common/base/str.h"
#include "coordinator/core/hub.h"

#define DELTA_EVENTS 5000 /* more than these between two deltas, and the page had better ask anew */

/* ---- what is live: from memory ---- */

/* What was said last. Zeroed: nothing. */
struct delta_seen {
    struct delta_running {
        int64_t trial, step;
        uint64_t lease;
    } * running; /* by trial; owned */
    size_t n, cap;
    char *workers, *trouble; /* JSON; owned */
    uint64_t status_seq;
    int64_t status_ms; /* when its status was said */
};
void delta_seen_deinit(struct delta_seen *s);

/* Appends members with a comma before each: status, trouble, workers, running, as far as they changed since `seen`,
 * which then is what is so now. NULL: all of them. `trouble` NULL: none. */
void delta_put_live(const struct hub *h, const struct campaign *c, const char *trouble, int64_t now_ms,
    struct delta_seen *seen, struct str *out);

/* ---- what is durable: from the store, in a thread ---- */

/* Appends the members trials and events of (from, to], or is_reset. */
int delta_put_durable(
    const char *store, const char *campaign, uint64_t from, uint64_t to, struct str *out, struct err *e);

#endif
