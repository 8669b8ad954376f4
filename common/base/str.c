#include "common/base/str.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

static void reserve(struct str *s, size_t more)
{
    size_t need = s->len + more + 1;
    if (need <= s->cap)
        return;
    size_t cap = s->cap ? s->cap : 64;
    while (cap < need)
        cap *= 2;
    s->text = mem_resize(s->text, cap, 1);
    s->cap = cap;
}

void str_add_bytes(struct str *s, const void *bytes, size_t len)
{
    reserve(s, len);
    if (len)
        memcpy(s->text + s->len, bytes, len);
    s->len += len;
    s->text[s->len] = '\0';
}

void str_add(struct str *s, const char *text)
{
    str_add_bytes(s, text, strlen(text));
}

void str_add_char(struct str *s, char c)
{
    reserve(s, 1);
    s->text[s->len++] = c;
    s->text[s->len] = '\0';
}

void str_addv(struct str *s, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    reserve(s, 32); /* mostly enough */
    size_t room = s->cap - s->len;
    int len = vsnprintf(s->text + s->len, room, format, args);
    assert(len >= 0);
    if ((size_t)len >= room) {
        reserve(s, (size_t)len);
        vsnprintf(s->text + s->len, (size_t)len + 1, format, again);
    }
    va_end(again);
    s->len += (size_t)len;
}

void str_addf(struct str *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    str_addv(s, format, args);
    va_end(args);
}

void str_clear(struct str *s)
{
    s->len = 0;
    if (s->text)
        s->text[0] = '\0';
}

void str_deinit(struct str *s)
{
    free(s->text);
    *s = (struct str){ 0 };
}

const char *str_text(const struct str *s)
{
    return s->text ? s->text : "";
}

char *str_take(struct str *s)
{
    char *text = s->text ? s->text : mem_strdup("");
    *s = (struct str){ 0 };
    return text;
}

bool str_equal(const char *a, const char *b)
{
    if (!a || !b)
        return a == b;
    return strcmp(a, b) == 0;
}

bool str_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Levenshtein distance of two words of at most 63 bytes. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[64], la = strlen(a), lb = strlen(b);
    if (la > 63 || lb > 63)
        return SIZE_MAX;
    for (size_t j = 0; j <= lb; j++)
        row[j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[lb];
}

const char *str_nearest(const char *word, const char *const *words, size_t n)
{
    const char *best = NULL;
    size_t best_distance = strlen(word) / 3 + 1;
    for (size_t i = 0; i < n; i++) {
        size_t distance = edit_distance(word, words[i]);
        if (distance <= best_distance && (!best || distance < best_distance)) {
            best = words[i];
            best_distance = distance;
        }
    }
    return best;
}

bool str_copy(char *to, size_t cap, const char *from)
{
    assert(cap > 0);
    size_t len = strlen(from);
    size_t n = len < cap ? len : cap - 1;
    memcpy(to, from, n);
    to[n] = '\0';
    return n == len;
}

/* Eight bytes from 1 to 127: of the difference, no borrow reaches a byte's highest bit. */
static bool are_ascii(const unsigned char *p)
{
    uint64_t eight;
    memcpy(&eight, p, sizeof eight);
    return ((eight | (eight - UINT64_C(0x0101010101010101))) & UINT64_C(0x8080808080808080)) == 0;
}

bool str_is_utf8(const char *bytes, size_t len)
{
    const unsigned char *p = (const unsigned char *)bytes, *end = p + len;
    while (p < end) {
        if (end - p >= 8 && are_ascii(p)) {
            p += 8;
            continue;
        }
        int more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc0 ? 1 : 0;
        if (*p == 0 || (*p >= 0x80 && *p < 0xc2) || *p > 0xf4 || end - p <= more)
            return false;
        if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) || (*p == 0xf0 && p[1] < 0x90) ||
            (*p == 0xf4 && p[1] > 0x8f))
            return false;
        for (int i = 1; i <= more; i++)
            if ((p[i] & 0xc0) != 0x80)
                return false;
        p += more + 1;
    }
    return true;
}

/* Bytes of the well-formed character at the front of `len` bytes, or 0. */
static size_t character_len(const char *bytes, size_t len)
{
    for (size_t n = 1; n <= 4 && n <= len; n++)
        if (str_is_utf8(bytes, n))
            return n;
    return 0;
}

void str_add_utf8(struct str *s, const char *bytes, size_t len, size_t maximum)
{
    if (len <= maximum && str_is_utf8(bytes, len)) {
        str_add_bytes(s, bytes, len);
        return;
    }
    for (size_t at = 0, added = 0; at < len;) {
        size_t n = character_len(bytes + at, len - at);
        size_t wanted = n ? n : 3;
        if (added + wanted > maximum)
            return;
        str_add_bytes(s, n ? bytes + at : "\xef\xbf\xbd", wanted);
        added += wanted;
        at += n ? n : 1;
    }
}
