#include "worker/train/run/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/crc32c.h"
#include "common/base/mem.h"
#include "common/io/files.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are written as they lie in memory");

enum { VERSION = 1, SETTINGS_MAX = 64 << 10 };
static const char magic[8] = "RUNGCKPT";

/* The fixed beginning. No gaps: every field is at a multiple of its size. */
struct header {
    char magic[8];
    uint32_t version, header_bytes;
    uint32_t kind, n_features, n_classes, settings_bytes;
    uint64_t n_parameters, file_bytes;
    uint64_t seed, epochs, steps;
    double learning_rate, plateau_best;
    uint32_t plateau_bad, n_averages; /* 1 with an average of the weights, else 0 */
};
_Static_assert(sizeof(struct header) == 96, "the header has no padding");

/* The pieces of a whole file in memory. Borrows from its bytes. */
struct parts {
    struct header header;
    const char *settings;                                              /* settings_bytes, not terminated */
    const float *mean, *scale, *parameters, *first, *second, *average; /* average: where there is one */
};

static uint64_t file_bytes(const struct header *h)
{
    return sizeof *h + h->settings_bytes +
           sizeof(float) * (2 * (uint64_t)h->n_features + (3 + h->n_averages) * h->n_parameters) + sizeof(uint32_t);
}

/* JSON text of the settings, blanks added up to a multiple of 4 so that the floats behind it are aligned. */
static void print_settings(struct str *out, const struct settings *s)
{
    settings_print(out, s);
    while (out->len % sizeof(float))
        str_add_char(out, ' ');
}

static struct header header_of(const struct trainer *t, size_t settings_bytes)
{
    const struct model_config *c = model_get_config(t->model);
    struct header h = { .version = VERSION,
        .header_bytes = sizeof h,
        .kind = (uint32_t)c->kind,
        .n_features = (uint32_t)c->n_features,
        .n_classes = (uint32_t)c->n_classes,
        .settings_bytes = (uint32_t)settings_bytes,
        .n_parameters = t->adam.n,
        .seed = t->seed,
        .epochs = t->epochs,
        .steps = t->adam.step,
        .learning_rate = t->learning_rate,
        .plateau_best = t->plateau.best,
        .plateau_bad = t->plateau.n_bad,
        .n_averages = t->average.n > 0 };
    memcpy(h.magic, magic, sizeof magic);
    h.file_bytes = file_bytes(&h);
    return h;
}

int checkpoint_save(const struct trainer *t, const char *path, struct err *e)
{
    struct str out = { 0 }, settings = { 0 };
    print_settings(&settings, &t->settings);
    struct header h = header_of(t, settings.len);
    size_t features = sizeof(float) * h.n_features, parameters = sizeof(float) * t->adam.n;
    str_add_bytes(&out, &h, sizeof h);
    str_add_bytes(&out, settings.text, settings.len);
    str_add_bytes(&out, t->feeder.mean, features);
    str_add_bytes(&out, t->feeder.scale, features);
    str_add_bytes(&out, model_parameters(t->model), parameters);
    str_add_bytes(&out, t->adam.first, parameters);
    str_add_bytes(&out, t->adam.second, parameters);
    if (h.n_averages)
        str_add_bytes(&out, t->average.weights, parameters);
    uint32_t crc = crc32c(0, out.text, out.len);
    str_add_bytes(&out, &crc, sizeof crc);
    int result = file_write(path, out.text, out.len, 0, e);
    str_deinit(&out);
    str_deinit(&settings);
    return result;
}

/* Cuts the bytes into parts; false with a reason when they are not one whole checkpoint of this version. */
static bool cut(struct parts *p, const struct str *bytes, const char **reason)
{
    struct header *h = &p->header;
    *reason = "it is no checkpoint of rung-train";
    if (bytes->len < sizeof *h + sizeof(uint32_t) || memcmp(bytes->text, magic, sizeof magic) != 0)
        return false;
    memcpy(h, bytes->text, sizeof *h);
    *reason = "its version is another";
    if (h->version != VERSION || h->header_bytes != sizeof *h)
        return false;
    *reason = "its length is not the one it states: it was cut, or damaged";
    if (h->settings_bytes > SETTINGS_MAX || h->n_parameters > bytes->len || h->n_averages > 1 ||
        h->file_bytes != bytes->len || file_bytes(h) != bytes->len)
        return false;
    uint32_t stated;
    memcpy(&stated, bytes->text + bytes->len - sizeof stated, sizeof stated);
    *reason = "its checksum does not fit its contents: it is damaged";
    if (stated != crc32c(0, bytes->text, bytes->len - sizeof stated))
        return false;
    *reason = "it names a model that this version does not have";
    p->settings = bytes->text + sizeof *h;
    p->mean = (const float *)(const void *)(p->settings + h->settings_bytes);
    p->scale = p->mean + h->n_features;
    p->parameters = p->scale + h->n_features;
    p->first = p->parameters + h->n_parameters;
    p->second = p->first + h->n_parameters;
    p->average = p->second + h->n_parameters;
    return h->kind < MODEL_N_KINDS && h->settings_bytes % sizeof(float) == 0;
}

