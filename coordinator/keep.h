/* keep.h: the rows that a step wants kept, into the store. */
#ifndef RUNG_COORDINATOR_KEEP_H
#define RUNG_COORDINATOR_KEEP_H

#include "coordinator/core/effect.h"
#include "coordinator/store/store.h"

/* In the order that effect.h says, inside the transaction that is open. 0, or -1 with e: then it must be rolled back.
 */
int keep_rows(struct store *s, const struct effects *fx, struct err *e);

#endif
