/* roster.h: the workers that have said HELLO, and what each of them wants.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_CORE_ROSTER_H
#define RUNG_COORDINATOR_CORE_ROSTER_H

#include "coordinator/core/event.h"
#include "coordinator/core/rows.h"

struct worker {
    struct worker_row row; /* what is durable; its texts are owned */
    bool is_here;          /* has a live session */
    char *commands;        /* owned: the programs of campaigns that it runs; NULL: none */
    uint64_t session;
    uint64_t peer;        /* where its messages come from; changes when it connects again */
    int64_t heard_ms;     /* monotonic */
    int64_t load_ms;      /* monotonic: when row.load was last told */
    int free;             /* slots that it asked to fill and that got no GRANT yet; set by roster_set_free alone */
    int64_t asked_ms;     /* monotonic: since when */
    bool was_told;        /* NOWORK was sent for this ASK */
    int n_running;        /* slots that its leases take */
    uint64_t blamed_step; /* the hub's step in which it was last blamed for a trial */
    bool is_aside;        /* gets no work: hub_trust.c */
    int64_t back_at_ms;   /* monotonic: until then */
    double pace;          /* log2 of how slow it is for what is usual in its campaigns: a moving mean ... */
    int n_paces;          /* ... over so many results, or more */
    bool is_leaving;      /* it was asked to, as row.why says: gets no work, and is told until it goes */
};

/* Ids by a number of 64 bits, more than one perhaps, and some that are out of date: a hash table. Zeroed is empty. */
struct roster_table {
    uint32_t *ids; /* 0 is free */
    size_t n_slots, n_used;
};

/* Zeroed is empty. */
struct roster {
    struct worker **workers; /* by id - 1: ids are given here, from 1; owned */
    size_t n, cap;
    struct worker **waiting; /* those with free slots, who asked first comes first */
    size_t n_waiting, cap_waiting;
    struct roster_table keys, sessions;
};

void roster_deinit(struct roster *r);
struct worker *roster_by_id(const struct roster *r, int64_t id); /* NULL when there is none */
struct worker *roster_by_key(const struct roster *r, uint64_t key);
struct worker *roster_by_session(const struct roster *r, uint64_t session); /* here alone */
struct worker *roster_load(struct roster *r, const struct worker_row *row); /* from the database: not here */

/* Takes what a HELLO says; makes the worker when its key is new. */
struct worker *roster_hello(struct roster *r, const struct hub_event *e);

/* Says in w's row what it is: set_aside, leaving, here or gone. */
void roster_set_state(struct worker *w);

/* The arithmetic that a trial named there; NULL or "": none. True when that is news. */
bool roster_set_kernel(struct worker *w, const char *kernel);

void roster_set_free(struct roster *r, struct worker *w, int n_free); /* asked_ms stays while some are free */

bool roster_may_work(const struct worker *w); /* one of those that wait: has it a use for work? */

#endif
