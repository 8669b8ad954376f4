/* The models against their naive twins in double, and their gradients against central differences of those. */
#include <stdlib.h>

#include "tests/num/naive.h"
#include "tests/num/random_batch.h"
#include "tests/tap.h"

struct row {
    struct model_config config;
    size_t B, T;
    bool is_ragged;
};

#define GRU(F, C, H, L, A, p)                                                                                          \
    {                                                                                                                  \
        .kind = MODEL_GRU_ATTENTION, .n_features = F, .n_classes = C, .hidden_size = H, .num_layers = L,               \
        .num_heads = A, .dropout = p                                                                                   \
    }
#define LINEAR(F, C, h1, h2, p)                                                                                        \
    {                                                                                                                  \
        .kind = MODEL_LINEAR, .n_features = F, .n_classes = C, .hidden_1 = h1, .hidden_2 = h2, .dropout = p            \
    }

/* clang-format off */
static const struct row rows[] = {
    { GRU(1, 2, 1, 1, 1, 0.0),    1, 1, false },
    { GRU(3, 4, 5, 1, 1, 0.0),    3, 6, true },
    { GRU(13, 20, 16, 2, 1, 0.2), 9, 7, true },
    { GRU(13, 5, 17, 2, 1, 0.5),  4, 5, true },
    { GRU(2, 3, 8, 4, 8, 0.3),    5, 6, true },
    { GRU(4, 3, 12, 3, 4, 0.0),   1, 9, false },
    { GRU(4, 3, 33, 2, 3, 0.1),   17, 3, true },
    { GRU(17, 3, 40, 1, 2, 0.4),  6, 4, false },
    { GRU(3, 2, 6, 2, 2, 0.9),    8, 1, false },
    { LINEAR(13, 20, 10, 7, 0.0), 6, 5, true },
    { LINEAR(3, 4, 9, 12, 0.5),   7, 4, true },
    { LINEAR(1, 2, 1, 1, 0.3),    1, 1, false },
};
/* clang-format on */

struct trial {
    const struct row *row;
    struct model *model;
    struct batch batch;
    double *parameters; /* what the model holds, in double */
    struct naive_masks masks;
};

static const uint64_t seed = 5, step = 3;

static void trial_open(struct trial *t, const struct row *row)
{
    struct err e = { 0 };
    *t = (struct trial){ .row = row, .model = model_new(&row->config, &e) };
    CHECK_TEXT(e.text, "");
    model_init_weights(t->model, seed);
    size_t n = model_n_parameters(t->model);
    struct rng r;
    rng_derive(&r, seed, 1, RNG_TEST, 0);
    t->parameters = mem_alloc(sizeof *t->parameters * (n + 1));
    for (size_t i = 0; i < n; i++) { /* no tensor stays at zero, so that none goes untested */
        model_parameters(t->model)[i] += 0.1f * (float)rng_normal(&r);
        t->parameters[i] = (double)model_parameters(t->model)[i];
    }
    random_batch(&t->batch, row->B, row->T, row->is_ragged, row->config.n_features, row->config.n_classes, seed);
    if (row->config.dropout > 0)
        naive_masks_draw(&t->masks, &row->config, &t->batch, seed, step);
}

static void trial_close(struct trial *t)
{
    naive_masks_free(&t->masks);
    batch_deinit(&t->batch);
    free(t->parameters);
    model_free(t->model);
}

#define EACH_ROW(row)                                                                                                  \
    const struct row *row = rows;                                                                                      \
    row < rows + sizeof rows / sizeof *rows;                                                                           \
    row++

TEST(predictions_are_those_of_the_naive_twin)
{
    for (EACH_ROW(row)) {
        struct trial t;
        trial_open(&t, row);
        size_t n = row->B * row->config.n_classes;
        float *got = mem_alloc(sizeof *got * n);
        double *wanted = mem_alloc(sizeof *wanted * n);
        model_predict(t.model, &t.batch, got);
        naive_loss(&row->config, t.parameters, &t.batch, NULL, wanted);
        for (size_t i = 0; i < n; i++)
            CHECK_NEAR((double)got[i], wanted[i], 3e-6);
        free(got);
        free(wanted);
        trial_close(&t);
    }
}

TEST(the_training_loss_is_that_of_the_naive_twin_under_the_same_dropout)
{
    for (EACH_ROW(row)) {
        struct trial t;
        trial_open(&t, row);
        double got = model_train(t.model, &t.batch, seed, step);
        CHECK_NEAR(got, naive_loss(&row->config, t.parameters, &t.batch, &t.masks, NULL), 3e-6);
        trial_close(&t);
    }
}

