/* The .ts text form of the time-series classification archive (timeseriesclassification.com):
 *
 *     @dimensions 2
 *     @classLabel true hot cold
 *     @data
 *     1.5,1.6,1.7:0.1,0.2,0.3:hot
 *
 * A line of data is one sequence: its dimensions one behind the other, then its class. Nothing is filled in: a missing
 * value and a time stamp are refused. */
#include "worker/train/data/formats.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/base/str.h"
#include "worker/train/data/builder.h"

/* A class by its name: sorted, for the search. */
struct class_label {
    char *name;
    uint32_t index; /* where @classLabel lists it */
};

struct ts {
    struct lines *lines;
    struct builder b;
    struct class_label *classes; /* (n_classes), by name */
    size_t n_classes, cap_classes;
    bool is_univariate; /* said so by the header */
    bool has_equal_length;
    int64_t n_dimensions; /* 0 before the header or the first sequence says so */
    int64_t length;       /* of every sequence, where has_equal_length; 0 before it is known */
    float *values;        /* of one line, dimension by dimension */
    size_t cap_values;
};

/* ---- the header ---- */

/* The next word of a header line, cut off in place; NULL at its end. */
static char *next_word(char **p)
{
    char *word = *p + strspn(*p, " \t");
    char *end = word + strcspn(word, " \t");
    *p = *end ? end + 1 : end;
    *end = '\0';
    return *word ? word : NULL;
}

/* Reads the one word that a tag has: true or false. */
static int take_bool(struct ts *ts, const char *tag, char **rest, bool *out, struct err *e)
{
    const char *word = next_word(rest);
    if (!word || (strcasecmp(word, "true") != 0 && strcasecmp(word, "false") != 0))
        return lines_fail(ts->lines, e, ERR_INVALID, "@%s wants true or false", tag);
    *out = strcasecmp(word, "true") == 0;
    return 0;
}

static int take_count(struct ts *ts, const char *tag, char **rest, int64_t max, int64_t *out, struct err *e)
{
    const char *word = next_word(rest);
    int64_t n = 0;
    for (const char *p = word; p && *p; p++) {
        n = *p >= '0' && *p <= '9' && n <= max ? n * 10 + (*p - '0') : max + 1;
    }
    if (n < 1 || n > max)
        return lines_fail(ts->lines, e, ERR_INVALID, "@%s wants a whole number from 1 to %lld", tag, (long long)max);
    *out = n;
    return 0;
}

static int tag_ignore(struct ts *ts, const char *tag, char **rest, struct err *e)
{
    return 0;
}

static int tag_time_stamps(struct ts *ts, const char *tag, char **rest, struct err *e)
{
    bool has_stamps = false;
    if (take_bool(ts, tag, rest, &has_stamps, e))
        return -1;
    return has_stamps ? lines_fail(ts->lines, e, ERR_INVALID, "sequences with time stamps are not read") : 0;
}

static int tag_univariate(struct ts *ts, const char *tag, char **rest, struct err *e)
{
    return take_bool(ts, tag, rest, &ts->is_univariate, e);
}

static int tag_dimensions(struct ts *ts, const char *tag, char **rest, struct err *e)
{
    return take_count(ts, tag, rest, LIMIT_FEATURES, &ts->n_dimensions, e);
}

static int tag_equal_length(struct ts *ts, const char *tag, char **rest, struct err *e)
{
    return take_bool(ts, tag, rest, &ts->has_equal_length, e);
}

static int tag_series_length(struct ts *ts, const char *tag, char **rest, struct err *e)
{
    return take_count(ts, tag, rest, LIMIT_SEQUENCE, &ts->length, e);
}

static int compare_labels(const void *a, const void *b)
{
    return strcmp(((const struct class_label *)a)->name, ((const struct class_label *)b)->name);
}

/* Names go into messages, tables and files of other programs. */
static bool is_plain(const char *name)
{
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            return false;
    return str_is_utf8(name, strlen(name));
}

