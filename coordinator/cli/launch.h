/* launch.h: `rung launch` and `rung scale`: a campaign whose workers some engine runs, and what was started for it.
 */
#ifndef RUNG_COORDINATOR_CLI_LAUNCH_H
#define RUNG_COORDINATOR_CLI_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/err.h"
#include "coordinator/cli/remote.h"

#define LAUNCH_PORT 7464
#define LAUNCH_IDLE_S 120 /* a worker leaves after so long without work */

struct launch_options {
    struct remote where;    /* connect NULL: find or start the coordinator of the store */
    const char *path;       /* the campaign file */
    const char *on;         /* the launcher's name */
    const char *hosts;      /* a file, or NULL */
    const char *listen;     /* of a coordinator that is started; NULL: as the launcher needs it */
    const char *address;    /* where the workers find the coordinator; NULL: where it listens */
    const char *worker_key; /* the key file of the workers of a coordinator elsewhere; NULL: one is made here */
    bool is_copied;
    int64_t n_workers, slots, idle_exit_s;
    char *const *words; /* for the launcher */
    int n_words;
};

/* Starts or finds the coordinator, submits the campaign, has the launcher start workers, and prints to `out` what there
 * is and what to type next. Again: only what is missing is started. Exit status, or -1 with e. */
int cli_launch(const struct launch_options *options, FILE *out, struct err *e);

enum launch_answer { LAUNCH_TEXT, LAUNCH_JSON, LAUNCH_LOGS };

/* Has the launcher bring the number of workers to `n_workers`; below 0: only says what there is, as lines, as
 * rung.launch/1, or as the last lines of the workers' own logs. */
int cli_scale(
    const char *store, const char *campaign, int64_t n_workers, enum launch_answer form, FILE *out, struct err *e);

/* After `rung stop`: ends what was launched for the campaign, if anything was, and the coordinator that was started for
 * it, if no other campaign goes on there. *was_launched says whether there was anything to end. */
int launch_end(const char *store, const char *campaign, bool *was_launched, struct err *e);

#endif
