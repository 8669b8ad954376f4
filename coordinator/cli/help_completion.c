/* What completes rung's command lines in a shell, from the tables of commands and options. Names of campaigns and
 * columns are asked of the store when they are wanted. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/str.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/help.h"

/* What can stand somewhere on a command line. */
enum wanted { WANT_NOTHING, WANT_FILE, WANT_DIRECTORY, WANT_CAMPAIGN, WANT_COLUMN, WANT_CHOICE };

static enum wanted value_of(const struct option_row *row)
{
    if (strchr(row->value, '|'))
        return WANT_CHOICE;
    if (strcmp(row->value, "DIR") == 0)
        return WANT_DIRECTORY;
    if (strcmp(row->value, "PATH") == 0 || strcmp(row->value, "FILE") == 0)
        return WANT_FILE;
    return str_starts(row->value, "COLUMN") || strcmp(row->value, "A,B,C") == 0 ? WANT_COLUMN : WANT_NOTHING;
}

static enum wanted word_of(const struct command *c)
{
    if (strchr(c->words, '|'))
        return WANT_CHOICE;
    if (strstr(c->words, ".json") || strstr(c->words, "PATH") || strstr(c->words, "FILE"))
        return WANT_FILE;
    return strstr(c->words, "CAMPAIGN") ? WANT_CAMPAIGN : WANT_NOTHING;
}

/* "a|b|c" with blanks between. */
static void print_choices(const char *choices)
{
    for (; *choices; choices++)
        putchar(*choices == '|' ? ' ' : *choices);
}

/* Inside single quotes of a shell, with a backslash before each of `marks`. `quote` is how that shell has one there. */
static void print_quoted(const char *text, const char *quote, const char *marks)
{
    for (; *text; text++) {
        if (*text == '\'') {
            fputs(quote, stdout);
            continue;
        }
        if (strchr(marks, *text))
            putchar('\\');
        putchar(*text);
    }
}

/* ---- bash ---- */

static const char bash_head[] = "# Completes rung in bash. Made by: rung completion bash\n"
                                "_rung_campaigns() { command rung campaigns --csv --columns campaign \"${store[@]}\" "
                                "2>/dev/null | tr -d '\\r' | tail -n +2; }\n"
                                "_rung_columns() { command rung \"$command\" --csv \"${store[@]}\" 2>/dev/null | head "
                                "-n 1 | tr -d '\\r' | tr ',' ' '; }\n"
                                "_rung() {\n"
                                "  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} "
                                "command=${COMP_WORDS[1]} options= choices= i\n"
                                "  local -a store=()\n"
                                "  COMPREPLY=()\n"
                                "  [ \"$current\" != = ] || current=\n"
                                "  [ \"$before\" != = ] || before=${COMP_WORDS[COMP_CWORD-2]}\n"
                                "  [ \"${COMP_WORDS[COMP_CWORD]}\" != = ] || before=${COMP_WORDS[COMP_CWORD-1]}\n"
                                "  for ((i = 2; i + 1 < COMP_CWORD; i++)); do\n"
                                "    case ${COMP_WORDS[i]} in\n"
                                "      -s | --store) store=(--store \"${COMP_WORDS[i+1]}\"); [ \"${COMP_WORDS[i+1]}\" "
                                "!= = ] || store=(--store \"${COMP_WORDS[i+2]}\") ;;\n"
                                "    esac\n"
                                "  done\n";

static const char *const bash_actions[] = {
    [WANT_NOTHING] = "return",
    [WANT_FILE] = "compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- \"$current\")); return",
    [WANT_DIRECTORY] = "compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- \"$current\")); return",
    [WANT_CAMPAIGN] = "COMPREPLY=($(compgen -W \"$(_rung_campaigns)\" -- \"$current\")); return",
    [WANT_COLUMN] = "COMPREPLY=($(compgen -W \"$(_rung_columns)\" -- \"$current\")); return",
};