static int tag_class_label(struct ts *ts, const char *tag, char **rest, struct err *e)
{
    bool has_classes = false;
    if (take_bool(ts, tag, rest, &has_classes, e))
        return -1;
    if (!has_classes || ts->n_classes)
        return lines_fail(ts->lines, e, ERR_INVALID,
            has_classes ? "a second @classLabel" : "sequences without classes cannot be learned from");
    for (const char *word; (word = next_word(rest)); ts->n_classes++) {
        if (ts->n_classes == LIMIT_CLASSES)
            return lines_fail(ts->lines, e, ERR_LIMIT, "more than %d classes", LIMIT_CLASSES);
        if (strlen(word) > LIMIT_NAME)
            return lines_fail(ts->lines, e, ERR_LIMIT, "the name of class %zu is longer than %d bytes",
                ts->n_classes + 1, LIMIT_NAME);
        if (!is_plain(word))
            return lines_fail(ts->lines, e, ERR_INVALID,
                "the name of class %zu is not UTF-8, or has a control character", ts->n_classes + 1);
        ts->classes = mem_grow(ts->classes, ts->n_classes, &ts->cap_classes, sizeof *ts->classes);
        ts->classes[ts->n_classes] = (struct class_label){ mem_strdup(word), (uint32_t)ts->n_classes };
    }
    if (ts->n_classes == 0)
        return lines_fail(ts->lines, e, ERR_INVALID, "@classLabel true wants the names of the classes");
    qsort(ts->classes, ts->n_classes, sizeof *ts->classes, compare_labels);
    for (size_t i = 1; i < ts->n_classes; i++)
        if (compare_labels(&ts->classes[i - 1], &ts->classes[i]) == 0)
            return lines_fail(ts->lines, e, ERR_INVALID, "the class \"%s\" twice", ts->classes[i].name);
    return 0;
}

static int tag_target_label(struct ts *ts, const char *tag, char **rest, struct err *e)
{
    bool has_target = false;
    if (take_bool(ts, tag, rest, &has_target, e))
        return -1;
    return has_target ? lines_fail(ts->lines, e, ERR_INVALID, "a regression problem, where classes are wanted") : 0;
}

// clang-format off
static const struct {
    const char *name; /* in any case */
    int (*take)(struct ts *ts, const char *tag, char **rest, struct err *e);
} tags[] = {
    { "problemName",  tag_ignore },
    { "timeStamps",   tag_time_stamps },
    { "missing",      tag_ignore },
    { "univariate",   tag_univariate },
    { "dimensions",   tag_dimensions },
    { "dimension",    tag_dimensions },
    { "equalLength",  tag_equal_length },
    { "seriesLength", tag_series_length },
    { "classLabel",   tag_class_label },
    { "targetLabel",  tag_target_label },
};
// clang-format on
#define N_TAGS (sizeof tags / sizeof *tags)

static int refuse_tag(struct ts *ts, const char *name, struct err *e)
{
    const char *names[N_TAGS];
    char shown[LINES_EXCERPT];
    for (size_t i = 0; i < N_TAGS; i++)
        names[i] = tags[i].name;
    const char *nearest = str_nearest(name, names, N_TAGS);
    lines_excerpt(shown, name, name + strlen(name));
    if (nearest)
        return lines_fail(ts->lines, e, ERR_INVALID, "unknown tag @%s; did you mean @%s?", shown, nearest);
    return lines_fail(ts->lines, e, ERR_INVALID, "unknown tag @%s", shown);
}

/* Reads "@tag words". Returns 1 at @data, 0 at others. `text` is cut into words. */
static int read_tag(struct ts *ts, char *text, struct err *e)
{
    char *rest = text + 1;
    const char *name = next_word(&rest);
    if (name && strcasecmp(name, "data") == 0)
        return 1;
    for (size_t i = 0; name && i < N_TAGS; i++)
        if (strcasecmp(name, tags[i].name) == 0)
            return tags[i].take(ts, tags[i].name, &rest, e);
    return refuse_tag(ts, name ? name : "", e);
}

