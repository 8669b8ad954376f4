/* network.h: frames between the coordinator and everybody else: they may be lost, late, doubled, or out of order, and
 * whole links may be cut, in one direction or both. Nobody is told.
 */
#ifndef RUNG_TESTS_SIM_NETWORK_H
#define RUNG_TESTS_SIM_NETWORK_H

#include "tests/sim/world.h"

#define CLIENT_PEER 1 /* the person's connection */

uint64_t network_peer(const struct world *w, int agent); /* of its present connection */

void network_up(struct world *w, int agent, struct parcel *p); /* to the coordinator, from an agent; shares p */
void network_up_from(struct world *w, uint64_t peer, struct parcel *p); /* ... from anybody, on a link of its own */
void network_down(struct world *w, struct parcel *p);                   /* to p->peer; shares p */

#endif
