/* replay.h: every decision of a campaign once more, from its rows, and compared with the one that was kept.
 *
 * A decision follows from the campaign file and from what happened before it: nothing else plays a part, whoever killed
 * what meanwhile. So a search that is told the same must decide the same, bit for bit, on any machine.
 */
#ifndef RUNG_COORDINATOR_REBUILD_REPLAY_H
#define RUNG_COORDINATOR_REBUILD_REPLAY_H

#include "coordinator/store/store.h"

struct replay_report {
    int64_t n_decisions; /* that were kept */
    int64_t n_agreed;    /* before the first that differs; n_decisions when none does */
    uint64_t seq;        /* of that one; 0: none */
    uint64_t saw;        /* the last event before it */
    uint32_t trial;      /* its number; 0: not known */
    struct search_difference difference;
};

/* How far it is; called for each decision. False: enough. */
typedef bool replay_tick(void *context, int64_t n_done, int64_t n_all);

/* Ends at the first decision that differs. -1 with e: the rows cannot be read or contradict each other (ERR_CORRUPT),
 * or `tick` had enough (ERR_INTERRUPTED); *out is to be taken apart (replay_report_deinit) in every case. */
int replay_campaign(struct store *s, const struct campaign_row *row, replay_tick *tick, void *context,
    struct replay_report *out, struct err *e);
void replay_report_deinit(struct replay_report *r);

#endif
