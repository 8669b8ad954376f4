#include "common/proto/json.h"

#include <assert.h>
#include <string.h>

#include "common/proto/json_number.h"

/* A comma is due unless the text so far ends where a value may begin: after an opening bracket, a colon, or at the
 * start (a NUL ends what is no JSON). */
static void put_comma(struct str *s)
{
    char last = s->len ? s->text[s->len - 1] : '\0';
    if (last != '{' && last != '[' && last != ':' && last != ',' && last != '\n' && last != '\0')
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

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void put_quoted(struct str *s, const char *text)
{
    str_add_char(s, '"');
    while (*text) {
        unsigned char c = (unsigned char)*text;
        size_t n_plain = 0;
        while (is_plain((unsigned char)text[n_plain]))
            n_plain++;
        if (n_plain) {
            str_add_bytes(s, text, n_plain);
            text += n_plain;
        } else if (c == '"' || c == '\\') {
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
    char text[JSON_NUMBER_TEXT] = "-";
    size_t sign = value < 0;
    size_t len = sign + json_unsigned_text(text + sign, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
    put_comma(s);
    str_add_bytes(s, text, len);
}

void json_put_id(struct str *s, uint64_t id)
{
    char text[JSON_NUMBER_TEXT + 2] = "\"";
    size_t len = 1 + json_unsigned_text(text + 1, id);
    text[len++] = '"';
    put_comma(s);
    str_add_bytes(s, text, len);
}

void json_put_number(struct str *s, double value)
{
    char text[JSON_NUMBER_TEXT];
    size_t len = json_number_text(text, value);
    put_comma(s);
    str_add_bytes(s, text, len);
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
