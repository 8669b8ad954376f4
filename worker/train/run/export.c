#include "worker/train/run/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/io/files.h"
#include "common/proto/json.h"
#include "worker/train/run/safetensors.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are written as they lie in memory");

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

static int read_classes(struct exported *x, json_value metadata, size_t n, struct err *e)
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
    return read == count && count == n ? 0 : err_set(e, ERR_CORRUPT, "classes is no list of %zu names", n);
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

/* Both or neither, and no scale of 0. */
static int read_moments(struct exported *x, json_value metadata, size_t n, struct err *e)
{
    if (read_floats(&x->mean, metadata, "mean", n, e) || read_floats(&x->scale, metadata, "scale", n, e))
        return -1;
    if (!x->mean != !x->scale)
        return err_set(e, ERR_CORRUPT, "mean and scale must both be there, or neither");
    for (size_t i = 0; x->scale && i < n; i++)
        if (!(x->scale[i] > 0))
            return err_set(e, ERR_CORRUPT, "scale has a number that is not above 0");
    return 0;
}

static int want_shape(const struct safetensors *s, const char *name, size_t *rows, size_t *cols, struct err *e)
{
    if (safetensors_shape(s, name, rows, cols) && *rows > 0 && *cols > 0)
        return 0;
    return err_set(e, ERR_CORRUPT, "tensor %s is missing, or no matrix", name);
}

/* Heads are the one size that no tensor has. */
static int read_heads(size_t *heads, json_value metadata, struct err *e)
{
    const char *text;
    char *end;
    *heads = 1;
    if (!json_get(metadata, "num_heads"))
        return 0;
    if (json_want_text(metadata, "num_heads", &text, e))
        return -1;
    *heads = strtoul(text, &end, 10);
    return *end || end == text || *text == '-' ? err_set(e, ERR_CORRUPT, "num_heads is \"%.32s\", no number", text) : 0;
}

/* The model whose tensors these are. */
static int find_config(struct model_config *c, const struct safetensors *s, json_value metadata, struct err *e)
{
    const char *name;
    size_t rows, cols;
    *c = (struct model_config){ 0 };
    if (json_want_text(metadata, "model", &name, e) || settings_parse_kind(&c->kind, name, e))
        return -1;
    if (c->kind == MODEL_LINEAR)
        return want_shape(s, "linear1.weight", &c->hidden_1, &c->n_features, e) ||
                       want_shape(s, "linear2.weight", &c->hidden_2, &cols, e) ||
                       want_shape(s, "linear3.weight", &c->n_classes, &cols, e)
                   ? -1
                   : 0;
    if (want_shape(s, "rnn.weight_ih_l0", &rows, &c->n_features, e) ||
        want_shape(s, "rnn.weight_hh_l0", &rows, &c->hidden_size, e) ||
        want_shape(s, "linear.weight", &c->n_classes, &cols, e) || read_heads(&c->num_heads, metadata, e))
        return -1;
    char layer[48] = "rnn.weight_ih_l0";
    while (c->num_layers < 65 && safetensors_shape(s, layer, &rows, &cols))
        snprintf(layer, sizeof layer, "rnn.weight_ih_l%zu", ++c->num_layers);
    return 0;
}

static int read_model(struct exported *x, const struct safetensors *s, struct err *e)
{
    json_value metadata = safetensors_metadata(s);
    struct model_config c;
    size_t n;
    if (!metadata)
        return err_set(e, ERR_CORRUPT, "__metadata__ is missing: it must say at least \"model\" and \"classes\"");
    if (find_config(&c, s, metadata, e) || read_classes(x, metadata, c.n_classes, e) ||
        read_moments(x, metadata, c.n_features, e))
        return -1;
    x->model = model_new(&c, e);
    if (!x->model)
        return -1;
    const struct model_tensor *t = model_tensors(x->model, &n);
    for (size_t i = 0; i < n; i++)
        if (safetensors_read(s, t[i].name, t[i].rows, t[i].cols, model_parameters(x->model) + t[i].offset, e))
            return -1;
    return 0;
}

int export_load(struct exported *x, const char *path, struct err *e)
{
    struct safetensors s = { 0 };
    struct exported read = { 0 };
    if (safetensors_open(&s, path, e))
        return err_prefix(e, "model %s", path);
    int result = read_model(&read, &s, e);
    if (result) {
        e->code = ERR_CORRUPT;
        err_prefix(e, "model %s", path);
        exported_deinit(&read);
    } else {
        *x = read;
    }
    safetensors_close(&s);
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
