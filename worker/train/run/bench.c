#include "worker/train/run/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/io/system.h"
#include "common/proto/json.h"
#include "worker/train/nn/adam.h"
#include "worker/train/nn/blas.h"
#include "worker/train/nn/buffer.h"
#include "worker/train/nn/kernels.h"
#include "worker/train/nn/model.h"
#include "worker/train/run/bench_load.h"
#include "worker/train/run/bench_memory.h"

enum { CLASSES = 20, WARM_UP_STEPS = 3, SGEMM_SIZE = 2048 };

static double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Processor time of this process: what of `now_seconds` was ours. */
static double now_processor(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Products of 2048 x 2048 x 2048 for some time, in GFLOP a second of processor time: what OpenBLAS gets out of one
 * processor. */
static double measure_sgemm(double seconds)
{
    size_t n = SGEMM_SIZE;
    float *a = buffer_new(n * n), *b = buffer_new(n * n), *c = buffer_new(n * n);
    for (size_t i = 0; i < n * n; i++) {
        a[i] = (float)(i % 7) - 3;
        b[i] = (float)(i % 5) - 2;
    }
    blas_multiply(c, n, blas_plain(a, n), blas_plain(b, n), n, n, n, 1, 0); /* warms up */
    double started = now_seconds(), processor = now_processor(), n_done = 0;
    do {
        blas_multiply(c, n, blas_plain(a, n), blas_plain(b, n), n, n, n, 1, 0);
        n_done++;
    } while (now_seconds() - started < seconds);
    processor = now_processor() - processor;
    free(a);
    free(b);
    free(c);
    return 2e-9 * n_done * (double)n * (double)n * (double)n / processor;
}

struct bench {
    struct model *model;
    struct adam adam;
    struct batch batch;
    struct bench_load load;
    struct profile profile;
};

struct figures {
    double sequences_per_second, gflops, sgemm_gflops, sgemm_share;
    double processor_share; /* of the time: less than 1 when others had the processor too */
    double parts[PROFILE_N_PARTS];
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
    b->model = model_new(&c, e);
    if (!b->model)
        return -1;
    model_init_weights(b->model, 1);
    adam_init(&b->adam, model_n_parameters(b->model), 0, 0);
    bench_load_init(&b->load, (size_t)o->batch_size, (size_t)o->frames, c.n_features, CLASSES, o->ragged);
    batch_init(&b->batch, b->load.n, b->load.longest, b->load.n_frames, c.n_features);
    b->profile = (struct profile){ .now = now_seconds };
    return 0;
}

static void close_bench(struct bench *b)
{
    model_free(b->model);
    adam_deinit(&b->adam);
    batch_deinit(&b->batch);
    bench_load_deinit(&b->load);
}

/* A full step: packing, forward, backward, Adam. */
static void step(struct bench *b)
{
    profile_enter(&b->profile, PROFILE_DATA);
    batch_pack(&b->batch, b->load.sequences, b->load.n, NULL, NULL);
    profile_enter(&b->profile, PROFILE_OTHER);
    model_train(b->model, &b->batch, 1, b->adam.step);
    profile_enter(&b->profile, PROFILE_OPTIMISER);
    adam_step(&b->adam, model_parameters(b->model), model_gradients(b->model), 1e-3);
    profile_enter(&b->profile, PROFILE_OTHER);
}

/* Seconds that the gates alone take for one row, one step forward of one layer: the fused step over inputs of no
 * length, whose product is empty. */
static double measure_gates(const struct options *o)
{
    enum { ROWS = 64, REPEATS = 200 }; /* in the second-level cache, as in training */
    const struct kernels *kernels = kernels_choose(NULL);
    size_t Hp = buffer_columns((size_t)o->hidden_size), stride = buffer_stride(Hp), tape_stride = buffer_stride(4 * Hp);
    float *tape = buffer_new(ROWS * tape_stride), *states = buffer_new(3 * ROWS * stride), *bias = buffer_new(4 * Hp);
    struct gru_step gates = { .H = 0,
        .Hp = Hp,
        .rows = ROWS,
        .tape = tape,
        .tape_stride = tape_stride,
        .state_stride = stride,
        .previous = states,
        .next = states + ROWS * stride,
        .rows_next = ROWS,
        .out = states + 2 * ROWS * stride,
        .weights = bias, /* none are read */
        .bias = bias };
    double started = now_seconds();
    for (int i = 0; i < REPEATS; i++)
        kernels->gru_forward_step(&gates);
    double passed = now_seconds() - started;
    free(tape);
    free(states);
    free(bias);
    return passed / REPEATS / ROWS;
}

/* Shares of the time. Forward, the gates are computed in the same loop as the recurrent products, so their part in it
 * is what they take alone. */
static void share_time(const struct bench *b, const struct options *o, struct figures *f)
{
    double total = 0, fused = b->profile.seconds[PROFILE_RECURRENT];
    double gates = measure_gates(o) * (double)(f->n_steps * b->load.n_frames) * (double)o->num_layers;
    gates = gates < fused ? gates : fused;
    memcpy(f->parts, b->profile.seconds, sizeof f->parts);
    f->parts[PROFILE_RECURRENT] -= gates;
    f->parts[PROFILE_GATES] += gates;
    f->parts[PROFILE_PRODUCTS] += f->parts[PROFILE_RECURRENT];
    f->parts[PROFILE_RECURRENT] = 0;
    for (size_t i = 0; i < PROFILE_N_PARTS; i++)
        total += f->parts[i];
    for (size_t i = 0; i < PROFILE_N_PARTS; i++)
        f->parts[i] /= total;
}

static void measure(struct bench *b, const struct options *o, struct figures *f)
{
    model_set_profile(b->model, &b->profile);
    for (int i = 0; i < WARM_UP_STEPS; i++)
        step(b);
    memset(b->profile.seconds, 0, sizeof b->profile.seconds);
    double started = now_seconds(), processor = now_processor(), passed;
    do {
        step(b);
        f->n_steps++;
        passed = now_seconds() - started;
    } while (passed < o->seconds);
    processor = now_processor() - processor;
    f->processor_share = processor / passed;
    f->sequences_per_second = (double)f->n_steps * (double)b->load.n / passed;
    f->gflops = 1e-9 * (double)f->n_steps * model_train_flops(b->model, &b->batch) / passed;
    share_time(b, o, f);
}

static void print_text(const struct bench *b, const struct options *o, const struct figures *f)
{
    printf("hidden %lld, layers %lld, heads %lld, batch %lld, %s%lld frames of %lld features, dropout %g: %zu "
           "parameters\n",
        (long long)o->hidden_size, (long long)o->num_layers, (long long)o->num_heads, (long long)o->batch_size,
        o->ragged ? "about " : "", (long long)o->frames, (long long)o->features, o->dropout,
        model_n_parameters(b->model));
    printf("%.0f sequences/s (%llu steps), %.1f GFLOP/s, %.0f %% of sgemm at %d (%.1f GFLOP/s; OpenBLAS for %s, "
           "kernels %s)\n",
        f->sequences_per_second, (unsigned long long)f->n_steps, f->gflops, 100 * f->sgemm_share, SGEMM_SIZE,
        f->sgemm_gflops, blas_core_name(), kernels_choose(NULL)->name);
    if (f->processor_share < 0.97)
        printf("other programs had the processor for %.0f %% of the time; the share of sgemm does not count that\n",
            100 * (1 - f->processor_share));
    printf("time:");
    for (size_t i = 0; i < PROFILE_N_PARTS; i++)
        if (i != PROFILE_RECURRENT)
            printf(" %s %.1f %%", profile_part_name((enum profile_part)i), 100 * f->parts[i]);
    putchar('\n');
}

static void add_shape(struct str *line, const struct bench *b, const struct options *o)
{
    json_add_int(line, "hidden_size", o->hidden_size);
    json_add_int(line, "num_layers", o->num_layers);
    json_add_int(line, "num_heads", o->num_heads);
    json_add_int(line, "batch_size", o->batch_size);
    json_add_int(line, "frames", o->frames);
    json_add_int(line, "longest", (int64_t)b->load.longest);
    json_add_int(line, "features", o->features);
    json_add_number(line, "dropout", o->dropout);
}

static void print_json(const struct bench *b, const struct options *o, const struct figures *f)
{
    struct str line = { 0 };
    json_open_object(&line);
    json_add_text(&line, "schema", "rung.bench/1");
    add_shape(&line, b, o);
    json_add_number(&line, "sequences_per_second", f->sequences_per_second);
    json_add_number(&line, "gflops", f->gflops);
    json_add_number(&line, "sgemm_gflops", f->sgemm_gflops);
    json_add_number(&line, "sgemm_share", f->sgemm_share);
    json_add_number(&line, "processor_share", f->processor_share);
    json_add_text(&line, "openblas_core", blas_core_name());
    json_add_text(&line, "kernels", kernels_choose(NULL)->name);
    json_put_key(&line, "time_share");
    json_open_object(&line);
    for (size_t i = 0; i < PROFILE_N_PARTS; i++)
        if (i != PROFILE_RECURRENT)
            json_add_number(&line, profile_part_name((enum profile_part)i), f->parts[i]);
    json_close_object(&line);
    json_close_object(&line);
    puts(line.text);
    str_deinit(&line);
}

int bench_run(const struct options *o, struct err *e)
{
    struct bench b = { 0 };
    struct figures f = { 0 };
    int result = bench_memory_check(o, system_memory_bytes(), e);
    if (result == 0)
        result = open_bench(&b, o, e);
    if (result == 0) {
        double before = measure_sgemm(o->seconds / 4); /* before and after: a processor's clock may change */
        measure(&b, o, &f);
        f.sgemm_gflops = (before + measure_sgemm(o->seconds / 4)) / 2;
        f.sgemm_share = f.gflops / f.processor_share / f.sgemm_gflops;
        (o->json ? print_json : print_text)(&b, o, &f);
    }
    close_bench(&b);
    return result;
}
