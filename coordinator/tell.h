/* tell.h: answers EVENTS: what happened in a campaign, from the store, a page at a time.
 * Reads on the writer's connection: a page has a bounded number of rows, found by the key of the table.
 */
#ifndef RUNG_COORDINATOR_TELL_H
#define RUNG_COORDINATOR_TELL_H

#include "common/base/err.h"
#include "common/proto/message.h"
#include "coordinator/core/campaign.h"
#include "coordinator/store/store.h"

struct telling {
    struct message message;          /* an EVENTS_REPLY; borrows from the two arrays below */
    struct record_happening *events; /* owned */
    size_t n, cap;
    int64_t campaign;
    size_t n_seen, n_bytes; /* of the page, and of its texts */
    bool is_cut;            /* its texts were too long for one page */
    uint64_t last;
    char **texts; /* owned: what the events point to */
    size_t n_texts, cap_texts;
};

/* Fills a zeroed `t` with the events of the campaign; t->message is then the answer. ERR_NOT_FOUND when c is NULL. */
int tell_events(
    struct store *s, const struct campaign *c, const struct message_events *m, struct telling *t, struct err *e);
void tell_deinit(struct telling *t); /* accepts a zeroed one */

/* The number that an answer to this message carries; 0: none. */
uint64_t tell_request_of(const struct message *m);

#endif
