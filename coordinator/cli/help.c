#include "coordinator/cli/help.h"

#include <stdio.h>
#include <string.h>

#include "coordinator/cli/command.h"

/* clang-format off */
const struct help_status help_statuses[] = {
    { 0,   "done" },
    { 1,   "it failed while running" },
    { 2,   "the command line or a file is wrong, and the message says where" },
    { 3,   "no such file, campaign or trial" },
    { 4,   "nobody answers: is rungd running?" },
    { 5,   "somebody answers, and refuses" },
    { 6,   "the campaign is over, and no trial succeeded" },
    { 7,   "the campaign was stopped" },
    { 8,   "the campaign is over, and --until did not hold" },
    { 65,  "the database is damaged" },
    { 124, "it took longer than --timeout allows" },
    { 130, "interrupted" },
};
const int help_n_statuses = sizeof help_statuses / sizeof *help_statuses;

/* What the commands are for; those that stand nowhere come last. */
static const struct { const char *title, *names; } groups[] = {
    { "launch",    " run launch scale final check plan simulate submit " },
    { "watch",     " watch status web logs events " },
    { "ask",       " best trials show curve explain importance brackets decisions replay workers campaigns " },
    { "steer",     " pause resume stop extend enqueue retry note drain " },
    { "elsewhere", " export import " },
    { "keep",      " backup rm gc " },
    { "access",    " keygen invite allow keys revoke " },
    { "shell",     " completion " },
    { "more",      "" },
};
/* clang-format on */
enum { N_GROUPS = sizeof groups / sizeof *groups, GROUP_COLUMNS = 80, TITLE_COLUMNS = 11 };

static int group_of(const struct command *c)
{
    char word[64];
    snprintf(word, sizeof word, " %s ", c->name);
    for (int g = 0; g + 1 < N_GROUPS; g++)
        if (strstr(groups[g].names, word))
            return g;
    return N_GROUPS - 1;
}

static void print_group(int group)
{
    int column = 0;
    for (size_t i = 0; i < n_commands; i++) {
        if (group_of(&commands[i]) != group)
            continue;
        int width = (int)strlen(commands[i].name) + 2;
        if (column == 0 || column + width > GROUP_COLUMNS) {
            printf("%s  %-*s", column ? "\n" : "", TITLE_COLUMNS - 2, column ? "" : groups[group].title);
            column = TITLE_COLUMNS;
        }
        column += printf("  %s", commands[i].name);
    }
    if (column)
        putchar('\n');
}

void help_print(void)
{
    puts("rung: a hyperparameter search that goes on after every kill\n\nusage: rung COMMAND [OPTION...] [WORD...]\n");
    for (int g = 0; g < N_GROUPS; g++)
        print_group(g);
    puts("\n  rung run deploy/quickstart.json        a first campaign\n"
         "  rung best                              what it found\n"
         "  rung trials --where \"value < 0.1\"      those trials, as SQL has it\n\n"
         "rung COMMAND --help says more; rung help all has a line for each; rung --version");
}

void help_print_commands(void)
{
    for (size_t i = 0; i < n_commands; i++)
        printf("%-10s  %s\n", commands[i].name, commands[i].summary);
}
