#include "coordinator/cli/options.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/str.h"

#define HELP "help"
#define FIRST_LONG 256 /* getopt_long's values for rows, above every letter */

/* -1 when it is not in the table. */
static int look_up(const struct options *o, const char *name)
{
    for (int i = 0; i < o->n_rows; i++)
        if (strcmp(o->rows[i].name, name) == 0)
            return i;
    return -1;
}

static int find_row(const struct options *o, const char *name)
{
    int row = look_up(o, name);
    assert(row >= 0);
    return row;
}

/* The table in getopt's two forms. The row's index is FIRST_LONG + i, --help comes last. */
static void make_getopt(const struct options *o, struct option longs[], char letters[])
{
    char *letter = letters;
    *letter++ = ':'; /* tells a missing value from an unknown option */
    for (int i = 0; i < o->n_rows; i++) {
        const struct option_row *row = &o->rows[i];
        longs[i] = (struct option){ row->name, row->value ? required_argument : no_argument, NULL, FIRST_LONG + i };
        if (row->letter)
            *letter++ = row->letter;
        if (row->letter && row->value)
            *letter++ = ':';
    }
    longs[o->n_rows] = (struct option){ HELP, no_argument, NULL, FIRST_LONG + o->n_rows };
    longs[o->n_rows + 1] = (struct option){ 0 };
    *letter++ = 'h';
    *letter = '\0';
}

static int row_of_letter(const struct options *o, int letter)
{
    for (int i = 0; i < o->n_rows; i++)
        if (o->rows[i].letter == letter)
            return i;
    return o->n_rows; /* -h */
}

static int refuse_unknown(const struct options *o, const char *word, struct err *e)
{
    if (word[0] != '-' || word[1] != '-')
        return err_set(e, ERR_USAGE, "there is no option \"-%c\"; --help lists those that are", optopt);
    char name[64];
    str_copy(name, sizeof name, word + 2);
    name[strcspn(name, "=")] = '\0';
    const char *names[OPTIONS_MAX];
    for (int i = 0; i < o->n_rows; i++)
        names[i] = o->rows[i].name;
    names[o->n_rows] = HELP;
    const char *nearest = str_nearest(name, names, (size_t)o->n_rows + 1);
    if (nearest)
        return err_set(e, ERR_USAGE, "there is no option \"--%s\"; is it --%s?", name, nearest);
    return err_set(e, ERR_USAGE, "there is no option \"--%s\"; --help lists those that are", name);
}

int options_read(struct options *o, const struct option_row *rows, int argc, char **argv, struct err *e)
{
    struct options read = { .rows = rows };
    while (rows && rows[read.n_rows].name)
        read.n_rows++;
    assert(read.n_rows + 1 < OPTIONS_MAX);
    struct option longs[OPTIONS_MAX + 1];
    char letters[2 * OPTIONS_MAX + 3];
    make_getopt(&read, longs, letters);

    opterr = 0;
    optind = 0; /* GNU: begin anew, also after an earlier call */
    for (int found; (found = getopt_long(argc, argv, letters, longs, NULL)) != -1;) {
        const char *word = argv[optind - 1];
        if (found == ':')
            return err_set(e, ERR_USAGE, "option \"%s\" needs a value", word);
        if (found == '?' && optopt >= FIRST_LONG)
            return err_set(e, ERR_USAGE, "option \"--%s\" takes no value", longs[optopt - FIRST_LONG].name);
        if (found == '?')
            return refuse_unknown(&read, word, e);
        if (read.n_said == OPTIONS_SAID)
            return err_set(e, ERR_USAGE, "more than %d options", OPTIONS_SAID);
        int row = found >= FIRST_LONG ? found - FIRST_LONG : row_of_letter(&read, found);
        if (row == read.n_rows)
            read.wants_help = true;
        else
            read.values[row] = optarg ? optarg : "";
        read.said[read.n_said++] = (struct options_said){ row, optarg ? optarg : "" };
    }
    read.n_words = argc - optind;
    read.words = argv + optind;
    *o = read;
    return 0;
}

bool options_knows(const struct options *o, const char *name)
{
    return look_up(o, name) >= 0;
}

bool options_has(const struct options *o, const char *name)
{
    return o->values[find_row(o, name)] != NULL;
}

const char *options_text(const struct options *o, const char *name, const char *fallback)
{
    const char *value = o->values[find_row(o, name)];
    return value ? value : fallback;
}

int options_all(const struct options *o, const char *name, const char *values[OPTIONS_SAID])
{
    int n = 0, row = find_row(o, name);
    for (int i = 0; i < o->n_said; i++)
        if (o->said[i].row == row)
            values[n++] = o->said[i].value;
    return n;
}

int options_int(const struct options *o, const char *name, int64_t low, int64_t high, int64_t *out, struct err *e)
{
    const char *text = options_text(o, name, NULL);
    if (!text)
        return 0;
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || end == text || *end || value < low || value > high)
        return err_set(e, ERR_USAGE, "--%s takes a whole number from %lld to %lld, not \"%s\"", name, (long long)low,
            (long long)high, text);
    *out = value;
    return 0;
}

int options_number(const struct options *o, const char *name, double low, double high, double *out, struct err *e)
{
    const char *text = options_text(o, name, NULL);
    if (!text)
        return 0;
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= low && value <= high))
        return err_set(e, ERR_USAGE, "--%s takes a number from %g to %g, not \"%s\"", name, low, high, text);
    *out = value;
    return 0;
}

static void print_row(char letter, const char *name, const char *value, const char *help)
{
    char left[64];
    int used = letter ? snprintf(left, sizeof left, "-%c, ", letter) : snprintf(left, sizeof left, "    ");
    snprintf(left + used, sizeof left - (size_t)used, "--%s%s%s", name, value ? " " : "", value ? value : "");
    printf("  %-24s  %s\n", left, help);
}

void options_print(const struct option_row *rows)
{
    for (; rows && rows->name; rows++)
        print_row(rows->letter, rows->name, rows->value, rows->help);
    print_row('h', HELP, NULL, "this text");
}
