/* listing.h: aligned columns of text, for a terminal and for eyes.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_TEXT_LISTING_H
#define RUNG_COORDINATOR_TEXT_LISTING_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/limits.h"
#include "common/base/str.h"
#include "coordinator/text/view.h"

#define LISTING_COLUMNS (LIMIT_PARAMS + 32) /* a parameter each, and what stands before them */

/* Rows that are there before the first is printed, since the widest sets the width. */
struct listing {
    const char *const *titles; /* n_columns; a title that begins with '>' stands right, as its column does */
    int n_columns;
    char **cells; /* owned; a row after the other */
    size_t n_cells, cap_cells;
    int widths[LISTING_COLUMNS]; /* of what was flushed; 0 before the titles are printed */
};

void listing_init(struct listing *l, const char *const *titles, int n_columns);
void listing_deinit(struct listing *l);

/* The next cell of the row, and of the next row after the last column. Control characters become '?'. */
void listing_add(struct listing *l, const char *text);
void listing_addf(struct listing *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
void listing_add_int(struct listing *l, int64_t value);
void listing_add_number(struct listing *l, double value); /* NaN is a dash */

/* The titles and the rows, indented; what goes beyond the look's columns is cut. */
void listing_print(const struct listing *l, int indent, const struct view_look *look, struct str *out);

/* The same for a table that is too long to be kept: prints the rows so far and forgets them; the titles come once, and
 * a column only ever grows. */
void listing_flush(struct listing *l, int indent, const struct view_look *look, struct str *out);

#endif
