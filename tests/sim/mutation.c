#include "tests/sim/mutation.h"

#include <string.h>

enum mutation mutation_active;

const struct mutation_name mutation_list[MUTATION_N] = { [MUTATION_NONE] = { "none", "nothing is wrong" },
#define MUTATION(NAME, name, meaning) [MUTATION_##NAME] = { name, meaning },
    MUTATIONS
#undef MUTATION
};

enum mutation mutation_find(const char *name)
{
    for (int i = 1; i < MUTATION_N; i++)
        if (strcmp(mutation_list[i].name, name) == 0)
            return (enum mutation)i;
    return MUTATION_NONE;
}
