/* import.h: IMPORT, from the message to the event: results from elsewhere, held against the campaign's space. */
#ifndef RUNG_COORDINATOR_IMPORT_H
#define RUNG_COORDINATOR_IMPORT_H

#include "common/expr/expr.h"
#include "common/proto/message.h"
#include "coordinator/bridge/bridge.h"
#include "coordinator/core/hub.h"

/* Fills *out; what it points to is kept in `memory`. ERR_NOT_FOUND and ERR_STATE for a campaign that is not there or is
 * over, ERR_INVALID for a configuration that its space, `when` or `where` do not allow, ERR_LIMIT when it has so many
 * already. `exprs` are the campaigns', in their order. */
int import_event(const struct hub *h, struct expr *const *exprs, const struct message_import *m,
    struct bridge_memory *memory, struct hub_event *out, struct err *e);

#endif
