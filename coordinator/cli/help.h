/* help.h: what `rung --help` and `rung help` print, and the one table of options in the forms of others: shell
 * completion, and a manual page as scdoc takes it.
 */
#ifndef RUNG_COORDINATOR_CLI_HELP_H
#define RUNG_COORDINATOR_CLI_HELP_H

#include "common/base/err.h"

/* The exit statuses of all commands, by number; README.md has the same table. */
struct help_status {
    int status;
    const char *meaning;
};
extern const struct help_status help_statuses[];
extern const int help_n_statuses;

/* On standard output: all commands by what they are for, on one screen; or a line each. */
void help_print(void);
void help_print_commands(void);

/* For `rung completion`: "bash", "zsh" or "fish"; ERR_USAGE for another. */
int help_print_completion(const char *shell, struct err *e);

/* rung(1). */
void help_print_manual(void);

#endif
