#include "worker/train/nn/profile.h"

#include <stddef.h>

const char *profile_part_name(enum profile_part part)
{
    static const char *const names[PROFILE_N_PARTS] = { [PROFILE_PRODUCTS] = "products",
        [PROFILE_RECURRENT] = "recurrent",
        [PROFILE_GATES] = "gates",
        [PROFILE_ATTENTION] = "attention",
        [PROFILE_OPTIMISER] = "optimiser",
        [PROFILE_DATA] = "data",
        [PROFILE_OTHER] = "other" };
    return names[part];
}

void profile_enter(struct profile *p, enum profile_part part)
{
    if (!p)
        return;
    double now = p->now();
    p->seconds[p->part] += now - p->started;
    p->started = now;
    p->part = part;
}
