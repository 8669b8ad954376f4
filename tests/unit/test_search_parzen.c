/* Parzen estimators against the values of Optuna and of Watanabe's reference. */
#include <stdlib.h>

#include "common/base/dmath.h"
#include "coordinator/search/parzen.h"
#include "tests/tap.h"

enum { MAX_POINTS = 8 };

static const struct param unit_float = { .type = PARAM_FLOAT, .low = 0, .high = 1 };
static const struct param log_float = { .type = PARAM_FLOAT, .low = 1e-5, .high = 1e-1, .is_log = true };
static const struct param one_to_five = { .type = PARAM_INT, .low = 1, .high = 5, .step = 1 };
static const struct param log_int = { .type = PARAM_INT, .low = 16, .high = 512, .step = 1, .is_log = true };
static const struct param three = { .type = PARAM_CATEGORICAL, .n_choices = 3 };

static void fit_values(struct parzen *p, struct axis *axes, const struct param *const *params, int n_params,
    const double *values, size_t n_rows, const double *weights, enum parzen_rule rule)
{
    double rows[MAX_POINTS * 4];
    for (int j = 0; j < n_params; j++)
        axis_init(&axes[j], params[j], 1000);
    for (size_t i = 0; i < n_rows; i++)
        for (int j = 0; j < n_params; j++)
            rows[(size_t)j * n_rows + i] = axis_encode(&axes[j], values[i * (size_t)n_params + (size_t)j]);
    struct parzen_rows data = { .n = n_rows, .stride = n_rows, .u = rows, .weights = weights };
    parzen_fit(p, axes, n_params, &data, rule);
}

static double parzen_log_density(struct parzen *p, const double *u)
{
    double out;
    parzen_log_densities(p, u, 1, &out);
    return out;
}

/* log p in the parameter's own (or logarithmic) scale, where the published values are. */
static double log_density_at(struct parzen *p, const struct axis *axes, const double *values)
{
    double u[4], shift = 0;
    for (int j = 0; j < p->n_axes; j++) {
        u[j] = axis_encode(&axes[j], values[j]);
        const struct param *q = axes[j].param;
        if (axes[j].kind == AXIS_REAL)
            shift += dmath_log(q->is_log ? dmath_log(q->high / q->low) : q->high - q->low);
    }
    return parzen_log_density(p, u) - shift;
}

static const struct {
    const char *name;
    const struct param *param;
    enum parzen_rule rule;
    size_t n;
    double values[MAX_POINTS], weights[MAX_POINTS], sigma[MAX_POINTS]; /* sigma on the unit interval times `range` */
    double range;
    int n_at;
    double at[5], log_p[5];
} goldens[] = {
    // clang-format off
    { "float", &unit_float, PARZEN_OPTUNA, 3, { .2, .5, .9 }, { 0 }, { .3, .4, .4, 1 }, 1,
      3, { 0, .3, .95 }, { -0.2660824971532776, 0.09093257995532933, -0.16871026094972486 } },
    { "log float", &log_float, PARZEN_OPTUNA, 3, { 1e-4, 1e-3, 5e-2 }, { 0 },
      { 2.302585092994045, 3.912023005428146, 3.912023005428146, 9.210340371976184 }, 9.210340371976184,
      3, { 1e-5, 1e-3, 1e-1 }, { -2.5603311672625595, -2.1128408587028225, -2.4365746015645895 } },
    { "int", &one_to_five, PARZEN_OPTUNA, 4, { 1, 2, 2, 5 }, { 0 }, { 1, 1, 3, 3, 5 }, 5,
      5, { 1, 2, 3, 4, 5 },
      { -1.3207271789196247, -1.3035930579415544, -1.622210954853418, -1.9452182133836886, -2.1112468702473866 } },
    { "log int", &log_int, PARZEN_OPTUNA, 3, { 16, 64, 512 }, { 0 }, { 0 }, 0,
      3, { 16, 100, 512 }, { -3.976131050533736, -5.840722815699522, -7.722656970934128 } },
    { "choices", &three, PARZEN_OPTUNA, 4, { 0, 2, 2, 1 }, { 0 }, { 0 }, 0,
      3, { 0, 1, 2 }, { -1.2321436812926323, -1.2321436812926323, -0.8754687373539 } },
    { "watanabe", &unit_float, PARZEN_WATANABE, 3, { .2, .5, .9 }, { 0 }, { .3, .3, .4, 1 }, 1,
      3, { 0, .3, .95 }, { -0.337859727861216, 0.10484945766824971, -0.2279159025958747 } },
    { "watanabe, weighted", &unit_float, PARZEN_WATANABE, 3, { .2, .5, .9 }, { .5, .2, .1 }, { .3, .3, .4, 1 }, 1,
      3, { 0, .3, .95 }, { -0.017700088332064767, 0.2781720113459959, -0.6541260562437208 } },
    // clang-format on
};

