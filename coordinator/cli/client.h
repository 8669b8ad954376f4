/* client.h: asks a running coordinator, and waits for its answer.
 *
 * A request is repeated until it is answered, which is safe for all of them. One thread owns a client.
 */
#ifndef RUNG_COORDINATOR_CLI_CLIENT_H
#define RUNG_COORDINATOR_CLI_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "common/io/credential.h"
#include "common/proto/message.h"

#define CLIENT_PATIENCE_MS 5000 /* for a command that a person waits for */

struct client;

/* Begins to connect; nobody need be there yet. `credential` NULL: in the clear. Copies all. Returns owned
 * (client_close), or NULL with e. */
struct client *client_open(const char *address, const struct credential *credential, struct err *e);
void client_close(struct client *c); /* accepts NULL */

/* ERR_UNREACHABLE when nobody answers within the time that client_set_patience last gave (CLIENT_PATIENCE_MS at first);
 * ERR_REFUSED as soon as it is known that nobody is let in with this key; what the coordinator refuses comes with its
 * own code and text. */
void client_set_patience(struct client *c, int64_t milliseconds);

struct client_submitted {
    char campaign[LIMIT_NAME + 1];
    char state[17]; /* a name of enum campaign_state */
    bool is_new;
};

/* `file` is the campaign in its canonical form. ERR_EXISTS when another one has the name: the text names differences.
 */
int client_submit(struct client *c, const char *file, struct client_submitted *out, struct err *e);

/* Replaces what `json` holds by the answer, rung.status/1. `campaign` NULL: all that are not over. */
int client_status(struct client *c, const char *campaign, struct str *json, struct err *e);

/* A page of the campaign's events behind the one of number `since`. Borrows until the next request; NULL with e. */
const struct message_events_reply *client_events(struct client *c, const char *campaign, uint64_t since, struct err *e);

/* At most LIMIT_IMPORT points; their configurations fit the campaign. Safe to repeat: what is known is not taken again.
 * ERR_LIMIT also when they are too much for one message: send fewer. */
struct client_import {
    int64_t n_taken, n_known, n_low;
};
int client_import(struct client *c, const char *campaign, const char *source, const struct record_import_point *points,
    size_t n, struct client_import *out, struct err *e);

struct client_done {
    char state[17]; /* of the campaign now */
    char text[1024];
};

/* Asks it; `ask->request` is filled in, and the other members say what messages.def describes. `out` may be NULL. */
int client_control(struct client *c, const struct message_control *ask, struct client_done *out, struct err *e);

/* Asks the workers of that name to leave. ERR_NOT_FOUND when none of them is here. */
int client_drain(struct client *c, const char *worker, const char *who, struct err *e);

/* Frees a piece of what nobody needs: again while out->has_more. `ask->request` is filled in. */
int client_gc(struct client *c, const struct message_gc *ask, struct message_gc_done *out, struct err *e);

/* Removes a campaign. ERR_NOT_FOUND; ERR_STATE when it is not over. */
int client_remove(struct client *c, const char *campaign, struct err *e);

#endif
