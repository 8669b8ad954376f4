#include "worker/slot/tail.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/str.h"

void tail_add(struct tail *t, const char *bytes, size_t len)
{
    if (!t->ring)
        t->ring = mem_alloc(t->cap);
    if (len > t->cap) {
        bytes += len - t->cap;
        len = t->cap;
    }
    size_t first = len < t->cap - t->next ? len : t->cap - t->next;
    memcpy(t->ring + t->next, bytes, first);
    memcpy(t->ring, bytes + first, len - first);
    t->next = (t->next + len) % t->cap;
    t->len = t->len + len < t->cap ? t->len + len : t->cap;
}

void tail_clear(struct tail *t)
{
    t->len = t->next = 0;
}

void tail_deinit(struct tail *t)
{
    free(t->ring);
    t->ring = NULL;
    tail_clear(t);
}

static void add_ring(struct str *out, const struct tail *t)
{
    if (t->len < t->cap) {
        str_add_bytes(out, t->ring ? t->ring : "", t->len);
        return;
    }
    str_add_bytes(out, t->ring + t->next, t->cap - t->next);
    str_add_bytes(out, t->ring, t->next);
}

/* Where a text of which only the last `max` bytes are wanted begins: at a line, or at least at a character. */
static const char *find_start(const char *text, size_t len, size_t max, bool is_cut)
{
    const char *start = text;
    if (len > max) {
        start += len - max;
        is_cut = true;
    }
    while (((unsigned char)*start & 0xc0) == 0x80)
        start++;
    const char *newline = is_cut ? strchr(start, '\n') : NULL;
    return newline && newline[1] ? newline + 1 : start;
}

char *tail_text(const struct tail *t)
{
    struct str raw = { 0 }, clean = { 0 };
    add_ring(&raw, t);
    while (raw.len > 0 && strchr(" \t\r\n", raw.text[raw.len - 1]))
        raw.text[--raw.len] = 0;
    str_add_utf8(&clean, str_text(&raw), raw.len, 3 * t->cap);
    char *text = mem_strdup(find_start(str_text(&clean), clean.len, t->cap, t->len == t->cap));
    str_deinit(&raw);
    str_deinit(&clean);
    return text;
}
