/* sink.h: output that never makes the database wait for who reads it.
 *
 * An answer is written while it is read from the store, but only as much as the other end takes at once: the rest is
 * kept, so that a pager that nobody scrolls does not hold a snapshot, under which the store's journal would grow.
 */
#ifndef RUNG_COORDINATOR_ASK_SINK_H
#define RUNG_COORDINATOR_ASK_SINK_H

#include <stdio.h>

#include "common/base/err.h"
#include "common/base/str.h"

struct sink {
    struct str text; /* what is to be written: added to by anybody */
    size_t written;  /* of it */
    FILE *out;       /* borrowed until sink_close */
};

void sink_open(struct sink *s, FILE *out);

/* Writes what is taken at once, when enough has gathered to be worth it. -1 with ERR_IO. */
int sink_offer(struct sink *s, struct err *e);

/* Writes all that is left when `status` is not below 0, and frees. Returns status, or -1 with ERR_IO. */
int sink_close(struct sink *s, int status, struct err *e);

#endif
