#include "common/domain/failure.h"

#include <string.h>

const char *const failure_kind_names[FAILURE_N_KINDS] = {
    [FAILURE_LOST] = "lost",
    [FAILURE_PREEMPTED] = "preempted",
    [FAILURE_PROGRESS_TIMEOUT] = "progress_timeout",
    [FAILURE_TRIAL_TIMEOUT] = "trial_timeout",
    [FAILURE_OUT_OF_MEMORY] = "out_of_memory",
    [FAILURE_EXIT] = "exit",
    [FAILURE_DIVERGED] = "diverged",
    [FAILURE_REFUSED] = "refused",
};

enum failure_kind failure_kind_from_name(const char *name)
{
    for (int k = 0; k < FAILURE_N_KINDS; k++)
        if (strcmp(failure_kind_names[k], name) == 0)
            return (enum failure_kind)k;
    return FAILURE_NONE;
}

bool failure_is_own(enum failure_kind kind)
{
    return kind != FAILURE_NONE && kind != FAILURE_LOST && kind != FAILURE_PREEMPTED &&
           kind != FAILURE_PROGRESS_TIMEOUT;
}
