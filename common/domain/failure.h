/* failure.h: why an attempt ended without its rung. The names stand in the protocol and in the database.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COMMON_DOMAIN_FAILURE_H
#define RUNG_COMMON_DOMAIN_FAILURE_H

#include <stdbool.h>

enum failure_kind {
    FAILURE_NONE = -1, /* the rung was reached, or nothing is wrong yet; has no name */
    FAILURE_LOST,      /* the worker or its machine is gone */
    FAILURE_PREEMPTED, /* handed back: the worker was asked to leave, or the trial asked to be retried elsewhere */
    FAILURE_PROGRESS_TIMEOUT, /* it reported nothing for too long */
    FAILURE_TRIAL_TIMEOUT,    /* it took too long */
    FAILURE_OUT_OF_MEMORY,
    FAILURE_EXIT,     /* the program ended badly, or broke the trial contract */
    FAILURE_DIVERGED, /* a number that is not finite */
    FAILURE_REFUSED,  /* a configuration or a program that cannot be run */
    FAILURE_N_KINDS
};

extern const char *const failure_kind_names[FAILURE_N_KINDS];

/* The kind of that name, or FAILURE_NONE when there is none. */
enum failure_kind failure_kind_from_name(const char *name);

/* True when it is the configuration's own fault: it counts as worst, and is not tried again. */
bool failure_is_own(enum failure_kind kind);

#endif
