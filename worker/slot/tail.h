/* tail.h: the last bytes of a stream, for the log of an attempt. */
#ifndef RUNG_WORKER_SLOT_TAIL_H
#define RUNG_WORKER_SLOT_TAIL_H

#include <stddef.h>

/* Zeroed but for `cap` is empty. */
struct tail {
    size_t cap;
    char *ring;  /* cap bytes, once something came */
    size_t len;  /* bytes in it */
    size_t next; /* where the next byte goes */
};

void tail_add(struct tail *t, const char *bytes, size_t len);
void tail_clear(struct tail *t);
void tail_deinit(struct tail *t);

/* What is in it as text: well-formed UTF-8 of at most `cap` bytes, without white space at the end, and from the
 * beginning of a line when something went before. Returns owned. */
char *tail_text(const struct tail *t);

#endif
