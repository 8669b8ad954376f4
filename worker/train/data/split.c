#include "worker/train/data/split.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/rng.h"

const char *data_validation_name(enum data_validation by)
{
    static const char *const names[] = { "known", "speaker", "stratified", "test", "none" };
    return names[by];
}

/* ---- exact duplicates ---- */

/* A sequence by its contents. */
struct content {
    uint64_t hash;
    uint32_t sequence;
};

static size_t sequence_bytes(const struct dataset *d, size_t i)
{
    return dataset_len(d, i) * d->n_features * sizeof(float);
}

static uint64_t hash_sequence(const struct dataset *d, size_t i)
{
    const float *x = dataset_frames(d, i);
    size_t n = dataset_len(d, i) * d->n_features;
    uint64_t h = n;
    for (size_t k = 0; k < n; k++) {
        uint32_t bits;
        memcpy(&bits, &x[k], sizeof bits);
        h = (h ^ bits) * 0x9e3779b97f4a7c15u;
        h ^= h >> 29;
    }
    return h;
}

/* A total order in which equal sequences are neighbours: by hash, length, bytes. */
static int compare_contents(const void *a, const void *b, void *dataset)
{
    const struct content *x = a, *y = b;
    const struct dataset *d = dataset;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    size_t nx = sequence_bytes(d, x->sequence), ny = sequence_bytes(d, y->sequence);
    if (nx != ny)
        return nx < ny ? -1 : 1;
    return memcmp(dataset_frames(d, x->sequence), dataset_frames(d, y->sequence), nx);
}

/* ---- units: sequences that stay together ---- */

/* Units are numbered by their first sequence. Unit u has the sequences members[starts[u]] to members[starts[u + 1]]. */
struct units {
    uint32_t *of;      /* (n_sequences): the unit of each; before numbering, a parent in a forest */
    uint32_t *starts;  /* (n + 1) */
    uint32_t *members; /* (n_sequences), ascending within a unit */
    size_t n;
};

static void units_deinit(struct units *u)
{
    free(u->of);
    free(u->starts);
    free(u->members);
}

