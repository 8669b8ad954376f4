/* link.h: whether the coordinator is there: HELLO until WELCOME, then BEAT, and from silence back to HELLO.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_WORKER_CORE_LINK_H
#define RUNG_WORKER_CORE_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/rng.h"
#include "common/proto/message.h"

/* What the link wants said now. */
enum link_wish {
    LINK_NOTHING,
    LINK_HELLO,
    LINK_RECONNECT, /* open the sockets anew, then HELLO */
    LINK_BEAT
};

/* Zeroed, it says HELLO at once. */
struct link {
    bool is_welcome;
    uint64_t boot; /* of the coordinator; 0: never heard of */
    int64_t heartbeat_ms;
    int64_t heard_ms; /* when it last said anything */
    int64_t due_ms;   /* of the next HELLO or BEAT */
    int64_t wait_ms;  /* the pause after the next HELLO */
};

/* To be asked at each tick; moves its own times on. */
enum link_wish link_tick(struct link *l, struct rng *rng, int64_t now_ms);

void link_hear(struct link *l, int64_t now_ms);                                           /* any message came */
void link_welcome(struct link *l, const struct message_welcome *welcome, int64_t now_ms); /* WELCOME */
void link_lose(struct link *l, int64_t now_ms);                                           /* WHO, or another boot */
void link_connected(struct link *l, struct rng *rng, int64_t now_ms); /* a new connection: HELLO is said now */
void link_back_off(struct link *l, int64_t now_ms);                   /* HELLO was refused: try again, but slowly */

#endif
