#include "common/domain/space.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/dmath.h"
#include "common/base/mem.h"

void space_deinit(struct space *s)
{
    if (!s)
        return;
    for (int i = 0; i < s->n_params; i++) {
        struct param *p = &s->params[i];
        for (int k = 0; k < p->n_choices && p->choices; k++)
            free(p->choices[k].text);
        free(p->choices);
        free(p->when);
    }
    free(s->params);
    *s = (struct space){ 0 };
}

static struct choice *copy_choices(const struct param *p)
{
    if (!p->choices)
        return NULL;
    struct choice *choices = mem_alloc((size_t)p->n_choices * sizeof *choices);
    for (int k = 0; k < p->n_choices; k++) {
        choices[k] = p->choices[k];
        choices[k].text = p->choices[k].text ? mem_strdup(p->choices[k].text) : NULL;
    }
    return choices;
}

void space_copy(struct space *out, const struct space *s)
{
    *out = (struct space){ s->n_params, mem_zalloc((size_t)s->n_params, sizeof *out->params) };
    for (int i = 0; i < s->n_params; i++) {
        out->params[i] = s->params[i];
        out->params[i].choices = copy_choices(&s->params[i]);
        out->params[i].when = s->params[i].when ? mem_strdup(s->params[i].when) : NULL;
    }
}

int space_find(const struct space *s, const char *name)
{
    for (int i = 0; i < s->n_params; i++)
        if (strcmp(s->params[i].name, name) == 0)
            return i;
    return -1;
}

double param_cardinality(const struct param *p)
{
    if (p->type == PARAM_CATEGORICAL)
        return p->n_choices;
    if (p->step == 0)
        return p->low == p->high ? 1 : INFINITY;
    return floor((p->high - p->low) / p->step + 1e-9) + 1;
}

double param_value(const struct param *p, uint64_t k)
{
    assert((double)k < param_cardinality(p));
    return p->type == PARAM_CATEGORICAL ? (double)k : p->low + (double)k * p->step;
}

double param_snap(const struct param *p, double value)
{
    if (isnan(value))
        return value;
    if (p->type == PARAM_CATEGORICAL)
        return fmin(fmax(floor(value + 0.5), 0), p->n_choices - 1);
    value = fmin(fmax(value, p->low), p->high);
    if (p->step == 0)
        return value;
    double k = floor((value - p->low) / p->step + 0.5);
    return param_value(p, (uint64_t)fmin(k, param_cardinality(p) - 1));
}

/* The ends of the unit interval, in the value's own or logarithmic scale. */
static void unit_range(const struct param *p, double *from, double *to)
{
    double last = p->step > 0 ? param_value(p, (uint64_t)param_cardinality(p) - 1) : p->high;
    *from = p->low - p->step / 2;
    *to = last + p->step / 2;
    if (p->is_log) {
        *from = dmath_log(*from);
        *to = dmath_log(*to);
    }
}

double param_to_unit(const struct param *p, double value)
{
    double from, to;
    assert(p->type != PARAM_CATEGORICAL);
    unit_range(p, &from, &to);
    if (to <= from)
        return 0.5;
    double unit = ((p->is_log ? dmath_log(value) : value) - from) / (to - from);
    return fmin(fmax(unit, 0), 1);
}

double param_from_unit(const struct param *p, double unit)
{
    double from, to;
    assert(p->type != PARAM_CATEGORICAL);
    unit_range(p, &from, &to);
    double value = from + unit * (to - from);
    return param_snap(p, p->is_log ? dmath_exp(value) : value);
}

double param_sample(const struct param *p, struct rng *r)
{
    if (p->type == PARAM_CATEGORICAL)
        return (double)rng_below(r, (uint64_t)p->n_choices);
    return param_from_unit(p, rng_double(r));
}

bool config_equal(const struct space *s, const double *a, const double *b)
{
    for (int i = 0; i < s->n_params; i++)
        if (a[i] != b[i] && !(isnan(a[i]) && isnan(b[i])))
            return false;
    return true;
}

uint64_t config_hash(const struct space *s, const double *x)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (int i = 0; i < s->n_params; i++) {
        double value = isnan(x[i]) ? 0x1p1000 : x[i] + 0.0; /* one NaN, one zero */
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        h = (h ^ bits) * 0x9e3779b97f4a7c15u;
        h ^= h >> 29;
    }
    return h;
}

bool rules_resolve(const struct rules *rules, double *x)
{
    return !rules || !rules->resolve || rules->resolve(rules->context, x);
}

bool name_is_valid(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789.-";
    size_t len = strlen(name), n_first = strcspn(letters, "0");
    return len > 0 && len <= LIMIT_NAME && memchr(letters, *name, n_first) && strspn(name, letters) == len;
}
