#include "tests/sim/parcel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

/* ---- how many bytes the texts and lists of a message take, and copying them behind it: made from messages.def ---- */

#define ROUND_UP(n) (((n) + 7) & ~(size_t)7)

static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static const char *text_copy(const char *text, char **at)
{
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*at, text, size);
    *at += size;
    return copy;
}

static void *list_copy(const void *list, size_t bytes, char **at)
{
    *at = (char *)ROUND_UP((uintptr_t)*at);
    void *copy = memcpy(*at, list, bytes);
    *at += bytes;
    return copy;
}

/* clang-format off */
#define SIZE_id(field) 0
#define SIZE_int(field) 0
#define SIZE_number(field) 0
#define SIZE_bool(field) 0
#define SIZE_text(field) text_size(field)
#define SIZE_json(field) text_size(field)
#define COPY_id(field)
#define COPY_int(field)
#define COPY_number(field)
#define COPY_bool(field)
#define COPY_text(field) field = text_copy(field, at);
#define COPY_json(field) field = text_copy(field, at);

#define RECORD(name, meaning) \
    __attribute__((unused)) static size_t size_of_##name(const struct record_##name *m) { size_t n = 0;
#define MESSAGE(name, NAME, number, from, meaning) \
    static size_t size_of_message_##name(const struct message_##name *m) { size_t n = 0;
#define FIELD(type, name, maximum, meaning) n += SIZE_##type(m->name);
#define LIST(record, name, maximum, meaning) \
    n += ROUND_UP(m->n_##name * sizeof *m->name) + 8; \
    for (size_t i = 0; i < m->n_##name; i++) n += size_of_##record(&m->name[i]);
#define END return n + (m ? 0 : 0); }
#include "schemas/messages.def"

#define RECORD(name, meaning) \
    __attribute__((unused)) static void copy_texts_##name(struct record_##name *m, char **at) { (void)m; (void)at;
#define MESSAGE(name, NAME, number, from, meaning) \
    static void copy_texts_message_##name(struct message_##name *m, char **at) { (void)m; (void)at;
#define FIELD(type, name, maximum, meaning) COPY_##type(m->name)
#define LIST(record, name, maximum, meaning) \
    if (m->n_##name > 0) { \
        struct record_##record *list = list_copy(m->name, m->n_##name * sizeof *m->name, at); \
        for (size_t i = 0; i < m->n_##name; i++) copy_texts_##record(&list[i], at); \
        m->name = list; \
    }
#define END }
#include "schemas/messages.def"

static size_t size_of(const struct message *m)
{
    switch (m->type) {
#define RECORD(name, meaning)
#define MESSAGE(name, NAME, number, from, meaning) case MESSAGE_##NAME: return size_of_message_##name(&m->as.name);
#define FIELD(type, name, maximum, meaning)
#define LIST(record, name, maximum, meaning)
#define END
#include "schemas/messages.def"
    }
    return 0;
}

static void copy_texts(struct message *m, char **at)
{
    switch (m->type) {
#define RECORD(name, meaning)
#define MESSAGE(name, NAME, number, from, meaning) case MESSAGE_##NAME: copy_texts_message_##name(&m->as.name, at); break;
#define FIELD(type, name, maximum, meaning)
#define LIST(record, name, maximum, meaning)
#define END
#include "schemas/messages.def"
    }
}
/* clang-format on */

/* ---- parcels ---- */

static struct parcel *wrap(const struct message *m)
{
    struct parcel *p = mem_alloc(sizeof *p + size_of(m));
    char *at = (char *)(p + 1);
    *p = (struct parcel){ .n_users = 1, .message = *m };
    p->message.owned = NULL;
    copy_texts(&p->message, &at);
    return p;
}

struct parcel *parcel_new(const struct message *m, bool through_frame)
{
    struct str frame = { 0 };
    struct message decoded;
    struct err e = { 0 };
    if (!through_frame)
        return wrap(m);
    bool fits = message_encode(m, &frame);
    assert(fits);
    int r = message_decode(frame.text, frame.len, &decoded, &e);
    assert(r == 0);
    (void)fits, (void)r;
    struct parcel *p = wrap(&decoded);
    message_deinit(&decoded);
    str_deinit(&frame);
    return p;
}

struct parcel *parcel_share(struct parcel *p)
{
    p->n_users++;
    return p;
}

void parcel_drop(struct parcel *p)
{
    if (p && --p->n_users == 0)
        free(p);
}
