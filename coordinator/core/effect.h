/* effect.h: everything that the hub wants done: rows to keep, and messages to send once the rows are durable.
 * Pure: no I/O, no clock, no globals.
 *
 * The shell saves in the order: campaigns, workers, trials, then `saves` as they stand; commits; and only then sends.
 * What effects point to stays until effects_clear or the next hub_step.
 */
#ifndef RUNG_COORDINATOR_CORE_EFFECT_H
#define RUNG_COORDINATOR_CORE_EFFECT_H

#include <stddef.h>

#include "common/base/err.h"
#include "coordinator/core/event.h"
#include "coordinator/core/rows.h"

struct trial;
struct campaign;

enum save_kind {
    SAVE_RESULT,
    SAVE_ATTEMPT,
    SAVE_DECISION,
    SAVE_EVENT,
    SAVE_BLOB,
    SAVE_SPARE, /* as.blob, its hash alone: once all is committed it may go from the disk, unless a trial's row names it
                 */
    SAVE_IMPORT,
    SAVE_STEER
};

struct save {
    enum save_kind kind;
    union {
        struct result_row result;
        struct attempt_row attempt;
        struct decision_row decision;
        struct event_row event;
        struct blob_row blob;
        struct import_row import; /* x is the event's */
        struct steer_row steer;
    } as;
};

enum send_kind {
    SEND_WELCOME,
    SEND_WHO,
    SEND_GRANT,
    SEND_NOWORK,
    SEND_BEAT_ACK,
    SEND_RESULT_ACK,
    SEND_SUBMITTED,
    SEND_IMPORTED,
    SEND_DONE,
    SEND_REFUSED
};

struct send {
    enum send_kind kind;
    uint64_t peer;
    uint64_t request;
    const struct campaign *campaign; /* GRANT, SUBMITTED, DONE */
    const struct trial *trial;       /* GRANT */
    struct lease_ref *refs;          /* WELCOME: drop; BEAT_ACK: cancel. Owned by the effects */
    int n_refs;
    int64_t ack_trial; /* RESULT_ACK */
    int ack_rung;
    uint64_t ack_lease;
    const char *text;   /* RESULT_ACK: verdict; NOWORK, REFUSED, BEAT_ACK (to leave): why; DONE: what was done */
    enum err_code code; /* REFUSED */
    bool is_new;        /* SUBMITTED */
    int n_taken, n_known, n_low; /* IMPORTED */
};

/* Zeroed is empty. */
struct effects {
    struct campaign **campaigns; /* changed */
    size_t n_campaigns, cap_campaigns;
    struct worker_row *workers;
    size_t n_workers, cap_workers;
    struct trial **trials; /* changed, each once */
    size_t n_trials, cap_trials;
    struct save *saves;
    size_t n_saves, cap_saves;
    struct send *sends;
    size_t n_sends, cap_sends;
    char **texts; /* what saves and sends point to */
    size_t n_texts, cap_texts;
};

void effects_clear(struct effects *fx);
void effects_deinit(struct effects *fx);

void effects_change_campaign(struct effects *fx, struct campaign *c); /* marks it once */
void effects_change_trial(struct effects *fx, struct trial *t);       /* marks it once */
struct worker_row *effects_save_worker(struct effects *fx);
struct save *effects_save(struct effects *fx, enum save_kind kind);
struct send *effects_send(struct effects *fx, enum send_kind kind, uint64_t peer);

/* A formatted text that lives as long as the effects. */
const char *effects_text(struct effects *fx, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct lease_ref *effects_refs(struct effects *fx, int n);

#endif
