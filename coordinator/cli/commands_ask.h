/* commands_ask.h: the commands that answer from the store, as the table of commands has them: options to the arguments
 * of the functions of asking.h. Only commands.c includes it.
 */
#ifndef RUNG_COORDINATOR_CLI_COMMANDS_ASK_H
#define RUNG_COORDINATOR_CLI_COMMANDS_ASK_H

#include "coordinator/cli/options.h"

extern const struct option_row ask_rows[], ask_best_rows[], ask_table_rows[], ask_trials_rows[], ask_curve_rows[],
    ask_importance_rows[], ask_logs_rows[], ask_events_rows[];
extern const char ask_detail[], ask_table_detail[], ask_store_detail[], ask_best_detail[], ask_curve_detail[],
    ask_importance_detail[];

int ask_best(const struct options *o, struct err *e);
int ask_trials(const struct options *o, struct err *e);
int ask_show(const struct options *o, struct err *e);
int ask_curve(const struct options *o, struct err *e);
int ask_brackets(const struct options *o, struct err *e);
int ask_workers(const struct options *o, struct err *e);
int ask_campaigns(const struct options *o, struct err *e);
int ask_explain(const struct options *o, struct err *e);
int ask_importance(const struct options *o, struct err *e);
int ask_logs(const struct options *o, struct err *e);
int ask_events(const struct options *o, struct err *e);
int ask_decisions(const struct options *o, struct err *e);

#endif
