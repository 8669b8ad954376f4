#include "coordinator/search/ranking.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

void ranking_deinit(struct ranking *r)
{
    if (!r)
        return;
    free(r->items);
    *r = (struct ranking){ 0 };
}

void ranking_add(struct ranking *r, uint32_t trial, double loss)
{
    r->items = mem_grow(r->items, r->n, &r->cap, sizeof *r->items);
    r->items[r->n++] = (struct ranked){ loss + 0.0, trial };
}

bool ranking_remove(struct ranking *r, uint32_t trial)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->items[i].trial == trial) {
            memmove(r->items + i, r->items + i + 1, (r->n - i - 1) * sizeof *r->items);
            r->n_sorted -= i < r->n_sorted;
            r->n--;
            return true;
        }
    return false;
}

static int compare(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    if (a->loss != b->loss)
        return a->loss < b->loss ? -1 : 1;
    return a->trial < b->trial ? -1 : a->trial > b->trial;
}

const struct ranked *ranking_order(struct ranking *r)
{
    size_t n_tail = r->n - r->n_sorted;
    if (n_tail == 0)
        return r->items;
    struct ranked few[16], *tail = n_tail <= 16 ? few : mem_alloc(n_tail * sizeof *tail);
    memcpy(tail, r->items + r->n_sorted, n_tail * sizeof *tail);
    qsort(tail, n_tail, sizeof *tail, compare);
    /* Merge from the back, so that each item moves once. */
    size_t left = r->n_sorted, to = r->n;
    while (n_tail > 0) {
        if (left > 0 && compare(&r->items[left - 1], &tail[n_tail - 1]) > 0)
            r->items[--to] = r->items[--left];
        else
            r->items[--to] = tail[--n_tail];
    }
    if (tail != few)
        free(tail);
    r->n_sorted = r->n;
    return r->items;
}
