/* effects.h: how the core writes down what is to be done.
 * Pure: no I/O, no clock, no globals.
 */
#ifndef RUNG_WORKER_CORE_EFFECTS_H
#define RUNG_WORKER_CORE_EFFECTS_H

#include "common/base/str.h"
#include "worker/core/session.h"

/* A new effect at the end; borrows until the next one is added. */
struct session_effect *effect_add(struct session_effects *effects, enum session_effect_kind kind);

/* An EFFECT_SEND; fill in the message's fields. */
struct message *effect_send(struct session_effects *effects, enum message_type type);

void effect_log(struct session_effects *effects, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Memory that is freed with the effects: takes it, and returns it. */
void *effect_own(struct session_effects *effects, void *memory);
const char *effect_take(struct session_effects *effects, struct str *text);

#endif
