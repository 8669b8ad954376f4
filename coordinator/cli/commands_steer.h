/* commands_steer.h: the commands that change a campaign, and the page on which people do, as the table of commands has
 * them: options to the arguments of the functions of steer.h. Only commands.c includes it.
 */
#ifndef RUNG_COORDINATOR_CLI_COMMANDS_STEER_H
#define RUNG_COORDINATOR_CLI_COMMANDS_STEER_H

#include "coordinator/cli/options.h"

extern const struct option_row steer_rows[], steer_extend_rows[], steer_retry_rows[], steer_drain_rows[],
    steer_web_rows[];
extern const char steer_extend_detail[], steer_enqueue_detail[], steer_retry_detail[], steer_drain_detail[],
    steer_web_detail[];

int steer_pause(const struct options *o, struct err *e);
int steer_resume(const struct options *o, struct err *e);
int steer_stop(const struct options *o, struct err *e);
int steer_extend(const struct options *o, struct err *e);
int steer_enqueue(const struct options *o, struct err *e);
int steer_retry(const struct options *o, struct err *e);
int steer_note(const struct options *o, struct err *e);
int steer_drain(const struct options *o, struct err *e);
int steer_web(const struct options *o, struct err *e);

#endif
