#include "worker/train/run/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/mem.h"
#include "common/base/rng.h"

enum { EVALUATE_SEQUENCES = 256 }; /* of one batch of validation, at least */
enum { HOPELESS = 1000 };          /* times the loss of guessing: training has diverged */

static double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The feeder, with the moments of the training part where the settings want them. */
static void init_feeder(struct trainer *t, size_t F)
{
    float *moments = mem_zalloc(2 * F, sizeof *moments);
    bool is_wanted = t->settings.standardize;
    data_part_moments(t->train, moments, moments + F);
    feeder_init(&t->feeder, F, is_wanted ? moments : NULL, is_wanted ? moments + F : NULL);
    free(moments);
}

/* Sequences of a batch of a part: no more than there are. */
static size_t batch_sequences(const struct trainer *t, const struct data_part *part)
{
    return (size_t)t->settings.batch_size < part->n ? (size_t)t->settings.batch_size : part->n;
}

struct trainer *trainer_new(const struct trainer_setup *setup, struct err *e)
{
    const struct dataset *data = setup->train->of;
    struct model_config config = settings_model(&setup->settings, data->n_features, data->n_classes);
    struct model *model = model_new(&config, e);
    if (!model)
        return NULL;
    struct trainer *t = mem_zalloc(1, sizeof *t);
    t->settings = setup->settings;
    t->seed = setup->seed;
    t->train = setup->train;
    t->validation = setup->validation;
    t->model = model;
    model_init_weights(model, t->seed);
    adam_init(&t->adam, model_n_parameters(model), t->settings.weight_decay, t->settings.clip_norm);
    size_t steps = (t->train->n + batch_sequences(t, t->train) - 1) / batch_sequences(t, t->train);
    average_init(
        &t->average, model_parameters(model), model_n_parameters(model), t->settings.average_epochs * (double)steps);
    plateau_init(&t->plateau, t->settings.plateau_factor, (uint32_t)t->settings.plateau_patience);
    t->learning_rate = t->settings.learning_rate;
    init_feeder(t, data->n_features);
    feeder_reserve(&t->feeder, t->train, batch_sequences(t, t->train));
    t->order = mem_zalloc(t->train->n, sizeof *t->order);
    return t;
}

void trainer_free(struct trainer *t)
{
    if (!t)
        return;
    model_free(t->model);
    adam_deinit(&t->adam);
    average_deinit(&t->average);
    feeder_deinit(&t->feeder);
    free(t->order);
    free(t);
}

/* One pass over the training part; sets the mean loss over its sequences. */
static int train_epoch(struct trainer *t, double *loss, const struct trainer_watch *watch, struct err *e)
{
    size_t n = t->train->n, size = batch_sequences(t, t->train), n_steps = (n + size - 1) / size;
    struct rng r;
    rng_derive(&r, t->seed, 0, RNG_SHUFFLE, t->epochs);
    for (size_t i = 0; i < n; i++)
        t->order[i] = (uint32_t)i;
    rng_shuffle(&r, t->order, n);
    double sum = 0;
    for (size_t step = 0; step < n_steps; step++) {
        size_t first = step * size, count = first + size <= n ? size : n - first;
        feeder_pack(&t->feeder, t->train, t->order + first, count);
        jitter_apply(&t->settings.jitter, &t->feeder.batch, t->seed, t->adam.step);
        double mean = model_train(t->model, &t->feeder.batch, t->seed, t->adam.step);
        if (!isfinite(mean))
            return err_set(e, ERR_DIVERGED, "the training loss is not finite in epoch %llu, step %zu of %zu",
                (unsigned long long)t->epochs + 1, step + 1, n_steps);
        adam_step(&t->adam, model_parameters(t->model), model_gradients(t->model), t->learning_rate);
        average_step(&t->average, model_parameters(t->model), t->adam.step);
        sum += mean * (double)count;
        if (watch)
            watch->step(watch->arg, step + 1, n_steps);
    }
    *loss = sum / (double)n;
    return 0;
}

const float *trainer_weights(const struct trainer *t)
{
    return t->average.n ? t->average.weights : model_parameters(t->model);
}

void trainer_set_weights(struct trainer *t, const float *weights)
{
    size_t bytes = sizeof(float) * model_n_parameters(t->model);
    memcpy(model_parameters(t->model), weights, bytes);
    if (t->average.n)
        memcpy(t->average.weights, weights, bytes);
}

struct score trainer_evaluate(struct trainer *t, const struct data_part *part)
{
    size_t size = batch_sequences(t, part);
    size = size > EVALUATE_SEQUENCES ? size : EVALUATE_SEQUENCES;
    average_swap(&t->average, model_parameters(t->model));
    struct score score = feeder_evaluate(&t->feeder, t->model, part, size, NULL);
    average_swap(&t->average, model_parameters(t->model));
    return score;
}

/* Adam's steps are bounded, so a rate that is far too high often leaves huge numbers instead of infinite ones. */
static int check_loss(const struct trainer *t, double loss, struct err *e)
{
    double guessing = log((double)t->train->of->n_classes);
    if (loss <= HOPELESS * guessing)
        return 0;
    return err_set(e, ERR_DIVERGED, "the training loss of epoch %llu is %.6g, where guessing gives %.3g",
        (unsigned long long)t->epochs + 1, loss, guessing);
}

/* Adds what the validation part gives, if there is one. */
static int validate(struct trainer *t, struct trainer_report *r, struct err *e)
{
    if (t->validation->n == 0)
        return 0;
    struct score score = trainer_evaluate(t, t->validation);
    if (!isfinite(score.loss))
        return err_set(
            e, ERR_DIVERGED, "the validation loss is not finite after epoch %llu", (unsigned long long)r->epoch);
    r->has_validation = true;
    r->validation_loss = score.loss;
    r->validation_accuracy = score.accuracy;
    return 0;
}

int trainer_epoch(struct trainer *t, struct trainer_report *report, const struct trainer_watch *watch, struct err *e)
{
    double started = now_seconds();
    struct trainer_report r = { .epoch = t->epochs + 1, .learning_rate = t->learning_rate };
    if (train_epoch(t, &r.train_loss, watch, e) || check_loss(t, r.train_loss, e))
        return -1;
    if (validate(t, &r, e))
        return -1;
    double loss = r.has_validation ? r.validation_loss : r.train_loss;
    t->learning_rate = plateau_step(&t->plateau, loss, t->learning_rate);
    t->epochs++;
    r.seconds = now_seconds() - started;
    *report = r;
    return 0;
}
