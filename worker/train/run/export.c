#include "worker/train/run/export.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/io/files.h"
#include "common/proto/json.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are written as they lie in memory");

enum { HEADER_MAX = 100 << 20 };

static size_t tensor_floats(const struct model_tensor *t)
{
    return t->rows * (t->cols ? t->cols : 1);
}

/* ---- writing ---- */

static void add_floats(struct str *out, const char *key, const float *values, size_t n)
{
    struct str list = { 0 };
    json_open_array(&list);
    for (size_t i = 0; i < n; i++)
        json_put_number(&list, (double)values[i]);
    json_close_array(&list);
    json_add_text(out, key, list.text);
    str_deinit(&list);
}

static void add_metadata(struct str *out, const struct trainer *t)
{
    struct str text = { 0 };
    const struct dataset *data = t->train->of;
    json_put_key(out, "__metadata__");
    json_open_object(out);
    json_add_text(out, "format", "pt");
    json_add_text(out, "model", model_kind_name(t->settings.kind));
    if (t->settings.kind == MODEL_GRU_ATTENTION) {
        str_addf(&text, "%lld", (long long)t->settings.num_heads);
        json_add_text(out, "num_heads", text.text);
        str_clear(&text);
    }
    settings_print(&text, &t->settings);
    json_add_text(out, "config", text.text);
    str_clear(&text);
    json_open_array(&text);
    for (size_t c = 0; c < data->n_classes; c++)
        json_put_text(&text, data->class_names[c]);
    json_close_array(&text);
    json_add_text(out, "classes", text.text);
    if (t->settings.standardize) {
        add_floats(out, "mean", t->feeder.mean, data->n_features);
        add_floats(out, "scale", t->feeder.scale, data->n_features);
    }
    json_close_object(out);
    str_deinit(&text);
}

static void add_tensor(struct str *out, const struct model_tensor *t)
{
    json_put_key(out, t->name);
    json_open_object(out);
    json_add_text(out, "dtype", "F32");
    json_put_key(out, "shape");
    json_open_array(out);
    json_put_int(out, (int64_t)t->rows);
    if (t->cols)
        json_put_int(out, (int64_t)t->cols);
    json_close_array(out);
    json_put_key(out, "data_offsets");
    json_open_array(out);
    json_put_int(out, (int64_t)(t->offset * sizeof(float)));
    json_put_int(out, (int64_t)((t->offset + tensor_floats(t)) * sizeof(float)));
    json_close_array(out);
    json_close_object(out);
}

int export_save(const struct trainer *t, const char *path, struct err *e)
{
    struct str header = { 0 }, out = { 0 };
    size_t n;
    const struct model_tensor *tensors = model_tensors(t->model, &n);
    json_open_object(&header);
    add_metadata(&header, t);
    for (size_t i = 0; i < n; i++)
        add_tensor(&header, &tensors[i]);
    json_close_object(&header);
    while (header.len % 8)
        str_add_char(&header, ' ');
    uint64_t len = header.len;
    str_add_bytes(&out, &len, sizeof len);
    str_add_bytes(&out, header.text, header.len);
    str_add_bytes(&out, trainer_weights(t), sizeof(float) * model_n_parameters(t->model));
    int result = file_write(path, out.text, out.len, 0, e);
    str_deinit(&header);
    str_deinit(&out);
    return result;
}

/* ---- reading ---- */

/* A text of the metadata, parsed as JSON. Returns owned. */
static struct json_doc *open_metadata(json_value metadata, const char *key, struct err *e)
{
    const char *text;
    if (json_want_text(metadata, key, &text, e))
        return NULL;
    struct json_doc *doc = json_parse(text, strlen(text), e);
    if (!doc)
        err_prefix(e, "%s", key);
    return doc;
}

static int read_classes(struct exported *x, json_value metadata, size_t *n, struct err *e)
{
    struct json_doc *doc = open_metadata(metadata, "classes", e);
    if (!doc)
        return -1;
    json_value list = json_root(doc);
    size_t count = json_type(list) == JSON_ARRAY ? json_len(list) : 0, read = 0;
    x->classes = mem_zalloc(count + 1, sizeof *x->classes); /* ends with NULL */
    for (json_value v = count ? json_first(list) : NULL; v && json_type(v) == JSON_TEXT; v = json_next(v))
        x->classes[read++] = mem_strdup(json_text(v));
    json_free(doc);
    *n = count;
    return read == count && count ? 0 : err_set(e, ERR_CORRUPT, "classes is no list of names");
}

