#include "coordinator/exchange/event_file.h"

#include <string.h>

#include "common/base/crc32c.h"

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

/* ---- protocol buffers ---- */

static void add_varint(struct str *m, uint64_t value)
{
    for (; value >= 128; value >>= 7)
        str_add_char(m, (char)(unsigned char)(value | 128));
    str_add_char(m, (char)value);
}

static void add_key(struct str *m, int field, enum wire wire)
{
    add_varint(m, (uint64_t)field << 3 | wire);
}

static void add_little_endian(struct str *m, uint64_t bits, int n_bytes)
{
    for (int i = 0; i < n_bytes; i++)
        str_add_char(m, (char)(unsigned char)(bits >> 8 * i));
}

void proto_add_number(struct str *m, int field, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    add_key(m, field, WIRE_64);
    add_little_endian(m, bits, 8);
}

void proto_add_float(struct str *m, int field, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    add_key(m, field, WIRE_32);
    add_little_endian(m, bits, 4);
}

void proto_add_int(struct str *m, int field, int64_t value)
{
    add_key(m, field, WIRE_VARINT);
    add_varint(m, (uint64_t)value);
}

static void add_bytes(struct str *m, int field, const char *bytes, size_t len)
{
    add_key(m, field, WIRE_BYTES);
    add_varint(m, len);
    str_add_bytes(m, bytes, len);
}

void proto_add_text(struct str *m, int field, const char *text)
{
    add_bytes(m, field, text, strlen(text));
}

void proto_add_message(struct str *m, int field, const struct str *inner)
{
    add_bytes(m, field, str_text(inner), inner->len);
}

/* ---- records ---- */

static uint32_t masked(const void *bytes, size_t len)
{
    uint32_t crc = crc32c(0, bytes, len);
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

static void add_record(struct str *file, const struct str *payload)
{
    size_t start = file->len;
    add_little_endian(file, payload->len, 8);
    add_little_endian(file, masked(file->text + start, 8), 4);
    str_add_bytes(file, str_text(payload), payload->len);
    add_little_endian(file, masked(str_text(payload), payload->len), 4);
}

void event_begin(struct str *file, double wall_s)
{
    struct str event = { 0 };
    proto_add_number(&event, 1, wall_s);
    proto_add_text(&event, 3, "brain.Event:2");
    add_record(file, &event);
    str_deinit(&event);
}

/* An Event with a Summary of the one Value. */
static void add_event(struct str *file, double wall_s, int64_t step, const struct str *value)
{
    struct str event = { 0 }, summary = { 0 };
    proto_add_message(&summary, 1, value);
    proto_add_number(&event, 1, wall_s);
    proto_add_int(&event, 2, step);
    proto_add_message(&event, 5, &summary);
    add_record(file, &event);
    str_deinit(&summary);
    str_deinit(&event);
}

void event_scalar(struct str *file, double wall_s, int64_t step, const char *tag, double value)
{
    struct str v = { 0 };
    proto_add_text(&v, 1, tag);
    proto_add_float(&v, 2, (float)value);
    add_event(file, wall_s, step, &v);
    str_deinit(&v);
}

/* A tensor's shape of one or two dimensions; `second` 0: one. */
static void add_shape(struct str *tensor, int64_t first, int64_t second)
{
    struct str shape = { 0 }, dimension = { 0 };
    proto_add_int(&dimension, 1, first);
    proto_add_message(&shape, 2, &dimension);
    if (second) {
        str_clear(&dimension);
        proto_add_int(&dimension, 1, second);
        proto_add_message(&shape, 2, &dimension);
    }
    proto_add_message(tensor, 2, &shape);
    str_deinit(&shape);
    str_deinit(&dimension);
}

static void add_tensor_event(struct str *file, double wall_s, const char *tag, const char *plugin_name,
    const struct str *data, const struct str *tensor)
{
    struct str value = { 0 }, metadata = { 0 }, plugin = { 0 };
    proto_add_text(&plugin, 1, plugin_name);
    if (data)
        proto_add_message(&plugin, 2, data);
    proto_add_message(&metadata, 1, &plugin);
    proto_add_text(&value, 1, tag);
    proto_add_message(&value, 8, tensor);
    proto_add_message(&value, 9, &metadata);
    add_event(file, wall_s, 0, &value);
    str_deinit(&value);
    str_deinit(&metadata);
    str_deinit(&plugin);
}

void event_exact(struct str *file, double wall_s, const char *tag, const double *pairs, size_t n)
{
    struct str tensor = { 0 }, content = { 0 };
    for (size_t i = 0; i < 2 * n; i++) {
        uint64_t bits;
        memcpy(&bits, &pairs[i], sizeof bits);
        add_little_endian(&content, bits, 8);
    }
    proto_add_int(&tensor, 1, 2); /* DT_DOUBLE */
    add_shape(&tensor, (int64_t)n, 2);
    proto_add_message(&tensor, 4, &content); /* tensor_content */
    add_tensor_event(file, wall_s, tag, "rung", NULL, &tensor);
    str_deinit(&tensor);
    str_deinit(&content);
}

void event_hparams(struct str *file, double wall_s, const char *tag, const struct str *data)
{
    struct str tensor = { 0 };
    proto_add_int(&tensor, 1, 1); /* DT_FLOAT; the tensor that the format asks for is empty */
    add_shape(&tensor, 0, 0);
    add_tensor_event(file, wall_s, tag, "hparams", data, &tensor);
    str_deinit(&tensor);
}
