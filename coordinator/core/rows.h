/* rows.h: what is durable, as plain rows: the core emits them as effects, the store keeps them and gives them back at
 * start. Pure: no I/O, no clock, no globals.
 *
 * `wall_ms` times are for people (Unix time). Ids begin at 1; 0 is none. Texts and arrays are borrowed for the call.
 */
#ifndef RUNG_COORDINATOR_CORE_ROWS_H
#define RUNG_COORDINATOR_CORE_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/domain/failure.h"
#include "common/domain/spec.h"
#include "coordinator/search/search.h"

#define HASH_TEXT 65 /* SHA-256 in hexadecimal, with its NUL; empty: no checkpoint */

enum campaign_state { CAMPAIGN_RUNNING, CAMPAIGN_PAUSED, CAMPAIGN_DONE, CAMPAIGN_STOPPED, CAMPAIGN_FAILED };

enum trial_state {
    TRIAL_QUEUED,    /* waits for a slot: new, promoted, or to be tried again */
    TRIAL_RUNNING,   /* leased */
    TRIAL_PAUSED,    /* at a rung, judged not good enough so far */
    TRIAL_COMPLETED, /* reached max_budget */
    TRIAL_STOPPED,   /* was paused or queued when its campaign ended */
    TRIAL_FAILED,    /* its configuration's own fault */
    TRIAL_SET_ASIDE  /* broke on three workers */
};

/* What the journal records. The first five are the notes that a search is rebuilt from. */
enum event_kind {
    EVENT_STARTED,   /* a configuration was proposed: trial, bracket in `rung`'s place */
    EVENT_PROMOTED,  /* trial, to rung */
    EVENT_COUNTED,   /* a result was counted: trial, rung, value */
    EVENT_FAILED,    /* a counted failure: trial, rung, text: kind and reason */
    EVENT_ABANDONED, /* a trial was set aside or cancelled */
    EVENT_SUBMITTED, /* campaign */
    EVENT_GRANTED,   /* trial, rung, lease, worker */
    EVENT_REQUEUED,  /* an attempt ended that teaches nothing, or a person retries: trial, rung, ..., text: kind and
                        reason */
    EVENT_LATE,      /* a result or failure came that does not count: trial, rung, lease, worker, text: why */
    EVENT_CAMPAIGN,  /* a campaign's state changed, or a person steered it: text: what and why; trial of a note. With
                        trial and lease: that the checkpoint which it had after this attempt was dropped, or lost */
    EVENT_JOINED,    /* worker */
    EVENT_LEFT,      /* worker, text: why */
    EVENT_N_KINDS
};

/* What a person may ask of a campaign. */
enum steer_action {
    STEER_PAUSE,
    STEER_RESUME,
    STEER_STOP,
    STEER_EXTEND,  /* new limits */
    STEER_ENQUEUE, /* a configuration for the next new trial */
    STEER_RETRY,   /* a trial that failed or was set aside goes on from its last checkpoint */
    STEER_NOTE,    /* words about a trial */
    STEER_N_ACTIONS
};

extern const char *const steer_action_names[];
extern const char *const campaign_state_names[];
extern const char *const trial_state_names[];
extern const char *const event_kind_names[];

struct campaign_row {
    int64_t id;
    const struct campaign_spec *spec;
    const char *file; /* canonical text */
    enum campaign_state state;
    int64_t created_ms, ended_ms; /* wall; ended 0 while it runs */
    int64_t ran_ms;               /* time that it could run: a worker was there and it was not paused */
};

struct trial_row {
    int64_t id, campaign;
    uint32_t number; /* in its campaign, from 1 */
    enum trial_state state;
    const double *x; /* the space's values; the store keeps them as JSON */
    int bracket;
    int rung;        /* queued, running: the rung to reach; else the last one reached, -1 before the first */
    int64_t budget;  /* training that the checkpoint has; without a checkpoint 0, whatever was reported */
    int64_t reached; /* the budget of its last counted result; 0 before the first */
    double value;    /* the objective there; NaN before the first */
    uint64_t lease;  /* the last lease number given; 0 before the first */
    int64_t worker;  /* running: the holder's id, else 0 */
    int n_attempts;
    int n_broken;        /* times it was lost or stuck since its last counted result */
    int64_t broke_on[3]; /* the first different workers on which it was, 0-filled */
    char checkpoint[HASH_TEXT];
    int64_t checkpoint_bytes;
};

