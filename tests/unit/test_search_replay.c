/* The same notes give the same decisions, bit for bit, however often the search is asked or rebuilt. */
#include "common/base/dmath.h"
#include "tests/unit/search_play.h"

static struct param params[] = {
    { .name = "hidden", .type = PARAM_INT, .low = 32, .high = 256, .step = 1 },
    { .name = "layers", .type = PARAM_INT, .low = 1, .high = 4, .step = 1 },
    { .name = "heads", .type = PARAM_CATEGORICAL, .n_choices = 3 },
    { .name = "rate", .type = PARAM_FLOAT, .low = 1e-5, .high = 0.1, .is_log = true },
    { .name = "order", .type = PARAM_CATEGORICAL, .n_choices = 4, .is_ordered = true },
};
static const struct space space = { 5, params };

static bool resolve(void *context, double *x)
{
    if (x[1] < 2)
        x[3] = NAN;
    return x[0] < 200 || x[2] != 1;
}

static const struct rules rules = { NULL, resolve };

static double loss(const struct play *p, uint32_t trial, const double *x, int rung)
{
    double rate = isnan(x[3]) ? 0.01 : x[3];
    return fabs(x[0] - 128) / 100 + x[2] + fabs(dmath_log(rate) + 5) + 1.0 / (rung + 1);
}

/* Asks a rebuilt search at every step, and the running one a random number of times between the notes. */
static void play_and_compare(struct play *p)
{
    struct search_decision d, e;
    for (;;) {
        struct search *again = play_rebuild(p);
        search_next(again, &e);
        for (uint64_t n = rng_below(&p->r, 3); n > 0; n--)
            search_next(p->search, &d);
        search_next(p->search, &d);
        struct search_difference part = { 0 };
        bool same = search_decisions_agree(&d, &e, p->in.space, &part);
        search_free(again);
        if (!same)
            TAP_FAIL("after %d notes: %s is %s, and rebuilt %s", p->n_notes, str_text(&part.what), str_text(&part.kept),
                str_text(&part.again));
        if (p->n_running < p->n_slots && play_fill(p, &d))
            continue;
        if (p->n_running == 0)
            return;
        play_end(p, (int)rng_below(&p->r, (uint64_t)p->n_running));
    }
}

TEST(a_rebuilt_search_decides_the_same_at_every_point)
{
    for (int i = 0; i < 3 * 3 * 2; i++) {
        struct search_spec spec = { .sampler = (enum sampler)(i % 3),
            .scheduler = (enum scheduler)(i / 3 % 3),
            .model = (enum search_model)(i / 9),
            .min_budget = 1,
            .max_budget = 9,
            .eta = 3,
            .n_trials = 60 };
        struct search_inputs in = { .spec = &spec, .space = &space, .rules = &rules, .seed = 5 };
        struct play *p = play_new(&in, 5, (uint64_t)i);
        p->loss = loss;
        p->failure = 0.1;
        p->abandonment = 0.05;
        play_and_compare(p);
        CHECK_INT(p->n_started, 60);
        play_free(p);
    }
}

static struct param few[] = {
    { .name = "a", .type = PARAM_INT, .low = 1, .high = 4, .step = 1 },
    { .name = "b", .type = PARAM_CATEGORICAL, .n_choices = 5 },
};
static const struct space small = { 2, few };

static double loss_of_few(const struct play *p, uint32_t trial, const double *x, int rung)
{
    return x[0] + x[1];
}

TEST(also_when_the_space_runs_out)
{
    for (int i = 0; i < 3 * 3 * 2; i++) {
        struct search_spec spec = { .sampler = (enum sampler)(i % 3),
            .scheduler = (enum scheduler)(i / 3 % 3),
            .model = (enum search_model)(i / 9),
            .min_budget = 1,
            .max_budget = 9,
            .eta = 3,
            .n_trials = 60 };
        struct search_inputs in = { .spec = &spec, .space = &small, .seed = 5 };
        struct play *p = play_new(&in, 4, (uint64_t)i);
        p->loss = loss_of_few;
        p->failure = 0.1;
        play_and_compare(p);
        CHECK_INT(p->n_started, 20);
        play_free(p);
    }
}

