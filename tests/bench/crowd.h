/* crowd.h: many workers in one process, on real ZeroMQ sockets, each a connection of its own: what a coordinator hears
 * from a cluster, without the trials. Each joins, asks, takes what it is granted, and reports the rung's curve at once
 * or at its turn; repeats what is not acknowledged; beats. One thread, one epoll set over the sockets' descriptors.
 */
#ifndef RUNG_TESTS_BENCH_CROWD_H
#define RUNG_TESTS_BENCH_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crowd_options {
    const char *address;
    int n_workers;
    int64_t seed;
    double pause_seconds; /* between a grant and its result: what sets the rate, when positive */
    bool is_idle;         /* never asks */
};

struct crowd_counts {
    uint64_t results;  /* acknowledged */
    uint64_t repeated; /* RESULTs that were sent again */
    uint64_t welcomed; /* workers that the present boot of the coordinator knows */
    uint64_t boot;
    float *latencies; /* milliseconds from the first RESULT to its acknowledgement; borrowed, the newest n_latencies */
    size_t n_latencies;
};

struct crowd;

struct crowd *crowd_open(const struct crowd_options *options); /* returns owned; ends the process when it cannot */
void crowd_close(struct crowd *c);

/* Lets it live until the monotonic time `end_seconds`, or until `is_enough` says so (it may be NULL). */
void crowd_run(
    struct crowd *c, double end_seconds, bool (*is_enough)(const struct crowd_counts *, void *), void *context);

struct crowd_counts crowd_counts(const struct crowd *c);
void crowd_forget(struct crowd *c); /* starts the counts of results and latencies anew */

double crowd_now(void); /* monotonic seconds */

#endif