struct curve_row {
    int64_t step;
    const char *metrics; /* JSON object of finite numbers */
};

/* A RESULT or FAIL as it came, counted or not. */
struct result_row {
    uint64_t seq; /* of its event */
    int64_t trial;
    int rung;
    uint64_t lease;
    int64_t worker;
    int64_t received_ms;
    bool is_counted;
    const char *verdict; /* counted, duplicate, late, unknown */
    int failure;         /* enum failure_kind, or -1: reached */
    double value;        /* NaN for a failure */
    int64_t budget;
    double seconds;
    const char *checkpoint; /* "" when none */
    const char *kernel;     /* "" when not said */
    const struct curve_row *curve;
    int n_curve;
};

struct attempt_row {
    int64_t trial;
    uint64_t lease;
    int rung;
    int64_t worker;
    int64_t budget_from, budget_to;
    int64_t granted_ms, ended_ms; /* ended 0 while it runs */
    const char *outcome;          /* "" while it runs; reached, handed_back, or a failure's name */
    const char *reason;           /* "" when there is nothing to say */
    const char *log_tail;         /* NULL: not sent */
    double seconds;
};

struct decision_row {
    uint64_t seq; /* of the event that it became */
    uint64_t saw; /* the last event before it */
    int64_t campaign, trial;
    struct search_decision decision;
};

struct event_row {
    uint64_t seq;
    int64_t wall_ms;
    enum event_kind kind;
    int64_t campaign, trial, worker; /* 0: does not apply */
    int rung;                        /* -1: does not apply */
    uint64_t lease;
    double value;     /* NaN: does not apply */
    const char *text; /* "" when there is nothing to say */
};

/* Something that a person asked for and got. A search is rebuilt from these too: extend, enqueue and retry are notes.
 */
struct steer_row {
    uint64_t seq; /* of its event */
    int64_t wall_ms;
    const char *who;         /* user@host, as its program says */
    uint64_t request;        /* its number: a repeated one is answered, and not done again */
    int64_t campaign, trial; /* trial: of RETRY and NOTE, else 0 */
    enum steer_action action;
    int64_t n_trials, max_budget, wall_clock_ms; /* of EXTEND, and n_trials of an ENQUEUE that needs room: the new
                                                    limits; 0: as before */
    const double *x;                             /* of ENQUEUE, else NULL */
    int n_x;
    const char *text; /* what was done, in words; of NOTE the note */
};

#define BAD_TRIALS 3 /* trials in a row that break on a worker, before it is set aside */

/* A result from elsewhere, for the model alone. */
struct import_row {
    int64_t campaign;
    int64_t number; /* in its campaign, from 1 */
    uint64_t seq;   /* of the event with which it came */
    int64_t budget; /* of the rung that it counts for */
    double value;   /* NaN: it failed */
    const double *x;
    const char *source;
};

struct worker_row {
    int64_t id;                /* the store's */
    uint64_t key;              /* the worker's own number: the same across its restarts */
    char public_key[KEY_TEXT]; /* that it proved; "": none was asked for */
    const char *name, *host, *version, *kernel;
    int64_t pid, slots, cores;
    int64_t memory_bytes; /* that its slots may take together; 0: not known */
    double load;          /* the machine's load average of the last minute, now and then; NaN: not known */
    int64_t first_seen_ms, last_seen_ms;
    const char *state;          /* here, leaving, gone, set_aside */
    uint64_t session;           /* of its last HELLO */
    int n_bad;                  /* different trials that ended badly on it, since one last reached a rung ... */
    int64_t bad_on[BAD_TRIALS]; /* ... and which; 0-filled */
    int n_set_aside;            /* times that it was set aside since then */
    char why[320];              /* of the last time; "" when never since then */
};

struct blob_row {
    char hash[HASH_TEXT];
    int64_t size;
};

#endif
