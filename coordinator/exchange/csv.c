#include "coordinator/exchange/csv.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

void csv_put(struct str *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        str_add(out, text);
        return;
    }
    str_add_char(out, '"');
    for (; *text; text++) {
        if (*text == '"')
            str_add_char(out, '"');
        str_add_char(out, *text);
    }
    str_add_char(out, '"');
}

void csv_init(struct csv *c, const char *text, size_t len)
{
    *c = (struct csv){ .next = text, .end = text + len };
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        c->next += 3;
}

static void clear(struct csv *c)
{
    for (size_t i = 0; i < c->n; i++)
        free(c->cells[i]);
    c->n = 0;
}

void csv_deinit(struct csv *c)
{
    clear(c);
    free(c->cells);
    *c = (struct csv){ 0 };
}

/* What stands between quotes; `next` is behind the opening one. */
static int read_quoted(struct csv *c, struct str *cell, struct err *e)
{
    int line = c->n_lines + 1;
    for (;; c->next++) {
        if (c->next == c->end)
            return err_set(e, ERR_INVALID, "line %d: a quote is opened here and never closed", line);
        if (*c->next == '"' && c->next + 1 < c->end && c->next[1] == '"')
            c->next++;
        else if (*c->next == '"')
            break;
        c->n_lines += *c->next == '\n';
        str_add_char(cell, *c->next);
    }
    c->next++;
    if (c->next < c->end && !strchr(",\r\n", *c->next))
        return err_set(e, ERR_INVALID, "line %d: something stands behind a closing quote", c->n_lines + 1);
    return 0;
}

static int read_cell(struct csv *c, struct err *e)
{
    struct str cell = { 0 };
    int failed = 0;
    if (c->next < c->end && *c->next == '"') {
        c->next++;
        failed = read_quoted(c, &cell, e);
    } else
        while (c->next < c->end && !strchr(",\r\n", *c->next))
            str_add_char(&cell, *c->next++);
    if (failed) {
        str_deinit(&cell);
        return -1;
    }
    c->cells = mem_grow(c->cells, c->n, &c->cap, sizeof *c->cells);
    c->cells[c->n++] = str_take(&cell);
    return 0;
}

static void end_line(struct csv *c)
{
    if (c->next < c->end && *c->next == '\r')
        c->next++;
    if (c->next < c->end && *c->next == '\n')
        c->next++;
    c->n_lines++;
}

int csv_next(struct csv *c, struct err *e)
{
    while (c->next < c->end && (*c->next == '\r' || *c->next == '\n'))
        end_line(c);
    clear(c);
    if (c->next == c->end)
        return 0;
    c->line = c->n_lines + 1;
    for (;;) {
        if (read_cell(c, e) < 0)
            return -1;
        if (c->next == c->end || *c->next != ',')
            break;
        c->next++;
    }
    end_line(c);
    return 1;
}
