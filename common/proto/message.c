#include "common/proto/message.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/crc32c.h"
#include "common/base/mem.h"
#include "common/proto/json.h"

/* ---- memory: blocks that a decoded message gives back all at once ---- */

enum { BLOCK = 960 }; /* with its head less than what malloc hands out at once */

struct message_memory {
    struct message_memory *next;
    size_t used, cap;
    alignas(max_align_t) char bytes[];
};

static void *take_memory(struct message_memory **first, size_t len)
{
    struct message_memory *block = *first;
    size_t aligned = (len + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    if (!block || block->cap - block->used < aligned) {
        size_t cap = aligned > BLOCK ? aligned : BLOCK;
        block = mem_alloc(sizeof *block + cap);
        *block = (struct message_memory){ .next = *first, .cap = cap };
        *first = block;
    }
    void *p = block->bytes + block->used;
    block->used += aligned;
    return p;
}

static void free_memory(struct message_memory *block)
{
    while (block) {
        struct message_memory *next = block->next;
        free(block);
        block = next;
    }
}

/* ---- reading fields: the first failure is kept, and what follows does nothing ---- */

struct reader {
    json_value object;
    struct message_memory *owned;
    struct str scratch;
    bool has_failed;
    struct err *e;
};

static void check(struct reader *r, int status)
{
    if (status < 0)
        r->has_failed = true;
}

static int64_t size_of_maximum(int64_t maximum)
{
    return maximum < 0 ? -maximum : maximum;
}

/* True when there is nothing (more) to read under this key. */
static bool is_passed(const struct reader *r, const char *key, int64_t maximum)
{
    if (r->has_failed)
        return true;
    json_value v = json_get(r->object, key);
    return maximum < 0 && (!v || json_type(v) == JSON_NULL);
}

static void read_id(struct reader *r, const char *key, int64_t maximum, uint64_t *out)
{
    if (!is_passed(r, key, maximum))
        check(r, json_want_id(r->object, key, out, r->e));
}

static void read_int(struct reader *r, const char *key, int64_t maximum, int64_t *out)
{
    if (is_passed(r, key, maximum))
        return;
    check(r, json_want_int(r->object, key, out, r->e));
    if (!r->has_failed && (*out < 0 || *out > size_of_maximum(maximum)))
        check(r, err_set(r->e, ERR_INVALID, "\"%s\" is %lld: 0 to %lld is expected", key, (long long)*out,
                     (long long)size_of_maximum(maximum)));
}

static void read_number(struct reader *r, const char *key, int64_t maximum, double *out)
{
    if (!is_passed(r, key, maximum))
        check(r, json_want_number(r->object, key, out, r->e));
}

static void read_bool(struct reader *r, const char *key, int64_t maximum, bool *out)
{
    if (!is_passed(r, key, maximum))
        check(r, json_want_bool(r->object, key, out, r->e));
}

/* Copies a text of at most `maximum` bytes. */
static const char *keep_text(struct reader *r, const char *key, int64_t maximum, const char *text, size_t len)
{
    if (len > (size_t)size_of_maximum(maximum)) {
        check(r, err_set(r->e, ERR_INVALID, "\"%s\" has %zu bytes: at most %lld are expected", key, len,
                     (long long)size_of_maximum(maximum)));
        return NULL;
    }
    char *copy = take_memory(&r->owned, len + 1);
    memcpy(copy, text, len + 1);
    return copy;
}

static void read_text(struct reader *r, const char *key, int64_t maximum, const char **out)
{
    const char *text;
    if (is_passed(r, key, maximum))
        return;
    check(r, json_want_text(r->object, key, &text, r->e));
    if (!r->has_failed)
        *out = keep_text(r, key, maximum, text, strlen(text));
}

static void read_json(struct reader *r, const char *key, int64_t maximum, const char **out)
{
    if (is_passed(r, key, maximum))
        return;
    json_value v = json_get(r->object, key);
    if (!v) {
        check(r, err_set(r->e, ERR_INVALID, "\"%s\" is missing: a value is expected", key));
        return;
    }
    str_clear(&r->scratch);
    json_print(&r->scratch, v);
    *out = keep_text(r, key, maximum, str_text(&r->scratch), r->scratch.len);
}

typedef void (*read_fn)(struct reader *r, void *to);
typedef void (*write_fn)(struct str *s, const void *from);

/* Returns the records (NULL when there are none), `size` bytes each. */
static void *read_list(struct reader *r, const char *key, int64_t maximum, size_t size, read_fn read, size_t *n_out)
{
    json_value list = json_get(r->object, key);
    if (r->has_failed)
        return NULL;
    size_t n = json_len(list);
    if (!list || json_type(list) != JSON_ARRAY || n > (size_t)maximum) {
        check(r, err_set(r->e, ERR_INVALID, "\"%s\" is %s: an array of at most %lld is expected", key,
                     json_type_name(list), (long long)maximum));
        return NULL;
    }
    char *records = n ? take_memory(&r->owned, n * size) : NULL;
    json_value outer = r->object;
    size_t i = 0;
    for (json_value item = json_first(list); item && !r->has_failed; item = json_next(item), i++) {
        memset(records + i * size, 0, size);
        r->object = item;
        read(r, records + i * size);
        if (r->has_failed)
            err_prefix(r->e, "%s[%zu]", key, i);
    }
    r->object = outer;
    *n_out = i;
    return records;
}

/* clang-format off */
#define RECORD(name, meaning) static void read_record_##name(struct reader *r, void *to) { struct record_##name *m = to;
#define MESSAGE(name, NAME, number, from, meaning) \
    static void read_message_##name(struct reader *r, void *to) { struct message_##name *m = to;
#define FIELD(type, name, maximum, meaning) read_##type(r, #name, maximum, &m->name);
#define LIST(record, name, maximum, meaning) \
    m->name = read_list(r, #name, maximum, sizeof *m->name, read_record_##record, &m->n_##name);
#define END }
/* clang-format on */
#include "schemas/messages.def"

/* ---- writing fields ---- */

static void write_id(struct str *s, const char *key, int64_t maximum, uint64_t value)
{
    if (value || maximum >= 0)
        json_add_id(s, key, value);
}

static void write_int(struct str *s, const char *key, int64_t maximum, int64_t value)
{
    assert(value >= 0);
    assert(value <= size_of_maximum(maximum));
    if (value || maximum >= 0)
        json_add_int(s, key, value);
}

static void write_number(struct str *s, const char *key, int64_t maximum, double value)
{
    json_add_number(s, key, value);
}

static void write_bool(struct str *s, const char *key, int64_t maximum, bool value)
{
    json_add_bool(s, key, value);
}

static void write_text(struct str *s, const char *key, int64_t maximum, const char *value)
{
    assert(value || maximum < 0);
    if (!value)
        return;
    size_t len = strlen(value);
    assert(len <= (size_t)size_of_maximum(maximum));
    if (str_is_utf8(value, len)) {
        json_add_text(s, key, value);
        return;
    }
    struct str clean = { 0 };
    str_add_utf8(&clean, value, len, (size_t)size_of_maximum(maximum));
    json_add_text(s, key, str_text(&clean));
    str_deinit(&clean);
}

static void write_json(struct str *s, const char *key, int64_t maximum, const char *value)
{
    assert(value || maximum < 0);
    if (!value)
        return;
    assert(strlen(value) <= (size_t)size_of_maximum(maximum));
    json_add_raw(s, key, value);
}

static void write_list(
    struct str *s, const char *key, int64_t maximum, const void *records, size_t n, size_t size, write_fn write)
{
    assert(n <= (size_t)maximum);
    json_put_key(s, key);
    json_open_array(s);
    for (size_t i = 0; i < n; i++) {
        json_open_object(s);
        write(s, (const char *)records + i * size);
        json_close_object(s);
    }
    json_close_array(s);
}

/* clang-format off */
#define RECORD(name, meaning) \
    static void write_record_##name(struct str *s, const void *from) { const struct record_##name *m = from;
#define MESSAGE(name, NAME, number, from, meaning) \
    static void write_message_##name(struct str *s, const void *at) { const struct message_##name *m = at;
#define FIELD(type, name, maximum, meaning) write_##type(s, #name, maximum, m->name);
#define LIST(record, name, maximum, meaning) \
    write_list(s, #name, maximum, m->name, m->n_##name, sizeof *m->name, write_record_##record);
#define END }
/* clang-format on */
#include "schemas/messages.def"

/* ---- the table of messages ---- */

enum {
    sender_worker = SENDER_WORKER,
    sender_coordinator = SENDER_COORDINATOR,
    sender_client = SENDER_CLIENT,
    sender_any = SENDER_ANY
};

static const struct kind {
    const char *name;
    int from;
    read_fn read;
    write_fn write;
} kinds[] = {
/* clang-format off */
#define RECORD(name, meaning)
#define MESSAGE(name, NAME, number, from, meaning) \
    [number] = { #name, sender_##from, read_message_##name, write_message_##name },
#define FIELD(type, name, maximum, meaning)
#define LIST(record, name, maximum, meaning)
#define END
/* clang-format on */
#include "schemas/messages.def"
};

static const struct kind *find_kind(unsigned type)
{
    return type < sizeof kinds / sizeof *kinds && kinds[type].name ? &kinds[type] : NULL;
}

const char *message_name(enum message_type type)
{
    const struct kind *kind = find_kind(type);
    return kind ? kind->name : "unknown";
}

enum message_sender message_from(enum message_type type)
{
    const struct kind *kind = find_kind(type);
    assert(kind);
    return (enum message_sender)kind->from;
}

bool message_may_come_from(enum message_type type, enum message_sender sender)
{
    enum message_sender from = message_from(type);
    return from == sender || from == SENDER_ANY;
}

static size_t max_tail(unsigned type)
{
    return type == MESSAGE_BLOB_PUT || type == MESSAGE_BLOB_DATA ? LIMIT_BLOB_CHUNK : 0;
}

/* ---- frames ---- */

struct header {
    unsigned protocol, type;
    size_t json_len, tail_len;
};

static const unsigned char magic[4] = { 'R', 'N', 'G', '1' };

static uint32_t get_u32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_u32(unsigned char *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (unsigned char)(value >> 8 * i);
}

/* The other protocol's number is told apart before anything else, as its checksum may stand elsewhere. */
static int read_header(const unsigned char *frame, size_t len, struct header *h, struct err *e)
{
    if (len > LIMIT_FRAME)
        return err_set(e, ERR_LIMIT, "a frame of %zu bytes: at most %d are taken", len, LIMIT_FRAME);
    if (len < MESSAGE_HEADER || memcmp(frame, magic, sizeof magic) != 0)
        return err_set(e, ERR_CORRUPT, "not a frame of Rung's protocol");
    *h = (struct header){ frame[4], frame[5], get_u32(frame + 8), get_u32(frame + 12) };
    if (h->protocol != MESSAGE_PROTOCOL)
        return err_set(
            e, ERR_REFUSED, "protocol %u: this program (%s) speaks %d", h->protocol, RUNG_VERSION, MESSAGE_PROTOCOL);
    if (h->json_len + h->tail_len != len - MESSAGE_HEADER || frame[6] || frame[7])
        return err_set(e, ERR_CORRUPT, "a frame whose lengths contradict each other");
    if (crc32c(crc32c(0, frame, 16), frame + MESSAGE_HEADER, len - MESSAGE_HEADER) != get_u32(frame + 16))
        return err_set(e, ERR_CORRUPT, "a frame whose checksum is wrong");
    return 0;
}

static int read_body(const struct kind *kind, const char *json, size_t len, struct message *m, struct err *e)
{
    struct json_doc *doc = json_parse(json, len, e);
    if (!doc)
        return err_prefix(e, "%s", kind->name);
    struct reader r = { .object = json_root(doc), .e = e };
    if (json_type(json_root(doc)) == JSON_OBJECT)
        kind->read(&r, &m->as);
    else
        check(&r, err_set(e, ERR_INVALID, "the body is %s: an object is expected", json_type_name(json_root(doc))));
    str_deinit(&r.scratch);
    json_free(doc);
    m->owned = r.owned;
    return r.has_failed ? err_prefix(e, "%s", kind->name) : 0;
}

int message_decode(const void *frame, size_t len, struct message *out, struct err *e)
{
    const char *bytes = frame;
    struct header h = { 0 };
    if (read_header(frame, len, &h, e) < 0)
        return -1;
    const struct kind *kind = find_kind(h.type);
    if (!kind)
        return err_set(
            e, ERR_NOT_FOUND, "a message of type %u, which this program (%s) does not know", h.type, RUNG_VERSION);
    if (h.tail_len > max_tail(h.type))
        return err_set(e, ERR_INVALID, "%s: %zu bytes follow the JSON: at most %zu are expected", kind->name,
            h.tail_len, max_tail(h.type));
    struct message m = { .type = (enum message_type)h.type, .tail_len = h.tail_len };
    if (h.tail_len)
        m.tail = bytes + MESSAGE_HEADER + h.json_len;
    if (read_body(kind, bytes + MESSAGE_HEADER, h.json_len, &m, e) < 0) {
        message_deinit(&m);
        return -1;
    }
    *out = m;
    return 0;
}

void message_deinit(struct message *m)
{
    free_memory(m->owned);
    *m = (struct message){ 0 };
}

bool message_encode(const struct message *m, struct str *frame)
{
    const struct kind *kind = find_kind(m->type);
    assert(kind);
    assert(m->tail_len <= max_tail(m->type));
    static const unsigned char no_header[MESSAGE_HEADER] = { 0 };
    size_t begin = frame->len, json_at = begin + MESSAGE_HEADER;
    str_add_bytes(frame, no_header, sizeof no_header);
    json_open_object(frame);
    kind->write(frame, &m->as);
    json_close_object(frame);
    size_t json_len = frame->len - json_at;
    if (MESSAGE_HEADER + json_len + m->tail_len > LIMIT_FRAME) {
        frame->text[frame->len = begin] = '\0';
        return false;
    }
    unsigned char header[MESSAGE_HEADER] = { [4] = MESSAGE_PROTOCOL, (unsigned char)m->type };
    memcpy(header, magic, sizeof magic);
    put_u32(header + 8, (uint32_t)json_len);
    put_u32(header + 12, (uint32_t)m->tail_len);
    uint32_t crc = crc32c(crc32c(0, header, 16), frame->text + json_at, json_len);
    put_u32(header + 16, crc32c(crc, m->tail, m->tail_len));
    memcpy(frame->text + begin, header, sizeof header);
    str_add_bytes(frame, m->tail, m->tail_len);
    return true;
}