TEST(one_parameter_has_the_published_density)
{
    for (size_t g = 0; g < sizeof goldens / sizeof *goldens; g++) {
        struct axis axis;
        struct parzen p = { 0 };
        fit_values(&p, &axis, &goldens[g].param, 1, goldens[g].values, goldens[g].n,
            goldens[g].weights[0] > 0 ? goldens[g].weights : NULL, goldens[g].rule);
        for (size_t i = 0; i <= goldens[g].n && goldens[g].range > 0; i++)
            CHECK_NEAR(p.on[0].sigma[i] * goldens[g].range, goldens[g].sigma[i], 1e-12);
        for (int i = 0; i < goldens[g].n_at; i++) {
            double got = log_density_at(&p, &axis, &goldens[g].at[i]);
            if (!(fabs(got - goldens[g].log_p[i]) < 1e-10))
                TAP_FAIL("%s at %g: %.17g", goldens[g].name, goldens[g].at[i], got);
        }
        parzen_deinit(&p);
    }
}

static const struct param *const joint_params[] = { &log_float, &one_to_five, &three };
static const double joint_rows[] = { 1e-4, 1, 0, 1e-3, 2, 2, 5e-2, 2, 2, 2e-3, 5, 1 };

TEST(a_kernel_is_joint_over_all_parameters)
{
    struct axis axes[3];
    struct parzen p = { 0 };
    fit_values(&p, axes, joint_params, 3, joint_rows, 4, NULL, PARZEN_OPTUNA);
    CHECK_NEAR(log_density_at(&p, axes, (double[]){ 1e-3, 2, 2 }), -4.0206844362283745, 1e-10);
    CHECK_NEAR(log_density_at(&p, axes, (double[]){ 1e-2, 4, 0 }), -5.6836994758054455, 1e-10);
    parzen_deinit(&p);
}

/* The integral over the float's axis, summed over the int and the choices, by the midpoint rule. */
static double integrate(struct parzen *p, const struct axis *axes)
{
    double sum = 0;
    enum { STEPS = 2000 };
    for (int i = 0; i < STEPS; i++)
        for (int v = 1; v <= 5; v++)
            for (int c = 0; c < 3; c++) {
                double u[3] = { (i + 0.5) / STEPS, axis_encode(&axes[1], v), c };
                sum += dmath_exp(parzen_log_density(p, u)) / STEPS;
            }
    return sum;
}

TEST(a_density_integrates_to_one_also_with_absent_values)
{
    static const double rows[] = { 1e-4, NAN, 0, 1e-3, 2, NAN, NAN, 2, 2, 1e-5, 5, 1 };
    struct axis axes[3];
    struct parzen p = { 0 };
    fit_values(&p, axes, joint_params, 3, joint_rows, 4, NULL, PARZEN_WATANABE);
    CHECK_NEAR(integrate(&p, axes), 1, 1e-5);
    fit_values(&p, axes, joint_params, 3, rows, 4, (double[]){ 4, 3, 2, 1 }, PARZEN_WATANABE);
    CHECK_NEAR(integrate(&p, axes), 1, 1e-5);
    fit_values(&p, axes, joint_params, 3, rows, 0, NULL, PARZEN_WATANABE);
    CHECK_NEAR(integrate(&p, axes), 1, 1e-5);
    parzen_deinit(&p);
}

TEST(a_point_without_a_parameter_is_judged_by_the_others)
{
    struct axis axes[3];
    struct parzen p = { 0 };
    fit_values(&p, axes, joint_params, 3, joint_rows, 4, NULL, PARZEN_WATANABE);
    double sum = 0, without[3] = { axis_encode(&axes[0], 3e-4), NAN, 1 };
    for (int v = 1; v <= 5; v++) {
        double with[3] = { without[0], axis_encode(&axes[1], v), 1 };
        sum += dmath_exp(parzen_log_density(&p, with));
    }
    CHECK_NEAR(dmath_exp(parzen_log_density(&p, without)), sum, 1e-9);
    parzen_deinit(&p);
}

