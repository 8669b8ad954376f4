/* bridge.h: messages to events, effects to messages: where the words of the wire meet those of the core.
 * Pure: no I/O, no clock, no globals.
 *
 * Everything that comes from outside is judged here before the core sees it: who may say it, whether it names what
 * exists, whether its numbers can be believed.
 */
#ifndef RUNG_COORDINATOR_BRIDGE_BRIDGE_H
#define RUNG_COORDINATOR_BRIDGE_BRIDGE_H

#include <stdbool.h>

#include "common/base/err.h"
#include "common/proto/message.h"
#include "coordinator/core/hub.h"

/* What converted messages point to. Zeroed is empty; reused from message to message. */
struct bridge_memory {
    void **items;
    size_t n, cap;
};
void bridge_memory_clear(struct bridge_memory *m);
void bridge_memory_deinit(struct bridge_memory *m);
void *bridge_keep(struct bridge_memory *m, void *owned); /* takes it, and returns it */

/* What a message is judged against. */
struct bridge_world {
    const struct hub *hub;
    bool (*blob_is_stored)(const void *context, const char *hash);
    /* An enqueued configuration, JSON, into x: ERR_INVALID for what space, `when` or `where` do not allow. */
    int (*read_config)(const void *context, const struct campaign *c, const char *json, double *x, struct err *e);
    const void *context;
    bool (*blob_is_sound)(const void *context, const char *hash); /* reads all of it; NULL: nobody doubts it */

    /* Who sends. */
    const char *public_key; /* that it proved; NULL or "": none was asked for, and it may speak for every worker */
    bool (*is_let_in)(const void *context, const char *public_key); /* may another key still come in? */
};

/* Fills the kind, session, request and body of `out` from a worker's message, or a CONTROL; peer and times are the
 * caller's. The event borrows from `m` and `memory`. Fails with ERR_REFUSED for what only a coordinator may say, or
 * another worker, ERR_INVALID for what contradicts itself, ERR_NOT_FOUND for an unknown campaign: answer ERROR. SUBMIT,
 * STATUS, GC, REMOVE and blobs are the shell's. */
int bridge_event(const struct bridge_world *world, const struct message *m, struct bridge_memory *memory,
    struct hub_event *out, struct err *e);

/* What to put on the wire for an effect. `out` borrows from the hub, the effects and `memory`. */
void bridge_message(const struct hub *h, const struct send *s, struct bridge_memory *memory, struct message *out);

#endif
