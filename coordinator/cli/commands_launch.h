/* commands_launch.h: `rung launch` and `rung scale`, as rows of the table of commands.
 */
#ifndef RUNG_COORDINATOR_CLI_COMMANDS_LAUNCH_H
#define RUNG_COORDINATOR_CLI_COMMANDS_LAUNCH_H

#include "coordinator/cli/options.h"

extern const struct option_row launch_rows[], launch_scale_rows[];
extern const char launch_detail[], launch_scale_detail[];

int launch_run(const struct options *o, struct err *e);
int launch_scale(const struct options *o, struct err *e);

#endif
