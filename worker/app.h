/* app.h: the agent's shell: frames and processes in, events to the session, and its effects done.
 */
#ifndef RUNG_WORKER_APP_H
#define RUNG_WORKER_APP_H

#include <stdbool.h>

#include "common/base/err.h"
#include "common/io/address.h"
#include "common/io/credential.h"

struct app_options {
    const struct address *address;       /* the coordinator's */
    const struct credential *credential; /* what it shows there */
    const char *directory;               /* the worker's own */
    const char *name;                    /* for people */
    int slots;
    int64_t memory_bytes; /* for all slots together */
    const char *gpus;     /* ids with commas between, for commands; NULL: nothing is said of them */
    const char *cache;    /* of data and files, for all agents of this user; NULL: the usual place */
    int64_t cache_bytes;  /* that it may take beyond what agents hold */
    const char *commands; /* the programs of campaigns that it runs: common/domain/allowed.h; NULL: none */
    int idle_exit_s;      /* 0: never */
};

/* Runs until it is asked to leave. Gives the exit status in *status, or fails before it has begun. */
int app_run(const struct app_options *options, int *status, struct err *e);

#endif
