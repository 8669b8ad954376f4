#include "common/proto/json_scan.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/base/str.h"

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

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blank(struct scan *s)
{
    while (s->at < s->len && is_blank(s->text[s->at]))
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
    bool has_exponent = false, leading_zero = s->at < s->len && s->text[s->at] == '0';
    size_t n = scan_digits(s);
    bool bad = n == 0 || (leading_zero && n > 1);
    if (!bad && s->at < s->len && s->text[s->at] == '.') {
        s->at++;
        bad = scan_digits(s) == 0;
    }
    if (!bad && s->at < s->len && (s->text[s->at] == 'e' || s->text[s->at] == 'E')) {
        has_exponent = true;
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
    if (has_exponent && !isfinite(strtod(copy, NULL)))
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
struct key {
    size_t from, len;
};

struct key_list {
    struct key few[24];
    struct key *more; /* owned: those behind the first few */
    size_t n, cap_more;
};

static bool key_is_new(struct key_list *keys, const char *text, size_t from, size_t len)
{
    enum { FEW = sizeof keys->few / sizeof *keys->few };
    for (size_t i = 0; i < keys->n; i++) {
        const struct key *k = i < FEW ? &keys->few[i] : &keys->more[i - FEW];
        if (k->len == len && memcmp(text + k->from, text + from, len) == 0)
            return false;
    }
    struct key new = { from, len };
    if (keys->n < FEW) {
        keys->few[keys->n++] = new;
        return true;
    }
    keys->more = mem_grow(keys->more, keys->n - FEW, &keys->cap_more, sizeof *keys->more);
    keys->more[keys->n++ - FEW] = new;
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

/* The i-th item of an array. */
static int scan_item(struct scan *s, size_t i, const char *wanted)
{
    char index[24];
    if (!wanted)
        return scan_value(s, NULL);
    int len = snprintf(index, sizeof index, "%zu", i);
    return scan_value(s, pointer_step(wanted, index, (size_t)len));
}

static int scan_container(struct scan *s, char close, const char *wanted)
{
    struct key_list keys;
    keys.more = NULL;
    keys.n = keys.cap_more = 0; /* the few are filled as they come */
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
        status = close == '}' ? scan_member(s, &keys, wanted) : scan_item(s, i, wanted);
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
    free(keys.more);
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

int json_scan(const char *text, size_t len, struct err *e)
{
    struct scan s = { .text = text, .len = len, .e = e };
    if (!str_is_utf8(text, len))
        return err_set(e, ERR_INVALID, "not UTF-8 text (or it contains a NUL byte)");
    if (scan_value(&s, NULL) < 0)
        return -1;
    skip_blank(&s);
    return s.at == len ? 0 : refuse(&s, s.at, "something follows the end of the JSON value");
}

int json_scan_line(const char *text, size_t len, const char *pointer)
{
    struct scan s = { .text = text, .len = len };
    scan_value(&s, pointer);
    int line, column;
    place(text, s.found_at, &line, &column);
    return line;
}
