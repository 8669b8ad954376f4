#include "worker/train/run/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/mem.h"
#include "common/base/rng.h"
#include "common/proto/json.h"
#include "worker/train/nn/adam.h"
#include "worker/train/nn/blas.h"
#include "worker/train/nn/buffer.h"
#include "worker/train/nn/kernels.h"
#include "worker/train/nn/model.h"

enum { CLASSES = 20, WARM_UP_STEPS = 3, SGEMM_SIZE = 2048 };

static double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Products of 2048 x 2048 x 2048 for some time, in GFLOP/s: what OpenBLAS gets out of this processor, as busy as it is.
 */
static double measure_sgemm(double seconds)
{
    size_t n = SGEMM_SIZE;
    float *a = buffer_new(n * n), *b = buffer_new(n * n), *c = buffer_new(n * n);
    for (size_t i = 0; i < n * n; i++) {
        a[i] = (float)(i % 7) - 3;
        b[i] = (float)(i % 5) - 2;
    }
    blas_multiply(c, n, blas_plain(a, n), blas_plain(b, n), n, n, n, 1, 0); /* warms up */
    double started = now_seconds(), n_done = 0, passed;
    do {
        blas_multiply(c, n, blas_plain(a, n), blas_plain(b, n), n, n, n, 1, 0);
        n_done++;
        passed = now_seconds() - started;
    } while (passed < seconds);
    free(a);
    free(b);
    free(c);
    return 2e-9 * n_done * (double)n * (double)n * (double)n / passed;
}

struct bench {
    struct model *model;
    struct adam adam;
    struct batch batch;
    struct batch_sequence *sequences;
    float *frames;
    size_t B;
    struct profile profile;
};

struct figures {
    double sequences_per_second, gflops, sgemm_gflops;
    uint64_t n_steps;
};

static int open_bench(struct bench *b, const struct options *o, struct err *e)
{
    struct model_config c = { .kind = MODEL_GRU_ATTENTION,
        .n_features = (size_t)o->features,
        .n_classes = CLASSES,
        .hidden_size = (size_t)o->hidden_size,
        .num_layers = (size_t)o->num_layers,
        .num_heads = (size_t)o->num_heads,
        .dropout = o->dropout };
    size_t B = (size_t)o->batch_size, T = (size_t)o->frames, F = c.n_features;
    b->model = model_new(&c, e);
    if (!b->model)
        return -1;
    model_init_weights(b->model, 1);
    adam_init(&b->adam, model_n_parameters(b->model), 0, 0);
    batch_init(&b->batch, B, T, B * T, F);
    b->B = B;
    b->sequences = mem_zalloc(B, sizeof *b->sequences);
    b->frames = buffer_new(B * T * F);
    struct rng r;
    rng_derive(&r, 1, 0, RNG_SYNTHETIC, 0);
    for (size_t i = 0; i < B * T * F; i++)
        b->frames[i] = (float)rng_normal(&r);
    for (size_t i = 0; i < B; i++)
        b->sequences[i] = (struct batch_sequence){ b->frames + i * T * F, (uint32_t)T, (uint32_t)(i % CLASSES) };
    b->profile = (struct profile){ .now = now_seconds };
    return 0;
}

static void close_bench(struct bench *b)
{
    model_free(b->model);
    adam_deinit(&b->adam);
    batch_deinit(&b->batch);
    free(b->sequences);
    free(b->frames);
}

/* A full step: packing, forward, backward, Adam. */
static void step(struct bench *b)
{
    profile_enter(&b->profile, PROFILE_DATA);
    batch_pack(&b->batch, b->sequences, b->B, NULL, NULL);
    profile_enter(&b->profile, PROFILE_OTHER);
    model_train(b->model, &b->batch, 1, b->adam.step);
    profile_enter(&b->profile, PROFILE_OPTIMISER);
    adam_step(&b->adam, model_parameters(b->model), model_gradients(b->model), 1e-3);
    profile_enter(&b->profile, PROFILE_OTHER);
}

