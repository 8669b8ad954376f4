/* The model against numbers that another implementation computed in double: forward, gradients, three steps of Adam. */
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/proto/json.h"
#include "tests/tap.h"
#include "worker/train/nn/adam.h"
#include "worker/train/nn/model.h"
#include "worker/train/nn/plateau.h"

static const char *const cases[] = { "model_one_layer", "model_two_layers_ragged", "model_two_heads_ragged",
    "model_three_layers_three_heads" };
enum { N_CASES = sizeof cases / sizeof *cases };

/* Single precision against double: a few units in the last place of numbers near 1, through some dozen steps. */
static const double forward_tolerance = 2e-6, gradient_tolerance = 2e-6, step_tolerance = 5e-5;

static struct json_doc *golden_open(const char *name)
{
    char path[512], *text = mem_alloc(1 << 20);
    snprintf(path, sizeof path, "%s/%s.json", GOLDEN_DIR, name);
    FILE *f = fopen(path, "rb");
    CHECK(f);
    size_t len = fread(text, 1, 1 << 20, f);
    fclose(f);
    struct err e = { 0 };
    struct json_doc *doc = json_parse(text, len, &e);
    free(text);
    if (!doc)
        TAP_FAIL("%s", e.text);
    return doc;
}

/* Nested arrays of numbers, flattened. Returns how many. */
static size_t flatten(json_value v, double *out)
{
    if (json_type(v) == JSON_NUMBER) {
        *out = json_number(v);
        return 1;
    }
    size_t n = 0;
    for (json_value item = json_first(v); item; item = json_next(item))
        n += flatten(item, out + n);
    return n;
}

static size_t shape(json_value root, const char *key)
{
    return (size_t)json_number(json_get(json_get(root, "shapes"), key));
}

struct example {
    struct json_doc *doc;
    json_value root;
    struct model *model;
    struct batch batch;
    size_t n_parameters;
};

static void pack_batch(struct example *x)
{
    size_t B = shape(x->root, "B"), T = shape(x->root, "T"), F = shape(x->root, "I"), N = 0;
    double *numbers = mem_zalloc(B * T * F, sizeof *numbers);
    float *frames = mem_zalloc(B * T * F, sizeof *frames);
    struct batch_sequence *sequences = mem_zalloc(B, sizeof *sequences);
    CHECK_INT(flatten(json_get(x->root, "x"), numbers), B * T * F);
    for (size_t i = 0; i < B * T * F; i++)
        frames[i] = (float)numbers[i];
    for (size_t i = 0; i < B; i++) {
        sequences[i] = (struct batch_sequence){ frames + i * T * F,
            (uint32_t)json_number(json_at(json_get(x->root, "lengths"), i)),
            (uint32_t)json_number(json_at(json_get(x->root, "y"), i)) };
        N += sequences[i].length;
    }
    batch_init(&x->batch, B, T, N, F);
    batch_pack(&x->batch, sequences, B, NULL, NULL);
    free(numbers);
    free(frames);
    free(sequences);
}

/* The tensors of `member` as one flat array in the model's order. Returns owned. */
static double *tensors_of(const struct example *x, json_value member)
{
    double *flat = mem_zalloc(x->n_parameters, sizeof *flat);
    size_t n;
    const struct model_tensor *t = model_tensors(x->model, &n);
    for (size_t i = 0; i < n; i++) {
        json_value v = json_get(member, t[i].name);
        CHECK(v);
        CHECK_INT(flatten(v, flat + t[i].offset), t[i].rows * (t[i].cols ? t[i].cols : 1));
    }
    CHECK_INT(json_len(member), n);
    return flat;
}

