/* store.h: the coordinator's database in memory: the rows of coordinator/store with the same promises. A transaction is
 * all or nothing, a second counted result of a (trial, rung) is refused, only what was committed survives a crash.
 */
#ifndef RUNG_TESTS_SIM_STORE_H
#define RUNG_TESTS_SIM_STORE_H

#include "common/base/err.h"
#include "coordinator/core/effect.h"
#include "coordinator/core/hub.h"

enum { SIM_PARAMS = 3, SIM_RUNGS = 8 };

struct kept_trial {
    struct trial_row row; /* row.x is not used: */
    double x[SIM_PARAMS];
    int last_result, last_attempt; /* chains through `before`; -1: none */
    bool is_counted[SIM_RUNGS];
};

struct kept_campaign {
    struct campaign_row row; /* no texts, no spec */
    int plan;                /* which of the world's plans */
};

struct kept_result {
    struct result_row row; /* no texts but `verdict`, no curve */
    int before;
    bool has_checkpoint;
    char checkpoint[HASH_TEXT];
};

struct kept_attempt {
    int64_t trial, worker;
    uint64_t lease;
    bool is_open;
    int before;
};

struct kept_steer {
    struct steer_row row; /* no texts; row.x is not used: */
    double x[SIM_PARAMS];
};

/* All rows: what a copy of the store is a copy of. */
struct tables {
    struct kept_trial *trials;
    size_t n_trials, cap_trials;
    struct kept_campaign *campaigns;
    size_t n_campaigns, cap_campaigns;
    struct worker_row *workers;
    size_t n_workers, cap_workers;
    struct event_row *notes; /* EVENT_STARTED to EVENT_ABANDONED */
    size_t n_notes, cap_notes;
    struct kept_steer *steers;
    size_t n_steers, cap_steers;
    struct kept_result *results;
    size_t n_results, cap_results;
    struct kept_attempt *attempts;
    size_t n_attempts, cap_attempts;
    uint64_t seq;  /* of the last event */
    uint64_t boot; /* how often it was opened */
    uint64_t digest_trials, digest_campaigns, digest_workers;
};

struct undo;

struct memory_store {
    struct tables now;
    bool is_in_transaction;
    struct undo *undo; /* of the transaction, or of all since the last power-safe commit */
    size_t n_undo, cap_undo;
    size_t committed; /* of the undo entries, those before are of committed transactions (see mutation commit lies) */
    struct tables marks; /* the counts when the transaction began; its arrays are not used */
    struct tables safe_marks;
};

void memory_deinit(struct memory_store *s);
void tables_copy(struct tables *to, const struct tables *from); /* `to` is zeroed, or a copy that is overwritten */
void tables_deinit(struct tables *t);

void memory_begin(struct memory_store *s);
void memory_commit(struct memory_store *s);
void memory_rollback(struct memory_store *s);
/* What a power cut leaves: with commits that lie, not even the last ones. */
void memory_power_cut(struct memory_store *s);

/* As store_save_* : ERR_INVALID when the rows say that it cannot be. */
int memory_save_campaign(struct memory_store *s, const struct campaign_row *row, int plan, struct err *e);
int memory_save_worker(struct memory_store *s, const struct worker_row *row, struct err *e);
int memory_save_trial(struct memory_store *s, const struct trial_row *row, struct err *e);
int memory_save(struct memory_store *s, const struct save *save, struct err *e);

const struct kept_trial *memory_trial(const struct memory_store *s, int64_t id); /* or NULL */
const struct kept_result *memory_result(const struct memory_store *s, int64_t trial, int rung, uint64_t lease);
const struct kept_attempt *memory_attempt(const struct memory_store *s, int64_t trial, uint64_t lease);
/* False for what only the open transaction has. */
bool memory_is_committed_result(const struct memory_store *s, const struct kept_result *r);
bool memory_is_committed_attempt(const struct memory_store *s, const struct kept_attempt *a);

#endif
