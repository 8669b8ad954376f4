/* counts.h: how often everything happened, so that a dial that turns nothing, and a branch that is never seen, is seen.
 */
#ifndef RUNG_TESTS_SIM_COUNTS_H
#define RUNG_TESTS_SIM_COUNTS_H

#include <stdint.h>
#include <stdio.h>

#include "coordinator/core/event.h"
#include "worker/core/session.h"

/* FAULT(NAME, name): what was injected */
/* clang-format off */
#define FAULT_KINDS \
    FAULT(LOSS, "messages lost") \
    FAULT(DUPLICATE, "messages duplicated") \
    FAULT(DELAY, "messages delayed") \
    FAULT(REORDER, "messages reordered") \
    FAULT(CUT, "messages cut by a partition") \
    FAULT(UNROUTABLE, "answers to a connection that is gone") \
    FAULT(PARTITION, "partitions of a worker") \
    FAULT(ONEWAY, "one-way partitions") \
    FAULT(ISOLATION, "partitions of everybody") \
    FAULT(KILL_HUB, "coordinator kills") \
    FAULT(KILL_HUB_DUE, "... between commit and answer") \
    FAULT(KILL_HUB_OPEN, "... inside a transaction") \
    FAULT(KILL_AGENT, "worker kills") \
    FAULT(KILL_AGENT_UNSYNCED, "... between spool and fsync") \
    FAULT(KILL_AGENT_UNSENT, "... between fsync and send") \
    FAULT(POWER_HUB, "coordinator power cuts") \
    FAULT(POWER_AGENT, "worker power cuts") \
    FAULT(GONE, "workers gone for minutes") \
    FAULT(KILL_TRIAL, "trial processes killed") \
    FAULT(CRASH, "trials that exit with an error") \
    FAULT(DIVERGE, "trials that diverge") \
    FAULT(PREEMPT, "trials that ask to be retried") \
    FAULT(STUCK, "trials that get stuck") \
    FAULT(SLOW, "slow trials") \
    FAULT(ABSURD, "absurd reports") \
    FAULT(BAD_LINE, "lines that break the contract") \
    FAULT(LIE, "forged messages") \
    FAULT(LIE_COUNTED, "... that were counted, being plausible") \
    FAULT(DISK_FULL, "full disks of the coordinator") \
    FAULT(COMMIT, "failed commits") \
    FAULT(REFUSED, "refused transactions") \
    FAULT(RESTORE, "older stores that came back") \
    FAULT(SPOOL_FULL, "outcomes without room in the spool") \
    FAULT(SPOOL_ROT, "records of a spool that became unreadable") \
    FAULT(WORK_FULL, "full disks of a worker") \
    FAULT(SPOOL_SYNC, "failed fsyncs of a spool") \
    FAULT(SPOOL_BACK, "forgotten outcomes that came back") \
    FAULT(SAVE, "checkpoints that could not be kept") \
    FAULT(BLOB_LOST, "checkpoints lost by a worker") \
    FAULT(BLOB_GONE, "blobs lost by the coordinator") \
    FAULT(CLOCK, "clock jumps") \
    FAULT(DRAIN, "workers asked to leave") \
    FAULT(PEOPLE, "pauses, resumes and stops") \
    FAULT(BATCH, "turns of more than one message")
/* clang-format on */

#define FAULT(NAME, name) FAULT_##NAME,
enum fault { FAULT_KINDS FAULT_N };
#undef FAULT

enum { COUNTS_EVENTS = 32, COUNTS_MESSAGES = 80, COUNTS_STATES = 5, COUNTS_VERDICTS = 5 };

struct counts {
    uint64_t hub[COUNTS_EVENTS];                                 /* hub_step by enum hub_event_kind */
    uint64_t session[SESSION_N_KINDS];                           /* session_step */
    uint64_t effects[EFFECT_N_KINDS];                            /* of sessions */
    uint64_t to_hub[COUNTS_MESSAGES], to_agent[COUNTS_MESSAGES]; /* messages that arrived, by type */
    uint64_t notes[EVENT_N_KINDS];                               /* events of the journal */
    uint64_t verdicts[COUNTS_VERDICTS];
    uint64_t ended[COUNTS_STATES]; /* campaigns by their last state */
    uint64_t faults[FAULT_N];
    uint64_t rebuilds, refused_messages, dropped_checkpoints, real_commits, real_rebuilds;
};

extern const char *const count_hub_names[COUNTS_EVENTS], *const count_session_names[SESSION_N_KINDS]; /* or NULL */
extern const char *const count_verdicts[COUNTS_VERDICTS];
void counts_verdict(struct counts *c, const char *verdict);
void counts_add(struct counts *to, const struct counts *from);
void counts_print(const struct counts *c, FILE *out); /* members of a JSON object, without its braces */

#endif
