/* command.h: the commands of `rung`, in one table.
 *
 * A command is a row: what it is called, what it takes, one line of what it does, and a function. The work itself is
 * done by plain functions that know nothing of the command line (check.h, run.h, store's best.h, ...); the rows in
 * command.c fit the two together.
 */
#ifndef RUNG_COORDINATOR_CLI_COMMAND_H
#define RUNG_COORDINATOR_CLI_COMMAND_H

#include <stddef.h>

#include "common/base/err.h"
#include "coordinator/cli/options.h"

struct command {
    const char *name;
    const char *words;        /* what it takes beside options, for the help: "CAMPAIGN.json", "[CAMPAIGN]" */
    int min_words, max_words; /* how many of them */
    const char *summary;      /* one line, lower case, without a full stop, at most 56 columns */
    const char *detail;       /* more of the help: whole lines of at most 80 columns, or NULL */
    const struct option_row *options;

    /* Does it: data to standard output, messages to standard error. Returns the exit status (>= 0; what went wrong was
     * said already), or -1 with e, which main prints as "rung NAME: text" and turns into err_exit_status(e->code). */
    int (*run)(const struct options *o, struct err *e);
};

extern const struct command commands[];
extern const size_t n_commands;

/* The command of that name, or NULL with e: ERR_USAGE, with the nearest name. */
const struct command *command_find(const char *name, struct err *e);

/* What `rung NAME --help` says, on standard output. */
void command_print_help(const struct command *c);

/* Runs argv[0], a command's name, with the arguments behind it. Returns the exit status; everything was said. */
int command_run(int argc, char **argv);

#endif
