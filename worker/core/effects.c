#include "worker/core/effects.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

void session_effects_clear(struct session_effects *effects)
{
    for (size_t i = 0; i < effects->n_owned; i++)
        free(effects->owned[i]);
    effects->n = 0;
    effects->n_owned = 0;
}

void session_effects_deinit(struct session_effects *effects)
{
    session_effects_clear(effects);
    free(effects->list);
    free(effects->owned);
    *effects = (struct session_effects){ 0 };
}

struct session_effect *effect_add(struct session_effects *effects, enum session_effect_kind kind)
{
    effects->list = mem_grow(effects->list, effects->n, &effects->cap, sizeof *effects->list);
    struct session_effect *effect = &effects->list[effects->n++];
    *effect = (struct session_effect){ .kind = kind, .slot = -1 };
    return effect;
}

void *effect_own(struct session_effects *effects, void *memory)
{
    effects->owned = mem_grow(effects->owned, effects->n_owned, &effects->cap_owned, sizeof *effects->owned);
    return effects->owned[effects->n_owned++] = memory;
}

const char *effect_take(struct session_effects *effects, struct str *text)
{
    return effect_own(effects, str_take(text));
}

struct message *effect_send(struct session_effects *effects, enum message_type type)
{
    struct session_effect *effect = effect_add(effects, EFFECT_SEND);
    effect->message.type = type;
    return &effect->message;
}

void effect_log(struct session_effects *effects, enum log_level level, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct session_effect *effect = effect_add(effects, EFFECT_LOG);
    effect->level = level;
    effect->text = effect_own(effects, mem_strdup(text));
}
