/* stream.h: server-sent events of what changes in a campaign: one rendering of each delta for all who listen to it.
 *
 * Four times a second at most, what is live comes from memory and what is durable from the store, outside the loop
 * (delta.h). Who comes new is first brought to where the others are, by a delta of its own.
 */
#ifndef RUNG_COORDINATOR_WEB_STREAM_H
#define RUNG_COORDINATOR_WEB_STREAM_H

#include "coordinator/web/call.h"

int stream_answer(struct call *c, struct err *e);

void streams_open(struct web *w);
void streams_close(struct web *w);

#endif