static bool is_skipped(const struct line *line)
{
    const char *p = line->text + strspn(line->text, " \t");
    return *p == '#' || p == line->text + line->len;
}

/* Reads up to the line @data, and checks that the header says what is needed. */
static int read_header(struct ts *ts, struct err *e)
{
    struct line line;
    for (;;) {
        int more = lines_next(ts->lines, &line, e);
        if (more <= 0)
            return more < 0 ? -1 : lines_fail(ts->lines, e, ERR_INVALID, "no line @data: not a .ts file, or cut off");
        if (is_skipped(&line))
            continue;
        if (line.text[0] != '@')
            return lines_fail(ts->lines, e, ERR_INVALID, "a line of data before the line @data");
        char *text = mem_strndup(line.text, line.len);
        int status = read_tag(ts, text, e);
        free(text);
        if (status < 0)
            return -1;
        if (status == 1)
            break;
    }
    if (ts->n_classes == 0)
        return lines_fail(ts->lines, e, ERR_INVALID, "no @classLabel before @data");
    if (ts->is_univariate && ts->n_dimensions > 1)
        return lines_fail(
            ts->lines, e, ERR_INVALID, "@univariate true, and %lld dimensions", (long long)ts->n_dimensions);
    ts->n_dimensions = ts->is_univariate ? 1 : ts->n_dimensions;
    return 0;
}

/* ---- the data ---- */

static const char *skip_blanks(const char *p)
{
    return p + strspn(p, " \t");
}

static int refuse_missing(struct ts *ts, struct err *e)
{
    return lines_fail(ts->lines, e, ERR_INVALID, "a missing value: fill it in, or leave the sequence out");
}

/* Reads the values of one dimension up to the ':' behind them, which *p steps over, to ts->values from `first` on.
 * Returns how many. */
static int64_t read_dimension(struct ts *ts, const struct line *line, const char **p, size_t first, struct err *e)
{
    for (size_t n = 0;;) {
        *p = skip_blanks(*p);
        const char *value = *p;
        if (*value == '?' || strncasecmp(value, "nan", 3) == 0)
            return refuse_missing(ts, e);
        ts->values = mem_grow(ts->values, first + n, &ts->cap_values, sizeof *ts->values);
        if (format_take_number(ts->lines, line, p, &ts->values[first + n], e))
            return -1;
        n++;
        *p = skip_blanks(*p);
        if (**p != ',' && **p != ':')
            return format_refuse_number(ts->lines, line, value, e);
        if (*(*p)++ == ':')
            return (int64_t)n;
    }
}

/* Reads all dimensions of a line up to its class at `label`. Sets *length and *n_dimensions. */
static int read_dimensions(
    struct ts *ts, const struct line *line, const char *label, int64_t *length, int64_t *n_dimensions, struct err *e)
{
    int64_t T = 0, D = 0;
    for (const char *p = line->text; p < label; D++) {
        int64_t n = read_dimension(ts, line, &p, (size_t)(D * T), e);
        if (n < 0)
            return -1;
        if (D > 0 && n != T)
            return lines_fail(ts->lines, e, ERR_INVALID, "dimension %lld has %lld values, the first has %lld",
                (long long)D + 1, (long long)n, (long long)T);
        if (D == LIMIT_FEATURES)
            return lines_fail(ts->lines, e, ERR_LIMIT, "more than %d dimensions", LIMIT_FEATURES);
        T = n;
    }
    *length = T;
    *n_dimensions = D;
    return 0;
}

/* Holds a sequence of D dimensions and T frames against the header, or against the first sequence where the header is
 * silent. */
