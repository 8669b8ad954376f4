#include "worker/train/data/lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "worker/train/data/source.h"

#define FIRST_BUFFER (256 << 10)

struct lines {
    struct source *source;
    char *name;
    char *buffer;      /* (cap + 1): room for a NUL behind a last line without an end */
    size_t cap;        /* bytes */
    size_t start, end; /* what was read and not yet given out */
    size_t number;     /* of the current line; 0 when there is none */
    size_t n_given;    /* lines so far */
    bool is_at_end;    /* the source has no more */
};

struct lines *lines_open(struct source *source, const char *name)
{
    struct lines *l = mem_zalloc(1, sizeof *l);
    l->source = source;
    l->name = mem_strdup(name);
    l->cap = FIRST_BUFFER;
    l->buffer = mem_alloc(l->cap + 1);
    return l;
}

void lines_close(struct lines *l)
{
    if (!l)
        return;
    source_close(l->source);
    free(l->name);
    free(l->buffer);
    free(l);
}

/* Reads more behind what is there; the unread part moves to the front first, and the buffer grows when it is full. */
static int refill(struct lines *l, struct err *e)
{
    l->end -= l->start;
    memmove(l->buffer, l->buffer + l->start, l->end);
    l->start = 0;
    if (l->end == l->cap) {
        if (l->cap >= LIMIT_DATA_LINE)
            return err_set(
                e, ERR_LIMIT, "%s: line %zu: longer than %d bytes", l->name, l->n_given + 1, LIMIT_DATA_LINE);
        l->cap *= 2;
        l->buffer = mem_resize(l->buffer, l->cap + 1, 1);
    }
    ssize_t n = source_read(l->source, l->buffer + l->end, l->cap - l->end, e);
    if (n < 0)
        return err_prefix(e, "%s", l->name);
    l->end += (size_t)n;
    l->is_at_end = n == 0;
    return 0;
}

/* Gives out the bytes up to `stop`, which ends the line and is not part of it. */
static int give(struct lines *l, struct line *line, size_t stop)
{
    size_t len = stop - l->start;
    if (len > 0 && l->buffer[stop - 1] == '\r')
        len--;
    l->buffer[l->start + len] = '\0';
    l->number = ++l->n_given;
    *line = (struct line){ l->buffer + l->start, len, l->number };
    l->start = stop < l->end ? stop + 1 : stop;
    return 1;
}

int lines_next(struct lines *l, struct line *line, struct err *e)
{
    size_t searched = 0; /* unread bytes that hold no line's end */
    for (;;) {
        const char *unread = l->buffer + l->start;
        const char *newline = memchr(unread + searched, '\n', l->end - l->start - searched);
        if (newline)
            return give(l, line, (size_t)(newline - l->buffer));
        if (l->is_at_end)
            break;
        searched = l->end - l->start;
        if (refill(l, e))
            return -1;
    }
    if (l->start < l->end)
        return give(l, line, l->end);
    l->number = 0;
    return 0;
}

int lines_fail(const struct lines *l, struct err *e, enum err_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    err_vset(e, code, format, args);
    va_end(args);
    return lines_prefix(l, e);
}

int lines_prefix(const struct lines *l, struct err *e)
{
    return l->number ? err_prefix(e, "%s: line %zu", l->name, l->number) : err_prefix(e, "%s", l->name);
}

const char *lines_excerpt(char to[LINES_EXCERPT], const char *text, const char *end)
{
    size_t n = 0;
    for (; text + n < end && n < 40 && !memchr(" \t,:", text[n], 4); n++)
        to[n] = text[n] >= 0x20 && text[n] < 0x7f ? text[n] : '?';
    snprintf(to + n, LINES_EXCERPT - n, "%s", n == 40 ? "..." : "");
    return to;
}
