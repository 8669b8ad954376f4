/* rung(1), as scdoc takes it: build/rung --help-as scdoc | scdoc > rung.1 */
#include <stdio.h>
#include <string.h>

#include "coordinator/cli/command.h"
#include "coordinator/cli/help.h"

/* What scdoc would take for its own marks gets a backslash. */
static void print_plain(const char *text)
{
    for (; *text; text++) {
        if (strchr("\\*_<>#[]`~.-+|", *text))
            putchar('\\');
        putchar(*text);
    }
}

static void print_option(char letter, const char *name, const char *value, const char *help)
{
    putchar('*');
    if (letter)
        printf("-%c*, *", letter);
    fputs("--", stdout);
    print_plain(name);
    putchar('*');
    if (value) {
        fputs(" _", stdout);
        print_plain(value);
        putchar('_');
    }
    fputs("\n\t", stdout);
    print_plain(help);
    fputs("\n\n", stdout);
}

static void print_command(const struct command *c)
{
    printf("## rung %s\n\n", c->name);
    printf("*rung %s* [_OPTION_...]", c->name);
    if (*c->words) {
        putchar(' ');
        print_plain(c->words);
    }
    fputs("\n\n", stdout);
    print_plain(c->detail ? c->detail : c->summary);
    fputs(c->detail ? "\n" : "\n\n", stdout);
    for (const struct option_row *row = c->options; row && row->name; row++)
        print_option(row->letter, row->name, row->value, row->help);
}

static void print_statuses(void)
{
    puts("# EXIT STATUS\n");
    for (int i = 0; i < help_n_statuses; i++) {
        printf("*%d*\n\t", help_statuses[i].status);
        print_plain(help_statuses[i].meaning);
        fputs("\n\n", stdout);
    }
}

void help_print_manual(void)
{
    puts("rung(1) \"rung " RUNG_VERSION
         "\"\n\n# NAME\n\nrung - a hyperparameter search that goes on after every kill\n\n"
         "# SYNOPSIS\n\n*rung* _COMMAND_ [_OPTION_...] [_WORD_...]\n\n# DESCRIPTION\n");
    puts("A campaign file says what to search; *rung run* searches on this machine, *rung submit* gives it to a\n"
         "coordinator. What is found is in one database, from which the other commands answer while it runs and years\n"
         "later. Data goes to standard output, everything else to standard error. Every command has *--help*.\n\n"
         "# COMMANDS\n");
    for (size_t i = 0; i < n_commands; i++)
        print_command(&commands[i]);
    print_statuses();
    puts("# ENVIRONMENT\n\n*NO\\_COLOR*\n\tnot empty: no colours\n\n*TERM*\n\tdumb: nothing is drawn in place\n\n"
         "*LC\\_ALL*, *LC\\_CTYPE*, *LANG*\n\twithout UTF-8, curves and bars are drawn in ASCII\n");
}
