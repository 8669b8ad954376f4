#include "coordinator/simulate/functions.h"

#include <math.h>

#include "common/base/dmath.h"

/* clang-format off */
static const double weights[4] = { 1.0, 1.2, 3.0, 3.2 };
static const double widths_3[4][3] = { { 3, 10, 30 }, { 0.1, 10, 35 }, { 3, 10, 30 }, { 0.1, 10, 35 } };
static const double centres_3[4][3] = {
    { 0.3689, 0.1170, 0.2673 }, { 0.4699, 0.4387, 0.7470 }, { 0.1091, 0.8732, 0.5547 }, { 0.0381, 0.5743, 0.8828 } };
static const double widths_6[4][6] = {
    { 10, 3, 17, 3.5, 1.7, 8 }, { 0.05, 10, 17, 0.1, 8, 14 }, { 3, 3.5, 1.7, 10, 17, 8 }, { 17, 8, 0.05, 10, 0.1, 14 } };
static const double centres_6[4][6] = {
    { 0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886 }, { 0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991 },
    { 0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650 }, { 0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381 } };
/* clang-format on */

double function_hartmann(int d, const double *x, double bias)
{
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        const double *width = d == 3 ? widths_3[i] : widths_6[i], *centre = d == 3 ? centres_3[i] : centres_6[i];
        double distance = 0;
        for (int j = 0; j < d; j++)
            distance += width[j] * (x[j] - centre[j]) * (x[j] - centre[j]);
        sum += (weights[i] - bias) * dmath_exp(-distance);
    }
    return -sum;
}

double function_branin(const double *x, double z)
{
    const double pi = 3.14159265358979323846;
    double b = 5.1 / (4 * pi * pi) - 0.01 * (1 - z), c = 5 / pi - 0.1 * (1 - z), t = 1 / (8 * pi) + 0.005 * (1 - z);
    double bow = x[1] - b * x[0] * x[0] + c * x[0] - 6;
    return bow * bow + 10 * (1 - t) * cos(x[0]) + 10;
}

static double currin(double a, double b)
{
    double fall = b > 0 ? dmath_exp(-1 / (2 * b)) : 0;
    double top = ((2300 * a + 1900) * a + 2092) * a + 60, bottom = ((100 * a + 500) * a + 4) * a + 20;
    return (1 - fall) * top / bottom;
}

double function_currin(const double *x, double z)
{
    double high = currin(x[0], x[1]);
    if (z >= 1)
        return high;
    double below = fmax(0, x[1] - 0.05), above = x[1] + 0.05, left = x[0] - 0.05, right = x[0] + 0.05;
    double low = (currin(right, above) + currin(right, below) + currin(left, above) + currin(left, below)) / 4;
    return z * high + (1 - z) * low;
}

static double borehole(const double *x, double factor, double offset)
{
    double spread = dmath_log(x[1] / x[0]);
    double bottom = spread * (offset + 2 * x[6] * x[2] / (spread * x[0] * x[0] * x[7]) + x[2] / x[4]);
    return factor * x[2] * (x[3] - x[5]) / bottom;
}

double function_borehole(const double *x, double z)
{
    const double two_pi = 6.28318530717958647693;
    double high = borehole(x, two_pi, 1);
    return z >= 1 ? high : z * high + (1 - z) * borehole(x, 5, 1.5);
}

double function_counting_ones(int n_binary, int n_real, const double *x, int64_t n_draws, struct rng *r)
{
    double sum = 0;
    for (int j = 0; j < n_binary; j++)
        sum += x[j];
    for (int j = n_binary; j < n_binary + n_real; j++) {
        int64_t n_ones = 0;
        for (int64_t i = 0; i < n_draws; i++)
            n_ones += rng_double(r) < x[j];
        sum += (double)n_ones / (double)n_draws;
    }
    return -sum;
}
