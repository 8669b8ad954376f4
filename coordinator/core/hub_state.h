/* hub_state.h: the hub's fields and the steps that its files share. For coordinator/core alone.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_CORE_HUB_STATE_H
#define RUNG_COORDINATOR_CORE_HUB_STATE_H

#include "coordinator/core/hub.h"

#define SILENT_BEATS 2       /* beats in a row in which the holder does not list a lease: it never got the GRANT */
#define BREAKS_MAX 10        /* times that a trial may be lost or stuck at one rung, wherever */
#define BREAKS_ON_WORKERS 3  /* or on so many different workers, before it is set aside */
#define HOPELESS_FAILURES 10 /* failures without a single success that end a campaign */
#define RETRY_MS 1000        /* wait before a lost trial is tried again; doubles each time */
#define STEERS_KEPT 64       /* of the last requests to steer, so that a repeated one is known */
#define RAN_SAVE_MS 5000     /* how often the time that a campaign ran is stored */
#define LOAD_SAVE_MS 60000   /* how often the load of a machine is */

struct hub {
    struct hub_settings settings;
    uint64_t boot;
    uint64_t seq;
    uint64_t n_steps;
    int64_t last_trial; /* the highest id given */
    int64_t tick_ms;    /* of the last tick, 0 before the first */
    struct roster roster;
    struct campaign **campaigns;
    size_t n_campaigns, cap_campaigns;
    struct trial **by_id; /* ascending; ids have gaps where a backup was restored */
    size_t n_by_id, cap_by_id;
    struct trial **running; /* leased trials, in no order */
    size_t n_running, cap_running;
    struct steered {
        uint64_t request;
        int64_t campaign;
        char *text; /* owned: the answer */
    } steers[STEERS_KEPT];
    size_t n_steers; /* ever: the next goes to n_steers % STEERS_KEPT */
    struct hub_news news[HUB_NEWS];
    size_t n_news;        /* ever: the next goes to n_news % HUB_NEWS */
    size_t next_campaign; /* where the last grant stopped: of campaigns with equal shares each has its turn */
    uint64_t n_looks;     /* for work, ever */
};

/* The next event's row, already in the journal: fill what applies. */
struct event_row *hub_log(struct hub *h, const struct hub_event *e, struct effects *fx, enum event_kind kind,
    const struct campaign *c, const struct trial *t);

void hub_index_trial(struct hub *h, struct trial *t);

/* hub_lease.c: who runs what. */
void hub_lease(struct hub *h, const struct hub_event *e, struct effects *fx, struct trial *t, struct worker *w);
void hub_list_running(struct hub *h, struct trial *t); /* puts it among the running, and its worker's count with it */
void hub_unlease(
    struct hub *h, struct trial *t); /* the trial leaves the running list; its state is the caller's to move */
void hub_lose(struct hub *h, const struct hub_event *e, struct effects *fx, struct trial *t, enum failure_kind kind,
    const char *why); /* an attempt ended that teaches nothing: again, elsewhere, or set aside */
void hub_worker_gone(struct hub *h, const struct hub_event *e, struct effects *fx, struct worker *w, const char *why);
void hub_expire(struct hub *h, const struct hub_event *e, struct effects *fx);

/* hub_trust.c: which workers are given work. `w` may be NULL: nobody is known. */
bool hub_prefers_another(
    const struct hub *h, const struct trial *t, const struct worker *w); /* it broke here, and may not elsewhere */
void hub_worker_did_badly(struct hub *h, const struct hub_event *e, struct effects *fx, struct worker *w,
    const struct trial *t, const char *why);
void hub_worker_did_well(struct hub *h, const struct hub_event *e, struct effects *fx, struct worker *w);
void hub_worker_restarted(struct hub *h, const struct hub_event *e, struct effects *fx, struct worker *w);
void hub_reconsider(struct hub *h, const struct hub_event *e, struct effects *fx); /* at each tick */
void hub_start_trust(struct hub *h, int64_t now_ms);

/* hub_result.c: what trials achieved. */
void hub_lose_checkpoint(struct hub *h, const struct hub_event *e, struct effects *fx); /* its trials start at 0 */
void hub_outcome(struct hub *h, const struct hub_event *e, struct effects *fx);
void hub_end_attempt(const struct hub *h, const struct hub_event *e, struct effects *fx, const struct trial *t,
    uint64_t lease, int64_t worker, const char *outcome, const char *reason);

/* hub_watchdog.c: after a counted result: is the order of the rung where new trials begin worth anything? */
void hub_watch_agreement(struct hub *h, const struct hub_event *e, struct effects *fx, struct campaign *c);

/* hub_recent.c: what people see of the last minutes; nothing depends on it. */
void hub_remember_news(struct hub *h, const struct hub_event *e, const struct effects *fx); /* once fx is complete */
void hub_note_live(struct trial *t, int64_t step, double value);
void hub_forget_live(struct trial *t);

/* hub_quota.c: limits.checkpoints. */
void hub_keep_quotas(struct hub *h, const struct hub_event *e, struct effects *fx);
void hub_spare_blob(
    struct effects *fx, const struct campaign *c, const char *hash); /* "" is fine; no quota: it stays */

/* hub_import.c: what the model learns from elsewhere. */
void hub_import(struct hub *h, const struct hub_event *e, struct effects *fx);

/* hub_pace.c: which machines are slow. The pace of a result is its seconds for a unit of budget. */
void hub_note_pace(const struct hub_event *e, const struct trial *t, struct worker *w); /* before it is counted */
int hub_slots_of_faster(const struct hub *h, const struct campaign *c, const struct worker *w); /* 0: w is not slow */
/* A queued trial, behind n_before others that wait for one of n_faster slots: leave it to them? */
bool hub_waits_for_faster(
    const struct hub_event *e, struct trial *t, const struct worker *w, int n_faster, int n_before);

/* hub_drain.c: workers that are asked to leave. A worker hears of it with the answer to each BEAT. */
void hub_drain(struct hub *h, const struct hub_event *e, struct effects *fx);
struct send *hub_answer_beat(struct effects *fx, const struct worker *w);

/* hub_steer.c: what people ask for. */
void hub_steer(struct hub *h, const struct hub_event *e, struct effects *fx);
void hub_remember_steer(struct hub *h, uint64_t request, int64_t campaign, const char *text);

/* hub_assign.c: work for free slots, and the end of campaigns. */
void hub_assign(struct hub *h, const struct hub_event *e, struct effects *fx);
void hub_finish(struct hub *h, const struct hub_event *e, struct effects *fx, struct campaign *c,
    enum campaign_state state, const char *why);

#endif