TEST(two_decisions_agree_only_to_the_last_bit)
{
    double x[5] = { 64, 2, 1, 0.01, 3 }, y[5] = { 64, 2, 1, 0.01, 3 };
    struct search_decision kept = { .move = SEARCH_START, .origin = SEARCH_MODEL, .note = "", .score = 0.1, .x = x },
                           again = kept;
    struct search_difference part = { 0 };
    again.x = y;
    CHECK(search_decisions_agree(&kept, &again, &space, &part));
    again.score = nextafter(0.1, 1);
    CHECK(!search_decisions_agree(&kept, &again, &space, &part));
    CHECK_TEXT(str_text(&part.what), "score");
    CHECK_TEXT(str_text(&part.again), "0.10000000000000002");
    search_difference_deinit(&part);
    again.score = 0.1;
    y[3] = NAN;
    CHECK(!search_decisions_agree(&kept, &again, &space, &part));
    CHECK_TEXT(str_text(&part.what), "rate");
    search_difference_deinit(&part);
    x[3] = -NAN;
    CHECK(search_decisions_agree(&kept, &again, &space, &part));
    again.n_running = 1;
    again.running = (struct search_list){ 1, { 7 } };
    CHECK(!search_decisions_agree(&kept, &again, &space, &part));
    search_difference_deinit(&part);
    kept.n_running = kept.running.n = -1; /* of an older store */
    CHECK(search_decisions_agree(&kept, &again, &space, &part));
}

static void mix(uint64_t *hash, const void *bytes, size_t len)
{
    const unsigned char *next = bytes;
    for (size_t i = 0; i < len; i++)
        *hash = (*hash ^ next[i]) * 0x100000001b3u;
}

static void mix_decision(uint64_t *hash, const struct search_decision *d)
{
    const int numbers[] = { (int)d->move, (int)d->origin, (int)d->trial, d->bracket, d->rung, d->score_rank, d->n_bad };
    mix(hash, numbers, sizeof numbers);
    mix(hash, &d->score, sizeof d->score);
    for (int j = 0; d->move == SEARCH_START && j < 5; j++) {
        double x = isnan(d->x[j]) ? -1 : d->x[j];
        mix(hash, &x, sizeof x);
    }
}

/* Plays a campaign and returns a hash of all that was decided, to the last bit of each score. */
static uint64_t hash_decisions(enum sampler sampler, enum scheduler scheduler, enum search_model model)
{
    struct search_spec spec = { .sampler = sampler,
        .scheduler = scheduler,
        .model = model,
        .min_budget = 1,
        .max_budget = 9,
        .eta = 3,
        .n_trials = 700 };
    struct search_inputs in = { .spec = &spec, .space = &space, .rules = &rules, .seed = 5 };
    struct play *p = play_new(&in, 5, 1);
    struct search_decision d;
    uint64_t hash = 0xcbf29ce484222325u;
    p->loss = loss;
    p->failure = 0.1;
    for (;;) {
        while (p->n_running < p->n_slots && play_fill(p, &d))
            mix_decision(&hash, &d);
        if (p->n_running == 0)
            break;
        play_end(p, (int)rng_below(&p->r, (uint64_t)p->n_running));
    }
    play_free(p);
    return hash;
}

TEST(decisions_are_the_same_from_every_compiler_and_processor)
{
    /* Hashes of this very algorithm: they change with it on purpose, and never with compiler, flags or processor. */
    static const struct {
        enum sampler sampler;
        enum scheduler scheduler;
        enum search_model model;
        uint64_t hash;
    } rows[] = {
        { SAMPLER_TPE, SCHEDULER_HYPERBAND, MODEL_DEFAULT, 0x96ed03c651b64645u },
        { SAMPLER_TPE, SCHEDULER_SYNC_HYPERBAND, MODEL_BOHB, 0x49df801922a27551u },
        { SAMPLER_TPE, SCHEDULER_NONE, MODEL_DEFAULT, 0x82c7f5ef6c9109feu },
        { SAMPLER_RANDOM, SCHEDULER_HYPERBAND, MODEL_DEFAULT, 0x0fca3e53fe4b37afu },
        { SAMPLER_GRID, SCHEDULER_HYPERBAND, MODEL_DEFAULT, 0x537875f2eef8a676u },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t hash = hash_decisions(rows[i].sampler, rows[i].scheduler, rows[i].model);
        if (hash != rows[i].hash)
            TAP_FAIL("row %zu: 0x%016llxu", i, (unsigned long long)hash);
    }
}

TAP_MAIN
