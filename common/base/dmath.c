#include "common/base/dmath.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "common/base/wide.h"

/* The argument reductions and polynomials of fdlibm (Sun Microsystems 1993), which state an error below 1 ulp. */

static const double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;

static double scale_by_power(double x, int k)
{
    uint64_t bits = (uint64_t)(1023 + k) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return x * power;
}

double dmath_exp(double x)
{
    if (isnan(x))
        return x;
    if (x > 709.782712893383973096)
        return INFINITY;
    if (x < -745.13321910194110842)
        return 0;
    int k = (int)(x * 1.44269504088896338700 + (x < 0 ? -0.5 : 0.5));
    double high = x - k * ln2_high, low = k * ln2_low, r = high - low, t = r * r;
    double c = r - t * (1.66666666666666019037e-01 +
                           t * (-2.77777777770155933842e-03 +
                                   t * (6.61375632143793436117e-05 +
                                           t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08))));
    double y = 1 - ((low - r * c / (2 - c)) - high);
    if (k > 1000)
        return scale_by_power(scale_by_power(y, k - 1000), 1000);
    return k < -1000 ? scale_by_power(scale_by_power(y, k + 1000), -1000) : scale_by_power(y, k);
}

double dmath_log(double x)
{
    if (isnan(x) || x < 0)
        return NAN;
    if (x == 0)
        return -INFINITY;
    if (isinf(x))
        return x;
    int k = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        k = -54;
    }
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    k += (int)(bits >> 52) - 1023;
    bits = (bits & 0x000fffffffffffffu) | 0x3ff0000000000000u;
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m > 1.41421356237309514547) {
        m /= 2;
        k++;
    }
    double f = m - 1, s = f / (2 + f), z = s * s, w = z * z, half = 0.5 * f * f;
    double t1 = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
    double t2 = z * (6.666666666666735130e-01 +
                        w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
    double r = t1 + t2;
    return k * ln2_high - ((half - (s * (half + r) + k * ln2_low)) - f);
}

static double ratio(const double *a, const double *b, double r)
{
    double num = a[7], den = b[7];
    for (int i = 6; i >= 0; i--) {
        num = num * r + a[i];
        den = den * r + b[i];
    }
    return num / den;
}

double dmath_ndtri(double p)
{
    static const double a[8] = { 3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
        1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4, 3.3430575583588128105e+4,
        2.5090809287301226727e+3 };
    static const double b[8] = { 1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
        2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4, 5.2264952788528545610e+3 };
    static const double c[8] = { 1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
        3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2,
        7.74545014278341407640e-4 };
    static const double d[8] = { 1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
        1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9 };
    static const double e[8] = { 6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
        2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5,
        2.01033439929228813265e-7 };
    static const double f[8] = { 1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
        7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15 };
    double q = p - 0.5;
    if (q >= -0.425 && q <= 0.425)
        return q * ratio(a, b, 0.180625 - q * q);
    double r = sqrt(-dmath_log(q < 0 ? p : 1 - p));
    double value = r <= 5 ? ratio(c, d, r - 1.6) : ratio(e, f, r - 5);
    return q < 0 ? -value : value;
}

static double polynomial(const double *a, int n, double x)
{
    double y = a[n - 1];
    for (int i = n - 2; i >= 0; i--)
        y = y * x + a[i];
    return y;
}

