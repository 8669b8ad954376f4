#include "worker/train/data/spec.h"

#include <string.h>

#include "common/base/limits.h"
#include "common/base/str.h"

#define DEFAULT_SHARE 0.2
#define DEFAULT_CLASSES 20
#define DEFAULT_SEQUENCES 2000
#define DEFAULT_TEST_SEQUENCES 500
#define DEFAULT_SEED 1

static const char *const format_names[DATA_N_FORMATS] = { "arabic-digit", "ts", "synthetic" };

const char *data_format_name(enum data_format format)
{
    return format_names[format];
}

/* ---- messages: "POINTER/key: text" ---- */

/* What is read, and where it stands. */
struct place {
    const char *pointer; /* of the object */
    const char *key;     /* of its member; NULL for the object itself */
    struct err *e;
};

/* A key as a part of a JSON pointer (RFC 6901: ~ and / escaped), fit for a message of one line: control characters as
 * '?', and cut before a character beyond LIMIT_NAME bytes. */
static void add_escaped(struct str *s, const char *key)
{
    for (const char *p = key; *p; p++) {
        bool is_inside = ((unsigned char)*p & 0xc0) == 0x80; /* of a UTF-8 character */
        if (p - key >= LIMIT_NAME && !is_inside) {
            str_add(s, "...");
            return;
        }
        if (*p == '~' || *p == '/')
            str_add(s, *p == '~' ? "~0" : "~1");
        else
            str_add_char(s, (unsigned char)*p < 0x20 || *p == 0x7f ? '?' : *p);
    }
}

/* Puts the place before what at->e says, and returns -1. */
static int locate(const struct place *at)
{
    struct str where = { 0 };
    str_add(&where, at->pointer);
    if (at->key) {
        str_add_char(&where, '/');
        add_escaped(&where, at->key);
    }
    err_prefix(at->e, "%s", str_text(&where));
    str_deinit(&where);
    return -1;
}

static int refuse(const struct place *at, const char *text)
{
    err_set(at->e, ERR_INVALID, "%s", text);
    return locate(at);
}

static int refuse_type(const struct place *at, json_value v, const char *wanted)
{
    err_set(at->e, ERR_INVALID, "%s where %s is wanted", json_type_name(v), wanted);
    return locate(at);
}

/* `unknown WHAT; did you mean "nearest"?`, or the whole list where none is near. */
static int refuse_word(const struct place *at, const char *what, const char *word, const char *const *known, size_t n)
{
    struct str text = { 0 };
    const char *nearest = str_nearest(word, known, n);
    str_addf(&text, "unknown %s; ", what);
    if (nearest)
        str_addf(&text, "did you mean \"%s\"?", nearest);
    else
        str_add(&text, "known are ");
    for (size_t i = 0; !nearest && i < n; i++)
        str_addf(&text, "%s\"%s\"", i ? ", " : "", known[i]);
    refuse(at, str_text(&text));
    str_deinit(&text);
    return -1;
}

static int find_word(const char *word, const char *const *known, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(word, known[i]) == 0)
            return (int)i;
    return -1;
}

/* ---- the members ---- */

static int take_integer(int64_t *out, json_value v, const struct place *at, int64_t low, int64_t high)
{
    int64_t n = 0;
    if (json_type(v) != JSON_NUMBER || !json_is_integer(v, &n) || n < low || n > high) {
        err_set(at->e, ERR_INVALID, "a whole number from %lld to %lld is wanted", (long long)low, (long long)high);
        return locate(at);
    }
    *out = n;
    return 0;
}

static int take_path(char to[DATA_PATH], json_value v, const struct place *at)
{
    if (json_type(v) != JSON_TEXT)
        return refuse_type(at, v, "the name of a file");
    if (!*json_text(v))
        return refuse(at, "the name of a file is empty");
    return str_copy(to, DATA_PATH, json_text(v)) ? 0 : refuse(at, "the name of a file is too long");
}

static int take_nothing(struct data_spec *spec, json_value v, const struct place *at)
{
    return 0; /* the format was read before the others */
}

static int take_train(struct data_spec *spec, json_value v, const struct place *at)
{
    return take_path(spec->train, v, at);
}

static int take_test(struct data_spec *spec, json_value v, const struct place *at)
{
    return take_path(spec->test, v, at);
}

static int take_classes(struct data_spec *spec, json_value v, const struct place *at)
{
    int64_t n = 0;
    if (json_type(v) != JSON_NUMBER || !json_is_integer(v, &n) || (n != 10 && n != 20))
        return refuse(at, "10 (digits) or 20 (digits and the speaker's sex) is wanted");
    spec->n_classes = (uint32_t)n;
    return 0;
}

