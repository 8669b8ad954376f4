/* fleet.h: the processes of `rung run`: a coordinator on a store, and workers beside it, each for a trial at a time.
 */
#ifndef RUNG_COORDINATOR_CLI_FLEET_H
#define RUNG_COORDINATOR_CLI_FLEET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "coordinator/cli/child.h"

struct fleet {
    char *store; /* owned */
    struct child coordinator;
    struct child *workers; /* owned */
    int n_workers;
};

/* Makes the directories for logs and workers in `store`, which is there, and starts nothing. The programs are those
 * beside the one that runs. n_slots: of each worker, what a trial takes. */
int fleet_init(struct fleet *f, const char *store, const char *address, int n_workers, int n_slots, struct err *e);
void fleet_deinit(struct fleet *f); /* kills what still runs, and waits for it; accepts a zeroed one */

int fleet_start_coordinator(struct fleet *f, int64_t now_ms, struct err *e);
int fleet_start_workers(struct fleet *f, int64_t now_ms, struct err *e);

/* Starts again what has died: child_tend for all. */
int fleet_tend(struct fleet *f, int64_t now_ms, struct err *e);

/* As child_end; fleet_has_* is false once they are gone. */
void fleet_end_workers(struct fleet *f, int signal);
bool fleet_has_workers(struct fleet *f);
void fleet_end_coordinator(struct fleet *f, int signal);
bool fleet_has_coordinator(struct fleet *f);

#endif
