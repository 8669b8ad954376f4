/* world.h: a whole Rung in one process, on a virtual clock: a coordinator, its store, workers, their trials, a person,
 * and the network between them. Everything that happens follows from one seed.
 *
 *     world_run(seed, dials, events) -> what was violated, if anything, and counts of all that happened
 *
 * Reading order: faults/dials.h, this, coordinator.c (one process), agents.c (the others), invariants.h.
 */
#ifndef RUNG_TESTS_SIM_WORLD_H
#define RUNG_TESTS_SIM_WORLD_H

#include <setjmp.h>

#include "coordinator/bridge/bridge.h"
#include "tests/sim/agenda.h"
#include "tests/sim/blobs.h"
#include "tests/sim/counts.h"
#include "tests/sim/faults/dials.h"
#include "tests/sim/ledger.h"
#include "tests/sim/parcel.h"
#include "tests/sim/store.h"
#include "worker/core/session.h"

enum { SIM_AGENTS = 6, SIM_SLOTS = 4, SIM_CAMPAIGNS = 3, SIM_SPOOL = 512, SIM_FILES = 64 };

/* Whose instants are counted down to its next kill. */
struct mortal {
    bool is_alive;
    uint64_t life;    /* grows with each start: what was meant for an earlier one is dropped */
    int64_t kill_in;  /* instants */
    int64_t clock_ms; /* its monotonic clock minus the world's: elsewhere after each start */
};

struct parcels {
    struct parcel **items;
    size_t n, cap;
};

struct coordinator {
    struct mortal mortal;
    struct memory_store store;
    struct real_store *real; /* the same in a real database; NULL in most runs */
    struct hub *hub;
    struct effects effects;
    struct bridge_memory memory;
    struct parcels taken; /* this turn's, to be taken again when its transaction is refused */
    struct parcels due;   /* answers, until the commit; each knows its peer */
    int *spares;          /* numbers of blobs to remove, after the commit */
    size_t n_spares, cap_spares;
    const struct parcel *taking;
    bool has_begun, has_failed, is_full, is_refused, turn_is_due;
    bool disk_is_full;
    struct tables backup; /* an older copy, and what was acknowledged by then */
    struct ledger_mark backup_mark;
    bool has_backup;
    uint64_t n_steps;
};

/* A trial's process. */
struct process {
    bool is_alive, continues, is_warm, is_killed;
    uint64_t life;
    int behaviour;   /* see processes.c */
    uint64_t config; /* digest */
    uint64_t trial;
    int64_t step, budget_to;
    int64_t pace_ms; /* a step's time */
    int64_t begun_ms;
    uint32_t salt; /* no two attempts measure quite the same */
    bool is_stopping;
    char out[128]; /* checkpoint_out */
};

struct spooled {
    bool is_synced, is_damaged;
    bool is_forgotten; /* forgotten, but not yet durably so: a power cut brings it back */
    struct outcome_key key;
    struct parcel *parcel;
};

/* A file that a trial wrote, until it is taken into the cache. */
struct file {
    uint64_t path;
    int blob;
};

struct job {
    enum { JOB_FETCH, JOB_SAVE, JOB_UPLOAD } kind;
    uint64_t attempt;
    int blob; /* -1: there is none */
    char name[BLOB_NAME];
    int tries;
    bool is_there; /* an upload: all bytes went */
};

struct later {
    struct session_event event;
    struct session_exit exit;
    char text[HASH_TEXT];
};

struct agent {
    struct mortal mortal;
    uint64_t key, session_id;
    struct session *session;
    struct session_effects effects;
    struct process processes[SIM_SLOTS];
    struct spooled spool[SIM_SPOOL];
    int n_spool;
    struct file files[SIM_FILES];
    int next_file;
    struct later *later; /* what the shell says when it has done all effects */
    size_t n_later, cap_later;
    uint64_t connection; /* the last part of its peer number */
    bool is_cut_up, is_cut_down;
    uint64_t connected_to; /* which life of the coordinator; 0: none */
    bool disk_is_full, was_told_full;
    int64_t last_up_ms, last_down_ms; /* messages keep their order */
};

struct person {
    int n_submitted;     /* campaigns that were asked for */
    uint64_t n_requests; /* to steer */
    bool is_confirmed[SIM_CAMPAIGNS];
    bool is_paused[SIM_CAMPAIGNS];
};

/* The coordinator's memory as digests: of each trial as it was last looked at, and their sum. */
struct digests {
    bool is_fresh;    /* false: of a core that is gone */
    uint64_t *trials; /* by id */
    size_t n;
    uint64_t sum, turn;
};

struct world {
    struct dials dials, drawn; /* as they stand: all faults are 0 once it is calm; and as they were */
    uint64_t seed;
    struct rng rng;
    int64_t now_ms, wall_ms; /* the world's clock; what people's clock shows beyond it */
    bool is_calm;
    int64_t calm_since_ms, restored_ms; /* restored: 0 never */
    uint64_t n_events;
    struct agenda agenda;
    struct coordinator coordinator;
    struct agent agents[SIM_AGENTS];
    struct person person;
    struct blobs blobs;
    struct ledger ledger;
    struct digests digests;
    struct counts counts;
    struct item item; /* that happens now */
    jmp_buf death;    /* out of the middle of a process that is killed */
    jmp_buf failure;  /* out of everything, when an invariant does not hold */
    char broken[80];  /* its name; empty: all held */
    char why[400];
};

/* The world that runs, for assertions of the cores: they are invariants too. NULL: none. */
extern struct world *world_now;

/* Runs one seed to its end. 0 when all held, -1 when `broken` and `why` say what did not. `w` is zeroed by the caller,
 * whose it stays; world_deinit frees what is in it. */
int world_run(struct world *w, uint64_t seed, const struct dials *dials, uint64_t max_events);
void world_deinit(struct world *w);

/* ---- for the parts of the world ---- */

/* An invariant does not hold: ends the run. */
void world_fail(struct world *w, const char *invariant, const char *format, ...)
    __attribute__((noreturn, format(printf, 3, 4)));

bool world_chance(struct world *w, int bp);      /* once in 10,000 / bp */
int64_t world_below(struct world *w, int64_t n); /* 0 .. n-1 */
void world_put(struct world *w, enum item_kind kind, int actor, int slot, uint64_t life, int64_t after_ms, void *load);
int64_t world_wall_ms(const struct world *w);

/* One of the instants at which this process may be killed: does not return when it is. */
void world_instant(struct world *w, struct mortal *m, int per_100000);
void mortal_start(struct world *w, struct mortal *m, int per_100000);

#endif
