/* admit.h: who may say what a worker says: each worker for itself, and of a release that is near enough.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_COORDINATOR_BRIDGE_ADMIT_H
#define RUNG_COORDINATOR_BRIDGE_ADMIT_H

#include "coordinator/bridge/bridge.h"

/* ERR_REFUSED when the message speaks for a worker that came with another key, or its sender's release and ours are too
 * far apart. What people say is let through: their role was looked at before. */
int bridge_admit(const struct bridge_world *world, const struct message *m, struct err *e);

#endif
