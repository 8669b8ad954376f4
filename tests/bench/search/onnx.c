#include "tests/bench/search/onnx.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/io/files.h"

enum { MAX_FILE_BYTES = 64 << 20, WIRE_VARINT = 0, WIRE_BYTES = 2, GRAPH = 7, INITIALIZER = 5, NAME = 8, RAW_DATA = 9 };

struct span {
    const unsigned char *at, *end;
};

int onnx_read(const char *path, struct str *bytes, struct err *e)
{
    return file_read(path, MAX_FILE_BYTES, bytes, e);
}

static bool take_varint(struct span *s, uint64_t *value)
{
    *value = 0;
    for (int shift = 0; s->at < s->end && shift < 64; shift += 7) {
        *value |= (uint64_t)(*s->at & 0x7f) << shift;
        if (!(*s->at++ & 0x80))
            return true;
    }
    return false;
}

/* The next field: its number, and its bytes (none for a number). False at the end, or where the form is another. */
static bool take_field(struct span *s, uint64_t *field, struct span *value)
{
    uint64_t key, n;
    if (!take_varint(s, &key) || !take_varint(s, &n))
        return false;
    *field = key >> 3;
    *value = (struct span){ s->at, s->at };
    if ((key & 7) == WIRE_VARINT)
        return true;
    if ((key & 7) != WIRE_BYTES || n > (uint64_t)(s->end - s->at))
        return false;
    value->end = s->at += n;
    return true;
}

/* Is this TensorProto of that name? *data: its floats. */
static bool is_tensor(struct span tensor, const char *name, struct span *data)
{
    bool is_named = false;
    struct span value;
    *data = (struct span){ 0 };
    for (uint64_t field; take_field(&tensor, &field, &value);) {
        size_t len = (size_t)(value.end - value.at);
        if (field == NAME)
            is_named = len == strlen(name) && memcmp(value.at, name, len) == 0;
        else if (field == RAW_DATA)
            *data = value;
    }
    return is_named;
}

int onnx_floats(const struct str *bytes, const char *name, float *out, size_t n, struct err *e)
{
    struct span model = { (const unsigned char *)str_text(bytes), (const unsigned char *)str_text(bytes) + bytes->len };
    struct span graph, tensor, data;
    for (uint64_t field; take_field(&model, &field, &graph);)
        for (uint64_t inner; field == GRAPH && take_field(&graph, &inner, &tensor);) {
            if (inner != INITIALIZER || !is_tensor(tensor, name, &data))
                continue;
            if ((size_t)(data.end - data.at) != n * sizeof *out)
                return err_set(e, ERR_INVALID, "%s has not %zu floats", name, n);
            memcpy(out, data.at, n * sizeof *out);
            return 0;
        }
    return err_set(e, ERR_INVALID, "no initializer %s", name);
}