static int take_sequences(struct data_spec *spec, json_value v, const struct place *at)
{
    int64_t n = 0;
    if (take_integer(&n, v, at, DATA_SYNTHETIC_MIN, DATA_SYNTHETIC_MAX))
        return -1;
    spec->n_sequences = (uint32_t)n;
    return 0;
}

static int take_test_sequences(struct data_spec *spec, json_value v, const struct place *at)
{
    int64_t n = 0;
    if (take_integer(&n, v, at, 0, DATA_SYNTHETIC_MAX))
        return -1;
    spec->n_test = (uint32_t)n;
    return 0;
}

static int take_seed(struct data_spec *spec, json_value v, const struct place *at)
{
    int64_t n = 0;
    if (take_integer(&n, v, at, 0, 1LL << 53))
        return -1;
    spec->seed = (uint64_t)n;
    return 0;
}

/* ---- validation: "test", or an object ---- */

static int take_by(struct data_spec *spec, json_value v, const struct place *at)
{
    static const char *const words[] = { "speaker", "stratified" };
    static const enum data_validation values[] = { DATA_BY_SPEAKER, DATA_BY_STRATIFIED };
    if (json_type(v) != JSON_TEXT)
        return refuse_type(at, v, "\"speaker\" or \"stratified\"");
    int i = find_word(json_text(v), words, 2);
    if (i < 0)
        return refuse_word(at, "division", json_text(v), words, 2);
    spec->validation = values[i];
    if (spec->validation == DATA_BY_SPEAKER && spec->format == DATA_TS)
        return refuse(at, "a .ts file does not say who speaks: \"stratified\" is all there is");
    return 0;
}

static int take_share(struct data_spec *spec, json_value v, const struct place *at)
{
    if (json_type(v) != JSON_NUMBER)
        return refuse_type(at, v, "a number between 0 and 1");
    double share = json_number(v);
    if (!(share > 0 && share < 1))
        return refuse(at, "a number between 0 and 1 is wanted, both excluded");
    spec->validation_share = share;
    return 0;
}

static int take_division(struct data_spec *spec, json_value v, const struct place *at)
{
    static const char *const known[] = { "share", "by" };
    struct str pointer = { 0 };
    str_addf(&pointer, "%s/%s", at->pointer, at->key);
    int status = 0;
    for (json_value m = json_first(v); m && status == 0; m = json_next(m)) {
        struct place inner = { str_text(&pointer), json_key(m), at->e };
        switch (find_word(json_key(m), known, 2)) {
        case 0:
            status = take_share(spec, m, &inner);
            break;
        case 1:
            status = take_by(spec, m, &inner);
            break;
        default:
            status = refuse_word(&inner, "key", json_key(m), known, 2);
        }
    }
    str_deinit(&pointer);
    return status;
}

static int take_validation(struct data_spec *spec, json_value v, const struct place *at)
{
    static const char *const known[] = { "test", "none" };
    static const enum data_validation values[] = { DATA_BY_TEST, DATA_BY_NONE };
    if (json_type(v) == JSON_OBJECT)
        return take_division(spec, v, at);
    if (json_type(v) != JSON_TEXT)
        return refuse_type(at, v, "\"test\", \"none\", or an object with \"share\" and \"by\",");
    int i = find_word(json_text(v), known, 2);
    if (i < 0)
        return refuse_word(at, "set", json_text(v), known, 2);
    spec->validation = values[i];
    return 0;
}

static int take_evaluate(struct data_spec *spec, json_value v, const struct place *at)
{
    static const char *const known[] = { "test" };
    if (json_type(v) != JSON_TEXT)
        return refuse_type(at, v, "\"test\"");
    if (strcmp(json_text(v), known[0]) != 0)
        return refuse_word(at, "set", json_text(v), known, 1);
    spec->evaluates_test = true;
    return 0;
}

/* ---- the whole ---- */

enum { IN_ARABIC = 1 << DATA_ARABIC_DIGIT, IN_TS = 1 << DATA_TS, IN_SYNTHETIC = 1 << DATA_SYNTHETIC };
enum { IN_FILES = IN_ARABIC | IN_TS, IN_ALL = IN_FILES | IN_SYNTHETIC };

// clang-format off
static const struct member {
    const char *key;
    unsigned formats; /* bits of 1 << enum data_format that have it */
    int (*take)(struct data_spec *spec, json_value v, const struct place *at);
} members[] = {
    { "format",         IN_ALL,       take_nothing },
    { "train",          IN_FILES,     take_train },
    { "test",           IN_FILES,     take_test },
    { "classes",        IN_ARABIC,    take_classes },
    { "sequences",      IN_SYNTHETIC, take_sequences },
    { "test_sequences", IN_SYNTHETIC, take_test_sequences },
    { "seed",           IN_SYNTHETIC, take_seed },
    { "validation",     IN_ALL,       take_validation },
    { "evaluate",       IN_ALL,       take_evaluate },
};
// clang-format on
#define N_MEMBERS (sizeof members / sizeof *members)

