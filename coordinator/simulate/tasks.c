/* The tasks that are functions. Budgets are as the papers have them where they say; noise is normal. */
#include <math.h>
#include <string.h>

#include "common/base/dmath.h"
#include "coordinator/simulate/functions.h"
#include "coordinator/simulate/task.h"

/* What a function's task is made of. */
struct shape {
    int n_binary, n_real;   /* of counting ones */
    int d;                  /* of hartmann */
    double bias, deviation; /* at the least fidelity; of hartmann both shrink with the logarithm of the budget */
};

#define UNIT(NAME)                                                                                                     \
    {                                                                                                                  \
        .name = NAME, .type = PARAM_FLOAT, .low = 0, .high = 1                                                         \
    }
#define COIN(NAME)                                                                                                     \
    {                                                                                                                  \
        .name = NAME, .type = PARAM_CATEGORICAL, .n_choices = 2                                                        \
    }
#define RANGE(NAME, LOW, HIGH)                                                                                         \
    {                                                                                                                  \
        .name = NAME, .type = PARAM_FLOAT, .low = LOW, .high = HIGH                                                    \
    }
#define SPACE(LIST)                                                                                                    \
    {                                                                                                                  \
        sizeof LIST / sizeof *LIST, LIST                                                                               \
    }

/* clang-format off */
static struct param unit_params[] = { UNIT("x1"), UNIT("x2"), UNIT("x3"), UNIT("x4"), UNIT("x5"), UNIT("x6") };
static struct param branin_params[] = { RANGE("x1", -5, 10), RANGE("x2", 0, 15) };
static struct param borehole_params[] = {
    RANGE("r_w", 0.05, 0.15), RANGE("r", 100, 50000), RANGE("t_u", 63070, 115600), RANGE("h_u", 990, 1110),
    RANGE("t_l", 63.1, 116), RANGE("h_l", 700, 820), RANGE("l", 1120, 1680), RANGE("k_w", 9855, 12045) };
static struct param ones_8[] = {
    COIN("b1"), COIN("b2"), COIN("b3"), COIN("b4"), UNIT("p1"), UNIT("p2"), UNIT("p3"), UNIT("p4") };
static struct param ones_16[] = {
    COIN("b1"), COIN("b2"), COIN("b3"), COIN("b4"), COIN("b5"), COIN("b6"), COIN("b7"), COIN("b8"),
    UNIT("p1"), UNIT("p2"), UNIT("p3"), UNIT("p4"), UNIT("p5"), UNIT("p6"), UNIT("p7"), UNIT("p8") };
static struct param ones_32[] = {
    COIN("b1"), COIN("b2"), COIN("b3"), COIN("b4"), COIN("b5"), COIN("b6"), COIN("b7"), COIN("b8"),
    COIN("b9"), COIN("b10"), COIN("b11"), COIN("b12"), COIN("b13"), COIN("b14"), COIN("b15"), COIN("b16"),
    UNIT("p1"), UNIT("p2"), UNIT("p3"), UNIT("p4"), UNIT("p5"), UNIT("p6"), UNIT("p7"), UNIT("p8"),
    UNIT("p9"), UNIT("p10"), UNIT("p11"), UNIT("p12"), UNIT("p13"), UNIT("p14"), UNIT("p15"), UNIT("p16") };
/* clang-format on */

static const struct space unit_2 = { 2, unit_params }, unit_3 = { 3, unit_params }, unit_6 = { 6, unit_params };
static const struct space branin_space = SPACE(branin_params), borehole_space = SPACE(borehole_params);
static const struct space ones_8_space = SPACE(ones_8), ones_16_space = SPACE(ones_16), ones_32_space = SPACE(ones_32);

static void open_noise(struct rng *r, const struct task_point *p, int64_t budget)
{
    rng_derive(r, p->seed, p->trial, RNG_SIMULATE, (uint64_t)budget);
}

static double fidelity(const struct task *t, int64_t budget)
{
    return (double)budget / (double)t->max_budget;
}

/* mf-prior-bench's form (Mallik et al. 2023): bias and noise go with 1 - ln z / ln z_max, and noise only ever adds. */
static double hartmann_loss(const struct task *t, const struct task_point *p, int64_t budget)
{
    const struct shape *s = t->data;
    struct rng r;
    open_noise(&r, p, budget);
    double lack = 1 - dmath_log((double)budget) / dmath_log((double)t->max_budget);
    double noise = fabs(rng_normal(&r)) * s->deviation * lack;
    return function_hartmann(s->d, p->x, s->bias * lack) + noise;
}

static double hartmann_truth(const struct task *t, const struct task_point *p)
{
    const struct shape *s = t->data;
    return function_hartmann(s->d, p->x, 0);
}

