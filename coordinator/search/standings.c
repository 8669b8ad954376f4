#include "coordinator/search/standings.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

enum { BLOCK_ENTRIES = 256 };

struct standings_block {
    int n, n_placed, n_waiting;
    struct standings_entry entries[BLOCK_ENTRIES];
};

void standings_deinit(struct standings *s)
{
    for (size_t i = 0; i < s->n_blocks; i++)
        free(s->blocks[i]);
    free(s->blocks);
    *s = (struct standings){ 0 };
}

static bool is_before(const struct standings_entry *a, double loss, uint32_t trial)
{
    return a->loss != loss ? a->loss < loss : a->trial < trial;
}

/* ---- finding ---- */

/* The first block whose last entry is not before (loss, trial), or the last one. */
static size_t find_block(const struct standings *s, double loss, uint32_t trial)
{
    size_t low = 0, high = s->n_blocks - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct standings_block *b = s->blocks[middle];
        if (is_before(&b->entries[b->n - 1], loss, trial))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The first entry of the block that is not before (loss, trial); n when all are. */
static int find_entry(const struct standings_block *b, double loss, uint32_t trial)
{
    int low = 0, high = b->n;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (is_before(&b->entries[middle], loss, trial))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- counts ---- */

static void count(struct standings *s, struct standings_block *b, enum standing standing, int sign)
{
    int is_placed = standing != STANDING_NONE ? sign : 0;
    b->n_placed += is_placed;
    b->n_waiting += standing == STANDING_WAITS ? sign : 0;
    s->n_placed += is_placed;
}

static void set(struct standings *s, struct standings_block *b, int i, enum standing standing)
{
    count(s, b, b->entries[i].standing, -1);
    b->entries[i].standing = standing;
    count(s, b, standing, 1);
}

/* ---- changing ---- */

static void insert_block(struct standings *s, size_t at)
{
    s->blocks = mem_grow(s->blocks, s->n_blocks, &s->cap_blocks, sizeof *s->blocks);
    memmove(s->blocks + at + 1, s->blocks + at, (s->n_blocks - at) * sizeof *s->blocks);
    s->blocks[at] = mem_zalloc(1, sizeof **s->blocks);
    s->n_blocks++;
}

/* Gives the upper half of a full block to a new one behind it. */
static void split(struct standings *s, size_t at)
{
    insert_block(s, at + 1);
    struct standings_block *full = s->blocks[at], *upper = s->blocks[at + 1];
    int half = full->n / 2;
    upper->n = full->n - half;
    memcpy(upper->entries, full->entries + half, (size_t)upper->n * sizeof *upper->entries);
    for (int i = 0; i < upper->n; i++) {
        count(s, full, upper->entries[i].standing, -1);
        count(s, upper, upper->entries[i].standing, 1);
    }
    full->n = half;
}

void standings_add(struct standings *s, uint32_t trial, double loss, enum standing standing)
{
    if (s->n_blocks == 0)
        insert_block(s, 0);
    size_t at = find_block(s, loss, trial);
    if (s->blocks[at]->n == BLOCK_ENTRIES) {
        split(s, at);
        at = find_block(s, loss, trial);
    }
    struct standings_block *b = s->blocks[at];
    int i = find_entry(b, loss, trial);
    memmove(b->entries + i + 1, b->entries + i, (size_t)(b->n - i) * sizeof *b->entries);
    b->entries[i] = (struct standings_entry){ loss + 0.0, trial, standing };
    b->n++;
    count(s, b, standing, 1);
}

void standings_set(struct standings *s, uint32_t trial, double loss, enum standing standing)
{
    assert(s->n_blocks > 0);
    struct standings_block *b = s->blocks[find_block(s, loss, trial)];
    int i = find_entry(b, loss, trial);
    assert(i < b->n && b->entries[i].trial == trial);
    set(s, b, i, standing);
}

/* ---- without the loss ---- */

static bool find_trial(const struct standings *s, uint32_t trial, size_t *block, int *entry)
{
    for (size_t k = 0; k < s->n_blocks; k++)
        for (int i = 0; i < s->blocks[k]->n; i++)
            if (s->blocks[k]->entries[i].trial == trial) {
                *block = k;
                *entry = i;
                return true;
            }
    return false;
}

bool standings_set_trial(struct standings *s, uint32_t trial, enum standing standing)
{
    size_t at;
    int i;
    if (!find_trial(s, trial, &at, &i))
        return false;
    set(s, s->blocks[at], i, standing);
    return true;
}

bool standings_remove_trial(struct standings *s, uint32_t trial)
{
    size_t at;
    int i;
    if (!find_trial(s, trial, &at, &i))
        return false;
    struct standings_block *b = s->blocks[at];
    set(s, b, i, STANDING_NONE);
    b->n--;
    memmove(b->entries + i, b->entries + i + 1, (size_t)(b->n - i) * sizeof *b->entries);
    if (b->n == 0) {
        free(b);
        s->n_blocks--;
        memmove(s->blocks + at, s->blocks + at + 1, (s->n_blocks - at) * sizeof *s->blocks);
    }
    return true;
}

/* ---- asking ---- */

bool standings_first_waiting(const struct standings *s, int64_t n_places, struct standings_entry *out, int64_t *place)
{
    int64_t n_before = 0;
    size_t at = 0;
    while (at < s->n_blocks && s->blocks[at]->n_waiting == 0 && n_before < n_places)
        n_before += s->blocks[at++]->n_placed;
    if (at == s->n_blocks)
        return false;
    const struct standings_block *b = s->blocks[at];
    for (int i = 0; i < b->n && n_before < n_places; i++) {
        n_before += b->entries[i].standing != STANDING_NONE;
        if (b->entries[i].standing == STANDING_WAITS) {
            *out = b->entries[i];
            *place = n_before;
            return true;
        }
    }
    return false;
}

int standings_first(const struct standings *s, uint32_t *trials, int n)
{
    int n_found = 0;
    for (size_t at = 0; at < s->n_blocks; at++) {
        const struct standings_block *b = s->blocks[at];
        for (int i = 0; i < b->n && n_found < n; i++)
            if (b->entries[i].standing != STANDING_NONE)
                trials[n_found++] = b->entries[i].trial;
    }
    return n_found;
}

double standings_loss_at(const struct standings *s, int64_t place)
{
    assert(place >= 1 && place <= s->n_placed);
    size_t at = 0;
    while (s->blocks[at]->n_placed < place)
        place -= s->blocks[at++]->n_placed;
    const struct standings_block *b = s->blocks[at];
    int i = 0;
    while ((place -= b->entries[i].standing != STANDING_NONE) > 0)
        i++;
    return b->entries[i].loss;
}
