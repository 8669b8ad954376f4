#include "common/proto/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "common/base/limits.h"
#include "common/base/mem.h"

struct json_doc {
    cJSON *root;
    char *text; /* our own copy, for json_line */
    size_t len;
};

/* ---- the strict scanner: checks what cJSON lets pass, and finds lines ---- */

struct scan {
    const char *text;
    size_t len, at;
    size_t n_tokens;
    int depth;
    struct err *e;
    /* For json_line: the pointer that is looked for, and the offset of the deepest value on its way. */
    const char *wanted;
    size_t found_at;
};

static void place(const char *text, size_t at, int *line, int *column)
{
    *line = *column = 1;
    for (size_t i = 0; i < at; i++) {
        ++*column;
        if (text[i] == '\n') {
            ++*line;
            *column = 1;
        }
    }
}

static int refuse(struct scan *s, size_t at, const char *what)
{
    int line, column;
    place(s->text, at, &line, &column);
    return err_set(s->e, ERR_INVALID, "line %d, column %d: %s", line, column, what);
}

static void skip_blank(struct scan *s)
{
    while (s->at < s->len && strchr(" \t\r\n", s->text[s->at]) && s->text[s->at])
        s->at++;
}

static int scan_value(struct scan *s, const char *wanted);

static bool is_hex4(const struct scan *s, size_t at)
{
    for (size_t i = at; i < at + 4; i++)
        if (i >= s->len || !strchr("0123456789abcdefABCDEF", s->text[i]) || !s->text[i])
            return false;
    return true;
}

static unsigned hex4(const struct scan *s, size_t at)
{
    char digits[5] = { 0 };
    memcpy(digits, s->text + at, 4);
    return (unsigned)strtoul(digits, NULL, 16);
}

/* Checks the escape at s->at (the backslash) and passes it. */
static int scan_escape(struct scan *s)
{
    size_t at = s->at;
    if (at + 1 >= s->len)
        return refuse(s, at, "the text ends inside a string");
    char c = s->text[at + 1];
    if (c != 'u') {
        if (!strchr("\"\\/bfnrt", c) || !c)
            return refuse(s, at, "unknown escape in a string");
        s->at += 2;
        return 0;
    }
    if (!is_hex4(s, at + 2))
        return refuse(s, at, "\\u wants four hexadecimal digits");
    unsigned unit = hex4(s, at + 2);
    if (unit == 0)
        return refuse(s, at, "a NUL character in a string");
    s->at += 6;
    if (unit < 0xd800 || unit > 0xdfff)
        return 0;
    bool is_pair = unit < 0xdc00 && s->at + 6 <= s->len && s->text[s->at] == '\\' && s->text[s->at + 1] == 'u' &&
                   is_hex4(s, s->at + 2) && (hex4(s, s->at + 2) & 0xfc00) == 0xdc00;
    if (!is_pair)
        return refuse(s, at, "half of a surrogate pair in a string");
    s->at += 6;
    return 0;
}

/* Passes the string at s->at; sets where its inside begins and how long it is, as written. */
static int scan_string(struct scan *s, size_t *from, size_t *len)
{
    size_t begin = s->at++;
    *from = s->at;
    while (s->at < s->len && s->text[s->at] != '"') {
        if ((unsigned char)s->text[s->at] < 0x20)
            return refuse(s, s->at, "a control character in a string: write it as an escape");
        if (s->text[s->at] != '\\')
            s->at++;
        else if (scan_escape(s) < 0)
            return -1;
    }
    if (s->at >= s->len)
        return refuse(s, begin, "a string that does not end");
    *len = s->at++ - *from;
    return 0;
}

static size_t scan_digits(struct scan *s)
{
    size_t from = s->at;
    while (s->at < s->len && s->text[s->at] >= '0' && s->text[s->at] <= '9')
        s->at++;
    return s->at - from;
}

