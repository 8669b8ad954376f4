#include "coordinator/cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/exit_status.h"
#include "common/base/mem.h"
#include "common/base/str.h"

const struct command *command_find(const char *name, struct err *e)
{
    for (size_t i = 0; i < n_commands; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    const char **names = mem_zalloc(n_commands, sizeof *names);
    for (size_t i = 0; i < n_commands; i++)
        names[i] = commands[i].name;
    const char *nearest = str_nearest(name, names, n_commands);
    free(names);
    if (nearest)
        err_set(e, ERR_USAGE, "there is no command \"%s\"; is it %s?", name, nearest);
    else
        err_set(e, ERR_USAGE, "there is no command \"%s\"; rung --help lists those that are", name);
    return NULL;
}

void command_print_help(const struct command *c)
{
    printf("rung %s: %s\n\nusage: rung %s [OPTION...]%s%s\n", c->name, c->summary, c->name, *c->words ? " " : "",
        c->words);
    if (c->detail)
        printf("\n%s", c->detail);
    putchar('\n');
    options_print(c->options);
}

static int check_words(const struct command *c, const struct options *o, struct err *e)
{
    if (o->n_words >= c->min_words && o->n_words <= c->max_words)
        return 0;
    if (o->n_words > c->max_words)
        return err_set(e, ERR_USAGE, "\"%s\" is one word too many; usage: rung %s [OPTION...]%s%s",
            o->words[c->max_words], c->name, *c->words ? " " : "", c->words);
    return err_set(e, ERR_USAGE, "something is missing; usage: rung %s [OPTION...] %s", c->name, c->words);
}

static int run_found(const struct command *c, int argc, char **argv, struct err *e)
{
    struct options o;
    if (options_read(&o, c->options, argc, argv, e) < 0)
        return -1;
    if (o.wants_help) {
        command_print_help(c);
        return EXIT_STATUS_OK;
    }
    if (check_words(c, &o, e) < 0)
        return -1;
    return c->run(&o, e);
}

int command_run(int argc, char **argv)
{
    struct err e = { 0 };
    const struct command *c = command_find(argv[0], &e);
    if (!c) {
        fprintf(stderr, "rung: %s\n", e.text);
        return err_exit_status(e.code);
    }
    int status = run_found(c, argc, argv, &e);
    if (status >= 0)
        return status;
    fprintf(stderr, "rung %s: %s\n", c->name, e.text);
    return err_exit_status(e.code);
}
