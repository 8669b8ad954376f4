/* metrics.h: how a coordinator is doing, in Prometheus' text format (version 0.0.4).
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_WEB_METRICS_H
#define RUNG_COORDINATOR_WEB_METRICS_H

#include "common/base/str.h"
#include "coordinator/core/hub.h"

#define METRICS_BUCKETS 8

extern const double metrics_bounds[METRICS_BUCKETS]; /* seconds, ascending */

/* What the shell counts. Zeroed at first. */
struct metrics {
    uint64_t n_turns;  /* of the loop: frames were taken, and answered together */
    uint64_t n_frames; /* taken in them */
    uint64_t
        n_answers[METRICS_BUCKETS]; /* frames by how long until their answer left: up to each bound, not below it */
    uint64_t n_slow;                /* beyond the last bound */
    double answer_seconds;          /* the sum */
    uint64_t n_commits;
    int64_t database_bytes, wal_bytes; /* of the store's files */
};

/* Notes a turn that took `n_frames`, whose answers left after so many seconds. */
void metrics_note_turn(struct metrics *m, uint64_t n_frames, double seconds);

/* `now_ms` is monotonic. */
void metrics_put(const struct metrics *m, const struct hub *h, int64_t now_ms, struct str *out);

#endif
