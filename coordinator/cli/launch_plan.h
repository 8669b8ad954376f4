/* launch_plan.h: what `rung launch` started for a campaign, kept in STORE/launch/CAMPAIGN/launch.json so that `rung
 * scale` and `rung stop` find it again.
 */
#ifndef RUNG_COORDINATOR_CLI_LAUNCH_PLAN_H
#define RUNG_COORDINATOR_CLI_LAUNCH_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/limits.h"
#include "common/base/str.h"

#define LAUNCH_WORDS 32 /* that a launcher gets as they are */

struct launch_plan {
    char campaign[LIMIT_NAME + 1];
    char launcher[LIMIT_NAME + 1]; /* its name */
    int64_t n_workers, slots, idle_exit_s;
    struct str directory; /* STORE/launch/CAMPAIGN, absolute; the launcher's own files are in it too */
    struct str address;   /* where the workers find the coordinator */
    struct str key;       /* the workers' key file, absolute; empty: they need none */
    struct str hosts;     /* the file that lists hosts, absolute; empty: none */
    bool is_copied;       /* the programs go to the hosts first */
    struct str commands;  /* the program of the campaign, which its workers may run; empty: it brings none */
    struct str words[LAUNCH_WORDS];
    int n_words;
};

/* Fills in `campaign` and `directory` for a store; touches nothing on disk. */
int launch_plan_init(struct launch_plan *p, const char *store, const char *campaign, struct err *e);
void launch_plan_deinit(struct launch_plan *p); /* accepts a zeroed one */

void launch_plan_add_word(struct launch_plan *p, const char *word); /* asserts that there is room; copies */

/* After launch_plan_init. 1: it was launched; 0: it never was; -1 with e. */
int launch_plan_load(struct launch_plan *p, struct err *e);
int launch_plan_save(const struct launch_plan *p, struct err *e);

/* Removes the directory and all in it. */
int launch_plan_forget(const struct launch_plan *p, struct err *e);

#endif
