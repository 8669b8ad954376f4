/* agenda.h: what happens when, on the virtual clock: a heap of items, the earliest first, in the order of being put
 * among equals.
 */
#ifndef RUNG_TESTS_SIM_AGENDA_H
#define RUNG_TESTS_SIM_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum item_kind {
    ITEM_TO_HUB,    /* parcel arrives at the coordinator */
    ITEM_TO_AGENT,  /* parcel arrives at `actor` */
    ITEM_TO_CLIENT, /* parcel arrives at the person */
    ITEM_HUB_TICK,
    ITEM_HUB_TURN,  /* the coordinator has nothing more to read: the turn ends */
    ITEM_HUB_START, /* its process starts again */
    ITEM_AGENT_TICK,
    ITEM_AGENT_START,
    ITEM_PROCESS, /* `actor`'s process in `slot` goes on */
    ITEM_JOB,     /* `actor`'s job: a blob is there, or not */
    ITEM_CLIENT,  /* the person thinks again */
    ITEM_FAULT,   /* `slot` says which one begins or ends */
    ITEM_N_KINDS
};

struct item {
    int64_t at_ms;
    uint64_t order;
    enum item_kind kind;
    int actor, slot;
    uint64_t life; /* of whom it is for: an item of an earlier life is dropped */
    void *load;    /* a parcel or a job, owned by the item */
};

/* Zeroed is empty. */
struct agenda {
    struct item *heap;
    size_t n, cap;
    uint64_t n_put;
};

void agenda_deinit(struct agenda *a);
void agenda_put(struct agenda *a, struct item item); /* `order` is given here */
bool agenda_take(struct agenda *a, struct item *out);

#endif