/* d loss / d parameter i from the naive twin: in double, the difference is good to about 1e-9. */
static double slope(struct trial *t, size_t i)
{
    const double h = 1e-5;
    double kept = t->parameters[i];
    t->parameters[i] = kept + h;
    double up = naive_loss(&t->row->config, t->parameters, &t->batch, &t->masks, NULL);
    t->parameters[i] = kept - h;
    double down = naive_loss(&t->row->config, t->parameters, &t->batch, &t->masks, NULL);
    t->parameters[i] = kept;
    return (up - down) / (2 * h);
}

TEST(every_tensor_s_gradient_is_the_central_difference)
{
    for (EACH_ROW(row)) {
        struct trial t;
        trial_open(&t, row);
        model_train(t.model, &t.batch, seed, step);
        size_t n_tensors, most = 40; /* of a tensor, at even distances */
        const struct model_tensor *tensor = model_tensors(t.model, &n_tensors);
        for (size_t k = 0; k < n_tensors; k++) {
            size_t n = tensor[k].rows * (tensor[k].cols ? tensor[k].cols : 1), stride = n > most ? n / most : 1;
            for (size_t i = tensor[k].offset; i < tensor[k].offset + n; i += stride)
                CHECK_NEAR((double)model_gradients(t.model)[i], slope(&t, i), 3e-6);
        }
        trial_close(&t);
    }
}

/* A batch that the model cuts, and the same sequences in batches that it does not. */
static const struct model_config large = GRU(4, 3, 64, 1, 2, 0.0);
enum { LARGE_B = 150, LARGE_T = 50, PART_B = 25 };

static void part_of(struct batch *part, const struct batch *whole, size_t first)
{
    batch_init(part, PART_B, LARGE_T, (size_t)PART_B * LARGE_T, whole->n_features);
    batch_slice(part, whole, first, PART_B);
}

TEST(a_batch_that_is_cut_gives_what_its_parts_give)
{
    struct model *m = model_new(&large, NULL), *other = model_new(&large, NULL);
    struct batch whole, part;
    float logits[LARGE_B * 3], part_logits[PART_B * 3];
    random_batch(&whole, LARGE_B, LARGE_T, true, 4, 3, 11);
    CHECK(whole.n_frames > 3000); /* more than this model works on at once */
    model_init_weights(m, 1);
    model_init_weights(other, 1);
    size_t n = model_n_parameters(m);
    double loss = model_train(m, &whole, 1, 0), parts = 0;
    model_predict(m, &whole, logits);
    for (size_t first = 0; first < LARGE_B; first += PART_B) {
        part_of(&part, &whole, first);
        parts += model_train(other, &part, 1, 0) * PART_B / LARGE_B;
        model_predict(other, &part, part_logits);
        for (size_t i = 0; i < (size_t)PART_B * 3; i++)
            CHECK_NEAR((double)part_logits[i], (double)logits[first * 3 + i], 1e-6);
        batch_deinit(&part);
    }
    CHECK_NEAR(loss, parts, 1e-6);
    for (size_t i = 0; i < n; i++)
        CHECK_NEAR((double)model_gradients(m)[i], (double)model_gradients(other)[i] * PART_B / LARGE_B, 1e-6);
    batch_deinit(&whole);
    model_free(m);
    model_free(other);
}

TEST(gradients_accumulate_until_they_are_zeroed)
{
    struct trial t;
    trial_open(&t, &rows[2]);
    model_train(t.model, &t.batch, seed, step);
    size_t n = model_n_parameters(t.model);
    float *once = mem_alloc(sizeof *once * n);
    memcpy(once, model_gradients(t.model), sizeof *once * n);
    model_train(t.model, &t.batch, seed, step);
    for (size_t i = 0; i < n; i++)
        CHECK_NEAR((double)model_gradients(t.model)[i], 2 * (double)once[i], 1e-6);
    free(once);
    trial_close(&t);
}

TEST(a_step_with_the_same_numbers_gives_the_same_bits_whatever_ran_before)
{
    struct trial t, other;
    trial_open(&t, &rows[6]);
    trial_open(&other, &rows[6]);
    struct batch larger;
    random_batch(&larger, 40, 9, true, 4, 3, 77);
    model_train(other.model, &larger, 1, 1);
    size_t n = model_n_parameters(t.model);
    memset(model_gradients(other.model), 0, sizeof(float) * n);
    double one = model_train(t.model, &t.batch, seed, step), two = model_train(other.model, &t.batch, seed, step);
    CHECK(one == two);
    CHECK(memcmp(model_gradients(t.model), model_gradients(other.model), sizeof(float) * n) == 0);
    batch_deinit(&larger);
    trial_close(&t);
    trial_close(&other);
}

