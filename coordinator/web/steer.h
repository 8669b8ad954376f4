/* steer.h: what an operator asks of a campaign, through the coordinator's one door: a CONTROL as the commands send it.
 */
#ifndef RUNG_COORDINATOR_WEB_STEER_H
#define RUNG_COORDINATOR_WEB_STEER_H

#include "common/proto/message.h"
#include "coordinator/web/call.h"

/* POST /api/v1/campaigns/NAME/ACTION. */
int steer_answer(struct call *c, struct err *e);

/* The body of one, into `out`, which borrows from `memory` and the arguments. ERR_INVALID for what the action does not
 * take. Pure. */
struct steer_memory {
    struct str config;
    struct json_doc *doc;
    struct record_trial_number numbers[LIMIT_STEERED];
};
int steer_parse(const char *action, const char *body, size_t len, struct steer_memory *memory,
    struct message_control *out, struct err *e);
void steer_memory_deinit(struct steer_memory *m);

#endif
