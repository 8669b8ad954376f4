#include "coordinator/search/proposer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

enum {
    MAX_MODEL_DRAWS = 1024,      /* until there are PROPOSER_CANDIDATES feasible ones */
    MAX_PRIOR_DRAWS = 10000,     /* until one is feasible and new */
    SMALL_PRIOR_DRAWS = 1000,    /* the same in a small space, which is then searched whole */
    SMALL_SPACE = 65536,         /* combinations */
    MAX_INFEASIBLE_RUN = 1000000 /* combinations of a grid in a row that `where` forbids */
};

static const char *const all_tried = "every configuration that the space allows was tried";
static const char *const none_feasible = "no configuration that is new and allowed by `where` in 10000 draws";
static const char *const grid_forbidden = "a million combinations of the grid in a row are not allowed by `where`";

void proposer_init(struct proposer *s, const struct search_inputs *in)
{
    size_t n = (size_t)in->space->n_params;
    *s = (struct proposer){ .in = *in, .x = mem_zalloc(n, sizeof(double)) };
    s->candidates = mem_zalloc(3 * n * PROPOSER_CANDIDATES, sizeof(double));
    grid_init(&s->grid, in->space);
    model_init(&s->model, in->spec->model);
}

void proposer_deinit(struct proposer *s)
{
    model_deinit(&s->model);
    free(s->x);
    free(s->candidates);
    free(s->added);
    *s = (struct proposer){ 0 };
}

/* The stream of a proposal. Its first number is the coin that decides between model and prior; both go on behind it, so
 * that what the prior gives does not depend on what the model did before. */
static double open_stream(const struct proposer *s, const struct history *h, struct rng *r)
{
    rng_derive(r, s->in.seed, h->n_trials + 1, RNG_PROPOSE, 0);
    return rng_double(r);
}

static bool is_usable(const struct proposer *s, const struct history *h, double *x)
{
    return rules_resolve(s->in.rules, x) && !history_has(h, x);
}

void proposer_enqueue(struct proposer *s, const double *x)
{
    size_t row_bytes = (size_t)s->in.space->n_params * sizeof(double);
    s->added = mem_grow(s->added, s->n_added, &s->cap_added, row_bytes);
    memcpy(s->added + s->n_added++ * (size_t)s->in.space->n_params, x, row_bytes);
}

/* The i-th of the user's own: those of the file, then those that came later; NULL behind the last. */
static const double *enqueued(const struct proposer *s, size_t i)
{
    size_t n_filed = (size_t)s->in.n_enqueue, n = (size_t)s->in.space->n_params;
    if (i < n_filed)
        return s->in.enqueue + i * n;
    return i - n_filed < s->n_added ? s->added + (i - n_filed) * n : NULL;
}

int64_t proposer_n_waiting(const struct proposer *s, const struct history *h)
{
    const double *x;
    int64_t n = 0;
    for (size_t i = (size_t)s->n_enqueued; (x = enqueued(s, i)); i++)
        n += !history_has(h, x);
    return n;
}

bool proposer_has_waiting(const struct proposer *s, const double *wanted)
{
    const double *x;
    for (size_t i = (size_t)s->n_enqueued; (x = enqueued(s, i)); i++)
        if (config_equal(s->in.space, x, wanted))
            return true;
    return false;
}

static bool propose_enqueued(struct proposer *s, const struct history *h, struct search_decision *out)
{
    const double *x;
    while ((x = enqueued(s, (size_t)s->n_enqueued)) && history_has(h, x))
        s->n_enqueued++;
    if (!x)
        return false;
    memcpy(s->x, x, (size_t)h->n_params * sizeof(double));
    out->origin = SEARCH_ENQUEUED;
    return true;
}

static bool propose_grid(struct proposer *s, const struct history *h, struct search_decision *out)
{
    out->origin = SEARCH_GRID;
    for (int in_a_row = 0; !s->grid.is_past_end && in_a_row < MAX_INFEASIBLE_RUN; grid_step(&s->grid)) {
        grid_point(&s->grid, s->x);
        if (!rules_resolve(s->in.rules, s->x))
            in_a_row++;
        else if (history_has(h, s->x))
            in_a_row = 0;
        else
            return true;
    }
    s->exhausted = s->grid.is_past_end ? all_tried : grid_forbidden;
    return false;
}

/* A Latin hypercube: each run of 2 (d + 1) trials has one in every stratum of every parameter. */
static void draw_stratified(const struct proposer *s, const struct history *h, struct rng *r)
{
    uint32_t size = 2 * ((uint32_t)h->n_params + 1), block = h->n_trials / size, member = h->n_trials % size;
    uint32_t strata[2 * (LIMIT_PARAMS + 1)];
    for (int j = 0; j < h->n_params; j++) {
        const struct param *p = &s->in.space->params[j];
        struct rng shuffle;
        rng_derive(&shuffle, s->in.seed, block, RNG_PROPOSE, 1 + (uint64_t)j);
        for (uint32_t i = 0; i < size; i++)
            strata[i] = i;
        rng_shuffle(&shuffle, strata, size);
        double u = (strata[member] + rng_double(r)) / size;
        s->x[j] =
            p->type == PARAM_CATEGORICAL ? fmin(floor(u * p->n_choices), p->n_choices - 1) : param_from_unit(p, u);
    }
}

/* From a random place on, the first combination of a small space that is allowed and new. */
static bool search_whole_space(struct proposer *s, const struct history *h, uint64_t size, struct rng *r)
{
    struct grid g;
    grid_init(&g, s->in.space);
    uint64_t from = rng_below(r, size);
    for (uint64_t i = 0; i < size; i++) {
        grid_seek(&g, (from + i) % size);
        grid_point(&g, s->x);
        if (is_usable(s, h, s->x))
            return true;
    }
    return false;
}

