/* start.h: from an order to a running program.
 */
#ifndef RUNG_WORKER_SLOT_START_H
#define RUNG_WORKER_SLOT_START_H

#include <sys/types.h>

#include "common/base/err.h"
#include "worker/slot/order.h"

#define TRIAL_CONTRACT_FD 3 /* what RUNG_FD says */

/* Starts the program in a session of its own. It dies with this process, sees the contract socket as descriptor 3, and
 * inherits no other. Returns its process id once it executes, or -1 when it cannot: the text names the program. */
pid_t trial_start(const struct order *order, struct err *e);

#endif
