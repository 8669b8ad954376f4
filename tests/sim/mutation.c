#include "tests/sim/mutation.h"

#include <string.h>

enum mutation mutation_active;

const struct mutation_name mutation_list[MUTATION_N] = { [MUTATION_NONE] = { "none", "nothing is wrong" },
#define MUTATION(NAME, name, meaning) [MUTATION_##NAME] = { name, meaning },
    MUTATIONS
#undef MUTATION
};

const char *mutation_dials(enum mutation m)
{
    /* Only a model, and only after an older store came back, gives a number to another configuration. */
    return m == MUTATION_FOREIGN ? "sampler=1,restore=8,campaigns=3,trials=25,partition=40" : "";
}

enum mutation mutation_find(const char *name)
{
    for (int i = 1; i < MUTATION_N; i++)
        if (strcmp(mutation_list[i].name, name) == 0)
            return (enum mutation)i;
    return MUTATION_NONE;
}