static int scan_number(struct scan *s)
{
    size_t begin = s->at;
    if (s->text[s->at] == '-')
        s->at++;
    bool leading_zero = s->at < s->len && s->text[s->at] == '0';
    size_t n = scan_digits(s);
    bool bad = n == 0 || (leading_zero && n > 1);
    if (!bad && s->at < s->len && s->text[s->at] == '.') {
        s->at++;
        bad = scan_digits(s) == 0;
    }
    if (!bad && s->at < s->len && (s->text[s->at] == 'e' || s->text[s->at] == 'E')) {
        s->at++;
        if (s->at < s->len && (s->text[s->at] == '+' || s->text[s->at] == '-'))
            s->at++;
        bad = scan_digits(s) == 0;
    }
    if (bad)
        return refuse(s, begin, "not a JSON value");
    if (s->at - begin > 60)
        return refuse(s, begin, "a number of more than 60 characters");
    char copy[64] = { 0 };
    memcpy(copy, s->text + begin, s->at - begin);
    if (!isfinite(strtod(copy, NULL)))
        return refuse(s, begin, "a number too large for a double");
    return 0;
}

static int scan_word(struct scan *s, const char *word)
{
    size_t n = strlen(word);
    if (s->len - s->at < n || memcmp(s->text + s->at, word, n) != 0)
        return refuse(s, s->at, "not a JSON value");
    s->at += n;
    return 0;
}

/* When `wanted` (a pointer, or NULL) begins with the step `key`, the rest of it, else NULL. */
static const char *pointer_step(const char *wanted, const char *key, size_t len)
{
    if (!wanted || *wanted != '/')
        return NULL;
    const char *p = wanted + 1;
    size_t i = 0;
    for (; *p && *p != '/'; p++, i++) {
        char c = *p;
        if (c == '~' && (p[1] == '0' || p[1] == '1'))
            c = *++p == '0' ? '~' : '/';
        if (i >= len || key[i] != c)
            return NULL;
    }
    return i == len ? p : NULL;
}

/* Keys as written; an escaped form of the same key is caught after cJSON has decoded it. */
struct key_list {
    struct {
        size_t from, len;
    } * items;
    size_t n, cap;
};

static bool key_is_new(struct key_list *keys, const char *text, size_t from, size_t len)
{
    for (size_t i = 0; i < keys->n; i++)
        if (keys->items[i].len == len && memcmp(text + keys->items[i].from, text + from, len) == 0)
            return false;
    keys->items = mem_grow(keys->items, keys->n, &keys->cap, sizeof *keys->items);
    keys->items[keys->n].from = from;
    keys->items[keys->n++].len = len;
    return true;
}

/* At s->at: a member's key and colon, and its value. */
static int scan_member(struct scan *s, struct key_list *keys, const char *wanted)
{
    skip_blank(s);
    if (s->at >= s->len || s->text[s->at] != '"')
        return refuse(s, s->at, "a key in double quotes is expected here");
    size_t key_at = s->at, from, len;
    if (scan_string(s, &from, &len) < 0)
        return -1;
    if (keys->n >= LIMIT_JSON_KEYS)
        return refuse(s, key_at, "too many keys in one object");
    if (!key_is_new(keys, s->text, from, len))
        return refuse(s, key_at, "the key stands twice in this object");
    skip_blank(s);
    if (s->at >= s->len || s->text[s->at] != ':')
        return refuse(s, s->at, "a colon is expected after the key");
    s->at++;
    return scan_value(s, pointer_step(wanted, s->text + from, len));
}

static int scan_container(struct scan *s, char close, const char *wanted)
{
    struct key_list keys = { 0 };
    int status = 0;
    size_t begin = s->at++;
    if (++s->depth > LIMIT_JSON_DEPTH)
        return refuse(s, begin, "nested too deeply");
    skip_blank(s);
    if (s->at < s->len && s->text[s->at] == close) {
        s->at++;
        s->depth--;
        return 0;
    }
    for (size_t i = 0; status == 0; i++) {
        char index[24];
        int len = snprintf(index, sizeof index, "%zu", i);
        status = close == '}' ? scan_member(s, &keys, wanted) : scan_value(s, pointer_step(wanted, index, (size_t)len));
        if (status < 0)
            break;
        skip_blank(s);
        if (s->at < s->len && s->text[s->at] == ',') {
            s->at++;
            continue;
        }
        if (s->at < s->len && s->text[s->at] == close)
            break;
        status = refuse(s, s->at, close == '}' ? "a comma or } is expected here" : "a comma or ] is expected here");
    }
    free(keys.items);
    if (status < 0)
        return -1;
    s->at++;
    s->depth--;
    return 0;
}

