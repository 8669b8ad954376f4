/* lines.h: the lines of a data file, one at a time, with the place for messages.
 */
#ifndef RUNG_WORKER_TRAIN_DATA_LINES_H
#define RUNG_WORKER_TRAIN_DATA_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"

struct lines;
struct source;

/* The current line. */
struct line {
    const char *text; /* len bytes, then a NUL; without the line's end (LF or CR LF). May hold further NULs. Borrows
                         until the next */
    size_t len;
    size_t number; /* from 1 */
};

/* Takes `source`, copies `name`, which begins every message ("Train.txt: line 3: …"). Returns owned (lines_close). */
struct lines *lines_open(struct source *source, const char *name);

/* Steps to the next line: 1 when there is one, 0 at the end, -1 with e. A last line without a line's end is a line. */
int lines_next(struct lines *l, struct line *line, struct err *e);

/* Fails with "NAME: line N: text", N being the current line; before the first one, and at the end, without the line. */
int lines_fail(const struct lines *l, struct err *e, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Puts the same place before what e says, and returns -1. */
int lines_prefix(const struct lines *l, struct err *e);

void lines_close(struct lines *l);

/* A piece of a line made fit to be shown to people, into `to`: cut at a blank, a comma, a colon, and at 40 bytes, all
 * but printable ASCII as '?'. Returns `to`. */
#define LINES_EXCERPT 48
const char *lines_excerpt(char to[LINES_EXCERPT], const char *text, const char *end);

#endif
