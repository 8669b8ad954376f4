#include "coordinator/text/chart.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#define MAX_COLUMNS 80
#define LABEL_COLUMNS 9 /* of the values at the left */
#define N_MARKS 8

static const char *const marks[N_MARKS] = { "●", "○", "■", "□", "▲", "△", "◆", "◇" };
static const char *const ascii_marks[N_MARKS] = { "*", "+", "x", "o", "#", "@", "%", "&" };

void chart_add_point(struct chart_line *l, int64_t step, double value)
{
    l->steps = mem_grow(l->steps, l->n, &l->cap_steps, sizeof *l->steps);
    l->values = mem_grow(l->values, l->n, &l->cap_values, sizeof *l->values);
    l->steps[l->n] = step;
    l->values[l->n++] = value;
}

void chart_line_deinit(struct chart_line *l)
{
    free(l->steps);
    free(l->values);
    *l = (struct chart_line){ 0 };
}

/* What is drawn where: the plot's cells hold 0, -1 for a dot, or a line's place from 1. */
struct plot {
    int columns, rows;
    int64_t first, last; /* steps */
    double low, high;
    int *cells; /* owned */
};

static void find_range(struct plot *p, const struct chart_line *lines, int n)
{
    p->first = INT64_MAX;
    p->last = INT64_MIN;
    p->low = INFINITY;
    p->high = -INFINITY;
    for (int i = 0; i < n; i++)
        for (size_t k = 0; k < lines[i].n; k++) {
            p->first = lines[i].steps[k] < p->first ? lines[i].steps[k] : p->first;
            p->last = lines[i].steps[k] > p->last ? lines[i].steps[k] : p->last;
            p->low = fmin(p->low, lines[i].values[k]);
            p->high = fmax(p->high, lines[i].values[k]);
        }
}

static int column_of(const struct plot *p, int64_t step)
{
    double span = p->last > p->first ? (double)(p->last - p->first) : 1;
    return (int)lround((double)(step - p->first) * (p->columns - 1) / span);
}

/* From the top. */
static int row_of(const struct plot *p, double value)
{
    double part = p->high > p->low ? (value - p->low) / (p->high - p->low) : 0.5;
    return (int)lround((1 - part) * (p->rows - 1));
}

static void set(struct plot *p, int column, int row, int what)
{
    int *cell = &p->cells[row * p->columns + column];
    if (what > 0 || *cell == 0)
        *cell = what;
}

/* Dots on the straight way between two points that are more than a column apart. */
static void connect(struct plot *p, int from, double a, int to, double b)
{
    for (int c = from + 1; c < to; c++)
        set(p, c, row_of(p, a + (b - a) * (c - from) / (to - from)), -1);
}

static void draw_line(struct plot *p, const struct chart_line *l, int place)
{
    for (size_t k = 0; k < l->n; k++) {
        int column = column_of(p, l->steps[k]);
        if (k)
            connect(p, column_of(p, l->steps[k - 1]), l->values[k - 1], column, l->values[k]);
        set(p, column, row_of(p, l->values[k]), place);
    }
}

static const char *mark_of(int place, bool is_utf8)
{
    int i = (place - 1) % N_MARKS;
    return is_utf8 ? marks[i] : ascii_marks[i];
}

/* The row's value at the left, for the first, the middle and the last one. */
static void add_label(struct str *out, const struct plot *p, int row)
{
    struct str label = { 0 };
    if (row == 0 || row == p->rows - 1 || row == p->rows / 2)
        view_number(&label, p->high - (p->high - p->low) * row / (p->rows - 1));
    str_addf(out, "%*s ", LABEL_COLUMNS, str_text(&label));
    str_deinit(&label);
}

static void add_rows(struct str *out, const struct plot *p, bool is_utf8)
{
    for (int r = 0; r < p->rows; r++) {
        add_label(out, p, r);
        str_add(out, is_utf8 ? "│" : "|");
        int last = p->columns - 1;
        while (last >= 0 && p->cells[r * p->columns + last] == 0)
            last--;
        for (int c = 0; c <= last; c++) {
            int what = p->cells[r * p->columns + c];
            str_add(out, what > 0 ? mark_of(what, is_utf8) : what ? (is_utf8 ? "·" : ".") : " ");
        }
        str_add_char(out, '\n');
    }
}

static void add_axis(struct str *out, const struct plot *p, bool is_utf8)
{
    char last[24];
    snprintf(last, sizeof last, "%lld", (long long)p->last);
    str_addf(out, "%*s%s", LABEL_COLUMNS + 1, "", is_utf8 ? "└" : "+");
    for (int c = 0; c < p->columns; c++)
        str_add(out, is_utf8 ? "─" : "-");
    str_addf(out, "\n%*s%-*lld%s\n", LABEL_COLUMNS + 2, "", p->columns - (int)strlen(last), (long long)p->first, last);
}

static void add_legend(struct str *out, const struct chart_line *lines, int n, bool is_utf8)
{
    for (int i = 0; i < n; i++) {
        const struct chart_line *l = &lines[i];
        str_addf(out, "%*s%s trial %u", LABEL_COLUMNS + 2, "", mark_of(i + 1, is_utf8), l->number);
        if (l->n == 0)
            str_add(out, ": no points");
        else {
            str_add(out, ": ");
            view_number(out, l->values[0]);
            str_addf(out, " at step %lld, ", (long long)l->steps[0]);
            view_number(out, l->values[l->n - 1]);
            str_addf(out, " at step %lld", (long long)l->steps[l->n - 1]);
        }
        str_add_char(out, '\n');
    }
}

void chart_draw(struct str *out, const struct chart_line *lines, int n, int rows, const struct view_look *look)
{
    int columns = (look->columns < MAX_COLUMNS ? look->columns : MAX_COLUMNS) - LABEL_COLUMNS - 2;
    struct plot p = { .columns = columns < 10 ? 10 : columns, .rows = rows };
    find_range(&p, lines, n);
    if (p.first > p.last)
        return;
    p.cells = mem_zalloc((size_t)p.columns * (size_t)p.rows, sizeof *p.cells);
    for (int i = n; i > 0; i--) /* the first one on top */
        draw_line(&p, &lines[i - 1], i);
    add_rows(out, &p, look->is_utf8);
    add_axis(out, &p, look->is_utf8);
    add_legend(out, lines, n, look->is_utf8);
    free(p.cells);
}
