/* csv.h: comma-separated values as RFC 4180 has them, written and read.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_EXCHANGE_CSV_H
#define RUNG_COORDINATOR_EXCHANGE_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"
#include "common/base/str.h"

/* One cell, quoted where it must be. */
void csv_put(struct str *out, const char *text);

/* A text that is read record by record; lines end in CRLF or LF. */
struct csv {
    const char *next, *end; /* borrowed */
    int line;               /* of the record that was read last, from 1; 0 before the first */
    int n_lines;            /* that were passed */
    char **cells;           /* owned: of that record */
    size_t n, cap;
};

/* Skips a byte-order mark. */
void csv_init(struct csv *c, const char *text, size_t len);
void csv_deinit(struct csv *c);

/* Reads the next record that is not empty: 1; 0 at the end; -1 with e when a quote is never closed, or something
 * follows a closing one. */
int csv_next(struct csv *c, struct err *e);

#endif