static double n_configurations(const struct space *space)
{
    double n = 1;
    for (int j = 0; j < space->n_params; j++)
        n *= param_cardinality(&space->params[j]);
    return n;
}

static bool draw_prior(struct proposer *s, const struct history *h, bool is_startup, struct search_decision *out)
{
    double size = n_configurations(s->in.space);
    int max_draws = size <= SMALL_SPACE ? SMALL_PRIOR_DRAWS : MAX_PRIOR_DRAWS;
    struct rng r;
    open_stream(s, h, &r);
    for (int draw = 0; draw < max_draws; draw++) {
        if (is_startup && draw == 0)
            draw_stratified(s, h, &r);
        else
            for (int j = 0; j < h->n_params; j++)
                s->x[j] = param_sample(&s->in.space->params[j], &r);
        out->n_candidates = draw + 1;
        if (is_usable(s, h, s->x))
            return true;
    }
    return size <= SMALL_SPACE && search_whole_space(s, h, (uint64_t)size, &r);
}

/* Keeps `note` as the reason why the prior was asked. */
static bool propose_prior(
    struct proposer *s, const struct history *h, bool is_startup, const char *note, struct search_decision *out)
{
    out->origin = SEARCH_PRIOR;
    out->note = note;
    if (s->barren != h->n_trials + 1 && draw_prior(s, h, is_startup, out))
        return true;
    s->barren = h->n_trials + 1;
    if (n_configurations(s->in.space) <= SMALL_SPACE)
        s->exhausted = all_tried;
    out->note = none_feasible;
    return false;
}

struct candidates {
    int n;
    double scores[PROPOSER_CANDIDATES];
    double *configs, *drawn, *u; /* of the proposer */
};

/* Draws until there are enough that `where` allows; what `when` forbids was never drawn. */
static int draw_candidates(struct proposer *s, const struct history *h, struct rng *r, struct candidates *c)
{
    int n_draws = 0;
    size_t n = (size_t)h->n_params;
    for (c->n = 0; c->n < PROPOSER_CANDIDATES && n_draws < MAX_MODEL_DRAWS; n_draws++) {
        double *x = c->configs + (size_t)c->n * n, *drawn = c->drawn + (size_t)c->n * n, *u = c->u + (size_t)c->n * n;
        model_draw(&s->model, r, drawn);
        for (size_t j = 0; j < n; j++)
            x[j] = axis_decode(&h->axes[j], drawn[j]);
        c->n += rules_resolve(s->in.rules, x);
        for (size_t j = 0; j < n; j++)
            u[j] = axis_encode(&h->axes[j], x[j]);
    }
    model_score(&s->model, c->drawn, c->u, c->n, c->scores);
    return n_draws;
}

/* The best candidate that is new; its place, from 1, or 0 when all were started before. Ties: the one drawn first. */
static int choose_candidate(const struct history *h, const struct candidates *c, int *best)
{
    bool is_out[PROPOSER_CANDIDATES] = { false };
    for (int place = 1; place <= c->n; place++) {
        *best = -1;
        for (int i = 0; i < c->n; i++)
            if (!is_out[i] && (*best < 0 || c->scores[i] > c->scores[*best]))
                *best = i;
        if (!history_has(h, c->configs + (size_t)*best * (size_t)h->n_params))
            return place;
        is_out[*best] = true;
    }
    return 0;
}

static bool propose_model(struct proposer *s, struct history *h, struct search_decision *out)
{
    int level = model_level(&s->model, h);
    if (level < 0)
        return propose_prior(
            s, h, s->in.spec->model == MODEL_DEFAULT, "startup: no rung has results enough for a model", out);
    struct rng r;
    if (open_stream(s, h, &r) < model_random_share(&s->model))
        return propose_prior(s, h, false, "the random share", out);
    model_fit(&s->model, h, level, &r);
    size_t size = PROPOSER_CANDIDATES * (size_t)h->n_params;
    struct candidates c = { .configs = s->candidates, .drawn = s->candidates + size, .u = s->candidates + 2 * size };
    int n_draws = draw_candidates(s, h, &r, &c), best = 0;
    int place = choose_candidate(h, &c, &best);
    if (place == 0) {
        const char *note = c.n > 0 ? "every candidate of the model was started before"
                                   : "no candidate of the model was allowed by `where`";
        return propose_prior(s, h, false, note, out);
    }
    memcpy(s->x, c.configs + (size_t)best * (size_t)h->n_params, (size_t)h->n_params * sizeof(double));
    out->origin = SEARCH_MODEL;
    out->n_candidates = n_draws;
    out->score = c.scores[best];
    out->score_rank = place;
    out->model_rung = s->model.level;
    out->n_good = s->model.n_good;
    out->n_bad = s->model.n_bad;
    out->n_pending = s->model.n_pending;
    return true;
}

static bool propose_sampled(struct proposer *s, struct history *h, struct search_decision *out)
{
    switch (s->in.spec->sampler) {
    case SAMPLER_TPE:
        return propose_model(s, h, out);
    case SAMPLER_RANDOM:
        return propose_prior(s, h, false, "the sampler is random", out);
    case SAMPLER_GRID:
        break;
    }
    return propose_grid(s, h, out);
}

bool proposer_next(struct proposer *s, struct history *h, struct search_decision *out)
{
    out->note = "";
    out->model_rung = -1;
    out->x = s->x;
    if (propose_enqueued(s, h, out) || (!s->exhausted && propose_sampled(s, h, out)))
        return true;
    if (s->exhausted)
        out->note = s->exhausted;
    return false;
}
