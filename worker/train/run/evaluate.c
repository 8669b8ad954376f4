#include "worker/train/run/evaluate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/proto/json.h"
#include "worker/train/data/dataset.h"
#include "worker/train/run/export.h"
#include "worker/train/run/feeder.h"
#include "worker/train/run/recipe.h"

enum { SEQUENCES = 256 }; /* of one batch */

/* The model's number for a class name; n when it has none. */
static uint32_t class_of(const struct exported *x, const char *name, uint32_t n)
{
    uint32_t c = 0;
    while (c < n && !str_equal(x->classes[c], name))
        c++;
    return c;
}

/* The labels of the data, in the numbers of the model. */
static int match_classes(struct dataset *d, const struct exported *x, struct err *e)
{
    uint32_t n = (uint32_t)model_get_config(x->model)->n_classes;
    for (size_t i = 0; i < d->n_sequences; i++) {
        const char *name = d->class_names[d->labels[i]];
        uint32_t c = class_of(x, name, n);
        if (c == n)
            return err_set(e, ERR_INVALID, "the data have a class \"%.64s\" that the model does not know", name);
        d->labels[i] = c;
    }
    return 0;
}

static void print_json(const struct exported *x, const struct score *s, const uint64_t *confusion, size_t n_sequences)
{
    size_t C = model_get_config(x->model)->n_classes;
    struct str line = { 0 };
    json_open_object(&line);
    json_add_text(&line, "schema", "rung.evaluate/1");
    json_add_int(&line, "sequences", (int64_t)n_sequences);
    json_add_number(&line, "loss", s->loss);
    json_add_number(&line, "accuracy", s->accuracy);
    json_put_key(&line, "classes");
    json_open_array(&line);
    for (size_t c = 0; c < C; c++)
        json_put_text(&line, x->classes[c]);
    json_close_array(&line);
    json_put_key(&line, "confusion");
    json_open_array(&line);
    for (size_t truth = 0; truth < C; truth++) {
        json_open_array(&line);
        for (size_t guess = 0; guess < C; guess++)
            json_put_int(&line, (int64_t)confusion[truth * C + guess]);
        json_close_array(&line);
    }
    json_close_array(&line);
    json_close_object(&line);
    puts(line.text);
    str_deinit(&line);
}

static void print_text(const struct exported *x, const struct score *s, const uint64_t *confusion, size_t n_sequences)
{
    size_t C = model_get_config(x->model)->n_classes;
    printf("%zu sequences: loss %.4f, accuracy %.2f %%\n\nrows: truth, columns: answer\n%12s", n_sequences, s->loss,
        100 * s->accuracy, "");
    for (size_t c = 0; c < C; c++)
        printf(" %6.6s", x->classes[c]);
    putchar('\n');
    for (size_t truth = 0; truth < C; truth++) {
        printf("%12.12s", x->classes[truth]);
        for (size_t guess = 0; guess < C; guess++) {
            unsigned long long n = confusion[truth * C + guess];
            if (n)
                printf(" %6llu", n);
            else
                printf(" %6s", ".");
        }
        putchar('\n');
    }
}

static int evaluate(const struct options *o, struct exported *x, struct dataset *d, struct err *e)
{
    const struct model_config *c = model_get_config(x->model);
    if (d->n_features != c->n_features)
        return err_set(e, ERR_INVALID, "the data have %u features, the model takes %zu", d->n_features, c->n_features);
    if (match_classes(d, x, e))
        return -1;
    struct feeder feeder;
    struct data_part whole = { 0 };
    uint64_t *confusion = mem_zalloc(c->n_classes * c->n_classes, sizeof *confusion);
    feeder_init(&feeder, c->n_features, x->mean, x->scale);
    data_part_init_whole(&whole, d);
    struct score score = feeder_evaluate(&feeder, x->model, &whole, SEQUENCES, confusion);
    int result = isfinite(score.loss) ? 0 : err_set(e, ERR_DIVERGED, "the loss is not finite");
    if (result == 0)
        (o->json ? print_json : print_text)(x, &score, confusion, whole.n);
    data_part_deinit(&whole);
    feeder_deinit(&feeder);
    free(confusion);
    return result;
}

int evaluate_run(const struct options *o, struct err *e)
{
    struct data_spec spec;
    uint64_t campaign_seed = 0; /* nothing is divided here */
    struct exported x = { 0 };
    struct dataset d = { 0 };
    if (!o->model)
        return err_set(e, ERR_USAGE, "no model: give --model FILE, which rung-train --export wrote");
    int result = recipe_read_data(&spec, &campaign_seed, o, e);
    if (result == 0)
        result = export_load(&x, o->model, e);
    if (result == 0)
        result = dataset_load(&d, NULL, &spec, e);
    if (result == 0)
        result = evaluate(o, &x, &d, e);
    dataset_deinit(&d);
    exported_deinit(&x);
    return result;
}