/* The first sequence of the tree that i is in; halves the path on the way. A parent never stands behind its child. */
static uint32_t find_root(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

static void join(uint32_t *parent, uint32_t a, uint32_t b)
{
    a = find_root(parent, a);
    b = find_root(parent, b);
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}

static void join_duplicates(uint32_t *parent, const struct dataset *d)
{
    struct content *contents = mem_zalloc(d->n_sequences, sizeof *contents);
    for (size_t i = 0; i < d->n_sequences; i++)
        contents[i] = (struct content){ hash_sequence(d, i), (uint32_t)i };
    qsort_r(contents, d->n_sequences, sizeof *contents, compare_contents, (void *)(uintptr_t)d);
    for (size_t i = 1; i < d->n_sequences; i++)
        if (compare_contents(&contents[i - 1], &contents[i], (void *)(uintptr_t)d) == 0)
            join(parent, contents[i - 1].sequence, contents[i].sequence);
    free(contents);
}

static void join_speakers(uint32_t *parent, const struct dataset *d)
{
    uint32_t *first = mem_alloc(d->n_speakers * sizeof *first);
    for (size_t s = 0; s < d->n_speakers; s++)
        first[s] = UINT32_MAX;
    for (size_t i = 0; i < d->n_sequences; i++) {
        uint32_t *f = &first[d->speakers[i]];
        if (*f == UINT32_MAX)
            *f = (uint32_t)i;
        join(parent, *f, (uint32_t)i);
    }
    free(first);
}

/* Replaces each parent by the number of its unit, in place: roots come first, so a root is numbered before it is looked
 * up. */
static void number_units(struct units *u, size_t n_sequences)
{
    for (size_t i = 0; i < n_sequences; i++)
        u->of[i] = find_root(u->of, (uint32_t)i);
    for (size_t i = 0; i < n_sequences; i++)
        u->of[i] = u->of[i] == i ? (uint32_t)u->n++ : u->of[u->of[i]];
}

static void units_init(struct units *u, const struct dataset *d, bool is_by_speaker)
{
    *u = (struct units){ .of = mem_alloc(d->n_sequences * sizeof *u->of) };
    for (size_t i = 0; i < d->n_sequences; i++)
        u->of[i] = (uint32_t)i;
    if (is_by_speaker)
        join_speakers(u->of, d);
    join_duplicates(u->of, d);
    number_units(u, d->n_sequences);
    u->starts = mem_zalloc(u->n + 2, sizeof *u->starts); /* one more, so that filling leaves the starts in place */
    u->members = mem_alloc(d->n_sequences * sizeof *u->members);
    for (size_t i = 0; i < d->n_sequences; i++)
        u->starts[u->of[i] + 2]++;
    for (size_t k = 2; k <= u->n; k++)
        u->starts[k] += u->starts[k - 1];
    for (size_t i = 0; i < d->n_sequences; i++)
        u->members[u->starts[u->of[i] + 1]++] = (uint32_t)i;
}

/* ---- choosing ---- */

/* How far the division has come. All by class: (C). */
struct division {
    const struct dataset *d;
    const struct units *units;
    double share;
    uint32_t *total;      /* sequences */
    uint32_t *validation; /* of them in validation */
    uint32_t *unit;       /* of them in the unit that is looked at */
    bool *is_validation;  /* (units) */
};

static void division_init(struct division *v, const struct dataset *d, const struct units *units, double share)
{
    *v = (struct division){ .d = d, .units = units, .share = share };
    v->total = mem_zalloc(d->n_classes, sizeof *v->total);
    v->validation = mem_zalloc(d->n_classes, sizeof *v->validation);
    v->unit = mem_zalloc(d->n_classes, sizeof *v->unit);
    v->is_validation = mem_zalloc(units->n, sizeof *v->is_validation);
    for (size_t i = 0; i < d->n_sequences; i++)
        v->total[d->labels[i]]++;
}

static void division_deinit(struct division *v)
{
    free(v->total);
    free(v->validation);
    free(v->unit);
    free(v->is_validation);
}

/* What moving a unit to validation would do. */
struct move {
    double gain;      /* by how many sequences, summed over classes, validation comes nearer to its share */
    bool is_emptying; /* a class would be left without a training sequence */
    bool is_needed;   /* a class would get its first validation sequence */
};

static struct move weigh(struct division *v, size_t u)
{
    const uint32_t *first = v->units->members + v->units->starts[u], *end = v->units->members + v->units->starts[u + 1];
    struct move m = { 0 };
    for (const uint32_t *i = first; i < end; i++)
        v->unit[v->d->labels[*i]]++;
    for (const uint32_t *i = first; i < end; i++) {
        uint32_t c = v->d->labels[*i], more = v->unit[c];
        if (more == 0)
            continue; /* a class that was weighed */
        double wanted = v->share * v->total[c], has = v->validation[c];
        m.gain += fabs(has - wanted) - fabs(has + more - wanted);
        m.is_emptying = m.is_emptying || v->validation[c] + more == v->total[c];
        m.is_needed = m.is_needed || v->validation[c] == 0;
        v->unit[c] = 0;
    }
    return m;
}

static void move_unit(struct division *v, size_t u)
{
    v->is_validation[u] = true;
    for (uint32_t i = v->units->starts[u]; i < v->units->starts[u + 1]; i++)
        v->validation[v->d->labels[v->units->members[i]]]++;
}

/* Goes through the units in a random order and moves each that brings validation nearer to its share; then, in the same
 * order, those that a class still lacks. For single sequences that is the stratified split, for speakers of one size
 * the nearest number of them. */
static void choose(struct division *v, struct rng *r)
{
    size_t n = v->units->n;
    uint32_t *order = mem_alloc(n * sizeof *order);
    for (size_t u = 0; u < n; u++)
        order[u] = (uint32_t)u;
    rng_shuffle(r, order, n);
    for (size_t k = 0; k < 2 * n; k++) {
        uint32_t u = order[k % n];
        if (v->is_validation[u])
            continue;
        struct move m = weigh(v, u);
        if (!m.is_emptying && (k < n ? m.gain > 0 : m.is_needed))
            move_unit(v, u);
    }
    free(order);
}

/* ---- parts ---- */

void data_part_init_whole(struct data_part *part, const struct dataset *d)
{
    *part = (struct data_part){ .of = d, .n = d->n_sequences };
    part->sequences = mem_alloc(d->n_sequences * sizeof *part->sequences);
    for (size_t i = 0; i < d->n_sequences; i++)
        part->sequences[i] = (uint32_t)i;
}

void data_part_deinit(struct data_part *part)
{
    if (!part)
        return;
    free(part->sequences);
    *part = (struct data_part){ 0 };
}

/* The sequences of one side. */
static void collect(struct data_part *part, const struct division *v, bool is_validation)
{
    *part = (struct data_part){ .of = v->d };
    part->sequences = mem_alloc(v->d->n_sequences * sizeof *part->sequences);
    for (size_t i = 0; i < v->d->n_sequences; i++)
        if (v->is_validation[v->units->of[i]] == is_validation)
            part->sequences[part->n++] = (uint32_t)i;
}

static int refuse_division(bool is_by_speaker, const struct units *units, struct err *e)
{
    if (is_by_speaker)
        return err_set(e, ERR_INVALID,
            "%zu speakers cannot be divided so that training keeps every class: use \"validation\": {\"by\": "
            "\"stratified\"}",
            units->n);
    return err_set(e, ERR_INVALID, "nothing can be set aside for validation: no class has two different sequences");
}

static int divide(
    struct data_split *split, const struct dataset *d, double share, bool is_by_speaker, uint64_t seed, struct err *e)
{
    struct units units;
    struct division v;
    struct rng r;
    rng_derive(&r, seed, 0, RNG_SPLIT, 0);
    units_init(&units, d, is_by_speaker);
    division_init(&v, d, &units, share);
    choose(&v, &r);
    collect(&split->train, &v, false);
    collect(&split->validation, &v, true);
    int status = split->validation.n ? 0 : refuse_division(is_by_speaker, &units, e);
    division_deinit(&v);
    units_deinit(&units);
    if (status)
        data_split_deinit(split);
    return status;
}

int data_split_init(struct data_split *split, const struct dataset *train, const struct dataset *test,
    const struct data_spec *spec, uint64_t campaign_seed, struct err *e)
{
    enum data_validation by = spec->validation;
    if (by == DATA_BY_KNOWN)
        by = train->speakers ? DATA_BY_SPEAKER : DATA_BY_STRATIFIED;
    if (by == DATA_BY_SPEAKER && !train->speakers)
        return err_set(e, ERR_INVALID, "validation by speaker: the data does not say who speaks");
    if (by == DATA_BY_TEST) {
        if (!test || !test->n_sequences)
            return err_set(e, ERR_INVALID, "validation on the test set: there is none");
        data_part_init_whole(&split->train, train);
        data_part_init_whole(&split->validation, test);
    } else if (by == DATA_BY_NONE) {
        data_part_init_whole(&split->train, train);
    } else if (divide(split, train, spec->validation_share, by == DATA_BY_SPEAKER, campaign_seed, e)) {
        return -1;
    }
    split->by = by;
    return 0;
}

void data_split_deinit(struct data_split *split)
{
    if (!split)
        return;
    data_part_deinit(&split->train);
    data_part_deinit(&split->validation);
    *split = (struct data_split){ 0 };
}