/* erfc of x >= 1.25: exp(-x^2) taken apart so that the rounding of x^2 does not grow. */
static double erfc_tail(double x)
{
    static const double ra[8] = { -9.86494403484714822705e-03, -6.93858572707181764372e-01, -1.05586262253232909814e+01,
        -6.23753324503260060396e+01, -1.62396669462573470355e+02, -1.84605092906711035994e+02,
        -8.12874355063065934246e+01, -9.81432934416914548592e+00 };
    static const double sa[9] = { 1.0, 1.96512716674392571292e+01, 1.37657754143519042600e+02,
        4.34565877475229228821e+02, 6.45387271733267880336e+02, 4.29008140027567833386e+02, 1.08635005541779435134e+02,
        6.57024977031928170135e+00, -6.04244152148580987438e-02 };
    static const double rb[7] = { -9.86494292470009928597e-03, -7.99283237680523006574e-01, -1.77579549177547519889e+01,
        -1.60636384855821916062e+02, -6.37566443368389627722e+02, -1.02509513161107724954e+03,
        -4.83519191608651397019e+02 };
    static const double sb[8] = { 1.0, 3.03380607434824582924e+01, 3.25792512996573918826e+02,
        1.53672958608443695994e+03, 3.19985821950859553908e+03, 2.55305040643316442583e+03, 4.74528541206955367215e+02,
        -2.24409524465858183362e+01 };
    double s = 1 / (x * x);
    double fraction =
        x < 1 / 0.35 ? polynomial(ra, 8, s) / polynomial(sa, 9, s) : polynomial(rb, 7, s) / polynomial(sb, 8, s);
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits &= 0xffffffff00000000u;
    double z;
    memcpy(&z, &bits, sizeof z);
    return dmath_exp(-z * z - 0.5625) * dmath_exp((z - x) * (z + x) + fraction) / x;
}

double dmath_erfc(double x)
{
    static const double pp[5] = { 1.28379167095512558561e-01, -3.25042107247001499370e-01, -2.84817495755985104766e-02,
        -5.77027029648944159157e-03, -2.37630166566501626084e-05 };
    static const double qq[6] = { 1.0, 3.97917223959155352819e-01, 6.50222499887672944485e-02,
        5.08130628187576562776e-03, 1.32494738004321644526e-04, -3.96022827877536812320e-06 };
    static const double pa[7] = { -2.36211856075265944077e-03, 4.14856118683748331666e-01, -3.72207876035701323847e-01,
        3.18346619901161753674e-01, -1.10894694282396677476e-01, 3.54783043256182359371e-02,
        -2.16637559486879084300e-03 };
    static const double qa[7] = { 1.0, 1.06420880400844228286e-01, 5.40397917702171048937e-01,
        7.18286544141962662868e-02, 1.26171219808761642112e-01, 1.36370839120290507362e-02,
        1.19844998467991074170e-02 };
    static const double erf_1 = 8.45062911510467529297e-01;
    if (isnan(x))
        return x;
    double a = fabs(x);
    if (a < 0.84375) {
        double z = x * x, y = polynomial(pp, 5, z) / polynomial(qq, 6, z);
        return x < 0.25 ? 1 - (x + x * y) : 0.5 - (x - 0.5 + x * y);
    }
    if (a < 1.25) {
        double y = polynomial(pa, 7, a - 1) / polynomial(qa, 7, a - 1);
        return x > 0 ? 1 - erf_1 - y : 1 + (erf_1 + y);
    }
    double tail = a < 28 ? erfc_tail(a) : 0;
    return x > 0 ? tail : 2 - tail;
}

double dmath_ndtr(double x)
{
    return 0.5 * dmath_erfc(x * -0.70710678118654752440);
}

double dmath_log_ndtr(double x)
{
    if (x > 6)
        return -dmath_ndtr(-x);
    if (x > -20)
        return dmath_log(dmath_ndtr(x));
    /* The asymptotic series of Mills' ratio: 1 - 1/x^2 + 3/x^4 - 15/x^6 ...; ten terms are exact to rounding at -20. */
    double sum = 1, term = 1, square = x * x;
    for (int k = 1; k <= 10; k++) {
        term *= -(2 * k - 1) / square;
        sum += term;
    }
    return -0.5 * square - dmath_log(-x) - 0.91893853320467274178 + dmath_log(sum);
}

double dmath_truncated_normal(double u, double mean, double sd)
{
    double below = dmath_ndtr(-mean / sd), above = dmath_ndtr((mean - 1) / sd), inside = 1 - below - above;
    double p = below + u * inside, q = above + (1 - u) * inside;
    double z = p < 0.5 ? dmath_ndtri(fmax(p, 1e-300)) : -dmath_ndtri(fmax(q, 1e-300));
    return fmin(fmax(mean + sd * z, 0), 1);
}

/* exp(-45) is below the rounding of a sum that has a 1 in it. */
static const double negligible = 45;

/* exp for -708 <= x <= 0 without a branch, so that a loop over it uses vectors: the Taylor polynomial of degree 12 on
 * [-log(2)/2, log(2)/2], good to 2 ulp. */
