/* standings.h: who stands where at one rung: its results in the order of their losses, and who of them may be promoted.
 * Pure: no I/O, no clock, no globals.
 *
 * A list of short sorted blocks, each of which knows how many of its entries hold a place and how many wait. So adding
 * a result and finding the first that waits look at the heads of the blocks and into one or two of them, where one
 * sorted array would be moved, and walked through, with every result.
 */
#ifndef RUNG_COORDINATOR_SEARCH_STANDINGS_H
#define RUNG_COORDINATOR_SEARCH_STANDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From the first to the last, what an entry says of its trial. */
enum standing {
    STANDING_NONE,   /* it holds no place: it failed here, or was abandoned */
    STANDING_PLACED, /* it holds a place, and is on its way or gone on */
    STANDING_WAITS   /* it holds a place, and is paused here */
};

struct standings_entry {
    double loss; /* finite */
    uint32_t trial;
    enum standing standing;
};

struct standings_block;

/* Zeroed is empty and valid. */
struct standings {
    struct standings_block **blocks; /* owned; none of them is empty */
    size_t n_blocks, cap_blocks;
    int64_t n_placed; /* entries that hold a place */
};

void standings_deinit(struct standings *s);

void standings_add(struct standings *s, uint32_t trial, double loss, enum standing standing);

/* Sets what the entry says. Asserts that it is there. */
void standings_set(struct standings *s, uint32_t trial, double loss, enum standing standing);

/* The same where the loss is not known any more: looks through all. False when the trial is not there. */
bool standings_set_trial(struct standings *s, uint32_t trial, enum standing standing);
bool standings_remove_trial(struct standings *s, uint32_t trial);

/* The first entry that waits among the first `n_places` that hold a place, and its place from 1. False: there is none.
 */
bool standings_first_waiting(const struct standings *s, int64_t n_places, struct standings_entry *out, int64_t *place);

/* The trials of the first n entries that hold a place, in order. Returns how many there are, at most n. */
int standings_first(const struct standings *s, uint32_t *trials, int n);

/* The loss of the entry that holds this place, from 1 to n_placed. */
double standings_loss_at(const struct standings *s, int64_t place);

#endif