static int scan_value(struct scan *s, const char *wanted)
{
    skip_blank(s);
    if (wanted)
        s->found_at = s->at;
    if (s->at >= s->len)
        return refuse(s, s->at, "the text ends where a value is expected");
    if (++s->n_tokens > LIMIT_JSON_TOKENS)
        return refuse(s, s->at, "too many values");
    size_t from, len;
    switch (s->text[s->at]) {
    case '{':
        return scan_container(s, '}', wanted);
    case '[':
        return scan_container(s, ']', wanted);
    case '"':
        return scan_string(s, &from, &len);
    case 't':
        return scan_word(s, "true");
    case 'f':
        return scan_word(s, "false");
    case 'n':
        return scan_word(s, "null");
    default:
        return scan_number(s);
    }
}

static int scan_text(const char *text, size_t len, struct err *e)
{
    struct scan s = { .text = text, .len = len, .e = e };
    if (!str_is_utf8(text, len))
        return err_set(e, ERR_INVALID, "not UTF-8 text (or it contains a NUL byte)");
    if (scan_value(&s, NULL) < 0)
        return -1;
    skip_blank(&s);
    return s.at == len ? 0 : refuse(&s, s.at, "something follows the end of the JSON value");
}

/* Keys that differ as written and are equal once decoded. */
static bool has_equal_keys(const cJSON *v)
{
    for (const cJSON *a = v->child; a; a = a->next) {
        if (has_equal_keys(a))
            return true;
        if (!a->string || !cJSON_IsObject(v))
            continue;
        const cJSON *first = cJSON_GetObjectItemCaseSensitive(v, a->string);
        if (first != a)
            return true;
    }
    return false;
}

struct json_doc *json_parse(const char *text, size_t len, struct err *e)
{
    if (scan_text(text, len, e) < 0)
        return NULL;
    struct json_doc *doc = mem_zalloc(1, sizeof *doc);
    doc->text = mem_strndup(text, len);
    doc->len = len;
    doc->root = cJSON_ParseWithLengthOpts(doc->text, len + 1, NULL, 1);
    if (!doc->root)
        err_set(e, ERR_INVALID, "not JSON");
    else if (memchr(text, '\\', len) && has_equal_keys(doc->root))
        err_set(e, ERR_INVALID, "a key stands twice in one object");
    else
        return doc;
    json_free(doc);
    return NULL;
}

void json_free(struct json_doc *doc)
{
    if (!doc)
        return;
    cJSON_Delete(doc->root);
    free(doc->text);
    free(doc);
}

json_value json_root(const struct json_doc *doc)
{
    return doc->root;
}

int json_line(const struct json_doc *doc, const char *pointer)
{
    struct scan s = { .text = doc->text, .len = doc->len };
    scan_value(&s, pointer);
    int line, column;
    place(doc->text, s.found_at, &line, &column);
    return line;
}

enum json_type json_type(json_value v)
{
    switch (v->type & 0xff) {
    case cJSON_True:
    case cJSON_False:
        return JSON_BOOL;
    case cJSON_Number:
        return JSON_NUMBER;
    case cJSON_String:
        return JSON_TEXT;
    case cJSON_Array:
        return JSON_ARRAY;
    case cJSON_Object:
        return JSON_OBJECT;
    default:
        return JSON_NULL;
    }
}

const char *json_type_name(json_value v)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",
        [JSON_BOOL] = "true or false",
        [JSON_NUMBER] = "a number",
        [JSON_TEXT] = "a text",
        [JSON_ARRAY] = "an array",
        [JSON_OBJECT] = "an object",
    };
    return v ? names[json_type(v)] : "nothing";
}

json_value json_get(json_value object, const char *key)
{
    return object && cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
}

size_t json_len(json_value v)
{
    return v ? (size_t)cJSON_GetArraySize(v) : 0;
}