static void print_bash_action(enum wanted wanted, const char *choices)
{
    if (wanted != WANT_CHOICE) {
        puts(bash_actions[wanted]);
        return;
    }
    fputs("COMPREPLY=($(compgen -W '", stdout);
    print_choices(choices);
    puts("' -- \"$current\")); return");
}

static void print_bash_command(const struct command *c)
{
    printf("    %s)\n      case $before in\n", c->name);
    for (const struct option_row *row = c->options; row && row->name; row++) {
        if (!row->value)
            continue;
        printf("        --%s", row->name);
        if (row->letter)
            printf(" | -%c", row->letter);
        fputs(") ", stdout);
        print_bash_action(value_of(row), row->value);
        puts("          ;;");
    }
    fputs("      esac\n      options='", stdout);
    for (const struct option_row *row = c->options; row && row->name; row++)
        printf("--%s ", row->name);
    fputs("--help'\n      case $current in -*) ;; *) ", stdout);
    print_bash_action(word_of(c), c->words);
    puts("      ;; esac ;;");
}

static void print_bash(void)
{
    fputs(bash_head, stdout);
    fputs("  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    COMPREPLY=($(compgen -W '", stdout);
    for (size_t i = 0; i < n_commands; i++)
        printf("%s ", commands[i].name);
    puts("help --help --version' -- \"$current\"))\n    return\n  fi\n  case $command in");
    for (size_t i = 0; i < n_commands; i++)
        print_bash_command(&commands[i]);
    puts("  esac\n  COMPREPLY=($(compgen -W \"$options\" -- \"$current\"))\n}\ncomplete -F _rung rung");
}

/* ---- zsh ---- */

static const char zsh_head[] =
    "#compdef rung\n"
    "# Completes rung in zsh. Made by: rung completion zsh\n"
    "_rung_ask() { command rung \"$@\" ${opt_args[--store]:+--store} ${opt_args[--store]} 2>/dev/null | tr -d '\\r'; "
    "}\n"
    "_rung_campaigns() { local -a names=(${(f)\"$(_rung_ask campaigns --csv --columns campaign | tail -n +2)\"}); "
    "compadd -a names; }\n"
    "_rung_columns() { local -a names=(${(s:,:)\"$(_rung_ask $words[1] --csv | head -n 1)\"}); compadd -a names; }\n"
    "_rung() {\n"
    "  local -A opt_args\n"
    "  local -a commands=(\n";

static const char *const zsh_actions[] = {
    [WANT_NOTHING] = " ",
    [WANT_FILE] = "_files",
    [WANT_DIRECTORY] = "_files -/",
    [WANT_CAMPAIGN] = "_rung_campaigns",
    [WANT_COLUMN] = "_rung_columns",
};

static void print_zsh_action(enum wanted wanted, const char *choices)
{
    if (wanted != WANT_CHOICE) {
        fputs(zsh_actions[wanted], stdout);
        return;
    }
    putchar('(');
    print_choices(choices);
    putchar(')');
}

static void print_zsh_option(const struct option_row *row)
{
    if (row->letter)
        printf(" '(-%c --%s)'{-%c,--%s%s}'[", row->letter, row->name, row->letter, row->name, row->value ? "" : "");
    else
        printf(" '--%s%s[", row->name, row->value ? "=" : "");
    print_quoted(row->help, "'\\''", "[]:");
    putchar(']');
    if (row->value) {
        putchar(':');
        print_quoted(row->value, "'\\''", "[]:|");
        putchar(':');
        print_zsh_action(value_of(row), row->value);
    }
    putchar('\'');
}

static void print_zsh_command(const struct command *c)
{
    printf("    %s) _arguments", c->name);
    for (const struct option_row *row = c->options; row && row->name; row++)
        print_zsh_option(row);
    fputs(" '(-h --help)'{-h,--help}'[this text]'", stdout);
    if (word_of(c) != WANT_NOTHING) {
        fputs(" '*:", stdout);
        print_quoted(c->words, "'\\''", "[]:|");
        putchar(':');
        print_zsh_action(word_of(c), c->words);
        putchar('\'');
    }
    puts(" ;;");
}

