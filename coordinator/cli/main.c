/* main.c: the program `rung`: what people type. It opens nothing before it knows which command is meant. */
#include <stdio.h>
#include <string.h>

#include "common/base/exit_status.h"
#include "common/base/log.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/help.h"

/* `rung help [COMMAND|all]`, `rung --help`. */
static int help(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "all") == 0) {
        argc < 2 ? help_print() : help_print_commands();
        return EXIT_STATUS_OK;
    }
    struct err e = { 0 };
    const struct command *c = command_find(argv[1], &e);
    if (!c) {
        fprintf(stderr, "rung: %s\n", e.text);
        return err_exit_status(e.code);
    }
    command_print_help(c);
    return EXIT_STATUS_OK;
}

int main(int argc, char **argv)
{
    log_open("rung", LOG_INFO);
    if (argc < 2) {
        fputs("rung: which command? rung --help lists them\n", stderr);
        return err_exit_status(ERR_USAGE);
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
        puts("rung " RUNG_VERSION);
        return EXIT_STATUS_OK;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return help(argc - 1, argv + 1);
    if (strcmp(argv[1], "--help-as") == 0 && argc == 3 && strcmp(argv[2], "scdoc") == 0) { /* for the build */
        help_print_manual();
        return EXIT_STATUS_OK;
    }
    return command_run(argc - 1, argv + 1);
}