TEST(other_steps_and_seeds_draw_other_masks)
{
    struct trial t;
    trial_open(&t, &rows[2]);
    double loss = model_train(t.model, &t.batch, seed, step);
    CHECK(loss != model_train(t.model, &t.batch, seed, step + 1));
    CHECK(loss != model_train(t.model, &t.batch, seed + 1, step));
    trial_close(&t);
}

TEST(what_cannot_be_a_model_is_refused_by_name)
{
    static const struct {
        struct model_config config;
        const char *text;
    } refusals[] = {
        { GRU(13, 20, 64, 2, 5, 0.1), "hidden_size 64 is not divisible by num_heads 5" },
        { GRU(13, 20, 64, 2, 0, 0.1), "num_heads 0" },
        { GRU(13, 20, 0, 2, 1, 0.1), "hidden_size is 0" },
        { GRU(13, 20, 64, 0, 1, 0.1), "num_layers is 0" },
        { GRU(13, 20, 64, 2, 1, 1.0), "dropout is 1" },
        { GRU(13, 20, 64, 2, 1, -0.1), "dropout is -0.1" },
        { GRU(0, 20, 64, 2, 1, 0.1), "features" },
        { GRU(13, 1, 64, 2, 1, 0.1), "classes" },
        { LINEAR(13, 20, 0, 10, 0.1), "hidden_1 is 0" },
        { LINEAR(13, 20, 100, 0, 0.1), "hidden_2 is 0" },
    };
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct err e = { 0 };
        CHECK(!model_new(&refusals[i].config, &e));
        CHECK_INT(e.code, ERR_INVALID);
        CHECK_CONTAINS(e.text, refusals[i].text);
    }
}

TEST(the_numbers_of_parameters_are_the_known_ones)
{
    static const struct {
        struct model_config config;
        size_t n;
    } known[] = {
        { GRU(13, 20, 64, 2, 1, 0.1), 58068 },
        { GRU(13, 20, 96, 2, 1, 0.1), 127028 },
        { GRU(13, 20, 255, 2, 1, 0.1), 864470 },
        { LINEAR(13, 20, 100, 10, 0.1), 2630 },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct model *m = model_new(&known[i].config, NULL);
        CHECK_INT(model_n_parameters(m), known[i].n);
        model_free(m);
    }
}

TEST(initial_values_lie_within_their_bounds_and_fill_them)
{
    struct model *m = model_new(&(struct model_config)GRU(13, 20, 64, 2, 1, 0.1), NULL);
    model_init_weights(m, 9);
    size_t n;
    const struct model_tensor *t = model_tensors(m, &n);
    for (size_t i = 0; i < n; i++) {
        double largest = 0;
        size_t count = t[i].rows * (t[i].cols ? t[i].cols : 1);
        for (size_t k = 0; k < count; k++)
            largest = fmax(largest, fabs((double)model_parameters(m)[t[i].offset + k]));
        CHECK(largest <= t[i].bound * (1 + 1e-6));
        CHECK(largest >= t[i].bound * 0.8);
        if (strcmp(t[i].name, "attention.in_proj_weight") == 0)
            CHECK_NEAR(t[i].bound, sqrt(6.0 / 256), 1e-12);
    }
    model_free(m);
}

TEST(a_diverged_parameter_makes_the_loss_not_finite)
{
    struct trial t;
    trial_open(&t, &rows[2]);
    model_parameters(t.model)[0] = NAN;
    CHECK(!isfinite(model_train(t.model, &t.batch, seed, step)));
    trial_close(&t);
}

TEST(inputs_of_any_size_that_data_have_give_finite_numbers)
{
    static const float sizes[] = { 1e-30f, 1e3f, 1e9f, 1e18f, 1e30f };
    for (EACH_ROW(row))
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            struct trial t;
            trial_open(&t, row);
            for (size_t i = 0; i < t.batch.n_frames; i++)
                for (size_t f = 0; f < row->config.n_features; f++)
                    t.batch.x[i * t.batch.stride + f] *= sizes[k];
            float *logits = mem_alloc(sizeof *logits * row->B * row->config.n_classes);
            model_predict(t.model, &t.batch, logits);
            for (size_t i = 0; i < row->B * row->config.n_classes; i++)
                CHECK(isfinite(logits[i]));
            CHECK(isfinite(model_train(t.model, &t.batch, seed, step)));
            for (size_t i = 0; i < model_n_parameters(t.model); i++)
                CHECK(isfinite(model_gradients(t.model)[i]));
            free(logits);
            trial_close(&t);
        }
}

TAP_MAIN