static void measure(struct bench *b, double seconds, struct figures *f)
{
    model_set_profile(b->model, &b->profile);
    for (int i = 0; i < WARM_UP_STEPS; i++)
        step(b);
    memset(b->profile.seconds, 0, sizeof b->profile.seconds);
    double started = now_seconds(), passed;
    do {
        step(b);
        f->n_steps++;
        passed = now_seconds() - started;
    } while (passed < seconds);
    f->sequences_per_second = (double)f->n_steps * (double)b->B / passed;
    f->gflops = 1e-9 * (double)f->n_steps * model_train_flops(b->model, &b->batch) / passed;
}

static double share(const struct profile *p, size_t part)
{
    double sum = 0;
    for (size_t i = 0; i < PROFILE_N_PARTS; i++)
        sum += p->seconds[i];
    return p->seconds[part] / sum;
}

static void print_text(const struct bench *b, const struct options *o, const struct figures *f)
{
    printf(
        "hidden %lld, layers %lld, heads %lld, batch %lld, %lld frames of %lld features, dropout %g: %zu parameters\n",
        (long long)o->hidden_size, (long long)o->num_layers, (long long)o->num_heads, (long long)o->batch_size,
        (long long)o->frames, (long long)o->features, o->dropout, model_n_parameters(b->model));
    printf("%.0f sequences/s (%llu steps), %.1f GFLOP/s, %.0f %% of sgemm at %d (%.1f GFLOP/s; OpenBLAS for %s, "
           "kernels %s)\n",
        f->sequences_per_second, (unsigned long long)f->n_steps, f->gflops, 100 * f->gflops / f->sgemm_gflops,
        SGEMM_SIZE, f->sgemm_gflops, blas_core_name(), kernels_choose(NULL)->name);
    printf("time:");
    for (size_t i = 0; i < PROFILE_N_PARTS; i++)
        printf(" %s %.1f %%", profile_part_name((enum profile_part)i), 100 * share(&b->profile, i));
    printf("\n(recurrence is the recurrent products and the gates in one)\n");
}

static void print_json(const struct bench *b, const struct options *o, const struct figures *f)
{
    struct str line = { 0 };
    json_open_object(&line);
    json_add_text(&line, "schema", "rung.bench/1");
    json_add_int(&line, "hidden_size", o->hidden_size);
    json_add_int(&line, "num_layers", o->num_layers);
    json_add_int(&line, "num_heads", o->num_heads);
    json_add_int(&line, "batch_size", o->batch_size);
    json_add_int(&line, "frames", o->frames);
    json_add_int(&line, "features", o->features);
    json_add_number(&line, "dropout", o->dropout);
    json_add_number(&line, "sequences_per_second", f->sequences_per_second);
    json_add_number(&line, "gflops", f->gflops);
    json_add_number(&line, "sgemm_gflops", f->sgemm_gflops);
    json_add_number(&line, "sgemm_share", f->gflops / f->sgemm_gflops);
    json_add_text(&line, "openblas_core", blas_core_name());
    json_add_text(&line, "kernels", kernels_choose(NULL)->name);
    json_put_key(&line, "time_share");
    json_open_object(&line);
    for (size_t i = 0; i < PROFILE_N_PARTS; i++)
        json_add_number(&line, profile_part_name((enum profile_part)i), share(&b->profile, i));
    json_close_object(&line);
    json_close_object(&line);
    puts(line.text);
    str_deinit(&line);
}

int bench_run(const struct options *o, struct err *e)
{
    struct bench b = { 0 };
    struct figures f = { 0 };
    int result = open_bench(&b, o, e);
    if (result == 0) {
        double before = measure_sgemm(o->seconds / 4); /* before and after, since others may work beside us */
        measure(&b, o->seconds, &f);
        f.sgemm_gflops = (before + measure_sgemm(o->seconds / 4)) / 2;
        (o->json ? print_json : print_text)(&b, o, &f);
    }
    close_bench(&b);
    return result;
}