static double noise_of(const struct task *t, const struct task_point *p, int64_t budget)
{
    const struct shape *s = t->data;
    struct rng r;
    open_noise(&r, p, budget);
    return s->deviation * rng_normal(&r);
}

static double branin_loss(const struct task *t, const struct task_point *p, int64_t budget)
{
    return function_branin(p->x, fidelity(t, budget)) + noise_of(t, p, budget);
}

static double branin_truth(const struct task *t, const struct task_point *p)
{
    (void)t;
    return function_branin(p->x, 1);
}

static double currin_loss(const struct task *t, const struct task_point *p, int64_t budget)
{
    return -function_currin(p->x, fidelity(t, budget)) + noise_of(t, p, budget);
}

static double currin_truth(const struct task *t, const struct task_point *p)
{
    (void)t;
    return -function_currin(p->x, 1);
}

static double borehole_loss(const struct task *t, const struct task_point *p, int64_t budget)
{
    return -function_borehole(p->x, fidelity(t, budget)) + noise_of(t, p, budget);
}

static double borehole_truth(const struct task *t, const struct task_point *p)
{
    (void)t;
    return -function_borehole(p->x, 1);
}

static double ones_loss(const struct task *t, const struct task_point *p, int64_t budget)
{
    const struct shape *s = t->data;
    struct rng r;
    open_noise(&r, p, budget);
    return function_counting_ones(s->n_binary, s->n_real, p->x, budget, &r);
}

static double ones_truth(const struct task *t, const struct task_point *p)
{
    double sum = 0;
    for (int j = 0; j < t->space->n_params; j++)
        sum += p->x[j];
    return -sum;
}

#define HARTMANN(NAME, D, SPACE, BEST, BIAS, DEVIATION)                                                                \
    {                                                                                                                  \
        .name = NAME, .space = SPACE, .min_budget = 4, .max_budget = 100, .best = BEST, .loss = hartmann_loss,         \
        .truth = hartmann_truth, .data = &(const struct shape)                                                         \
        {                                                                                                              \
            .d = D, .bias = BIAS, .deviation = DEVIATION                                                               \
        }                                                                                                              \
    }
#define ONES(NAME, SPACE, N, MIN, MAX)                                                                                 \
    {                                                                                                                  \
        .name = NAME, .space = SPACE, .min_budget = MIN, .max_budget = MAX, .best = -N, .loss = ones_loss,             \
        .truth = ones_truth, .data = &(const struct shape)                                                             \
        {                                                                                                              \
            .n_binary = N / 2, .n_real = N / 2                                                                         \
        }                                                                                                              \
    }
#define SMOOTH(NAME, SPACE, BEST, DEVIATION)                                                                           \
    {                                                                                                                  \
        .name = #NAME, .space = SPACE, .min_budget = 2, .max_budget = 50, .best = BEST, .loss = NAME##_loss,           \
        .truth = NAME##_truth, .data = &(const struct shape)                                                           \
        {                                                                                                              \
            .deviation = DEVIATION                                                                                     \
        }                                                                                                              \
    }

/* clang-format off */
static const struct task tasks[] = {
    HARTMANN("hartmann3", 3, &unit_3, -3.8627797869493365, 0.5, 0.1),
    HARTMANN("hartmann3-moderate", 3, &unit_3, -3.8627797869493365, 3, 3),
    HARTMANN("hartmann3-bad", 3, &unit_3, -3.8627797869493365, 3.5, 4),
    HARTMANN("hartmann3-terrible", 3, &unit_3, -3.8627797869493365, 4, 5),
    HARTMANN("hartmann6", 6, &unit_6, -3.322368011391339, 0.5, 0.1),
    HARTMANN("hartmann6-moderate", 6, &unit_6, -3.322368011391339, 3, 3),
    HARTMANN("hartmann6-bad", 6, &unit_6, -3.322368011391339, 3.5, 4),
    SMOOTH(branin, &branin_space, 0.39788735772973816, 0.22360679774997896),
    SMOOTH(currin, &unit_2, -13.798722044728434, 0.1),
    SMOOTH(borehole, &borehole_space, -309.5755876604079, 2),
    ONES("counting-ones-8", &ones_8_space, 8, 72, 11664),
    ONES("counting-ones-16", &ones_16_space, 16, 36, 5832),
    ONES("counting-ones-32", &ones_32_space, 32, 18, 2916),
};
/* clang-format on */

const struct task *task_at(size_t i)
{
    return i < sizeof tasks / sizeof *tasks ? &tasks[i] : NULL;
}

const struct task *task_find(const char *name)
{
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++)
        if (strcmp(tasks[i].name, name) == 0)
            return &tasks[i];
    return NULL;
}