/* A list of n finite numbers; *out stays NULL when the key is absent. */
static int read_floats(float **out, json_value metadata, const char *key, size_t n, struct err *e)
{
    if (!json_get(metadata, key))
        return 0;
    struct json_doc *doc = open_metadata(metadata, key, e);
    if (!doc)
        return -1;
    json_value list = json_root(doc);
    size_t read = 0;
    *out = mem_zalloc(n, sizeof **out);
    if (json_type(list) == JSON_ARRAY && json_len(list) == n)
        for (json_value v = json_first(list); v && json_type(v) == JSON_NUMBER; v = json_next(v))
            (*out)[read++] = (float)json_number(v);
    json_free(doc);
    return read == n ? 0 : err_set(e, ERR_CORRUPT, "%s is no list of %zu numbers", key, n);
}

/* Columns of the first tensor: the features. */
static int read_n_features(json_value root, enum model_kind kind, size_t *n, struct err *e)
{
    json_value first = json_get(root, kind == MODEL_LINEAR ? "linear1.weight" : "rnn.weight_ih_l0");
    json_value shape = first ? json_get(first, "shape") : NULL;
    int64_t columns;
    if (!shape || json_type(shape) != JSON_ARRAY || json_len(shape) != 2 ||
        !json_is_integer(json_at(shape, 1), &columns) || columns < 1)
        return err_set(e, ERR_CORRUPT, "the first tensor is missing");
    *n = (size_t)columns;
    return 0;
}

/* Copies one tensor, when its entry says what it must. */
static int read_tensor(struct exported *x, json_value root, const struct model_tensor *t, const struct str *bytes,
    size_t data, struct err *e)
{
    struct str wanted = { 0 }, got = { 0 };
    add_tensor(&wanted, t);
    json_value entry = json_get(root, t->name);
    json_put_key(&got, t->name);
    if (entry)
        json_print(&got, entry);
    bool is_same = str_equal(str_text(&wanted), str_text(&got));
    str_deinit(&wanted);
    str_deinit(&got);
    size_t at = data + t->offset * sizeof(float), len = tensor_floats(t) * sizeof(float);
    if (!is_same || at + len > bytes->len)
        return err_set(e, ERR_CORRUPT, "tensor %s is missing, or not what the model needs", t->name);
    memcpy(model_parameters(x->model) + t->offset, bytes->text + at, len);
    return 0;
}

static int read_model(struct exported *x, json_value root, const struct str *bytes, size_t data, struct err *e)
{
    json_value metadata = json_get(root, "__metadata__");
    const char *name;
    enum model_kind kind;
    struct settings settings;
    size_t n_features = 0, n_classes = 0, n;
    if (!metadata)
        return err_set(e, ERR_CORRUPT, "it was not written by rung-train: __metadata__ is missing");
    if (json_want_text(metadata, "model", &name, e) || settings_parse_kind(&kind, name, e) ||
        read_n_features(root, kind, &n_features, e) || read_classes(x, metadata, &n_classes, e) ||
        read_floats(&x->mean, metadata, "mean", n_features, e) ||
        read_floats(&x->scale, metadata, "scale", n_features, e))
        return -1;
    struct json_doc *config = open_metadata(metadata, "config", e);
    int result = config ? settings_parse(&settings, kind, json_root(config), e) : -1;
    json_free(config);
    if (result)
        return -1;
    struct model_config c = settings_model(&settings, n_features, n_classes);
    x->model = model_new(&c, e);
    if (!x->model)
        return -1;
    const struct model_tensor *tensors = model_tensors(x->model, &n);
    for (size_t i = 0; i < n; i++)
        if (read_tensor(x, root, &tensors[i], bytes, data, e))
            return -1;
    return 0;
}

static int read_bytes(struct exported *x, const struct str *bytes, struct err *e)
{
    uint64_t len = 0;
    if (bytes->len >= sizeof len)
        memcpy(&len, bytes->text, sizeof len);
    if (len == 0 || len > HEADER_MAX || len > bytes->len - sizeof len)
        return err_set(e, ERR_CORRUPT, "it is no safetensors file");
    struct json_doc *doc = json_parse(bytes->text + sizeof len, len, e);
    int result = doc ? read_model(x, json_root(doc), bytes, sizeof len + len, e) : -1;
    json_free(doc);
    return result;
}

int export_load(struct exported *x, const char *path, struct err *e)
{
    struct str bytes = { 0 };
    struct exported read = { 0 };
    if (file_read(path, (size_t)4 << 30, &bytes, e))
        return err_prefix(e, "model");
    int result = read_bytes(&read, &bytes, e);
    if (result) {
        e->code = ERR_CORRUPT;
        err_prefix(e, "model %s", path);
        exported_deinit(&read);
    } else
        *x = read;
    str_deinit(&bytes);
    return result;
}

void exported_deinit(struct exported *x)
{
    model_free(x->model);
    for (char **c = x->classes; c && *c; c++)
        free(*c);
    free(x->classes);
    free(x->mean);
    free(x->scale);
    memset(x, 0, sizeof *x);
}
