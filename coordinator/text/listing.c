#include "coordinator/text/listing.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "common/base/mem.h"

void listing_init(struct listing *l, const char *const *titles, int n_columns)
{
    assert(n_columns <= LISTING_COLUMNS);
    *l = (struct listing){ .titles = titles, .n_columns = n_columns };
}

void listing_deinit(struct listing *l)
{
    for (size_t i = 0; i < l->n_cells; i++)
        free(l->cells[i]);
    free(l->cells);
    *l = (struct listing){ 0 };
}

void listing_add(struct listing *l, const char *text)
{
    struct str safe = { 0 };
    view_text(&safe, text, INT_MAX);
    l->cells = mem_grow(l->cells, l->n_cells, &l->cap_cells, sizeof *l->cells);
    l->cells[l->n_cells++] = str_take(&safe);
}

void listing_addf(struct listing *l, const char *format, ...)
{
    struct str text = { 0 };
    va_list args;
    va_start(args, format);
    str_addv(&text, format, args);
    va_end(args);
    listing_add(l, str_text(&text));
    str_deinit(&text);
}

void listing_add_int(struct listing *l, int64_t value)
{
    listing_addf(l, "%lld", (long long)value);
}

void listing_add_number(struct listing *l, double value)
{
    struct str text = { 0 };
    if (isnan(value))
        str_add_char(&text, '-');
    else
        view_number(&text, value);
    listing_add(l, str_text(&text));
    str_deinit(&text);
}

static bool is_right(const struct listing *l, int column)
{
    return l->titles[column][0] == '>';
}

static const char *title_of(const struct listing *l, int column)
{
    return l->titles[column] + is_right(l, column);
}

/* Widens to what the titles and cells need. */
static void measure(const struct listing *l, int *widths)
{
    for (int c = 0; c < l->n_columns; c++) {
        int width = view_width(title_of(l, c));
        widths[c] = width > widths[c] ? width : widths[c];
    }
    for (size_t i = 0; i < l->n_cells; i++) {
        int width = view_width(l->cells[i]), *widest = &widths[i % (size_t)l->n_columns];
        *widest = width > *widest ? width : *widest;
    }
}

static void add_blanks(struct str *line, int n)
{
    static const char blanks[] = "                                ";
    for (int most = (int)sizeof blanks - 1; n > 0; n -= most)
        str_add_bytes(line, blanks, (size_t)(n < most ? n : most));
}

/* One cell, filled up to its width except where the line ends. */
static void add_cell(const struct listing *l, struct str *line, int column, const char *text, int width)
{
    int fill = width - view_width(text);
    add_blanks(line, column ? 2 : 0);
    if (is_right(l, column))
        add_blanks(line, fill);
    str_add(line, text);
    if (!is_right(l, column) && column + 1 < l->n_columns)
        add_blanks(line, fill);
}

static void end_line(struct str *line, const struct view_look *look, const char *code, struct str *out)
{
    while (line->len && line->text[line->len - 1] == ' ')
        line->text[--line->len] = '\0';
    if (look->has_colour)
        str_add(out, code);
    view_text(out, str_text(line), look->columns);
    if (look->has_colour && *code)
        str_add(out, VIEW_PLAIN);
    str_add_char(out, '\n');
    str_clear(line);
}

static void add_titles(
    const struct listing *l, const int *widths, int indent, const struct view_look *look, struct str *out)
{
    struct str line = { 0 };
    add_blanks(&line, indent);
    for (int c = 0; c < l->n_columns; c++)
        add_cell(l, &line, c, title_of(l, c), widths[c]);
    end_line(&line, look, VIEW_DIM, out);
    str_deinit(&line);
}

static void add_rows(
    const struct listing *l, const int *widths, int indent, const struct view_look *look, struct str *out)
{
    struct str line = { 0 };
    for (size_t i = 0; i < l->n_cells; i++) {
        int column = (int)(i % (size_t)l->n_columns);
        if (column == 0)
            add_blanks(&line, indent);
        add_cell(l, &line, column, l->cells[i], widths[column]);
        if (column + 1 == l->n_columns)
            end_line(&line, look, "", out);
    }
    str_deinit(&line);
}

void listing_print(const struct listing *l, int indent, const struct view_look *look, struct str *out)
{
    int widths[LISTING_COLUMNS] = { 0 };
    measure(l, widths);
    add_titles(l, widths, indent, look, out);
    add_rows(l, widths, indent, look, out);
}

void listing_flush(struct listing *l, int indent, const struct view_look *look, struct str *out)
{
    bool is_first = l->n_columns && l->widths[0] == 0;
    measure(l, l->widths);
    if (is_first)
        add_titles(l, l->widths, indent, look, out);
    add_rows(l, l->widths, indent, look, out);
    for (size_t i = 0; i < l->n_cells; i++)
        free(l->cells[i]);
    l->n_cells = 0;
}
