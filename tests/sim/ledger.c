#include "tests/sim/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

void ledger_deinit(struct ledger *l)
{
    free(l->acknowledged.list);
    free(l->spooled.list);
    free(l->disowned.list);
    free(l->granted);
    free(l->heard_ms);
    *l = (struct ledger){ 0 };
}

void promises_add(struct promises *p, struct promise promise)
{
    p->list = mem_grow(p->list, p->n, &p->cap, sizeof *p->list);
    p->list[p->n++] = promise;
}

void ledger_make_room(struct ledger *l, int64_t trial)
{
    size_t old = l->n_granted;
    if ((size_t)trial < old)
        return;
    l->n_granted = (size_t)trial + 64;
    l->granted = mem_resize(l->granted, l->n_granted, sizeof *l->granted);
    l->heard_ms = mem_resize(l->heard_ms, l->n_granted, sizeof *l->heard_ms);
    memset(l->granted + old, 0, (l->n_granted - old) * sizeof *l->granted);
    memset(l->heard_ms + old, 0, (l->n_granted - old) * sizeof *l->heard_ms);
}
