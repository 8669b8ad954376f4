/* launcher.h: the programs that start, count and stop workers on some engine; deploy/README.md has their interface.
 */
#ifndef RUNG_COORDINATOR_CLI_LAUNCHER_H
#define RUNG_COORDINATOR_CLI_LAUNCHER_H

#include "common/base/err.h"
#include "common/base/str.h"
#include "coordinator/cli/launch_plan.h"

/* Appends the path of the launcher of that name: the first that is in $RUNG_LAUNCHERS (directories, with colons),
 * $XDG_CONFIG_HOME/rung/launchers, /etc/rung/launchers, or came with this program. ERR_NOT_FOUND lists those that there
 * are. */
int launcher_find(const char *name, struct str *path, struct err *e);

/* A worker, or a place for one, as a line of a launcher has it. All borrow until the callback returns. */
struct launcher_member {
    const char *worker, *state; /* state: running, waiting, stopped, failed */
    const char *where, *id, *text;
};

/* Has the plan's launcher do start, scale, status or stop, and gives each line of its answer to `on_member`. What it
 * says to people goes to standard error by itself. Fails with ERR_IO when its exit status is not 0. */
int launcher_call(const struct launch_plan *plan, const char *verb,
    void (*on_member)(void *context, const struct launcher_member *m), void *context, struct err *e);

/* Has it print the last of what the workers said on standard output, as it is. */
int launcher_print_logs(const struct launch_plan *plan, struct err *e);

#endif
