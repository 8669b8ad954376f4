#include "tests/sim/agenda.h"

#include <stdlib.h>

#include "common/base/mem.h"

void agenda_deinit(struct agenda *a)
{
    free(a->heap);
    *a = (struct agenda){ 0 };
}

static bool is_before(const struct item *a, const struct item *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

void agenda_put(struct agenda *a, struct item item)
{
    a->heap = mem_grow(a->heap, a->n, &a->cap, sizeof *a->heap);
    item.order = a->n_put++;
    size_t i = a->n++;
    for (; i > 0 && is_before(&item, &a->heap[(i - 1) / 2]); i = (i - 1) / 2)
        a->heap[i] = a->heap[(i - 1) / 2];
    a->heap[i] = item;
}

bool agenda_take(struct agenda *a, struct item *out)
{
    if (a->n == 0)
        return false;
    *out = a->heap[0];
    struct item last = a->heap[--a->n];
    size_t i = 0;
    for (size_t child = 1; child < a->n; child = 2 * i + 1) {
        child += child + 1 < a->n && is_before(&a->heap[child + 1], &a->heap[child]);
        if (!is_before(&a->heap[child], &last))
            break;
        a->heap[i] = a->heap[child];
        i = child;
    }
    a->heap[i] = last;
    return true;
}
