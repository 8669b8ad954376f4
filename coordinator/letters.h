/* letters.h: frames that a turn keeps: those it took, and the answers that wait for its commit.
 */
#ifndef RUNG_COORDINATOR_LETTERS_H
#define RUNG_COORDINATOR_LETTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"
#include "coordinator/sender.h"

struct message;

struct letter {
    struct sender from; /* of an answer: whom it is for */
    size_t at, len;     /* of the frame in `bytes` */
};

/* Zeroed is empty. */
struct letters {
    struct letter *items;
    size_t n, cap;
    struct str bytes; /* all frames, one behind the other */
};

void letters_add(struct letters *l, const struct sender *from, const void *bytes, size_t len); /* copies */

/* The same with the frame of a message. False, and nothing added, when it would be too long for one. */
bool letters_write(struct letters *l, const struct sender *from, const struct message *m);

const void *letters_frame(const struct letters *l, size_t i); /* borrows until the next change */
void letters_clear(struct letters *l);
void letters_deinit(struct letters *l);

#endif
