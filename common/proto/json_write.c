#include "common/proto/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A comma is due unless the text so far ends where a value may begin: after an opening bracket, a colon, or at the
 * start. */
static void put_comma(struct str *s)
{
    if (s->len && !strchr("{[:,\n", s->text[s->len - 1]))
        str_add_char(s, ',');
}

void json_open_object(struct str *s)
{
    put_comma(s);
    str_add_char(s, '{');
}

void json_close_object(struct str *s)
{
    str_add_char(s, '}');
}

void json_open_array(struct str *s)
{
    put_comma(s);
    str_add_char(s, '[');
}

void json_close_array(struct str *s)
{
    str_add_char(s, ']');
}

/* Bytes of the well-formed character at p, or 0. */
static size_t character_len(const char *p)
{
    for (size_t n = 1; n <= 4; n++) {
        if (!p[n - 1])
            return 0;
        if (str_is_utf8(p, n))
            return n;
    }
    return 0;
}

static void put_quoted(struct str *s, const char *text)
{
    str_add_char(s, '"');
    while (*text) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            str_add_char(s, '\\');
            str_add_char(s, *text++);
        } else if (c == '\n' || c == '\t') {
            str_add(s, c == '\n' ? "\\n" : "\\t");
            text++;
        } else if (c < 0x20 || c == 0x7f) {
            str_addf(s, "\\u%04x", c);
            text++;
        } else {
            size_t n = character_len(text);
            str_add_bytes(s, n ? text : "\xef\xbf\xbd", n ? n : 3);
            text += n ? n : 1;
        }
    }
    str_add_char(s, '"');
}

void json_put_key(struct str *s, const char *key)
{
    put_comma(s);
    put_quoted(s, key);
    str_add_char(s, ':');
}

void json_put_text(struct str *s, const char *text)
{
    put_comma(s);
    if (text)
        put_quoted(s, text);
    else
        str_add(s, "null");
}

void json_put_int(struct str *s, int64_t value)
{
    assert(value <= INT64_C(1) << 53 && value >= -(INT64_C(1) << 53));
    put_comma(s);
    str_addf(s, "%" PRId64, value);
}

void json_put_id(struct str *s, uint64_t id)
{
    put_comma(s);
    str_addf(s, "\"%" PRIu64 "\"", id);
}

void json_put_number(struct str *s, double value)
{
    assert(isfinite(value));
    char text[32];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (digits == 17 || strtod(text, NULL) == value)
            break;
    }
    put_comma(s);
    str_add(s, text);
}

void json_put_bool(struct str *s, bool value)
{
    put_comma(s);
    str_add(s, value ? "true" : "false");
}

void json_put_null(struct str *s)
{
    put_comma(s);
    str_add(s, "null");
}

void json_put_raw(struct str *s, const char *json)
{
    put_comma(s);
    str_add(s, json);
}

void json_add_text(struct str *s, const char *key, const char *text)
{
    json_put_key(s, key);
    json_put_text(s, text);
}

void json_add_int(struct str *s, const char *key, int64_t value)
{
    json_put_key(s, key);
    json_put_int(s, value);
}

void json_add_id(struct str *s, const char *key, uint64_t id)
{
    json_put_key(s, key);
    json_put_id(s, id);
}

void json_add_number(struct str *s, const char *key, double value)
{
    json_put_key(s, key);
    json_put_number(s, value);
}

void json_add_bool(struct str *s, const char *key, bool value)
{
    json_put_key(s, key);
    json_put_bool(s, value);
}

void json_add_raw(struct str *s, const char *key, const char *json)
{
    json_put_key(s, key);
    json_put_raw(s, json);
}
