/* parcel.h: a message on its way, copied once and shared by its duplicates, with what only the simulator knows of it.
 */
#ifndef RUNG_TESTS_SIM_PARCEL_H
#define RUNG_TESTS_SIM_PARCEL_H

#include "common/proto/message.h"

struct parcel {
    int n_users;
    uint64_t peer;          /* the connection that it came by, or goes to */
    bool is_forged;         /* a liar's: nothing about it need be true */
    struct message message; /* texts and lists lie behind this struct */
};

/* A deep copy of m with one user; `through_frame` encodes and decodes it on the way. */
struct parcel *parcel_new(const struct message *m, bool through_frame);
struct parcel *parcel_share(struct parcel *p);
void parcel_drop(struct parcel *p); /* accepts NULL */

#endif
