/* sample.h: messages of every kind to test with, made and compared field by field from schemas/messages.def: random
 * ones, and plain ones whose contents follow from the fields' names. What they point to lives until sample_forget.
 */
#ifndef RUNG_TESTS_PROTO_SAMPLE_H
#define RUNG_TESTS_PROTO_SAMPLE_H

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/rng.h"
#include "common/proto/json.h"
#include "common/proto/message.h"

/* With a stream: random content. Without: the plain sample. */
static struct rng *sample_rng;

static void *sample_kept[1 << 16];
static size_t sample_n_kept;

static void *sample_keep(void *p)
{
    if (sample_n_kept == sizeof sample_kept / sizeof *sample_kept)
        abort();
    return sample_kept[sample_n_kept++] = p;
}

static void sample_forget(void)
{
    while (sample_n_kept)
        free(sample_kept[--sample_n_kept]);
}

static uint64_t sample_below(uint64_t n)
{
    return n ? rng_below(sample_rng, n) : 0;
}

static int64_t sample_max(int64_t maximum)
{
    return maximum < 0 ? -maximum : maximum;
}

/* A number to choose with: often the extremes. */
static uint64_t sample_edge(uint64_t most)
{
    switch (sample_below(4)) {
    case 0:
        return 0;
    case 1:
        return most;
    default:
        return most == UINT64_MAX ? rng_u64(sample_rng) : sample_below(most + 1);
    }
}

static void sample_id(const char *key, int64_t maximum, uint64_t *out)
{
    *out = sample_rng ? sample_edge(UINT64_MAX) : 1000 + strlen(key);
}

static void sample_int(const char *key, int64_t maximum, int64_t *out)
{
    int64_t plain = sample_max(maximum) < 7 ? sample_max(maximum) : 7;
    *out = sample_rng ? (int64_t)sample_edge((uint64_t)sample_max(maximum)) : plain;
}

static double sample_double(void)
{
    for (;;) {
        uint64_t bits = rng_u64(sample_rng);
        double x;
        memcpy(&x, &bits, sizeof x);
        if (isfinite(x))
            return x;
    }
}

static void sample_number(const char *key, int64_t maximum, double *out)
{
    *out = sample_rng ? sample_double() : 0.1;
}

static void sample_bool(const char *key, int64_t maximum, bool *out)
{
    *out = sample_rng ? sample_below(2) : true;
}

static bool sample_is_absent(int64_t maximum)
{
    return sample_rng && maximum < 0 && sample_below(3) == 0;
}

/* Now and then as long as may be, or nearly; sizes beyond 20 kB would only make the test slow. */
static size_t sample_len(int64_t maximum)
{
    uint64_t most = (uint64_t)sample_max(maximum);
    return (
        size_t)(sample_below(4) ? sample_below(most < 30 ? most + 1 : 30) : sample_edge(most < 20000 ? most : 20000));
}

static void sample_text(const char *key, int64_t maximum, const char **out)
{
    static const char *const letters[] = { "a", "Z", "0", " ", "\"", "\\", "\n", "\t", "\x01", "\x7f", "/", "\xc3\xa9",
        "\xe2\x82\xac", "\xf0\x9f\x98\x80" };
    if (sample_is_absent(maximum))
        return;
    struct str s = { 0 };
    size_t len = sample_rng ? sample_len(maximum) : strlen(key);
    while (sample_rng && s.len + 4 <= len)
        str_add(&s, letters[sample_below(sizeof letters / sizeof *letters)]);
    while (s.len < len && s.len < (size_t)sample_max(maximum))
        str_add_char(&s, sample_rng ? 'x' : key[s.len]);
    *out = sample_keep(str_take(&s));
}

static void sample_json(const char *key, int64_t maximum, const char **out)
{
    if (sample_is_absent(maximum))
        return;
    struct str s = { 0 };
    json_open_object(&s);
    json_add_number(&s, key, sample_rng ? sample_double() : 0.25);
    for (uint64_t i = sample_rng ? sample_below(4) : 0; i > 0; i--) {
        char name[24];
        snprintf(name, sizeof name, "k%d", (int)i);
        json_put_key(&s, name);
        json_open_array(&s);
        json_put_bool(&s, i & 1);
        json_put_null(&s);
        json_put_number(&s, sample_double());
        json_put_text(&s, "t\"x\n");
        json_close_array(&s);
    }
    json_close_object(&s);
    *out = sample_keep(str_take(&s));
}

