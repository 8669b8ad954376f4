#include "tests/bench/search/lcbench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/wide.h"
#include "tests/bench/search/onnx.h"

enum { EMBEDDING = 24, INPUTS = 32, WIDTH = 128, GATED = 455, LAYERS = 3, OUTPUTS = 6, DATA_SETS = 36 };

/* One column an epoch. */
typedef float lanes __attribute__((vector_size(4 * LCBENCH_EPOCHS), aligned(4)));

struct norm {
    float weight[WIDTH], bias[WIDTH], mean[WIDTH], var[WIDTH];
};

struct layer {
    struct norm norm;
    float w_in[2 * GATED * WIDTH], b_in[2 * GATED];
    float w_out[WIDTH * GATED], b_out[WIDTH];
};

struct lcbench {
    float embedding[DATA_SETS * EMBEDDING];
    float w_first[WIDTH * INPUTS], b_first[WIDTH];
    struct layer layers[LAYERS];
    struct norm norm;
    float w_head[OUTPUTS * WIDTH], b_head[OUTPUTS];
};

/* In the order of the surrogate's table. */
static const char *const data_sets[DATA_SETS] = { "", "126025", "126026", "126029", "146212", "167083", "167104",
    "167149", "167152", "167161", "167168", "167181", "167184", "167185", "167190", "167200", "167201", "168329",
    "168330", "168331", "168335", "168868", "168908", "168910", "189354", "189862", "189865", "189866", "189873",
    "189905", "189906", "189908", "189909", "34539", "3945", "7593" };

/* How the graph brings its inputs, the epoch first, to the unit interval: (x - from) / range, of the logarithm where
 * said. */
static const struct {
    int is_log;
    float from, range;
} scales[LCBENCH_PARAMS + 1] = { { 1, 0, 3.9512436f }, { 0, 16, 495 }, { 1, -9.2093115f, 6.896975f },
    { 0, 0.10000386f, 0.88225144f }, { 1, -9.916456f, 7.613846f }, { 0, 1, 3 }, { 0, 64, 960 },
    { 0, 0.00053575f, 0.99941206f } };

static int read_norm(const struct str *file, const char *prefix, struct norm *n, struct err *e)
{
    char name[128];
    const struct {
        const char *suffix;
        float *to;
    } parts[] = { { "weight", n->weight }, { "bias", n->bias }, { "running_mean", n->mean },
        { "running_var", n->var } };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(name, sizeof name, "%s.%s", prefix, parts[i].suffix);
        if (onnx_floats(file, name, parts[i].to, WIDTH, e) != 0)
            return -1;
    }
    return 0;
}

static int read_layer(const struct str *file, int number, struct layer *l, struct err *e)
{
    char name[64];
    const struct {
        const char *suffix;
        float *to;
        size_t n;
    } parts[] = { { "linear0.weight", l->w_in, sizeof l->w_in / sizeof(float) }, { "linear0.bias", l->b_in, 2 * GATED },
        { "linear1.weight", l->w_out, sizeof l->w_out / sizeof(float) }, { "linear1.bias", l->b_out, WIDTH } };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(name, sizeof name, "layers.%d.%s", number, parts[i].suffix);
        if (onnx_floats(file, name, parts[i].to, parts[i].n, e) != 0)
            return -1;
    }
    snprintf(name, sizeof name, "layers.%d.norm", number);
    return read_norm(file, name, &l->norm, e);
}

static int read_all(const struct str *file, struct lcbench *l, struct err *e)
{
    if (onnx_floats(file, "embds_fct.0.weight", l->embedding, DATA_SETS * EMBEDDING, e) != 0 ||
        onnx_floats(file, "first_layer.weight", l->w_first, WIDTH * INPUTS, e) != 0 ||
        onnx_floats(file, "first_layer.bias", l->b_first, WIDTH, e) != 0 ||
        onnx_floats(file, "head.weight", l->w_head, OUTPUTS * WIDTH, e) != 0 ||
        onnx_floats(file, "head.bias", l->b_head, OUTPUTS, e) != 0)
        return -1;
    for (int k = 0; k < LAYERS; k++)
        if (read_layer(file, k, &l->layers[k], e) != 0)
            return -1;
    return read_norm(file, "last_normalization", &l->norm, e);
}

