#include "worker/train/run/safetensors.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/io/files.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are read as they lie in memory");

enum { HEADER_MAX = 100 << 20, AXES_MAX = 8 };
#define FILE_MAX ((size_t)4 << 30)
#define METADATA "__metadata__"

static const struct {
    const char *name;
    int64_t bytes;
} types[] = { { "F32", 4 }, { "F64", 8 }, { "F16", 2 }, { "BF16", 2 }, { "I64", 8 }, { "I32", 4 }, { "I16", 2 },
    { "I8", 1 }, { "U64", 8 }, { "U32", 4 }, { "U16", 2 }, { "U8", 1 }, { "BOOL", 1 } };

/* Where the numbers of a tensor lie, from the beginning of all numbers. */
struct extent {
    const char *name;
    int64_t from, to;
};

static int64_t type_bytes(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_equal(types[i].name, name))
            return types[i].bytes;
    return 0;
}

/* How many numbers the shape has. */
static int count_numbers(json_value shape, int64_t *out, struct err *e)
{
    int64_t n = 1, axis;
    if (!shape || json_type(shape) != JSON_ARRAY || json_len(shape) > AXES_MAX)
        return err_set(e, ERR_CORRUPT, "its shape is no list of at most %d axes", AXES_MAX);
    for (json_value v = json_first(shape); v; v = json_next(v))
        if (!json_is_integer(v, &axis) || axis < 0 || __builtin_mul_overflow(n, axis, &n))
            return err_set(e, ERR_CORRUPT, "its shape is no list of whole numbers of a sensible size");
    *out = n;
    return 0;
}

static int read_extent(struct extent *out, json_value tensor, int64_t n_data, struct err *e)
{
    const char *type;
    int64_t n = 0;
    json_value offsets = json_get(tensor, "data_offsets");
    if (json_want_text(tensor, "dtype", &type, e) < 0 || count_numbers(json_get(tensor, "shape"), &n, e) < 0)
        return -1;
    if (type_bytes(type) == 0)
        return err_set(e, ERR_CORRUPT, "its type is %.32s, which is unknown", type);
    if (!offsets || json_type(offsets) != JSON_ARRAY || json_len(offsets) != 2 ||
        !json_is_integer(json_at(offsets, 0), &out->from) || !json_is_integer(json_at(offsets, 1), &out->to) ||
        out->from < 0 || out->to < out->from)
        return err_set(e, ERR_CORRUPT, "data_offsets is not where it begins and ends");
    if (out->to > n_data)
        return err_set(e, ERR_CORRUPT, "it ends at %lld, behind the end of the file: there are %lld bytes of numbers",
            (long long)out->to, (long long)n_data);
    if (n > n_data || n * type_bytes(type) != out->to - out->from)
        return err_set(e, ERR_CORRUPT, "it has %lld bytes, which is not what its shape and type say",
            (long long)(out->to - out->from));
    return 0;
}

static int compare_extents(const void *a, const void *b)
{
    const struct extent *x = a, *y = b;
    return x->from < y->from ? -1 : x->from > y->from ? 1 : (x->to > y->to) - (x->to < y->to);
}

static int check_overlaps(struct extent *list, size_t n, struct err *e)
{
    qsort(list, n, sizeof *list, compare_extents);
    for (size_t i = 1; i < n; i++)
        if (list[i].from < list[i - 1].to)
            return err_set(
                e, ERR_CORRUPT, "tensors %.64s and %.64s lie over each other", list[i - 1].name, list[i].name);
    return 0;
}

static int check_tensors(const struct safetensors *s, struct err *e)
{
    json_value root = json_root(s->header);
    if (json_type(root) != JSON_OBJECT)
        return err_set(e, ERR_CORRUPT, "its header is no object");
    struct extent *list = mem_zalloc(json_len(root) + 1, sizeof *list);
    size_t n = 0;
    int result = 0;
    for (json_value t = json_first(root); t && result == 0; t = json_next(t)) {
        if (str_equal(json_key(t), METADATA))
            continue;
        list[n].name = json_key(t);
        if (json_type(t) != JSON_OBJECT)
            result = err_set(e, ERR_CORRUPT, "tensor %.64s: it is no object", json_key(t));
        else if (read_extent(&list[n++], t, (int64_t)(s->bytes.len - s->data), e) < 0)
            result = err_prefix(e, "tensor %.64s", json_key(t));
    }
    if (result == 0)
        result = check_overlaps(list, n, e);
    free(list);
    return result;
}

static int open_header(struct safetensors *s, struct err *e)
{
    uint64_t len = 0;
    if (s->bytes.len >= sizeof len)
        memcpy(&len, s->bytes.text, sizeof len);
    if (len == 0 || len > HEADER_MAX || len > s->bytes.len - sizeof len)
        return err_set(e, ERR_CORRUPT, "it is no safetensors file: its header would have %llu bytes of %zu",
            (unsigned long long)len, s->bytes.len);
    s->header = json_parse(s->bytes.text + sizeof len, len, e);
    s->data = sizeof len + len;
    return s->header ? check_tensors(s, e) : err_prefix(e, "header");
}

int safetensors_open(struct safetensors *s, const char *path, struct err *e)
{
    struct safetensors read = { 0 };
    if (file_read(path, FILE_MAX, &read.bytes, e) < 0)
        return -1;
    if (open_header(&read, e) < 0) {
        e->code = ERR_CORRUPT;
        safetensors_close(&read);
        return -1;
    }
    *s = read;
    return 0;
}

void safetensors_close(struct safetensors *s)
{
    json_free(s->header);
    str_deinit(&s->bytes);
    *s = (struct safetensors){ 0 };
}

json_value safetensors_metadata(const struct safetensors *s)
{
    json_value metadata = json_get(json_root(s->header), METADATA);
    return metadata && json_type(metadata) == JSON_OBJECT ? metadata : NULL;
}

bool safetensors_shape(const struct safetensors *s, const char *name, size_t *rows, size_t *cols)
{
    json_value tensor = json_get(json_root(s->header), name), shape = tensor ? json_get(tensor, "shape") : NULL;
    int64_t axes[2] = { 0 };
    if (!shape || str_equal(name, METADATA) || json_len(shape) < 1 || json_len(shape) > 2)
        return false;
    for (size_t i = 0; i < json_len(shape); i++)
        json_is_integer(json_at(shape, i), &axes[i]);
    *rows = (size_t)axes[0];
    *cols = (size_t)axes[1];
    return true;
}

int safetensors_read(const struct safetensors *s, const char *name, size_t rows, size_t cols, float *out, struct err *e)
{
    size_t got_rows, got_cols;
    int64_t from = 0;
    if (!safetensors_shape(s, name, &got_rows, &got_cols))
        return err_set(e, ERR_CORRUPT, "tensor %s is missing, or no matrix or vector", name);
    if (got_rows != rows || got_cols != cols)
        return err_set(e, ERR_CORRUPT, "tensor %s is (%zu, %zu), where the model needs (%zu, %zu); 0: a vector", name,
            got_rows, got_cols, rows, cols);
    json_value tensor = json_get(json_root(s->header), name);
    if (!str_equal(json_text(json_get(tensor, "dtype")), "F32"))
        return err_set(
            e, ERR_CORRUPT, "tensor %s is %.32s: only F32 is read", name, json_text(json_get(tensor, "dtype")));
    json_is_integer(json_at(json_get(tensor, "data_offsets"), 0), &from);
    memcpy(out, s->bytes.text + s->data + from, sizeof *out * rows * (cols ? cols : 1));
    return 0;
}
