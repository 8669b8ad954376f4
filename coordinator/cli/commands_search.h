/* commands_search.h: the commands that run the search itself, as the table of commands has them: options to the
 * arguments of the functions of replay.h and simulate.h. Only commands.c includes it.
 */
#ifndef RUNG_COORDINATOR_CLI_COMMANDS_SEARCH_H
#define RUNG_COORDINATOR_CLI_COMMANDS_SEARCH_H

#include "coordinator/cli/options.h"

extern const struct option_row search_replay_rows[], search_simulate_rows[];
extern const char search_replay_detail[], search_simulate_detail[];

int search_replay(const struct options *o, struct err *e);
int search_simulate(const struct options *o, struct err *e);

#endif
