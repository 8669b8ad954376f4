/* options.h: the options of a command as a table, and what a command line said about them.
 *
 * One table drives getopt_long, the help text and the suggestions after a mistake.
 */
#ifndef RUNG_COORDINATOR_CLI_OPTIONS_H
#define RUNG_COORDINATOR_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"

#define OPTIONS_MAX 16  /* of one command, --help included */
#define OPTIONS_SAID 64 /* of one command line */

/* Those that many commands have. */
/* clang-format off */
#define DEFAULT_STORE "rung-store"
#define STORE_ROW   { "store", 's', "DIR", "the store (default: " DEFAULT_STORE ")" }
#define CONNECT_ROWS \
    { "connect", 'c', "ADDRESS", "a coordinator elsewhere: tcp://HOST:PORT, ipc://PATH" }, \
    { "key", 0, "FILE", "to show it (default: operator.key in ~/.config/rung)" }, \
    { "server-key", 0, "KEY", "its own, to know it by (default: the key file's)" }
#define JSON_ROW    { "json", 0, NULL, "as JSON, for programs" }
/* clang-format on */

/* A table of these ends with a row whose name is NULL. --help is understood everywhere and stands in no table. */
struct option_row {
    const char *name;  /* without the dashes: "store" */
    char letter;       /* the short form, or 0 */
    const char *value; /* what it takes, for the help: "DIR"; NULL: a flag */
    const char *help;  /* one line, lower case, without a full stop; the help fits 80 columns when it has at most 52 */
};

/* What was said: the values stand in the order of the table. */
struct options {
    const struct option_row *rows;
    int n_rows;
    const char *values[OPTIONS_MAX]; /* NULL: not given; "" for a flag that was; of several the last; borrows argv */
    struct options_said {
        int row;
        const char *value;
    } said[OPTIONS_SAID]; /* all of them, in order */
    int n_said;
    bool wants_help;
    int n_words; /* arguments that are no options */
    char **words;
};

/* Reads argv[1] and on; argv[0] is the command's name. Reorders argv so that words come last, and borrows it. Fails
 * with ERR_USAGE, naming the nearest option after a misspelt one. */
int options_read(struct options *o, const struct option_row *rows, int argc, char **argv, struct err *e);

/* True when `name` stands in the table, said or not. */
bool options_knows(const struct options *o, const char *name);

/* All of these assert that `name` stands in the table. */
bool options_has(const struct options *o, const char *name);
const char *options_text(const struct options *o, const char *name, const char *fallback);

/* All values of an option that was given several times; returns how many, at most OPTIONS_SAID. */
int options_all(const struct options *o, const char *name, const char *values[OPTIONS_SAID]);

/* Leave *out as it was when the option was not given. Fail with ERR_USAGE when it is no such number. */
int options_int(const struct options *o, const char *name, int64_t low, int64_t high, int64_t *out, struct err *e);
int options_number(const struct options *o, const char *name, double low, double high, double *out, struct err *e);

/* The rows as lines of help on standard output. */
void options_print(const struct option_row *rows);

#endif
