/* PED-ANOVA against what Optuna 5.0 says of the same trials (golden/make_importance.py), and at its edges. */
#include <stdlib.h>

#include "common/base/mem.h"
#include "coordinator/search/importance.h"
#include "tests/tap.h"

#define GOLDEN "tests/unit/golden/importance.txt"
#define MAX_PARAMS 8

struct study {
    char name[32];
    struct param params[MAX_PARAMS];
    struct space space;
    double wanted[MAX_PARAMS];
    double *x, *loss; /* owned */
    size_t n;
};

static double read_number(FILE *f)
{
    char word[64];
    CHECK_INT(fscanf(f, "%63s", word), 1);
    return strcmp(word, "-") == 0 ? NAN : strtod(word, NULL);
}

static void read_param(FILE *f, struct param *p, double *wanted)
{
    char kind[16];
    int is_log;
    CHECK_INT(fscanf(f, "%15s", kind), 1);
    double low = read_number(f), high = read_number(f), step = read_number(f);
    CHECK_INT(fscanf(f, "%d", &is_log), 1);
    *wanted = read_number(f);
    if (strcmp(kind, "categorical") == 0)
        *p = (struct param){ .type = PARAM_CATEGORICAL, .n_choices = (int)low };
    else
        *p = (struct param){
            .type = *kind == 'i' ? PARAM_INT : PARAM_FLOAT, .low = low, .high = high, .step = step, .is_log = is_log
        };
}

/* False behind the last one. */
static bool read_study(FILE *f, struct study *s)
{
    int n_params;
    *s = (struct study){ 0 };
    if (fscanf(f, " study %31s %d %zu", s->name, &n_params, &s->n) != 3)
        return false;
    CHECK(n_params <= MAX_PARAMS);
    s->space = (struct space){ n_params, s->params };
    for (int i = 0; i < n_params; i++)
        read_param(f, &s->params[i], &s->wanted[i]);
    s->x = mem_zalloc(s->n * (size_t)n_params, sizeof *s->x);
    s->loss = mem_zalloc(s->n, sizeof *s->loss);
    for (size_t i = 0; i < s->n; i++) {
        s->loss[i] = read_number(f);
        for (int k = 0; k < n_params; k++)
            s->x[i * (size_t)n_params + (size_t)k] = read_number(f);
    }
    return true;
}

static void study_deinit(struct study *s)
{
    free(s->x);
    free(s->loss);
}

/* Two unit floats, n points on a line of slope 1 in the first; the loss is the first. */
static void make_line(struct study *s, size_t n)
{
    *s =
        (struct study){ .n = n, .x = mem_zalloc(2 * n + 1, sizeof(double)), .loss = mem_zalloc(n + 1, sizeof(double)) };
    s->params[0] = s->params[1] = (struct param){ .type = PARAM_FLOAT, .low = 0, .high = 1 };
    s->space = (struct space){ 2, s->params };
    for (size_t i = 0; i < n; i++) {
        s->x[2 * i] = s->loss[i] = (double)i / (double)n;
        s->x[2 * i + 1] = (double)(i * 7 % n) / (double)n;
    }
}

TEST(shares_are_those_of_optuna)
{
    struct study s;
    int n_studies = 0;
    FILE *f = fopen(GOLDEN, "r");
    CHECK(f);
    for (; read_study(f, &s); n_studies++) {
        struct importance found[MAX_PARAMS];
        importance_find(&s.space, s.x, s.loss, s.n, found);
        for (int i = 0; i < s.space.n_params; i++)
            if (!(fabs(found[i].share - s.wanted[i]) < 1e-9))
                TAP_FAIL("%s, parameter %d: %.12g, not %.12g", s.name, i, found[i].share, s.wanted[i]);
        study_deinit(&s);
    }
    fclose(f);
    CHECK_INT(n_studies, 5);
}

TEST(what_decides_comes_out_on_top_and_shares_add_up_to_one)
{
    struct study s;
    struct importance found[2];
    make_line(&s, 200);
    CHECK_INT((int64_t)importance_find(&s.space, s.x, s.loss, s.n, found), 20);
    CHECK(found[0].share > 0.9);
    CHECK(fabs(found[0].share + found[1].share - 1) < 1e-12);
    study_deinit(&s);
}

TEST(failures_count_as_worst_and_are_never_among_the_best)
{
    struct study s;
    struct importance found[2];
    make_line(&s, 100);
    for (size_t i = 3; i < s.n; i++)
        s.loss[i] = INFINITY;
    CHECK_INT((int64_t)importance_find(&s.space, s.x, s.loss, s.n, found), 3);
    for (size_t i = 0; i < s.n; i++)
        s.loss[i] = INFINITY;
    CHECK_INT((int64_t)importance_find(&s.space, s.x, s.loss, s.n, found), 0);
    CHECK(found[0].share == 0 && found[1].share == 0);
    study_deinit(&s);
}

TEST(where_all_are_equal_nothing_is_said)
{
    struct study s;
    struct importance found[2];
    make_line(&s, 30);
    for (size_t i = 0; i < s.n; i++)
        s.loss[i] = 1;
    CHECK_INT((int64_t)importance_find(&s.space, s.x, s.loss, s.n, found), 30);
    CHECK(found[0].share == 0 && found[1].share == 0);
    CHECK_INT((int64_t)importance_find(&s.space, s.x, s.loss, 0, found), 0);
    study_deinit(&s);
}

TEST(a_parameter_with_one_value_or_that_is_nowhere_has_no_share)
{
    struct study s;
    struct importance found[2];
    make_line(&s, 50);
    s.params[1].high = s.params[1].low = 0;
    for (size_t i = 0; i < s.n; i++)
        s.x[2 * i + 1] = 0;
    importance_find(&s.space, s.x, s.loss, s.n, found);
    CHECK(found[0].share == 1 && found[1].share == 0);
    s.params[1].high = 1;
    for (size_t i = 0; i < s.n; i++)
        s.x[2 * i + 1] = NAN;
    importance_find(&s.space, s.x, s.loss, s.n, found);
    CHECK(found[0].share == 1 && found[1].share == 0);
    CHECK_INT((int64_t)found[1].n_present, 0);
    study_deinit(&s);
}

TAP_MAIN
