/* spare.h: blobs that the core has no use for any more: off the disk, once the rows say so. For rungd's turn.
 *
 * What a crash between the commit and the removal leaves behind is for `rung gc`.
 */
#ifndef RUNG_COORDINATOR_SPARE_H
#define RUNG_COORDINATOR_SPARE_H

#include "common/io/blobs.h"
#include "coordinator/core/effect.h"
#include "coordinator/store/store.h"

/* Zeroed is empty. */
struct spares {
    char (*hashes)[HASH_TEXT];
    size_t n, cap;
};

void spares_deinit(struct spares *s);

void spares_note(struct spares *s, const struct effects *fx);
void spares_forget(struct spares *s); /* the transaction is rolled back */

/* After the commit: removes those that no trial's row names. What cannot be removed is logged. */
void spares_remove(struct spares *s, struct store *store, struct blobs *blobs);

#endif
