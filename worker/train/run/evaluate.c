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

enum { SEQUENCES = 256 };          /* of one batch */
enum { COLUMNS = 80, LABEL = 14 }; /* of the table */

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

/* `logits` is a member of the object, or nothing. */
static void print_json(const struct exported *x, const struct score *s, const uint64_t *confusion, size_t n_sequences,
    const struct str *logits)
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
    str_addf(&line, "%s%s", logits->len ? "," : "", str_text(logits));
    json_close_object(&line);
    puts(line.text);
    str_deinit(&line);
}

/* The widest number of a table, as text. */
static int widest(const uint64_t *confusion, size_t C)
{
    uint64_t most = C - 1;
    for (size_t i = 0; i < C * C; i++)
        most = confusion[i] > most ? confusion[i] : most;
    return snprintf(NULL, 0, "%llu", (unsigned long long)most);
}

/* The share of a row in whole percent: 100 only when it is all, 0 only when it is none. */
static uint64_t percent(uint64_t n, uint64_t total)
{
    uint64_t rounded = (100 * n + total / 2) / (total ? total : 1);
    if (n == 0 || n == total)
        return rounded;
    return rounded < 1 ? 1 : rounded > 99 ? 99 : rounded;
}

static void print_row(const struct exported *x, const uint64_t *row, size_t truth, int width, bool is_percent)
{
    size_t C = model_get_config(x->model)->n_classes;
    uint64_t total = 0;
    for (size_t guess = 0; guess < C; guess++)
        total += row[guess];
    printf("%3zu %-*.*s", truth, LABEL, LABEL, x->classes[truth]);
    for (size_t guess = 0; guess < C; guess++)
        if (row[guess])
            printf("%*llu", width, (unsigned long long)(is_percent ? percent(row[guess], total) : row[guess]));
        else
            printf("%*s", width, ".");
    putchar('\n');
}

/* Counts where they fit a terminal, else each row's shares. */
static void print_text(const struct exported *x, const struct score *s, const uint64_t *confusion, size_t n_sequences)
{
    size_t C = model_get_config(x->model)->n_classes;
    int width = widest(confusion, C) + 1;
    bool is_percent = 4 + LABEL + C * (size_t)width > COLUMNS;
    width = is_percent ? 3 : width;
    printf("%zu sequences: loss %.4f, accuracy %.2f %%\n\nrows: the truth; columns: the answer%s\n%*s", n_sequences,
        s->loss, 100 * s->accuracy, is_percent ? ", in percent of the row" : "", 4 + LABEL, "");
    for (size_t c = 0; c < C; c++)
        printf("%*zu", width, c);
    putchar('\n');
    for (size_t truth = 0; truth < C; truth++)
        print_row(x, confusion + truth * C, truth, width, is_percent);
}

/* Appends the logits of each sequence, in the order of the data. */
static void add_logits(struct str *out, const struct exported *x, struct feeder *f, const struct data_part *part)
{
    size_t C = model_get_config(x->model)->n_classes;
    float *batch = mem_zalloc(SEQUENCES * C, sizeof *batch), *all = mem_zalloc(part->n * C, sizeof *all);
    uint32_t *places = mem_zalloc(part->n, sizeof *places);
    for (size_t i = 0; i < part->n; i++)
        places[i] = (uint32_t)i;
    for (size_t first = 0; first < part->n; first += SEQUENCES) {
        size_t n = part->n - first < SEQUENCES ? part->n - first : SEQUENCES;
        feeder_pack(f, part, places + first, n);
        model_predict(x->model, &f->batch, batch);
        for (size_t i = 0; i < n; i++)
            memcpy(all + (first + f->batch.order[i]) * C, batch + i * C, sizeof *all * C);
    }
    json_put_key(out, "logits");
    json_open_array(out);
    for (size_t i = 0; i < part->n; i++) {
        json_open_array(out);
        for (size_t c = 0; c < C; c++)
            json_put_number(out, (double)all[i * C + c]);
        json_close_array(out);
    }
    json_close_array(out);
    free(batch);
    free(all);
    free(places);
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
    struct str logits = { 0 };
    if (result == 0 && o->logits)
        add_logits(&logits, x, &feeder, &whole);
    if (result == 0 && o->json)
        print_json(x, &score, confusion, whole.n, &logits);
    else if (result == 0)
        print_text(x, &score, confusion, whole.n);
    str_deinit(&logits);
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