static inline double exp_in_loop(double x)
{
    static const double shifter = 0x1.8p52;
    double shifted = x * 1.44269504088896338700 + shifter, k = shifted - shifter;
    double r = x - k * ln2_high - k * ln2_low;
    double r2 = r * r, r4 = r2 * r2; /* Estrin's order: short chains */
    double low = ((1 / 24.0 + r * (1 / 120.0)) + r2 * (1 / 720.0 + r * (1 / 5040.0)));
    double high = ((1 / 40320.0 + r * (1 / 362880.0)) + r2 * (1 / 3628800.0 + r * (1 / 39916800.0)));
    double y = (1 + r) + (r2 * (0.5 + r * (1 / 6.0)) + r4 * (low + r4 * (high + r4 * (1 / 479001600.0))));
    uint64_t power, bits;
    memcpy(&power, &shifted, sizeof power);
    memcpy(&bits, &y, sizeof bits);
    bits += power << 52;
    memcpy(&y, &bits, sizeof y);
    return y;
}

static inline double greatest_of_8(const double *x)
{
    double a = x[0] > x[1] ? x[0] : x[1], b = x[2] > x[3] ? x[2] : x[3];
    double c = x[4] > x[5] ? x[4] : x[5], d = x[6] > x[7] ? x[6] : x[7];
    a = a > b ? a : b;
    c = c > d ? c : d;
    return a > c ? a : c;
}

enum { SUM_BLOCK = 512 };

/* Adds the exponentials of n <= SUM_BLOCK numbers to eight sums, whatever the width of the machine's vectors, so that
 * the order of summation is always the same. */
WIDE_VECTORS
static void sum_exps(const double *x, size_t n, double greatest, double sums[8])
{
    uint32_t kept[SUM_BLOCK / 8],
        n_kept = 0; /* groups of eight that are not negligible: the loop over them does not guess */
    for (size_t i = 0; i + 8 <= n; i += 8) {
        kept[n_kept] = (uint32_t)i;
        n_kept += greatest_of_8(x + i) >= greatest - negligible;
    }
    for (size_t k = 0; k < n_kept; k++)
        for (int lane = 0; lane < 8; lane++) {
            double below = x[kept[k] + (size_t)lane] - greatest;
            sums[lane] += exp_in_loop(below > -700 ? below : -700);
        }
    for (size_t i = n / 8 * 8; i < n; i++) {
        double below = x[i] - greatest;
        sums[i % 8] += exp_in_loop(below > -700 ? below : -700);
    }
}

WIDE_VECTORS
static double greatest_of(const double *x, size_t n)
{
    double lanes[8];
    for (int lane = 0; lane < 8; lane++)
        lanes[lane] = -INFINITY;
    for (size_t i = 0; i + 8 <= n; i += 8)
        for (int lane = 0; lane < 8; lane++)
            lanes[lane] = x[i + (size_t)lane] > lanes[lane] ? x[i + (size_t)lane] : lanes[lane];
    for (size_t i = n / 8 * 8; i < n; i++)
        lanes[i % 8] = x[i] > lanes[i % 8] ? x[i] : lanes[i % 8];
    return greatest_of_8(lanes);
}

void dmath_log_sum_add(struct dmath_log_sum *s, const double *x, size_t n)
{
    double greatest = greatest_of(x, n);
    if (!isfinite(greatest))
        return;
    if (s->sum == 0 || greatest > s->greatest) {
        s->sum *= s->sum > 0 ? dmath_exp(s->greatest - greatest) : 0;
        s->greatest = greatest;
    }
    if (greatest < s->greatest - negligible)
        return;
    double sums[8] = { 0 };
    for (size_t i = 0; i < n; i += SUM_BLOCK)
        sum_exps(x + i, n - i < SUM_BLOCK ? n - i : SUM_BLOCK, s->greatest, sums);
    s->sum += ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

double dmath_log_sum(const struct dmath_log_sum *s)
{
    return s->sum > 0 ? s->greatest + dmath_log(s->sum) : -INFINITY;
}

double dmath_log_sum_exp(const double *x, size_t n)
{
    struct dmath_log_sum s = { 0 };
    dmath_log_sum_add(&s, x, n);
    return dmath_log_sum(&s);
}
