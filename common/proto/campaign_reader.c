#include "common/proto/campaign_reader.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"

enum { FOUND_BYTES = 60, MAX_FIELDS = 16 };

struct pointer pointer_to(const char *parent, const char *key)
{
    struct pointer p;
    size_t n = (size_t)snprintf(p.text, sizeof p.text, "%s", parent), parent_len = n;
    struct str step = { 0 };
    for (const char *c = key; *c; c++)
        if (*c == '~' || *c == '/')
            str_add(&step, *c == '~' ? "~0" : "~1");
        else
            str_add_char(&step, *c);
    if (parent_len + step.len + 2 <= sizeof p.text)
        snprintf(p.text + n, sizeof p.text - n, "/%s", str_text(&step));
    str_deinit(&step);
    return p;
}

struct pointer pointer_at(const char *parent, size_t index)
{
    char key[24];
    snprintf(key, sizeof key, "%zu", index);
    return pointer_to(parent, key);
}

void put_found(struct str *s, json_value v)
{
    struct str text = { 0 };
    if (!v || json_type(v) == JSON_ARRAY || json_type(v) == JSON_OBJECT)
        str_add(&text, json_type_name(v));
    else
        json_print(&text, v);
    str_add_utf8(s, str_text(&text), text.len, FOUND_BYTES);
    if (text.len > FOUND_BYTES)
        str_add(s, "…");
    str_deinit(&text);
}

bool read_refuse(struct reader *r, json_value v, const char *pointer, const char *expected, ...)
{
    struct str found = { 0 };
    char wanted[512];
    va_list args;
    va_start(args, expected);
    vsnprintf(wanted, sizeof wanted, expected, args);
    va_end(args);
    put_found(&found, v);
    problems_add(r->problems, pointer, "%s: expected %s", str_text(&found), wanted);
    str_deinit(&found);
    return false;
}

static void put_list(struct str *s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        str_addf(s, "%s%s", i == 0 ? "" : i + 1 == n ? " or " : ", ", words[i]);
}

void read_unknown(
    struct reader *r, const char *pointer, const char *what, const char *word, const char *const *words, size_t n_words)
{
    struct str list = { 0 };
    const char *near = str_nearest(word, words, n_words);
    put_list(&list, words, n_words);
    if (near)
        problems_add(r->problems, pointer, "unknown %s \"%.64s\": did you mean \"%s\"?", what, word, near);
    else
        problems_add(r->problems, pointer, "unknown %s \"%.64s\": expected %s", what, word, str_text(&list));
    str_deinit(&list);
}

static const struct field *find_field(const struct field *fields, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(fields[i].key, key) == 0)
            return &fields[i];
    return NULL;
}

static void read_members(struct reader *r, json_value v, const char *pointer, const struct field *fields, size_t n)
{
    const char *keys[MAX_FIELDS];
    for (size_t i = 0; i < n; i++)
        keys[i] = fields[i].key;
    for (json_value m = json_first(v); m; m = json_next(m)) {
        struct pointer at = pointer_to(pointer, json_key(m));
        const struct field *f = find_field(fields, n, json_key(m));
        if (f)
            f->read(r, m, at.text);
        else
            read_unknown(r, at.text, "key", json_key(m), keys, n);
    }
}

void read_fields(struct reader *r, json_value v, const char *pointer, const struct field *fields, size_t n)
{
    if (!read_object(r, v, pointer))
        return;
    read_members(r, v, pointer, fields, n);
    for (size_t i = 0; i < n; i++)
        if (fields[i].is_required && !json_get(v, fields[i].key))
            problems_add(r->problems, pointer, "\"%s\" is missing: expected %s", fields[i].key, fields[i].expected);
}

bool read_int(struct reader *r, json_value v, const char *pointer, int64_t low, int64_t high, int64_t *out)
{
    int64_t value;
    bool is_in_range = json_is_integer(v, &value) && value >= low && value <= high;
    if (!is_in_range && high == INT64_C(1) << 53)
        return read_refuse(r, v, pointer, "a whole number (at most 2^53)");
    if (!is_in_range)
        return read_refuse(r, v, pointer, "a whole number from %" PRId64 " to %" PRId64, low, high);
    *out = value;
    return true;
}

bool read_bool(struct reader *r, json_value v, const char *pointer, bool *out)
{
    if (json_type(v) != JSON_BOOL)
        return read_refuse(r, v, pointer, "true or false");
    *out = json_bool(v);
    return true;
}

bool read_text(struct reader *r, json_value v, const char *pointer, size_t max_bytes, const char **out)
{
    if (json_type(v) != JSON_TEXT || !*json_text(v))
        return read_refuse(r, v, pointer, "a text that is not empty");
    if (strlen(json_text(v)) > max_bytes)
        return read_refuse(r, v, pointer, "at most %zu bytes", max_bytes);
    *out = json_text(v);
    return true;
}

bool read_object(struct reader *r, json_value v, const char *pointer)
{
    return json_type(v) == JSON_OBJECT || read_refuse(r, v, pointer, "an object");
}

bool read_array(struct reader *r, json_value v, const char *pointer, size_t min, size_t max)
{
    if (json_type(v) != JSON_ARRAY)
        return read_refuse(r, v, pointer, "an array");
    size_t n = json_len(v);
    if (n >= min && n <= max)
        return true;
    problems_add(r->problems, pointer, "an array of %zu: expected %zu to %zu entries", n, min, max);
    return false;
}

bool read_word(
    struct reader *r, json_value v, const char *pointer, const char *const *words, size_t n, const char *what, int *out)
{
    if (json_type(v) != JSON_TEXT) {
        struct str list = { 0 };
        put_list(&list, words, n);
        read_refuse(r, v, pointer, "%s", str_text(&list));
        str_deinit(&list);
        return false;
    }
    for (size_t i = 0; i < n; i++)
        if (strcmp(json_text(v), words[i]) == 0) {
            *out = (int)i;
            return true;
        }
    read_unknown(r, pointer, what, json_text(v), words, n);
    return false;
}

/* The member whose key comes next behind `last` (NULL: the first), or NULL. */
static json_value next_by_key(json_value object, const char *last)
{
    json_value best = NULL;
    for (json_value m = json_first(object); m; m = json_next(m))
        if ((!last || strcmp(json_key(m), last) > 0) && (!best || strcmp(json_key(m), json_key(best)) < 0))
            best = m;
    return best;
}

void put_sorted(struct str *s, json_value v)
{
    if (json_type(v) == JSON_ARRAY) {
        json_open_array(s);
        for (json_value entry = json_first(v); entry; entry = json_next(entry))
            put_sorted(s, entry);
        json_close_array(s);
    } else if (json_type(v) == JSON_OBJECT) {
        json_open_object(s);
        for (json_value m = next_by_key(v, NULL); m; m = next_by_key(v, json_key(m))) {
            json_put_key(s, json_key(m));
            put_sorted(s, m);
        }
        json_close_object(s);
    } else {
        json_print(s, v);
    }
}
