/* commands_keys.h: the commands about keys as the table of commands has them: options to the arguments of the functions
 * of keygen.h. Only commands.c includes it.
 */
#ifndef RUNG_COORDINATOR_CLI_COMMANDS_KEYS_H
#define RUNG_COORDINATOR_CLI_COMMANDS_KEYS_H

#include "coordinator/cli/options.h"

extern const struct option_row keys_make_rows[], keys_allow_rows[], keys_list_rows[], keys_revoke_rows[],
    keys_invite_rows[];
extern const char keys_make_detail[], keys_allow_detail[], keys_list_detail[], keys_revoke_detail[],
    keys_invite_detail[];

int keys_make(const struct options *o, struct err *e);
int keys_allow(const struct options *o, struct err *e);
int keys_list(const struct options *o, struct err *e);
int keys_revoke(const struct options *o, struct err *e);
int keys_invite(const struct options *o, struct err *e);

#endif