static void print_zsh(void)
{
    fputs(zsh_head, stdout);
    for (size_t i = 0; i < n_commands; i++) {
        printf("    '%s:", commands[i].name);
        print_quoted(commands[i].summary, "'\\''", "");
        puts("'");
    }
    puts("  )\n  if ((CURRENT == 2)); then\n    _describe command commands\n    return\n  fi\n"
         "  shift words\n  ((CURRENT--))\n  case $words[1] in");
    for (size_t i = 0; i < n_commands; i++)
        print_zsh_command(&commands[i]);
    puts("  esac\n}\nif [ \"$funcstack[1]\" = _rung ]; then _rung \"$@\"; else compdef _rung rung; fi");
}

/* ---- fish ---- */

static const char *const fish_actions[] = {
    [WANT_NOTHING] = "",
    [WANT_FILE] = " -F",
    [WANT_DIRECTORY] = " -a '(__fish_complete_directories)'",
    [WANT_CAMPAIGN] = " -a '(__rung_campaigns)'",
    [WANT_COLUMN] = " -a '(__rung_columns)'",
};

static const char fish_head[] =
    "# Completes rung in fish. Made by: rung completion fish\n"
    "function __rung_store\n"
    "  set -l words (commandline -opc)\n"
    "  set -l at (contains -i -- --store $words; or contains -i -- -s $words)\n"
    "  and echo --store; and echo $words[(math $at + 1)]\n"
    "end\n"
    "function __rung_campaigns\n"
    "  command rung campaigns --csv --columns campaign (__rung_store) 2>/dev/null | string trim | tail -n +2\n"
    "end\n"
    "function __rung_columns\n"
    "  command rung (commandline -opc)[2] --csv (__rung_store) 2>/dev/null | head -n 1 | string trim | string split ,\n"
    "end\n"
    "complete -c rung -f\n";

static void print_fish_action(enum wanted wanted, const char *choices)
{
    if (wanted != WANT_CHOICE) {
        fputs(fish_actions[wanted], stdout);
        return;
    }
    fputs(" -a '", stdout);
    print_choices(choices);
    putchar('\'');
}

static void print_fish_command(const struct command *c)
{
    printf("complete -c rung -n __fish_use_subcommand -a %s -d '", c->name);
    print_quoted(c->summary, "\\'", "");
    puts("'");
    if (word_of(c) != WANT_NOTHING) {
        printf("complete -c rung -n '__fish_seen_subcommand_from %s'", c->name);
        print_fish_action(word_of(c), c->words);
        putchar('\n');
    }
    for (const struct option_row *row = c->options; row && row->name; row++) {
        printf("complete -c rung -n '__fish_seen_subcommand_from %s' -l %s", c->name, row->name);
        if (row->letter)
            printf(" -s %c", row->letter);
        if (row->value) {
            fputs(" -r", stdout);
            print_fish_action(value_of(row), row->value);
        }
        fputs(" -d '", stdout);
        print_quoted(row->help, "\\'", "");
        puts("'");
    }
}

static void print_fish(void)
{
    fputs(fish_head, stdout);
    for (size_t i = 0; i < n_commands; i++)
        print_fish_command(&commands[i]);
}

/* ---- which ---- */

int help_print_completion(const char *shell, struct err *e)
{
    static const char *const names[] = { "bash", "zsh", "fish" };
    static void (*const print[])(void) = { print_bash, print_zsh, print_fish };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(shell, names[i]) == 0) {
            print[i]();
            return 0;
        }
    const char *near = str_nearest(shell, names, sizeof names / sizeof *names);
    return err_set(e, ERR_USAGE, "there is no completion for \"%s\"; there is for bash, zsh and fish%s%s%s", shell,
        near ? ": is it " : "", near ? near : "", near ? "?" : "");
}