struct lcbench *lcbench_open(const char *directory, struct err *e)
{
    struct str file = { 0 }, path = { 0 };
    struct lcbench *l = NULL;
    str_addf(&path, "%s/model.onnx", directory);
    if (onnx_read(str_text(&path), &file, e) == 0) {
        l = mem_zalloc(1, sizeof *l);
        if (read_all(&file, l, e) != 0) {
            err_prefix(e, "%s", str_text(&path));
            lcbench_close(l);
            l = NULL;
        }
    }
    str_deinit(&file);
    str_deinit(&path);
    return l;
}

void lcbench_close(struct lcbench *l)
{
    free(l);
}

int lcbench_find(const char *openml_task)
{
    for (int i = 1; i < DATA_SETS; i++)
        if (strcmp(data_sets[i], openml_task) == 0)
            return i;
    return -1;
}

/* y (n_out) = w (n_out, n_in) x (n_in) + b. */
WIDE_VECTORS
static void multiply(lanes *y, const float *w, const float *b, const lanes *x, int n_out, int n_in)
{
    for (int o = 0; o < n_out; o++) {
        lanes even = { 0 }, odd = { 0 };
        int i = 0;
        for (; i + 1 < n_in; i += 2) {
            even += x[i] * w[o * n_in + i];
            odd += x[i + 1] * w[o * n_in + i + 1];
        }
        if (i < n_in)
            even += x[i] * w[o * n_in + i];
        y[o] = even + odd + b[o];
    }
}

static void normalise(lanes *y, const lanes *x, const struct norm *n)
{
    for (int i = 0; i < WIDTH; i++)
        y[i] = (x[i] - n->mean[i]) * (n->weight[i] / sqrtf(n->var[i] + 1e-5f)) + n->bias[i];
}

/* h += w_out (a * relu(b)) + b_out, (a; b) = w_in norm(h) + b_in. */
static void layer_forward(lanes *h, const struct layer *l)
{
    lanes z[WIDTH], y[2 * GATED], out[WIDTH];
    normalise(z, h, &l->norm);
    multiply(y, l->w_in, l->b_in, z, 2 * GATED, WIDTH);
    for (int i = 0; i < GATED; i++)
        for (int k = 0; k < LCBENCH_EPOCHS; k++)
            y[i][k] *= fmaxf(y[GATED + i][k], 0);
    multiply(out, l->w_out, l->b_out, y, WIDTH, GATED);
    for (int i = 0; i < WIDTH; i++)
        h[i] += out[i];
}

static void fill_inputs(const struct lcbench *l, int data_set, const double *x, const int64_t *epochs, int n, lanes *in)
{
    for (int k = 0; k < LCBENCH_EPOCHS; k++) {
        for (int i = 0; i < EMBEDDING; i++)
            in[i][k] = l->embedding[data_set * EMBEDDING + i];
        for (int i = 0; i <= LCBENCH_PARAMS; i++) {
            float value = (float)(i == 0 ? epochs[k < n ? k : n - 1] : x[i - 1]);
            value = scales[i].is_log ? logf(value + 1e-12f) : value;
            in[EMBEDDING + i][k] = (value - scales[i].from) / scales[i].range;
        }
    }
}

void lcbench_evaluate(const struct lcbench *l, int data_set, const double *x, const int64_t *epochs, int n,
    double *accuracy, double *seconds)
{
    lanes in[INPUTS], h[WIDTH], z[WIDTH], out[2];
    fill_inputs(l, data_set, x, epochs, n, in);
    multiply(h, l->w_first, l->b_first, in, WIDTH, INPUTS);
    for (int k = 0; k < LAYERS; k++)
        layer_forward(h, &l->layers[k]);
    normalise(z, h, &l->norm);
    for (int i = 0; i < WIDTH; i++)
        for (int k = 0; k < LCBENCH_EPOCHS; k++)
            z[i][k] = fmaxf(z[i][k], 0);
    multiply(out, l->w_head, l->b_head, z, 2, WIDTH); /* time and val_accuracy are the first two */
    for (int k = 0; k < n; k++) {
        seconds[k] = 1 / (1 + exp(-(double)out[0][k])) * 46790.668 + 0.0001421;
        accuracy[k] = exp(1 / (1 + exp(-(double)out[1][k])) * 32.23385 - 27.631021) - 1e-12;
    }
}
