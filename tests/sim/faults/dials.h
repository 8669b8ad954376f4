/* dials.h: everything that a run is made of, as numbers: how large the world is, and how much of it breaks.
 *
 * A seed draws all of them: about half of the faults are off in any one run, so that each is also seen without the
 * others. `--dials name=value,…` sets single ones, and shrinking turns them down one by one.
 */
#ifndef RUNG_TESTS_SIM_DIALS_H
#define RUNG_TESTS_SIM_DIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/rng.h"
#include "common/base/str.h"

/* DIAL(name, smallest, largest, meaning): the shape of the world; shrinking goes down to the smallest. */
/* clang-format off */
#define SHAPES \
    DIAL(agents,      1,   6, "workers") \
    DIAL(slots,       1,   4, "slots of each") \
    DIAL(campaigns,   1,   3, "campaigns, one after the other") \
    DIAL(trials,      3,  40, "trials of each") \
    DIAL(sampler,     0,   2, "0 random, 1 tpe, 2 grid") \
    DIAL(scheduler,   0,   2, "0 hyperband, 1 sync-hyperband, 2 none") \
    DIAL(eta,         2,   4, "reduction between rungs") \
    DIAL(budget,      1,  27, "the largest budget") \
    DIAL(lease,       4,  30, "seconds that a lease lasts") \
    DIAL(where,       0,   1, "1: half of the space is forbidden") \
    DIAL(frames,      0,   1, "1: each message is encoded and decoded") \
    DIAL(sqlite,      0,   1, "1: a real database keeps the same rows, and is compared")

/* DIAL(name, 0, largest, meaning): a fault; 0 is off. bp: hundredths of a percent. */
#define FAULTS \
    DIAL(loss,        0, 3000, "bp of messages that are lost") \
    DIAL(duplicate,   0, 3000, "bp of messages that come twice") \
    DIAL(delay,       0, 5000, "longest delay of a tenth of the messages, ms") \
    DIAL(reorder,     0, 3000, "bp of messages that overtake") \
    DIAL(partition,   0,   40, "partitions of a worker in 1,000 s") \
    DIAL(oneway,      0,   40, "partitions of one direction in 1,000 s") \
    DIAL(isolation,   0,   10, "partitions of all workers in 1,000 s") \
    DIAL(kill_hub,    0,  400, "kills of the coordinator at 100,000 instants") \
    DIAL(kill_agent,  0,  400, "kills of a worker at 100,000 instants") \
    DIAL(power,       0, 5000, "bp of these kills that are power cuts") \
    DIAL(gone,        0, 3000, "bp of killed workers that stay away for minutes") \
    DIAL(kill_trial,  0, 1000, "bp of attempts whose process is killed") \
    DIAL(crash,       0, 1500, "bp of attempts that exit with an error") \
    DIAL(diverge,     0, 1000, "bp of attempts that diverge") \
    DIAL(preempt,     0, 1000, "bp of attempts that ask to be retried elsewhere") \
    DIAL(stuck,       0, 1000, "bp of attempts that report nothing any more") \
    DIAL(slow,        0, 1500, "bp of attempts that take 30 times as long") \
    DIAL(absurd,      0, 1000, "bp of attempts that report absurd numbers") \
    DIAL(bad_line,    0,  500, "bp of attempts that break the trial contract") \
    DIAL(liar,        0,  200, "forged messages in 1,000 s") \
    DIAL(disk_full,   0,   20, "times in 1,000 s that the coordinator's disk is full for a while") \
    DIAL(commit,      0,  100, "bp of commits that fail with an error of the disk") \
    DIAL(refused,     0,  200, "bp of commits whose transaction is refused once") \
    DIAL(restore,     0,    8, "times in 1,000 s that an older copy of the store comes back") \
    DIAL(spool_full,  0, 1000, "bp of outcomes that the worker's disk has no room for") \
    DIAL(spool_rot,   0,   20, "bp of sends at which the record has become unreadable") \
    DIAL(work_full,   0,   20, "times in 1,000 s that a worker's disk is full for a while") \
    DIAL(spool_sync,  0,  200, "bp of a worker's fsyncs that fail") \
    DIAL(save,        0, 1000, "bp of checkpoints that cannot be kept") \
    DIAL(blob_lost,   0,  500, "bp of checkpoints that vanish from a worker's cache") \
    DIAL(blob_gone,   0,  500, "bp of uploads after which the coordinator's disk loses the blob") \
    DIAL(clock,       0,   20, "jumps of the clock of people in 1,000 s") \
    DIAL(drain,       0,   20, "times in 1,000 s that a worker is asked to leave") \
    DIAL(people,      0,   20, "times in 1,000 s that somebody pauses, resumes or stops a campaign") \
    DIAL(batch,       0, 9000, "bp of messages after which the transaction stays open for more")
/* clang-format on */

struct dials {
#define DIAL(name, low, high, meaning) int name;
    SHAPES FAULTS
#undef DIAL
};

enum { DIALS_N = sizeof(struct dials) / sizeof(int) };

struct dial {
    const char *name;
    int low, high;
    bool is_fault;
    const char *meaning;
};
extern const struct dial dial_list[DIALS_N];

void dials_draw(struct dials *d, uint64_t seed);
int *dials_at(struct dials *d, int i);

/* Sets what "name=value,name=value" says. */
int dials_set(struct dials *d, const char *text, struct err *e);

/* What differs from what the seed draws, in the same form. */
void dials_print(const struct dials *d, uint64_t seed, struct str *out);

#endif
