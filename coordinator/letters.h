/* letters.h: frames that a turn keeps: those it took, and the answers that wait for its commit.
 */
#ifndef RUNG_COORDINATOR_LETTERS_H
#define RUNG_COORDINATOR_LETTERS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"
#include "coordinator/sender.h"

struct letter {
    struct sender from; /* of an answer: whom it is for */
    struct str frame;
};

/* Zeroed is empty. */
struct letters {
    struct letter *items;
    size_t n, cap;
};

void letters_add(struct letters *l, const struct sender *from, const void *bytes, size_t len); /* copies */
void letters_clear(struct letters *l);
void letters_deinit(struct letters *l);

#endif