TEST(draws_follow_the_density)
{
    /* Chi-squared over 5 ints x 3 choices x 4 quarters of the float: 60 bins, the 99.99 % point of 59 degrees is 108.
     */
    enum { DRAWS = 60000, STEPS = 400 };
    static double expected[60], seen[60];
    struct axis axes[3];
    struct parzen p = { 0 };
    struct rng r;
    rng_derive(&r, 3, 0, RNG_TEST, 0);
    fit_values(&p, axes, joint_params, 3, joint_rows, 4, (double[]){ 4, 3, 2, 1 }, PARZEN_WATANABE);
    for (int bin = 0; bin < 60; bin++)
        for (int i = 0; i < STEPS; i++) {
            double u[3] = { (bin / 15 + (i + 0.5) / STEPS) / 4, axis_encode(&axes[1], bin % 5 + 1), bin / 5 % 3 };
            expected[bin] += dmath_exp(parzen_log_density(&p, u)) / STEPS / 4 * DRAWS;
        }
    for (int i = 0; i < DRAWS; i++) {
        double u[3];
        parzen_draw(&p, &r, u);
        seen[(int)fmin(u[0] * 4, 3) * 15 + (int)u[2] * 5 + (int)axis_decode(&axes[1], u[1]) - 1]++;
    }
    double chi_squared = 0;
    for (int bin = 0; bin < 60; bin++)
        chi_squared += (seen[bin] - expected[bin]) * (seen[bin] - expected[bin]) / expected[bin];
    CHECK(chi_squared < 108);
    parzen_deinit(&p);
}

TEST(the_narrowest_kernels_are_finite_everywhere)
{
    double rows[300];
    struct axis axes[2];
    struct parzen p = { 0 };
    axis_init(&axes[0], &unit_float, 64);
    axis_init(&axes[1], &one_to_five, 64);
    for (int i = 0; i < 150; i++) {
        rows[i] = 0;
        rows[150 + i] = axis_encode(&axes[1], 1);
    }
    parzen_fit(&p, axes, 2, &(struct parzen_rows){ .n = 150, .stride = 150, .u = rows }, PARZEN_WATANABE);
    for (int v = 1; v <= 5; v++)
        for (double x = 0; x <= 1; x += 0.125)
            CHECK(isfinite(parzen_log_density(&p, (double[]){ x, axis_encode(&axes[1], v) })));
    parzen_deinit(&p);
}

/* Many kernels on every kind of axis, some without a number, gathered around a point as an optimiser does. */
enum { MANY = 1500, N_AXES = 5 };

static const struct param four_ordered = { .type = PARAM_CATEGORICAL, .n_choices = 4, .is_ordered = true };
static const struct param *const all_kinds[N_AXES] = { &one_to_five, &unit_float, &three, &log_float, &four_ordered };

static void draw_many(const struct axis *axes, double *rows, double spread, struct rng *r)
{
    for (int i = 0; i < MANY; i++)
        for (int j = 0; j < N_AXES; j++) {
            double u = 0.4 + spread * rng_normal(r);
            if (j == 1 && spread == 0.2)
                u = (i + 0.5) / MANY; /* in order, so that blocks are far from most points */
            double x =
                axes[j].kind == AXIS_CHOICE ? (double)rng_below(r, 3) : axis_decode(&axes[j], fmin(fmax(u, 0), 1));
            rows[j * MANY + i] = rng_below(r, 10) == 0 ? NAN : axis_encode(&axes[j], x);
        }
}

/* The same density, kernel by kernel from mu and sigma, nothing kept and nothing passed over. */
static double naive_log_density(const struct parzen *p, const double *u)
{
    long double sum = 0;
    for (size_t i = 0; i < p->n; i++) {
        double term = p->log_weight[i], from, to;
        for (int j = 0; j < p->n_axes; j++) {
            const struct parzen_axis *a = &p->on[j];
            double mu = a->mu[i], sigma = a->sigma[i], z = (u[j] - mu) / sigma;
            if (isnan(u[j]))
                continue;
            if (p->axes[j].kind == AXIS_CHOICE) {
                term += mu < 0 ? a->log_flat : mu == u[j] ? a->log_hit : a->log_miss;
            } else if (p->axes[j].kind == AXIS_CELLS) {
                axis_cell(&p->axes[j], u[j], &from, &to);
                term += parzen_log_mass(mu, sigma, from, to) - parzen_log_inside(mu, sigma);
            } else {
                term -= 0.5 * z * z + log(sigma) + 0.91893853320467274178 + parzen_log_inside(mu, sigma);
            }
        }
        sum += expl(term);
    }
    return (double)logl(sum);
}

TEST(the_fast_sum_is_the_naive_one)
{
    static double rows[N_AXES * MANY], points[PARZEN_POINTS * N_AXES];
    struct axis axes[N_AXES];
    struct rng r;
    rng_derive(&r, 9, 0, RNG_TEST, 0);
    for (int j = 0; j < N_AXES; j++)
        axis_init(&axes[j], all_kinds[j], 64);
    for (int round = 0; round < 6; round++) {
        struct parzen p = { 0 };
        double got[PARZEN_POINTS];
        draw_many(axes, rows, round % 3 == 0 ? 0.02 : round % 3 == 1 ? 0.2 : 2, &r);
        size_t n = round < 3 ? MANY : (size_t)(round * 59); /* other remainders of blocks and of vectors */
        parzen_fit(&p, axes, N_AXES, &(struct parzen_rows){ .n = n, .stride = MANY, .u = rows }, PARZEN_WATANABE);
        for (int i = 0; i < PARZEN_POINTS; i++)
            for (int j = 0; j < N_AXES; j++)
                points[i * N_AXES + j] = i % 2 == 0 ? rows[j * MANY + (i + j) * 17 % MANY]
                                                    : axis_encode(&axes[j], param_sample(all_kinds[j], &r));
        parzen_log_densities(&p, points, PARZEN_POINTS, got);
        for (int i = 0; i < PARZEN_POINTS; i++)
            CHECK_NEAR(got[i], naive_log_density(&p, points + i * N_AXES), 1e-11);
        parzen_deinit(&p);
    }
}