json_value json_at(json_value v, size_t i)
{
    return v ? cJSON_GetArrayItem(v, (int)i) : NULL;
}

json_value json_first(json_value v)
{
    return v ? v->child : NULL;
}

json_value json_next(json_value v)
{
    return v->next;
}

const char *json_key(json_value member)
{
    return member->string;
}

bool json_bool(json_value v)
{
    assert(json_type(v) == JSON_BOOL);
    return cJSON_IsTrue(v);
}

double json_number(json_value v)
{
    assert(json_type(v) == JSON_NUMBER);
    return v->valuedouble;
}

const char *json_text(json_value v)
{
    assert(json_type(v) == JSON_TEXT);
    return v->valuestring;
}

bool json_is_integer(json_value v, int64_t *out)
{
    if (!v || json_type(v) != JSON_NUMBER || v->valuedouble != floor(v->valuedouble) || fabs(v->valuedouble) > 0x1p53)
        return false;
    *out = (int64_t)v->valuedouble;
    return true;
}

static int unexpected(json_value v, const char *key, const char *wanted, struct err *e)
{
    if (!v)
        return err_set(e, ERR_INVALID, "\"%s\" is missing: %s is expected", key, wanted);
    return err_set(e, ERR_INVALID, "\"%s\" is %s: %s is expected", key, json_type_name(v), wanted);
}

int json_want_int(json_value object, const char *key, int64_t *out, struct err *e)
{
    json_value v = json_get(object, key);
    return json_is_integer(v, out) ? 0 : unexpected(v, key, "a whole number up to 2^53", e);
}

int json_want_id(json_value object, const char *key, uint64_t *out, struct err *e)
{
    json_value v = json_get(object, key);
    int64_t small;
    if (json_is_integer(v, &small) && small >= 0) {
        *out = (uint64_t)small;
        return 0;
    }
    if (!v || json_type(v) != JSON_TEXT)
        return unexpected(v, key, "an id (digits as a text)", e);
    uint64_t id = 0;
    const char *p = v->valuestring;
    for (; *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(id, 10, &id) || __builtin_add_overflow(id, (uint64_t)(*p - '0'), &id))
            return unexpected(v, key, "an id below 2^64", e);
    if (*p || p == v->valuestring)
        return unexpected(v, key, "an id (digits as a text)", e);
    *out = id;
    return 0;
}

int json_want_number(json_value object, const char *key, double *out, struct err *e)
{
    json_value v = json_get(object, key);
    if (!v || json_type(v) != JSON_NUMBER)
        return unexpected(v, key, "a number", e);
    *out = v->valuedouble;
    return 0;
}

int json_want_text(json_value object, const char *key, const char **out, struct err *e)
{
    json_value v = json_get(object, key);
    if (!v || json_type(v) != JSON_TEXT)
        return unexpected(v, key, "a text", e);
    *out = v->valuestring;
    return 0;
}

int json_want_bool(json_value object, const char *key, bool *out, struct err *e)
{
    json_value v = json_get(object, key);
    if (!v || json_type(v) != JSON_BOOL)
        return unexpected(v, key, "true or false", e);
    *out = cJSON_IsTrue(v);
    return 0;
}

void json_print(struct str *out, json_value v)
{
    switch (json_type(v)) {
    case JSON_NULL:
        json_put_null(out);
        break;
    case JSON_BOOL:
        json_put_bool(out, cJSON_IsTrue(v));
        break;
    case JSON_NUMBER:
        json_put_number(out, v->valuedouble);
        break;
    case JSON_TEXT:
        json_put_text(out, v->valuestring);
        break;
    case JSON_ARRAY:
        json_open_array(out);
        for (json_value item = v->child; item; item = item->next)
            json_print(out, item);
        json_close_array(out);
        break;
    case JSON_OBJECT:
        json_open_object(out);
        for (json_value member = v->child; member; member = member->next) {
            json_put_key(out, member->string);
            json_print(out, member);
        }
        json_close_object(out);
        break;
    }
}

/* ---- writing ---- */

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
        if (strtod(text, NULL) == value)
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
