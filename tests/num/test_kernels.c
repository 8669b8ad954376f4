/* Each table of kernels that this processor has, function by function, against plain loops in double. */
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/rng.h"
#include "tests/tap.h"
#include "worker/train/nn/buffer.h"
#include "worker/train/nn/kernels.h"

static const char *const names[] = { "generic", "avx2", "avx512" };
#define EACH_TABLE(k)                                                                                                  \
    size_t k##_i = 0;                                                                                                  \
    k##_i < 3;                                                                                                         \
    k##_i++
#define TABLE_OR_CONTINUE(k)                                                                                           \
    const struct kernels *k = kernels_choose(names[k##_i]);                                                            \
    if (!k)                                                                                                            \
    continue

static struct rng rng;

/* rows x columns normal numbers, zero from column `used` on, at buffer_stride(columns). */
static float *random_matrix(size_t rows, size_t columns, size_t used)
{
    size_t stride = buffer_stride(columns);
    float *m = buffer_new(rows * stride + 1);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < used; j++)
            m[i * stride + j] = (float)rng_normal(&rng);
    return m;
}

static float *copy_of(const float *m, size_t rows, size_t columns)
{
    size_t n = rows * buffer_stride(columns);
    float *copy = buffer_new(n + 1);
    memcpy(copy, m, sizeof *m * n);
    return copy;
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

struct layer {
    size_t H, Hp, B, tape_stride, state_stride;
    float *weights; /* (3H, H) */
    float *packed, *bias, *tape, *previous, *out, *next, *state;
    uint16_t *mask;
};

static void tape_random(struct layer *l)
{
    for (size_t i = 0; i < l->B; i++)
        for (size_t part = 0; part < 4; part++)
            for (size_t u = 0; u < l->H; u++)
                l->tape[i * l->tape_stride + part * l->Hp + u] = (float)(0.5 * rng_normal(&rng));
}

static void layer_open(struct layer *l, const struct kernels *k, size_t H, size_t B)
{
    *l = (struct layer){ .H = H, .Hp = buffer_columns(H), .B = B };
    l->tape_stride = buffer_stride(4 * l->Hp);
    l->state_stride = buffer_stride(l->Hp);
    l->weights = buffer_new(3 * H * H);
    for (size_t i = 0; i < 3 * H * H; i++)
        l->weights[i] = (float)(rng_normal(&rng) / sqrt((double)H));
    l->packed = buffer_new(3 * l->Hp * l->Hp);
    k->gru_pack_forward(l->packed, l->weights, H, l->Hp);
    l->bias = buffer_new(4 * l->Hp);
    for (size_t part = 0; part < 4; part++)
        for (size_t u = 0; u < H; u++)
            l->bias[part * l->Hp + u] = (float)rng_normal(&rng);
    l->tape = buffer_new(B * l->tape_stride);
    tape_random(l);
    l->previous = random_matrix(B, l->Hp, H);
    l->state = random_matrix(B, l->Hp, H);
    l->out = random_matrix(B, l->Hp, H);
    l->next = random_matrix(B, l->Hp, 0);
    l->mask = mem_zalloc(B * l->Hp / 16, sizeof *l->mask);
    for (size_t i = 0; i < B * l->Hp / 16; i++)
        l->mask[i] = (uint16_t)rng_u64(&rng);
}

static void layer_close(struct layer *l)
{
    float *all[] = { l->weights, l->packed, l->bias, l->tape, l->previous, l->out, l->next, l->state };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    free(l->mask);
}

static bool is_kept(const struct layer *l, size_t row, size_t u)
{
    return l->mask[row * (l->Hp / 16) + u / 16] >> (u % 16) & 1;
}

/* Checks what a forward step made of `before`, the tape as it was. */
static void check_forward(const struct layer *l, const struct gru_step *s, const float *before)
{
    for (size_t i = 0; i < l->B; i++)
        for (size_t u = 0; u < l->H; u++) {
            const float *in = before + i * l->tape_stride, *out = s->tape + i * l->tape_stride;
            double sums[3] = { 0 };
            for (size_t gate = 0; gate < 3 && s->previous; gate++)
                for (size_t j = 0; j < l->H; j++)
                    sums[gate] +=
                        (double)l->weights[(gate * l->H + u) * l->H + j] * (double)s->previous[i * l->state_stride + j];
            double r = sigmoid((double)in[l->Hp + u] + (double)l->bias[l->Hp + u] + sums[0]);
            double z = sigmoid((double)in[2 * l->Hp + u] + (double)l->bias[2 * l->Hp + u] + sums[1]);
            double recurrent = (double)l->bias[3 * l->Hp + u] + sums[2];
            double n = tanh((double)in[u] + (double)l->bias[u] + r * recurrent);
            double h = (1 - z) * n + (s->previous ? z * (double)s->previous[i * l->state_stride + u] : 0);
            CHECK_NEAR((double)out[u], n, 2e-6);
            CHECK_NEAR((double)out[l->Hp + u], r, 2e-6);
            CHECK_NEAR((double)out[2 * l->Hp + u], z, 2e-6);
            CHECK_NEAR((double)out[3 * l->Hp + u], recurrent, 4e-6);
            CHECK_NEAR((double)s->next[i * l->state_stride + u], i < s->rows_next ? h : 0, 3e-6);
            double dropped = !s->mask ? h : is_kept(l, i, u) ? h * (double)s->scale : 0;
            CHECK_NEAR((double)s->out[i * l->state_stride + u], dropped, 5e-6);
        }
}

/* The padding must stay exactly zero, or it would leak into the next product. */
static void check_padding(const struct layer *l, const float *matrix)
{
    for (size_t i = 0; i < l->B; i++)
        for (size_t u = l->H; u < l->Hp; u++)
            CHECK(matrix[i * l->state_stride + u] == 0);
}

static const size_t units[] = { 1, 5, 16, 17, 32, 48, 63, 80, 100 }, sequences[] = { 1, 2, 3, 4, 7, 8, 12, 13, 29 };
enum { N_UNITS = sizeof units / sizeof *units, N_SEQUENCES = sizeof sequences / sizeof *sequences };

TEST(a_step_forward_is_the_formula)
{
    rng_derive(&rng, 1, 0, RNG_TEST, 0);
    for (EACH_TABLE(k)) {
        TABLE_OR_CONTINUE(k);
        for (size_t c = 0; c < (size_t)N_UNITS * N_SEQUENCES; c++) {
            struct layer l;
            layer_open(&l, k, units[c / N_SEQUENCES], sequences[c % N_SEQUENCES]);
            float *before = copy_of(l.tape, l.B, 4 * l.Hp);
            struct gru_step s = { .H = l.H,
                .Hp = l.Hp,
                .rows = l.B,
                .tape = l.tape,
                .tape_stride = l.tape_stride,
                .state_stride = l.state_stride,
                .previous = c % 5 ? l.previous : NULL,
                .next = l.next,
                .rows_next = l.B / 2,
                .out = l.out,
                .mask = c % 3 ? l.mask : NULL,
                .scale = 1.25f,
                .weights = l.packed,
                .bias = l.bias };
            k->gru_forward_step(&s);
            check_forward(&l, &s, before);
            check_padding(&l, l.out);
            free(before);
            layer_close(&l);
        }
    }
}

/* The derivatives by the arguments of the gates, for one unit. */
static void gates_naive(double *d, const float *tape, size_t Hp, size_t u, double previous, double dh)
{
    double n = (double)tape[u], r = (double)tape[Hp + u], z = (double)tape[2 * Hp + u];
    double recurrent = (double)tape[3 * Hp + u];
    d[0] = dh * (1 - z) * (1 - n * n);
    d[1] = d[0] * recurrent * r * (1 - r);
    d[2] = dh * (previous - n) * z * (1 - z);
    d[3] = d[0] * r;
}

static void check_backward(const struct layer *l, const struct gru_back *s, const float *before, const float *state)
{
    double *bias = mem_zalloc(4 * l->Hp, sizeof *bias);
    for (size_t i = 0; i < l->B; i++) {
        const float *tape = before + i * l->tape_stride;
        double *d = mem_zalloc(4 * l->H, sizeof *d);
        for (size_t u = 0; u < l->H; u++) {
            size_t at = i * l->state_stride + u;
            double dout = !s->mask ? (double)s->out[at] : is_kept(l, i, u) ? (double)(s->out[at] * s->scale) : 0;
            gates_naive(d + 4 * u, tape, l->Hp, u, s->previous ? (double)s->previous[at] : 0, (double)state[at] + dout);
            for (size_t part = 0; part < 4; part++) {
                CHECK_NEAR((double)s->tape[i * l->tape_stride + part * l->Hp + u], d[4 * u + part], 1e-5);
                bias[part * l->Hp + u] += d[4 * u + part];
            }
        }
        for (size_t u = 0; u < l->H; u++) {
            size_t at = i * l->state_stride + u;
            double dout = !s->mask ? (double)s->out[at] : is_kept(l, i, u) ? (double)(s->out[at] * s->scale) : 0;
            CHECK_NEAR((double)s->state[at], ((double)state[at] + dout) * (double)tape[2 * l->Hp + u], 1e-5);
        }
        free(d);
    }
    for (size_t i = 0; i < 4 * l->Hp; i++)
        CHECK_NEAR((double)s->bias[i], bias[i], 5e-5);
    free(bias);
}

TEST(a_step_backward_is_the_formula)
{
    rng_derive(&rng, 2, 0, RNG_TEST, 0);
    for (EACH_TABLE(k)) {
        TABLE_OR_CONTINUE(k);
        for (size_t c = 0; c < (size_t)N_UNITS * N_SEQUENCES; c++) {
            struct layer l;
            layer_open(&l, k, units[c / N_SEQUENCES], sequences[c % N_SEQUENCES]);
            float *before = copy_of(l.tape, l.B, 4 * l.Hp), *state = copy_of(l.state, l.B, l.Hp);
            memset(l.bias, 0, sizeof(float) * 4 * l.Hp);
            struct gru_back s = { .H = l.H,
                .Hp = l.Hp,
                .rows = l.B,
                .tape = l.tape,
                .tape_stride = l.tape_stride,
                .state_stride = l.state_stride,
                .previous = c % 5 ? l.previous : NULL,
                .out = l.out,
                .state = l.state,
                .mask = c % 3 ? l.mask : NULL,
                .scale = 1.25f,
                .bias = l.bias };
            k->gru_backward_gates(&s);
            check_backward(&l, &s, before, state);
            check_padding(&l, l.state);
            free(before);
            free(state);
            layer_close(&l);
        }
    }
}

struct shape {
    size_t M, N, K;
};
static const struct shape shapes[] = { { 1, 16, 1 }, { 3, 16, 13 }, { 8, 48, 16 }, { 13, 32, 5 }, { 40, 80, 33 },
    { 100, 64, 48 }, { 17, 112, 300 }, { 5, 16, 0 } };
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

TEST(rows_times_packed_weights_are_the_product)
{
    rng_derive(&rng, 5, 0, RNG_TEST, 0);
    for (EACH_TABLE(k)) {
        TABLE_OR_CONTINUE(k);
        for (size_t i = 0; i < 2 * (size_t)N_SHAPES; i++) {
            const struct shape *s = &shapes[i / 2];
            float *a = random_matrix(s->M, s->K, s->K), *b = random_matrix(s->K, s->N, s->N);
            float *c = random_matrix(s->M, s->N, s->N), *before = copy_of(c, s->M, s->N);
            float *packed = buffer_new(s->K * s->N + 1);
            struct product p = { .M = s->M,
                .N = s->N,
                .K = s->K,
                .c = c,
                .c_stride = buffer_stride(s->N),
                .a = a,
                .a_stride = buffer_stride(s->K),
                .b = packed,
                .adds = i % 2 };
            k->product_pack(packed, b, buffer_stride(s->N), s->K, s->N);
            k->product_rows(&p);
            for (size_t m = 0; m < s->M; m++)
                for (size_t n = 0; n < s->N; n++) {
                    double sum = i % 2 ? (double)before[m * p.c_stride + n] : 0;
                    for (size_t j = 0; j < s->K; j++)
                        sum += (double)a[m * p.a_stride + j] * (double)b[j * p.c_stride + n];
                    CHECK_NEAR((double)c[m * p.c_stride + n], sum, 2e-4);
                }
            float *all[] = { a, b, c, before, packed };
            for (size_t j = 0; j < 5; j++)
                free(all[j]);
        }
    }
}

TEST(sums_of_outer_products_are_the_product)
{
    rng_derive(&rng, 6, 0, RNG_TEST, 0);
    for (EACH_TABLE(k)) {
        TABLE_OR_CONTINUE(k);
        for (size_t i = 0; i < 2 * (size_t)N_SHAPES; i++) {
            struct shape s = shapes[i / 2];
            s.M = buffer_columns(s.M);
            float *a = random_matrix(s.K, s.M, s.M), *b = random_matrix(s.K, s.N, s.N);
            float *c = random_matrix(s.M, s.N, s.N), *before = copy_of(c, s.M, s.N);
            struct product p = { .M = s.M,
                .N = s.N,
                .K = s.K,
                .c = c,
                .c_stride = buffer_stride(s.N),
                .a = a,
                .a_stride = buffer_stride(s.M),
                .b = b,
                .b_stride = buffer_stride(s.N),
                .adds = i % 2 };
            k->product_outer(&p);
            for (size_t m = 0; m < s.M; m++)
                for (size_t n = 0; n < s.N; n++) {
                    double sum = i % 2 ? (double)before[m * p.c_stride + n] : 0;
                    for (size_t j = 0; j < s.K; j++)
                        sum += (double)a[j * p.a_stride + m] * (double)b[j * p.b_stride + n];
                    CHECK_NEAR((double)c[m * p.c_stride + n], sum, 2e-4);
                }
            float *all[] = { a, b, c, before };
            for (size_t j = 0; j < 4; j++)
                free(all[j]);
        }
    }
}

TEST(gates_are_accurate_over_all_arguments)
{
    for (EACH_TABLE(k)) {
        TABLE_OR_CONTINUE(k);
        float packed[48 * 16] __attribute__((aligned(64))) = { 0 }, bias[64] __attribute__((aligned(64))) = { 0 };
        float tape[64] __attribute__((aligned(64))), out[16] __attribute__((aligned(64)));
        for (double x = -40; x < 40; x += 0.00371) {
            for (size_t i = 0; i < 16; i++)
                tape[i] = tape[16 + i] = tape[32 + i] = (float)(x + (double)i * 0.0002);
            float given[16];
            memcpy(given, tape, sizeof given);
            struct gru_step s = { .H = 16,
                .Hp = 16,
                .rows = 1,
                .tape = tape,
                .tape_stride = 64,
                .state_stride = 16,
                .out = out,
                .weights = packed,
                .bias = bias };
            k->gru_forward_step(&s);
            for (size_t i = 0; i < 16; i++) {
                CHECK_NEAR((double)tape[i], tanh((double)given[i]), 4e-7);
                CHECK_NEAR((double)tape[16 + i], sigmoid((double)given[i]), 2e-7);
                CHECK_NEAR((double)tape[32 + i], sigmoid((double)given[i]), 2e-7);
            }
        }
    }
}

TEST(the_shifted_exponential_is_accurate_and_keeps_what_is_not_finite)
{
    for (EACH_TABLE(k)) {
        TABLE_OR_CONTINUE(k);
        float x[37], shift[37], y[37];
        for (size_t i = 0; i < 37; i++) {
            shift[i] = (float)i - 11;
            x[i] = shift[i] - (float)(i * i) / 17;
        }
        k->exp_shifted(y, x, shift, 37);
        for (size_t i = 0; i < 37; i++) {
            double wanted = exp((double)(x[i] - shift[i]));
            CHECK_NEAR((double)y[i], wanted, 4e-7 * wanted);
        }
        x[3] = NAN;
        k->exp_shifted(y, x, shift, 37);
        CHECK(isnan(y[3]));
        CHECK(!isnan(y[2]));
    }
}

TEST(masks_are_the_same_on_every_table_and_keep_the_right_share)
{
    enum { WORDS = 1600 };
    uint32_t words[3][WORDS];
    size_t n_tables = 0;
    for (EACH_TABLE(k)) {
        TABLE_OR_CONTINUE(k);
        uint64_t state[32];
        rng_derive(&rng, 3, 0, RNG_TEST, 0);
        for (size_t i = 0; i < 32; i++)
            state[i] = rng_u64(&rng);
        k->mask_fill(words[n_tables], WORDS, state, (uint32_t)(0.3 * 4294967296.0));
        CHECK(memcmp(words[n_tables++], words[0], sizeof words[0]) == 0);
    }
    int n_kept = 0;
    for (size_t i = 0; i < WORDS; i++)
        n_kept += __builtin_popcount(words[0][i]);
    double n = 32.0 * WORDS;
    CHECK_NEAR(n_kept / n, 0.7, 4 * sqrt(0.21 / n));
}

TEST(adam_is_the_formula)
{
    for (EACH_TABLE(k)) {
        TABLE_OR_CONTINUE(k);
        enum { N = 53 };
        float p[N], g[N], m[N], v[N];
        rng_derive(&rng, 4, 0, RNG_TEST, 0);
        for (size_t i = 0; i < N; i++) {
            p[i] = (float)rng_normal(&rng);
            g[i] = (float)rng_normal(&rng);
            m[i] = (float)rng_normal(&rng);
            v[i] = (float)rng_double(&rng);
        }
        double wanted[N];
        for (size_t i = 0; i < N; i++) {
            double grad = 0.5 * (double)g[i] + 0.01 * (double)p[i];
            double first = 0.9 * (double)m[i] + 0.1 * grad, second = 0.999 * (double)v[i] + 0.001 * grad * grad;
            wanted[i] = (double)p[i] - 0.002 * first / (sqrt(second) * 1.5 + 1e-8);
        }
        struct adam_rates rates = { 0.9f, 0.1f, 0.999f, 0.001f, 0.002f, 1.5f, 1e-8f, 0.01f, 0.5f };
        k->adam(&rates, p, g, m, v, N);
        for (size_t i = 0; i < N; i++) {
            CHECK_NEAR((double)p[i], wanted[i], 1e-6);
            CHECK(g[i] == 0);
        }
    }
}

TAP_MAIN
