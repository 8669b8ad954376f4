#include "coordinator/letters.h"

#include <stdlib.h>

#include "common/base/mem.h"

void letters_add(struct letters *l, const struct sender *from, const void *bytes, size_t len)
{
    l->items = mem_grow(l->items, l->n, &l->cap, sizeof *l->items);
    l->items[l->n] = (struct letter){ .from = *from };
    str_add_bytes(&l->items[l->n++].frame, bytes, len);
}

void letters_clear(struct letters *l)
{
    for (size_t i = 0; i < l->n; i++)
        str_deinit(&l->items[i].frame);
    l->n = 0;
}

void letters_deinit(struct letters *l)
{
    letters_clear(l);
    free(l->items);
    *l = (struct letters){ 0 };
}
