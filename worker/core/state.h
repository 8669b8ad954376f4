/* state.h: what a session holds, for the files of the core that share it: session.c (the coordinator, the clock),
 * intake.c (from a grant to a process), running.c (while it runs), ending.c (from the end to the spool).
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_WORKER_CORE_STATE_H
#define RUNG_WORKER_CORE_STATE_H

#include "common/base/rng.h"
#include "worker/core/attempt.h"
#include "worker/core/link.h"
#include "worker/core/outbox.h"
#include "worker/core/session.h"

enum place_state {
    PLACE_EMPTY,
    PLACE_BUSY,   /* a process works on `attempt` */
    PLACE_WARM,   /* a process waits for more of its trial */
    PLACE_LEAVING /* it was told end of file, or was killed; `attempt`, if any, waits for the place */
};

/* One slot, as the core sees it. */
struct place {
    enum place_state state;
    bool continues;          /* the process said so */
    bool was_heard;          /* the process has said something */
    struct attempt *attempt; /* that works or waits here; NULL: the slot is free */
    char *directory;         /* of the process */
    uint64_t trial;          /* WARM: whose process it is … */
    int64_t reached;         /* … the step that it reached … */
    char hash[HASH_TEXT];    /* … and the checkpoint that it wrote there */
    int64_t since_ms;        /* WARM: since when */
    int64_t kill_ms;         /* LEAVING: when patience ends; 0: it was killed */
};

#define N_FINISHED 256 /* leases that are remembered after their end, against grants that come twice */

struct session {
    struct session_config config; /* texts owned */
    struct rng rng;               /* pauses alone */
    struct link link;
    struct outbox outbox;
    struct place places[LIMIT_SLOTS];
    struct attempt **attempts; /* held, and not yet in the outbox */
    size_t n_attempts, cap_attempts;
    uint64_t last_attempt;
    int64_t load;                            /* of the machine, in hundredths; 0: not known */
    struct outcome_key finished[N_FINISHED]; /* a ring */
    size_t n_finished;
    int64_t asked;    /* free slots that the coordinator knows of; -1: none said */
    int64_t ask_ms;   /* when to say it again */
    int64_t quiet_ms; /* since when there is nothing to do; -1: there is */
    int64_t leave_ms; /* draining, nothing runs any more: leave then at the latest; 0: not so far */
    bool has_no_room; /* the disk is full: nothing new is asked for */
    bool is_draining;
    bool is_orphan; /* what ran was handed back because nobody was heard for so long */
    bool is_over;
};

/* ---- intake.c ---- */
int session_count_free(const struct session *s); /* slots; a trial may take several */
void session_take_grant(
    struct session *s, const struct message_grant *grant, int64_t now_ms, struct session_effects *fx);
void session_take_fetched(struct session *s, const struct session_event *event, struct session_effects *fx);
void session_start_waiting(struct session *s, int slot, int64_t now_ms, struct session_effects *fx);

/* ---- running.c ---- */
void session_take_line(struct session *s, const struct session_event *event, struct session_effects *fx);
void session_take_printed(struct session *s, const struct session_event *event, struct session_effects *fx);
void session_watch_slots(struct session *s, int64_t now_ms, struct session_effects *fx);
void session_stop_attempt(struct session *s, struct attempt *a, const char *reason, int64_t patience_ms, int64_t now_ms,
    struct session_effects *fx);
void session_stop_all(struct session *s, const char *reason, int64_t now_ms, struct session_effects *fx);
void session_end_warm(struct session *s, int slot, int64_t now_ms, struct session_effects *fx);

/* ---- ending.c ---- */
struct attempt *session_find_attempt(const struct session *s, uint64_t id);                  /* or NULL */
struct attempt *session_find_lease(const struct session *s, uint64_t trial, uint64_t lease); /* or NULL */
bool session_is_finished(const struct session *s, uint64_t trial, uint64_t lease);

/* Judges the attempt, lets go of its slot, and begins to save it; `how` is NULL for a trial that stays for more, or one
 * that never ran. */
void session_end_attempt(
    struct session *s, struct attempt *a, const struct session_exit *how, int64_t now_ms, struct session_effects *fx);
void session_take_exit(struct session *s, const struct session_event *event, struct session_effects *fx);
void session_take_saved(struct session *s, const struct session_event *event, struct session_effects *fx);
void session_take_spooled(struct session *s, const struct session_event *event, struct session_effects *fx);
void session_spool_again(struct session *s, int64_t now_ms, struct session_effects *fx);

#endif
