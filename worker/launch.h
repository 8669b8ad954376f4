/* launch.h: from a grant to the words and the environment of a program. */
#ifndef RUNG_WORKER_LAUNCH_H
#define RUNG_WORKER_LAUNCH_H

#include <stddef.h>

#include "common/base/err.h"
#include "common/proto/message.h"

/* Zeroed is empty. Both arrays end with NULL and are owned, as their texts are. */
struct launch {
    char **argv, **environment;
    size_t n_argv, cap_argv, n_environment, cap_environment;
    char *directory; /* where it runs */
};

/* Where an attempt is worked on. */
struct launch_place {
    int slot;
    const char *directory; /* the attempt's own */
    const char *checkpoint_in, *checkpoint_out;
    const char *gpus; /* ids with commas between, of those that commands share by slot; NULL: nothing is said of them */
    const char *trainer; /* the built-in's program */
    const char *python;  /* the directory of rung.py, or NULL */
};

int launch_count_gpus(const char *ids); /* with commas between: how many, at most LIMIT_SLOTS */

/* Fills in what the grant says: the built-in trainer in the attempt's own directory, or the command in the campaign's,
 * its placeholders replaced; for a command it also writes config.json into the attempt's directory, which must exist.
 * ERR_INVALID and ERR_NOT_FOUND say why it cannot run here. */
int launch_plan(struct launch *l, const struct message_grant *grant, const struct launch_place *place, struct err *e);
void launch_deinit(struct launch *l);

#endif