static int refuse_key(enum data_format format, const struct place *at)
{
    const char *keys[N_MEMBERS];
    size_t n = 0;
    for (size_t i = 0; i < N_MEMBERS; i++)
        if (members[i].formats >> format & 1)
            keys[n++] = members[i].key;
    for (size_t i = 0; i < N_MEMBERS; i++)
        if (strcmp(members[i].key, at->key) == 0) {
            err_set(at->e, ERR_INVALID, "the format \"%s\" has no such key", format_names[format]);
            return locate(at);
        }
    return refuse_word(at, "key", at->key, keys, n);
}

static int take_member(struct data_spec *spec, json_value v, const struct place *at)
{
    for (size_t i = 0; i < N_MEMBERS; i++)
        if (strcmp(members[i].key, at->key) == 0 && members[i].formats >> spec->format & 1)
            return members[i].take(spec, v, at);
    return refuse_key(spec->format, at);
}

static int take_format(struct data_spec *spec, json_value object, const char *pointer, struct err *e)
{
    struct place whole = { pointer, NULL, e }, at = { pointer, "format", e };
    if (!object)
        return refuse(&whole, "missing: which data to learn from");
    if (json_type(object) != JSON_OBJECT)
        return refuse_type(&whole, object, "an object");
    json_value v = json_get(object, "format");
    if (!v)
        return refuse(&whole, "\"format\" is missing: \"arabic-digit\", \"ts\" or \"synthetic\"");
    if (json_type(v) != JSON_TEXT)
        return refuse_type(&at, v, "\"arabic-digit\", \"ts\" or \"synthetic\"");
    int format = find_word(json_text(v), format_names, DATA_N_FORMATS);
    if (format < 0)
        return refuse_word(&at, "format", json_text(v), format_names, DATA_N_FORMATS);
    spec->format = (enum data_format)format;
    return 0;
}

static void set_defaults(struct data_spec *spec)
{
    spec->validation_share = DEFAULT_SHARE;
    spec->n_classes = spec->format == DATA_ARABIC_DIGIT ? DEFAULT_CLASSES : 0;
    if (spec->format != DATA_SYNTHETIC)
        return;
    spec->n_sequences = DEFAULT_SEQUENCES;
    spec->n_test = DEFAULT_TEST_SEQUENCES;
    spec->seed = DEFAULT_SEED;
}

/* What no member shows by itself. */
static int check_together(const struct data_spec *spec, const char *pointer, struct err *e)
{
    struct place whole = { pointer, NULL, e }, test = { pointer, "test", e }, validation = { pointer, "validation", e },
                 evaluate = { pointer, "evaluate", e };
    if (spec->format != DATA_SYNTHETIC && !spec->train[0])
        return refuse(&whole, "\"train\" is missing: the file to learn from");
    if (spec->test[0] && strcmp(spec->test, spec->train) == 0)
        return refuse(&test, "the training set cannot be the test set");
    if (spec->validation == DATA_BY_TEST && !data_spec_has_test(spec))
        return refuse(&validation, "validation on the test set wants a test set");
    if (spec->evaluates_test && !data_spec_has_test(spec))
        return refuse(&evaluate, "there is no test set to evaluate");
    return 0;
}

int data_spec_parse(struct data_spec *spec, json_value v, const char *pointer, struct err *e)
{
    struct data_spec s = { 0 };
    if (take_format(&s, v, pointer, e))
        return -1;
    set_defaults(&s);
    for (json_value m = json_first(v); m; m = json_next(m)) {
        struct place at = { pointer, json_key(m), e };
        if (take_member(&s, m, &at))
            return -1;
    }
    if (check_together(&s, pointer, e))
        return -1;
    *spec = s;
    return 0;
}

int data_spec_check(json_value v, const char *pointer, struct err *e)
{
    struct data_spec spec;
    return data_spec_parse(&spec, v, pointer, e);
}

bool data_spec_has_test(const struct data_spec *spec)
{
    return spec->test[0] || spec->n_test > 0;
}

size_t data_spec_files(const struct data_spec *spec, struct data_file files[DATA_MAX_FILES])
{
    size_t n = 0;
    if (spec->train[0])
        files[n++] = (struct data_file){ "train", spec->train };
    if (spec->test[0])
        files[n++] = (struct data_file){ "test", spec->test };
    return n;
}
