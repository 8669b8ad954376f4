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

/* Fills in what the grant says: the built-in trainer `trainer` in the attempt's own directory, or the command in the
 * campaign's. ERR_INVALID and ERR_NOT_FOUND say why it cannot run here. */
int launch_plan(struct launch *l, const struct message_grant *grant, int slot, const char *attempt_directory,
    const char *trainer, struct err *e);
void launch_deinit(struct launch *l);

#endif
