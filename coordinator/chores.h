/* chores.h: what people ask to be freed or forgotten (GC, REMOVE), done between two turns, when every row that was
 * acknowledged is on disk: what a row is about to name is stored again by the worker that brings it (send_blob).
 *
 * A GC removes at most CHORE_PIECE checkpoints, so that nobody waits long behind it; the client asks for more.
 */
#ifndef RUNG_COORDINATOR_CHORES_H
#define RUNG_COORDINATOR_CHORES_H

#include "common/io/blobs.h"
#include "common/proto/message.h"
#include "coordinator/core/hub.h"
#include "coordinator/store/store.h"

#define CHORE_PIECE 256

struct chore {
    uint64_t peer;
    struct message message; /* its text points to `campaign` */
    char campaign[LIMIT_NAME + 1];
};

struct chores {
    struct chore *items;
    size_t n, cap;
    uint64_t removed; /* the request of the last REMOVE that was done: safe to repeat */
};

void chores_deinit(struct chores *c);

/* Copies a message that is a chore; false for any other. */
bool chores_take(struct chores *c, uint64_t peer, const struct message *m);

struct chore_place {
    struct store *store; /* no transaction is open */
    struct blobs *blobs;
    const char *dir; /* of the store */
    struct hub *hub; /* learns which checkpoints its trials have no more */
};

struct chore_result {
    struct message answer; /* borrows from the result and the chore */
    bool must_rebuild;     /* the hub says something else than the rows */
    bool is_fatal;         /* the database could not be written: `err` */
    struct err err;
    char text[LIMIT_NAME + 64];
};

/* Does the chore at `i`; -1 when the answer is an ERROR. */
int chores_do(struct chores *c, size_t i, const struct chore_place *place, struct chore_result *out);

#endif
