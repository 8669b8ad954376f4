#include "tests/sim/faults/dials.h"

#include <stdlib.h>
#include <string.h>

const struct dial dial_list[DIALS_N] = {
#define DIAL(name, low, high, meaning) { #name, low, high, false, meaning },
    SHAPES
#undef DIAL
#define DIAL(name, low, high, meaning) { #name, low, high, true, meaning },
        FAULTS
#undef DIAL
};

int *dials_at(struct dials *d, int i)
{
    return (int *)d + i;
}

/* Most runs are of the plain kind, as those are the quickest; a share has what costs more. */
static void draw_kinds(struct dials *d, struct rng *r)
{
    uint64_t kind = rng_below(r, 32);
    d->sampler = kind < 24 ? 0 : kind < 30 ? 1 : 2;
    kind = rng_below(r, 16);
    d->scheduler = kind < 11 ? 0 : kind < 14 ? 1 : 2;
    d->where = rng_below(r, 8) == 0;
    d->frames = rng_below(r, 32) == 0;
    d->sqlite = rng_below(r, 256) == 0;
}

void dials_draw(struct dials *d, uint64_t seed)
{
    struct rng r;
    rng_derive(&r, seed, 0, RNG_TEST, 1);
    for (int i = 0; i < DIALS_N; i++) {
        const struct dial *dial = &dial_list[i];
        uint64_t span = (uint64_t)(dial->high - dial->low);
        uint64_t level = rng_below(&r, span + 1), off = rng_u64(&r) & 1, mild = rng_u64(&r) & 1;
        if (dial->is_fault) /* half are off, and half of the others are mild */
            level = off ? 0 : mild ? (level + 9) / 10 : level;
        *dials_at(d, i) = dial->low + (int)level;
    }
    draw_kinds(d, &r);
}

static int set_one(struct dials *d, const char *name, size_t len, const char *value, struct err *e)
{
    char *end;
    for (int i = 0; i < DIALS_N; i++) {
        const struct dial *dial = &dial_list[i];
        if (strlen(dial->name) != len || strncmp(dial->name, name, len) != 0)
            continue;
        long n = strtol(value, &end, 10);
        if (end == value || (*end && *end != ',') || n < dial->low || n > dial->high)
            return err_set(e, ERR_USAGE, "dial %s goes from %d to %d", dial->name, dial->low, dial->high);
        *dials_at(d, i) = (int)n;
        return 0;
    }
    return err_set(e, ERR_USAGE, "there is no dial \"%.*s\": --dials list prints them", (int)len, name);
}

int dials_set(struct dials *d, const char *text, struct err *e)
{
    while (*text) {
        const char *equals = strchr(text, '='), *comma = strchr(text, ',');
        if (!equals || (comma && comma < equals))
            return err_set(e, ERR_USAGE, "--dials wants name=value,name=value, not \"%s\"", text);
        if (set_one(d, text, (size_t)(equals - text), equals + 1, e) < 0)
            return -1;
        text = comma ? comma + 1 : "";
    }
    return 0;
}

void dials_print(const struct dials *d, uint64_t seed, struct str *out)
{
    struct dials drawn, mine = *d;
    dials_draw(&drawn, seed);
    for (int i = 0; i < DIALS_N; i++)
        if (*dials_at(&mine, i) != *dials_at(&drawn, i))
            str_addf(out, "%s%s=%d", out->len ? "," : "", dial_list[i].name, *dials_at(&mine, i));
}