/* Room for some zeroed records; the plain sample has two. */
static void *sample_list(int64_t maximum, size_t size, size_t *n)
{
    *n = sample_rng ? (size_t)sample_below(sample_below(10) ? 6 : (uint64_t)maximum + 1) : 2;
    if (*n > 300)
        *n = 300;
    return *n ? sample_keep(mem_zalloc(*n, size)) : NULL;
}

#define SAME(kind, expression)                                                                                         \
    static bool same_##kind(FIELD_TYPE_##kind a, FIELD_TYPE_##kind b)                                                  \
    {                                                                                                                  \
        return expression;                                                                                             \
    }
SAME(id, a == b)
SAME(int, a == b)
SAME(number, memcmp(&a, &b, sizeof a) == 0)
SAME(bool, a == b)
SAME(text, str_equal(a, b))
SAME(json, str_equal(a, b))

/* clang-format off */
#define RECORD(name, meaning) static void sample_record_##name(struct record_##name *m) {
#define MESSAGE(name, NAME, number, from, meaning) static void sample_message_##name(struct message_##name *m) {
#define FIELD(type, name, maximum, meaning) sample_##type(#name, maximum, &m->name);
#define LIST(record, name, maximum, meaning) \
    struct record_##record *record = sample_list(maximum, sizeof *record, &m->n_##name); \
    for (size_t i = 0; i < m->n_##name; i++) \
        sample_record_##record(record + i); \
    m->name = record;
#define END }
#include "schemas/messages.def"

#define RECORD(name, meaning) static bool same_record_##name(const struct record_##name *a, const struct record_##name *b) { return true
#define MESSAGE(name, NAME, number, from, meaning) \
    static bool same_message_##name(const struct message_##name *a, const struct message_##name *b) { bool lists = true; (void)lists; return true
#define FIELD(type, name, maximum, meaning) && same_##type(a->name, b->name)
#define LIST(record, name, maximum, meaning) && a->n_##name == b->n_##name && ({ \
    for (size_t i = 0; i < a->n_##name; i++) \
        lists = lists && same_record_##record(a->name + i, b->name + i); \
    lists; })
#define END ; }
#include "schemas/messages.def"

/* Every type of message, in order. */
static const enum message_type sample_types[] = {
#define RECORD(name, meaning)
#define MESSAGE(name, NAME, number, from, meaning) MESSAGE_##NAME,
#define FIELD(type, name, maximum, meaning)
#define LIST(record, name, maximum, meaning)
#define END
#include "schemas/messages.def"
};
/* clang-format on */
enum { SAMPLE_N_TYPES = sizeof sample_types / sizeof *sample_types };

static bool sample_has_tail(enum message_type type)
{
    return type == MESSAGE_BLOB_PUT || type == MESSAGE_BLOB_DATA;
}

static void sample_tail(struct message *m)
{
    m->tail_len = sample_rng ? sample_len(LIMIT_BLOB_CHUNK) : 3;
    char *tail = sample_keep(mem_alloc(m->tail_len));
    for (size_t i = 0; i < m->tail_len; i++)
        tail[i] = sample_rng ? (char)rng_u64(sample_rng) : "raw"[i % 3];
    m->tail = m->tail_len ? tail : NULL;
}

/* A message of the type, to be given back by sample_forget. */
static struct message sample_message(enum message_type type)
{
    struct message m = { .type = type };
    switch (type) {
/* clang-format off */
#define RECORD(name, meaning)
#define MESSAGE(name, NAME, number, from, meaning) case MESSAGE_##NAME: sample_message_##name(&m.as.name); break;
#define FIELD(type, name, maximum, meaning)
#define LIST(record, name, maximum, meaning)
#define END
#include "schemas/messages.def"
    }
    /* clang-format on */
    if (sample_has_tail(type))
        sample_tail(&m);
    return m;
}

static bool sample_is_same(const struct message *a, const struct message *b)
{
    if (a->type != b->type || a->tail_len != b->tail_len || (a->tail_len && memcmp(a->tail, b->tail, a->tail_len)))
        return false;
    switch (a->type) {
/* clang-format off */
#define RECORD(name, meaning)
#define MESSAGE(name, NAME, number, from, meaning) case MESSAGE_##NAME: return same_message_##name(&a->as.name, &b->as.name);
#define FIELD(type, name, maximum, meaning)
#define LIST(record, name, maximum, meaning)
#define END
#include "schemas/messages.def"
    }
    /* clang-format on */
    return false;
}

#endif