/* Reads and cuts. The caller frees `bytes` in any case. */
static int open_parts(struct parts *p, struct str *bytes, const char *path, struct err *e)
{
    const char *reason;
    if (file_read(path, (size_t)4 << 30, bytes, e))
        return err_prefix(e, "checkpoint");
    return cut(p, bytes, &reason) ? 0 : err_set(e, ERR_CORRUPT, "checkpoint %s: %s", path, reason);
}

static int parse_settings(struct settings *s, const struct parts *p, struct err *e)
{
    struct json_doc *doc = json_parse(p->settings, p->header.settings_bytes, e);
    if (!doc)
        return -1;
    int result = settings_parse(s, (enum model_kind)p->header.kind, json_root(doc), e);
    json_free(doc);
    return result;
}

/* The first key whose value differs between two printed settings of one kind, or NULL. Borrows from `ours`. */
static json_value differing(json_value ours, json_value theirs, struct str *value)
{
    for (json_value v = json_first(ours); v; v = json_next(v)) {
        struct str mine = { 0 };
        json_value other = json_get(theirs, json_key(v));
        str_clear(value);
        json_print(&mine, v);
        if (other)
            json_print(value, other);
        bool is_same = str_equal(str_text(&mine), str_text(value));
        str_deinit(&mine);
        if (!is_same)
            return v;
    }
    return NULL;
}

/* A setting that the checkpoint does not name, since it is older, had its default. */
static int compare_settings(const struct trainer *t, const struct parts *p, struct err *e)
{
    struct str text = { 0 }, value = { 0 };
    struct settings read;
    if (parse_settings(&read, p, e))
        return -1;
    print_settings(&text, &t->settings);
    print_settings(&value, &read);
    struct json_doc *ours = json_parse(text.text, text.len, e);
    struct json_doc *theirs = ours ? json_parse(value.text, value.len, e) : NULL;
    int result = theirs ? 0 : -1;
    json_value key = theirs ? differing(json_root(ours), json_root(theirs), &value) : NULL;
    if (key) {
        str_clear(&text);
        json_print(&text, key);
        result = err_set(e, ERR_STATE, "it was trained with %s %s, not %s", json_key(key), str_text(&value), text.text);
    }
    json_free(ours);
    json_free(theirs);
    str_deinit(&text);
    str_deinit(&value);
    return result;
}

/* Does this checkpoint belong to this training? */
static int compare(const struct trainer *t, const struct parts *p, struct err *e)
{
    const struct header *h = &p->header;
    const struct model_config *c = model_get_config(t->model);
    if (h->kind != (uint32_t)c->kind)
        return err_set(e, ERR_STATE, "it is of the model %s, not %s", model_kind_name((enum model_kind)h->kind),
            model_kind_name(c->kind));
    if (compare_settings(t, p, e))
        return -1;
    if (h->n_features != c->n_features || h->n_classes != c->n_classes)
        return err_set(e, ERR_STATE, "it is for data of %u features and %u classes, not %zu and %zu", h->n_features,
            h->n_classes, c->n_features, c->n_classes);
    if (h->seed != t->seed)
        return err_set(e, ERR_STATE, "it was trained with seed %llu, not %llu", (unsigned long long)h->seed,
            (unsigned long long)t->seed);
    if (h->n_parameters != t->adam.n || h->n_averages != (t->average.n > 0) ||
        memcmp(p->mean, t->feeder.mean, sizeof(float) * c->n_features) != 0 ||
        memcmp(p->scale, t->feeder.scale, sizeof(float) * c->n_features) != 0)
        return err_set(e, ERR_STATE, "it was trained on other data: means or deviations of the features differ");
    return 0;
}

int checkpoint_load(struct trainer *t, const char *path, struct err *e)
{
    struct str bytes = { 0 };
    struct parts p;
    int result = open_parts(&p, &bytes, path, e);
    if (result == 0 && (result = compare(t, &p, e)) != 0)
        err_prefix(e, "checkpoint %s", path);
    if (result == 0) {
        size_t n = sizeof(float) * t->adam.n;
        memcpy(model_parameters(t->model), p.parameters, n);
        memcpy(t->adam.first, p.first, n);
        memcpy(t->adam.second, p.second, n);
        if (t->average.n)
            memcpy(t->average.weights, p.average, n);
        t->adam.step = p.header.steps;
        t->epochs = p.header.epochs;
        t->learning_rate = p.header.learning_rate;
        t->plateau.best = p.header.plateau_best;
        t->plateau.n_bad = p.header.plateau_bad;
    }
    str_deinit(&bytes);
    return result;
}

int checkpoint_read_about(struct checkpoint_about *about, const char *path, struct err *e)
{
    struct str bytes = { 0 };
    struct parts p;
    struct checkpoint_about read;
    int result = open_parts(&p, &bytes, path, e);
    if (result == 0 && (result = parse_settings(&read.settings, &p, e)) != 0)
        err_prefix(e, "checkpoint %s", path);
    if (result == 0) {
        read.kind = read.settings.kind;
        read.seed = p.header.seed;
        read.epochs = p.header.epochs;
        *about = read;
    }
    str_deinit(&bytes);
    return result;
}