static void example_open(struct example *x, const char *name)
{
    x->doc = golden_open(name);
    x->root = json_root(x->doc);
    struct model_config config = { .kind = MODEL_GRU_ATTENTION,
        .n_features = shape(x->root, "I"),
        .n_classes = shape(x->root, "C"),
        .hidden_size = shape(x->root, "H"),
        .num_layers = shape(x->root, "L"),
        .num_heads = shape(x->root, "heads") };
    struct err e = { 0 };
    x->model = model_new(&config, &e);
    CHECK_TEXT(e.text, "");
    x->n_parameters = model_n_parameters(x->model);
    double *parameters = tensors_of(x, json_get(x->root, "parameters"));
    for (size_t i = 0; i < x->n_parameters; i++)
        model_parameters(x->model)[i] = (float)parameters[i];
    free(parameters);
    pack_batch(x);
}

static void example_close(struct example *x)
{
    batch_deinit(&x->batch);
    model_free(x->model);
    json_free(x->doc);
}

TEST(logits_and_loss_agree_with_the_reference)
{
    for (size_t k = 0; k < N_CASES; k++) {
        struct example x;
        example_open(&x, cases[k]);
        size_t B = x.batch.n_sequences, C = model_get_config(x.model)->n_classes;
        float *got = mem_zalloc(B * C, sizeof *got);
        double *wanted = mem_zalloc(B * C, sizeof *wanted);
        CHECK_INT(flatten(json_get(x.root, "logits"), wanted), B * C);
        model_predict(x.model, &x.batch, got);
        for (size_t i = 0; i < B; i++)
            for (size_t c = 0; c < C; c++)
                CHECK_NEAR((double)got[i * C + c], wanted[x.batch.order[i] * C + c], forward_tolerance);
        CHECK_NEAR(model_train(x.model, &x.batch, 1, 0), json_number(json_get(x.root, "loss")), forward_tolerance);
        free(got);
        free(wanted);
        example_close(&x);
    }
}

TEST(every_gradient_agrees_with_the_reference)
{
    for (size_t k = 0; k < N_CASES; k++) {
        struct example x;
        example_open(&x, cases[k]);
        double *wanted = tensors_of(&x, json_get(x.root, "gradients"));
        model_train(x.model, &x.batch, 1, 0);
        for (size_t i = 0; i < x.n_parameters; i++)
            CHECK_NEAR((double)model_gradients(x.model)[i], wanted[i], gradient_tolerance);
        free(wanted);
        example_close(&x);
    }
}

TEST(three_steps_of_adam_agree_with_the_reference)
{
    for (size_t k = 0; k < N_CASES; k++) {
        struct example x;
        example_open(&x, cases[k]);
        json_value golden = json_get(x.root, "adam");
        double *wanted = tensors_of(&x, json_get(golden, "parameters_after"));
        struct adam adam;
        adam_init(&adam, x.n_parameters, 0, 0);
        for (size_t step = 0; step < json_len(json_get(golden, "losses")); step++) {
            double loss = model_train(x.model, &x.batch, 1, step);
            CHECK_NEAR(loss, json_number(json_at(json_get(golden, "losses"), step)), step_tolerance);
            adam_step(&adam, model_parameters(x.model), model_gradients(x.model), json_number(json_get(golden, "lr")));
        }
        for (size_t i = 0; i < x.n_parameters; i++)
            CHECK_NEAR((double)model_parameters(x.model)[i], wanted[i], step_tolerance);
        adam_deinit(&adam);
        free(wanted);
        example_close(&x);
    }
}

TEST(the_learning_rate_falls_on_a_plateau_as_the_reference_does)
{
    struct json_doc *doc = golden_open("plateau");
    json_value root = json_root(doc), losses = json_get(root, "losses");
    struct plateau p;
    plateau_init(&p, json_number(json_get(root, "factor")), (uint32_t)json_number(json_get(root, "patience")));
    double rate = 1;
    for (size_t i = 0; i < json_len(losses); i++) {
        rate = plateau_step(&p, json_number(json_at(losses, i)), rate);
        CHECK_NEAR(rate, json_number(json_at(json_get(root, "lr_after"), i)), 1e-15);
    }
    CHECK_INT(json_len(losses), 14);
    json_free(doc);
}

TAP_MAIN
