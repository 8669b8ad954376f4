/* event.h: everything that can happen to the hub. A tick, a lost worker, a user's stop, a frame that was decoded and
 * authorised. Pure: no I/O, no clock, no globals.
 *
 * Texts and arrays are borrowed for the call of hub_step.
 */
#ifndef RUNG_COORDINATOR_CORE_EVENT_H
#define RUNG_COORDINATOR_CORE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/domain/spec.h"
#include "coordinator/core/rows.h"

enum hub_event_kind {
    HUB_TICK, /* about four times a second */
    HUB_HELLO,
    HUB_ASK,
    HUB_BEAT,
    HUB_BYE,
    HUB_PROGRESS,
    HUB_RESULT,
    HUB_FAIL,
    HUB_BLOB,      /* a blob is on disk */
    HUB_BLOB_LOST, /* a blob that somebody needs is missing or damaged: as.blob */
    HUB_SUBMIT,
    HUB_IMPORT,
    HUB_STEER,
    HUB_DRAIN
};

struct lease_ref {
    int64_t trial;
    uint64_t lease;
    int64_t step;
};

struct hub_hello {
    uint64_t key;           /* the worker's own number */
    const char *public_key; /* that it proved; "": none was asked for */
    const char *name, *host, *version, *kernel;
    const char *commands; /* the programs of campaigns that it runs: common/domain/allowed.h; NULL: none */
    int64_t pid, slots, cores, memory_bytes;
    const struct lease_ref *held;
    int n_held;
};

struct hub_beat {
    const struct lease_ref *held;
    int n_held;
    int64_t load; /* in hundredths; 0: not known */
};

struct hub_progress {
    int64_t trial;
    uint64_t lease;
    int64_t step;
    double value; /* of the objective's metric, NaN when the report lacks it */
};

/* RESULT and FAIL alike. */
struct hub_outcome {
    int64_t trial;
    int rung;
    uint64_t lease;
    uint64_t key;       /* the worker that ran it */
    uint64_t config_id; /* of the configuration that it was given; 0: it does not say */
    int failure;        /* enum failure_kind, or -1 */
    const char *text;   /* of a failure */
    int64_t budget;
    double value; /* of a result, at its last point: finite */
    double seconds;
    const char *checkpoint; /* "" when none */
    int64_t checkpoint_bytes;
    bool checkpoint_is_stored;
    bool start_is_lost;   /* of a failure: the checkpoint that the trial began with is damaged here, or gone */
    const char *log_tail; /* NULL when not sent */
    const char *kernel;
    const struct curve_row *curve;
    int n_curve;
};

struct hub_submit {
    struct campaign_spec *spec; /* taken when the campaign is new: hub_submit_is_new tells beforehand */
    const char *file;           /* canonical */
    struct rules rules;         /* its context lives as long as the hub */
};

struct import_point {
    int64_t budget;
    double value;    /* NaN: it failed */
    const double *x; /* allowed by the campaign's rules */
};

struct hub_import {
    int64_t campaign; /* not over */
    const char *source;
    const struct import_point *points;
    int n;
};

/* A limit as a person gives it. */
struct hub_limit {
    int64_t value; /* 0: not given */
    bool is_more;  /* so much more than now */
};

struct hub_steer {
    enum steer_action action;
    int64_t campaign;
    const char *who;
    struct hub_limit n_trials, max_budget, wall_clock_ms; /* EXTEND */
    const double *x;                                      /* ENQUEUE: as the space, `when` and `where` want it */
    const int64_t *numbers;                               /* RETRY: of trials; none: all that broke. NOTE: the one */
    int n_numbers;
    const char *text; /* NOTE */
};

struct hub_drain {
    const char *worker; /* a name: all that have it, and are here */
    const char *who;
};

struct hub_event {
    enum hub_event_kind kind;
    int64_t now_ms;   /* monotonic: leases */
    int64_t wall_ms;  /* Unix: for people */
    uint64_t peer;    /* who sent it, and gets the answer; 0: nobody */
    uint64_t session; /* of a worker's message */
    uint64_t request; /* of a client's */
    union {
        struct hub_hello hello;
        int ask_free;
        struct hub_beat beat;
        struct hub_progress progress;
        struct hub_outcome outcome;
        struct blob_row blob;
        struct hub_submit submit;
        struct hub_import import;
        struct hub_steer steer;
        struct hub_drain drain;
    } as;
};

#endif
