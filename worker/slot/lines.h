/* lines.h: a stream cut into lines. */
#ifndef RUNG_WORKER_SLOT_LINES_H
#define RUNG_WORKER_SLOT_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/str.h"

/* Zeroed but for the first three is empty. */
struct lines {
    size_t max; /* a longer line is given once, cut to max + 1 bytes, so that whoever reads it refuses it */
    void (*line)(void *owner, const char *line, size_t len); /* without its newline, NUL-terminated; none is empty */
    void *owner;
    struct str in; /* the beginning of a line */
    bool is_cut;   /* the rest of a line that was too long is being skipped */
};

void lines_take(struct lines *l, const char *bytes, size_t len);
void lines_end(struct lines *l); /* a last line needs no newline */
void lines_deinit(struct lines *l);

#endif