TEST(kernels_that_are_passed_over_would_not_have_counted)
{
    static double rows[MANY];
    struct axis axis;
    struct parzen p = { 0 };
    axis_init(&axis, &unit_float, 64);
    for (int i = 0; i < MANY; i++)
        rows[i] = 0.4 * i / MANY;
    parzen_fit(&p, &axis, 1, &(struct parzen_rows){ .n = MANY, .stride = MANY, .u = rows }, PARZEN_WATANABE);
    for (double u = 0; u <= 1; u += 1.0 / 64)
        CHECK_NEAR(parzen_log_density(&p, &u), naive_log_density(&p, &u), 1e-12);
    parzen_deinit(&p);
}

static int ascending(const void *left, const void *right)
{
    const struct parzen_place *a = left, *b = right;
    return a->u != b->u ? (a->u > b->u) - (a->u < b->u) : (a->row > b->row) - (a->row < b->row);
}

TEST(what_is_known_beforehand_changes_nothing)
{
    static double rows[N_AXES * MANY], extra[N_AXES * MANY];
    static struct parzen_place places[N_AXES * MANY];
    uint32_t n_places[N_AXES] = { 0 };
    struct axis axes[N_AXES];
    struct parzen p = { 0 }, q = { 0 };
    struct rng r;
    rng_derive(&r, 10, 0, RNG_TEST, 0);
    for (int j = 0; j < N_AXES; j++)
        axis_init(&axes[j], all_kinds[j], 64);
    draw_many(axes, rows, 0.2, &r);
    for (int j = 0; j < N_AXES; j++) {
        for (uint32_t i = 0; i < MANY; i++) {
            extra[j * MANY + (int)i] = parzen_extra(&axes[j], rows[j * MANY + (int)i]);
            if (axes[j].kind != AXIS_CHOICE && !isnan(rows[j * MANY + (int)i]))
                places[j * MANY + (int)n_places[j]++] = (struct parzen_place){ rows[j * MANY + (int)i], i };
        }
        qsort(places + j * MANY, n_places[j], sizeof *places, ascending);
    }
    struct parzen_rows data = { .n = MANY, .stride = MANY, .u = rows };
    parzen_fit(&p, axes, N_AXES, &data, PARZEN_WATANABE);
    data.extra = extra;
    data.places = places;
    data.n_places = n_places;
    parzen_fit(&q, axes, N_AXES, &data, PARZEN_WATANABE);
    for (int j = 0; j < N_AXES; j++)
        for (size_t i = 0; i < p.n; i++) {
            CHECK(p.on[j].mu[i] == q.on[j].mu[i]);
            if (axes[j].kind != AXIS_CHOICE)
                CHECK(p.on[j].sigma[i] == q.on[j].sigma[i]);
            if (axes[j].kind == AXIS_REAL)
                CHECK(p.base[i] == q.base[i] && p.on[j].scale[i] == q.on[j].scale[i]);
            if (axes[j].kind == AXIS_CELLS)
                CHECK(p.on[j].code[i] == q.on[j].code[i]);
        }
    parzen_deinit(&p);
    parzen_deinit(&q);
}

TEST(the_base_of_a_logarithm_does_not_matter)
{
    /* The same range in another unit: 1e-5 .. 1e-1 or 1 .. 10000. */
    static const struct param other = { .type = PARAM_FLOAT, .low = 1, .high = 1e4, .is_log = true };
    struct axis a, b;
    struct parzen p = { 0 }, q = { 0 };
    const struct param *first = &log_float, *second = &other;
    fit_values(&p, &a, &first, 1, (double[]){ 1e-4, 1e-3, 5e-2 }, 3, NULL, PARZEN_WATANABE);
    fit_values(&q, &b, &second, 1, (double[]){ 10, 100, 5000 }, 3, NULL, PARZEN_WATANABE);
    CHECK_NEAR(parzen_log_density(&p, &(double){ axis_encode(&a, 2e-3) }),
        parzen_log_density(&q, &(double){ axis_encode(&b, 200) }), 1e-12);
    parzen_deinit(&p);
    parzen_deinit(&q);
}

TAP_MAIN
