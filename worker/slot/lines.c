#include "worker/slot/lines.h"

#include <string.h>

static void give(struct lines *l)
{
    if (!l->is_cut && l->in.len > 0)
        l->line(l->owner, l->in.text, l->in.len);
    l->is_cut = false;
    str_clear(&l->in);
}

static void add_piece(struct lines *l, const char *bytes, size_t len)
{
    size_t room = l->max + 1 - l->in.len;
    if (l->is_cut)
        return;
    str_add_bytes(&l->in, bytes, len < room ? len : room);
    if (l->in.len <= l->max)
        return;
    give(l);
    l->is_cut = true;
}

void lines_take(struct lines *l, const char *bytes, size_t len)
{
    while (len > 0) {
        const char *newline = memchr(bytes, '\n', len);
        size_t n = newline ? (size_t)(newline - bytes) : len;
        add_piece(l, bytes, n);
        if (newline)
            give(l);
        n += newline != NULL;
        bytes += n;
        len -= n;
    }
}

void lines_end(struct lines *l)
{
    give(l);
}

void lines_deinit(struct lines *l)
{
    str_deinit(&l->in);
    l->is_cut = false;
}