static int check_shape(struct ts *ts, int64_t T, int64_t D, struct err *e)
{
    if (ts->n_dimensions == 0)
        ts->n_dimensions = D;
    if (D != ts->n_dimensions)
        return lines_fail(ts->lines, e, ERR_INVALID, "%lld dimensions, where there should be %lld", (long long)D,
            (long long)ts->n_dimensions);
    if (ts->has_equal_length && ts->length == 0)
        ts->length = T;
    if (ts->has_equal_length && T != ts->length)
        return lines_fail(ts->lines, e, ERR_INVALID, "%lld frames, where @equalLength true promises %lld", (long long)T,
            (long long)ts->length);
    return 0;
}

/* The class whose name stands at `text`, blanks around it aside. */
static int find_class(struct ts *ts, const char *text, const char *end, uint32_t *out, struct err *e)
{
    text = skip_blanks(text);
    while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    struct class_label wanted = { .name = mem_strndup(text, (size_t)(end - text)) };
    const struct class_label *found = bsearch(&wanted, ts->classes, ts->n_classes, sizeof wanted, compare_labels);
    free(wanted.name);
    if (!found) {
        char shown[LINES_EXCERPT];
        lines_excerpt(shown, text, end);
        return lines_fail(ts->lines, e, ERR_INVALID, "\"%s\" is not among the classes of @classLabel", shown);
    }
    *out = found->index;
    return 0;
}

/* Turns the values of one line (D, T) into frames (T, D). */
static int add_sequence(struct ts *ts, size_t T, size_t D, uint32_t label, struct err *e)
{
    ts->b.d.n_features = (uint32_t)D;
    float *frames = builder_add_frames(&ts->b, T, e);
    if (!frames)
        return lines_prefix(ts->lines, e);
    for (size_t t = 0; t < T; t++)
        for (size_t i = 0; i < D; i++)
            frames[t * D + i] = ts->values[i * T + t];
    return builder_end_sequence(&ts->b, label, e) ? lines_prefix(ts->lines, e) : 0;
}

static int read_sequence(struct ts *ts, const struct line *line, struct err *e)
{
    const char *colon = memrchr(line->text, ':', line->len);
    if (!colon)
        return lines_fail(ts->lines, e, ERR_INVALID, "no class: a sequence ends with ':' and its class");
    int64_t T = 0, D = 0;
    uint32_t label = 0;
    if (find_class(ts, colon + 1, line->text + line->len, &label, e) ||
        read_dimensions(ts, line, colon + 1, &T, &D, e) || check_shape(ts, T, D, e))
        return -1;
    return add_sequence(ts, (size_t)T, (size_t)D, label, e);
}

static int read_data(struct ts *ts, struct err *e)
{
    struct line line;
    int more;
    while ((more = lines_next(ts->lines, &line, e)) > 0)
        if (!is_skipped(&line) && read_sequence(ts, &line, e))
            return -1;
    if (more < 0)
        return -1;
    return ts->b.d.n_sequences ? 0 : lines_fail(ts->lines, e, ERR_INVALID, "no sequence behind @data");
}

static void name_classes(struct ts *ts)
{
    const char **names = mem_zalloc(ts->n_classes, sizeof *names);
    for (size_t i = 0; i < ts->n_classes; i++)
        names[ts->classes[i].index] = ts->classes[i].name;
    builder_name_classes(&ts->b, names, ts->n_classes);
    free(names);
}

int ts_read(struct dataset *out, struct lines *lines, struct err *e)
{
    struct ts ts = { .lines = lines };
    int status = read_header(&ts, e) || read_data(&ts, e) ? -1 : 0;
    if (status == 0) {
        name_classes(&ts);
        builder_take(&ts.b, out);
    }
    for (size_t i = 0; i < ts.n_classes; i++)
        free(ts.classes[i].name);
    free(ts.classes);
    free(ts.values);
    builder_deinit(&ts.b);
    return status;
}
