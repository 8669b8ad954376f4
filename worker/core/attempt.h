/* attempt.h: one lease being worked on: the grant, what the trial said so far, and in the end the outcome.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_WORKER_CORE_ATTEMPT_H
#define RUNG_WORKER_CORE_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/domain/failure.h"
#include "common/proto/message.h"
#include "worker/core/contract.h"
#include "worker/core/curve.h"
#include "worker/core/printed.h"
#include "worker/core/session.h"

enum attempt_state {
    ATTEMPT_FETCHING, /* its checkpoint is on its way here */
    ATTEMPT_WAITING,  /* another trial's process still leaves the slot */
    ATTEMPT_RUNNING,  /* in its slot, from the order to start it until the process is gone or warm again */
    ATTEMPT_SAVING,   /* judged; its checkpoint is being taken into the cache */
    ATTEMPT_SPOOLING  /* the outcome is on its way to the disk; then the outbox has it */
};

struct attempt {
    uint64_t id; /* within this process */
    int slot;    /* -1: it never had one */
    enum attempt_state state;
    struct message_grant grant; /* texts owned */
    char *checkpoint_in;        /* once fetched; NULL: none */
    char *checkpoint_out;       /* where the trial writes its own */
    char *directory;            /* where it runs and writes */

    int64_t begun_ms, heard_ms; /* when it was started, when it last reported */
    int64_t slowest_ms;         /* the longest that it took to report again; 0: it has not reported */
    int64_t kill_ms;            /* kill the process then; 0: no such time */
    int64_t retry_ms;           /* SAVING, SPOOLING: try again then; 0: under way */
    bool is_held_up;            /* that was said */
    bool had_no_room;           /* the disk was full while it ran */
    bool is_killed;             /* the order to kill was given */

    struct curve curve;
    int64_t step;            /* of the last report; before the first, what it began with */
    bool has_metric;         /* the last report has the objective's */
    int64_t checkpoint_step; /* of the last checkpoint that it said; -1: none */
    bool is_done;            /* it said so */
    bool speaks;             /* its process said a line of the contract */
    struct printed printed;  /* until then: what it printed since the last report */
    int64_t told_ms;         /* of the last PROGRESS */
    int64_t told_step;       /* what that said */

    enum failure_kind failure; /* NONE until something is wrong */
    char *reason;              /* of the failure, or of the stop */
    bool is_stopping;          /* it was asked to stop; `reason` says why */

    char *kernel;         /* the arithmetic that the trial named; NULL: none */
    char hash[HASH_TEXT]; /* of the saved checkpoint */
    int64_t bytes;
    char *log;
    double seconds;
};

struct attempt *attempt_new(uint64_t id, const struct message_grant *grant); /* copies */
void attempt_free(struct attempt *a);                                        /* accepts NULL */

struct outcome_key attempt_key(const struct attempt *a);
bool attempt_has_process(const struct attempt *a);

/* Takes what the trial said (not CONTINUES, which is the slot's). Fails when it breaks the contract. */
int attempt_hear(struct attempt *a, const struct saying *said, int64_t now_ms, struct err *e);

/* Whether it is a command that has not said a line of the contract so far. */
bool attempt_is_printing(const struct attempt *a);

/* Takes a line that such a command printed. True when it says something new: a report, that it diverged, or (`is_done`)
 * that it goes on beyond its budget. */
bool attempt_hear_printed(struct attempt *a, const char *line, size_t len, int64_t now_ms);

/* From now on it speaks the contract: what was printed before was no report. */
void attempt_begin_speaking(struct attempt *a);

/* Names the failure, unless one is known already: the first cause is the true one. */
void attempt_fail(struct attempt *a, enum failure_kind failure, const char *reason);

/* Notes that it was asked to stop, and why: unless it reaches its rung all the same, it is handed back. */
void attempt_stop(struct attempt *a, const char *reason);

/* Decides what came of it: sets `failure`, or leaves NONE for a result, and drops from the curve what the checkpoint
 * does not have when the trial is handed back. `how` is NULL for a trial that stays for more. */
void attempt_judge(struct attempt *a, const struct session_exit *how);

/* Whether the checkpoint that the trial wrote goes with the outcome. */
bool attempt_wants_save(const struct attempt *a);

/* The outcome, judged and saved. Borrows from the attempt. */
void attempt_message(const struct attempt *a, const struct session_config *config, struct message *out);

#endif
