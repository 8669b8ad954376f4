/* hub.h: the coordinator's heart: one function that takes what happened and says what to do about it.
 * Pure: no I/O, no clock, no globals. Reading order: event.h, effect.h, this, hub.c.
 *
 *     hub_step(hub, event) -> effects: rows to save (one transaction), then messages to send
 *
 * The hub is rebuilt from the rows at every start, and after a commit that failed: hub_new, hub_load_* in the order
 * below, hub_start.
 */
#ifndef RUNG_COORDINATOR_CORE_HUB_H
#define RUNG_COORDINATOR_CORE_HUB_H

#include "coordinator/core/campaign.h"
#include "coordinator/core/effect.h"
#include "coordinator/core/event.h"
#include "coordinator/core/roster.h"
#include "coordinator/core/rows.h"

struct hub_settings {
    int64_t lease_ms;     /* a lease ends when nothing was heard of it for so long */
    int64_t heartbeat_ms; /* what workers are told */
};

struct hub; /* fields in hub_state.h, for this directory alone */

struct hub *hub_new(const struct hub_settings *settings, uint64_t boot); /* returns owned */
void hub_free(struct hub *h);

/* Loading, in this order: workers, campaigns (spec is taken), trials of campaigns that are not over by ascending id,
 * the notes of those campaigns in the order of seq, what people steered among them, their imports, the blobs. A row
 * that contradicts another fails with ERR_CORRUPT. Of a campaign that is over the two counts stand for its notes. */
int hub_load_worker(struct hub *h, const struct worker_row *row, struct err *e);
int hub_load_campaign(
    struct hub *h, const struct campaign_row *row, struct campaign_spec *spec, struct rules rules, struct err *e);
int hub_load_trial(struct hub *h, const struct trial_row *row, struct err *e);
int hub_load_import(struct hub *h, const struct import_row *row, int n_x, struct err *e);
int hub_load_limits(struct hub *h, const struct steer_row *row, struct err *e); /* of each EXTEND, before the trials */
void hub_load_metrics(struct hub *h, int64_t campaign, const char *metrics);    /* of its best trial; copies */
void hub_load_counts(struct hub *h, int64_t campaign, int64_t n_results, int64_t n_reached);
int hub_load_steer(struct hub *h, const struct steer_row *row, struct err *e);
int hub_load_note(struct hub *h, const struct event_row *row, struct err *e);
void hub_start(struct hub *h, uint64_t last_seq, int64_t last_trial, int64_t now_ms);

/* A campaign that was over at start has no search. Before an event that brings it back to life: this, then its notes
 * and steers again. */
bool hub_needs_search(const struct hub *h, const struct hub_event *event);
void hub_open_search(struct hub *h, int64_t campaign);

/* A trial that is over, and known, has let go of its checkpoint: so its row says already. */
void hub_forget_checkpoint(struct hub *h, int64_t trial);

void hub_step(struct hub *h, const struct hub_event *event, struct effects *fx);

/* ---- looking, for the shell, the status and the bridge ---- */

uint64_t hub_boot(const struct hub *h);
uint64_t hub_seq(const struct hub *h); /* of the last event */
const struct hub_settings *hub_settings(const struct hub *h);
size_t hub_n_campaigns(const struct hub *h);
const struct campaign *hub_campaign(const struct hub *h, size_t i);
const struct campaign *hub_campaign_of(const struct hub *h, int64_t id);         /* NULL when there is none */
size_t hub_place_of(const struct hub *h, const struct campaign *c);              /* hub_campaign gives it there */
const struct campaign *hub_find_campaign(const struct hub *h, const char *name); /* NULL when there is none */
const struct trial *hub_find_trial(
    const struct hub *h, int64_t id); /* NULL: unknown, or of a campaign that was over at start */
size_t hub_n_running(const struct hub *h);
const struct trial *hub_running(const struct hub *h, size_t i);
const struct roster *hub_roster(const struct hub *h);

/* The last events worth a line to people, since the start; members as event_row has them. */
struct hub_news {
    uint64_t seq;
    int64_t now_ms; /* monotonic */
    enum event_kind kind;
    int64_t campaign, trial, worker;
    int rung;
    double value;
    char text[160]; /* cut */
};
#define HUB_NEWS 64
size_t hub_n_news(const struct hub *h);
const struct hub_news *hub_news(const struct hub *h, size_t i); /* 0: the newest */

#endif
