#include "worker/train/run/by_hand.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/proto/json.h"
#include "worker/train/run/checkpoint.h"
#include "worker/train/run/export.h"
#include "worker/train/run/material.h"
#include "worker/train/run/recipe.h"
#include "worker/train/run/trainer.h"

static volatile sig_atomic_t is_interrupted;

static void on_interrupt(int number)
{
    is_interrupted = 1;
}

/* The second one ends the program at once, as ever. */
static void catch_interrupt(void)
{
    struct sigaction action = { .sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND };
    sigaction(SIGINT, &action, NULL);
}

struct run {
    const struct options *options;
    struct recipe recipe;
    struct material material;
    struct trainer *trainer;
    float *best_weights; /* those of the epoch with the lowest validation loss, kept for early stopping */
    double best_loss;
    uint64_t best_epoch;
    bool has_terminal; /* standard error is one: show a bar */
};

static void show_step(void *arg, size_t done, size_t total)
{
    enum { WIDTH = 30 };
    const struct run *r = arg;
    size_t full = done * WIDTH / total;
    fprintf(stderr, "\repoch %llu/%lld [%.*s%*s] %zu/%zu\033[K", (unsigned long long)r->trainer->epochs + 1,
        (long long)r->options->epochs, (int)full, "##############################", (int)(WIDTH - full), "", done,
        total);
}

static void clear_step(const struct run *r)
{
    if (r->has_terminal)
        fputs("\r\033[K", stderr);
}

static void print_report(const struct run *r, const struct trainer_report *p)
{
    clear_step(r);
    if (!r->options->json) {
        printf("epoch %llu/%lld  train loss %.4f", (unsigned long long)p->epoch, (long long)r->options->epochs,
            p->train_loss);
        if (p->has_validation)
            printf("  validation loss %.4f  accuracy %.2f %%", p->validation_loss, 100 * p->validation_accuracy);
        printf("  rate %.3g  %.1f s\n", p->learning_rate, p->seconds);
    } else {
        struct str line = { 0 };
        json_open_object(&line);
        json_add_text(&line, "schema", "rung.epoch/1");
        json_add_int(&line, "epoch", (int64_t)p->epoch);
        json_add_number(&line, "train_loss", p->train_loss);
        if (p->has_validation) {
            json_add_number(&line, "validation_loss", p->validation_loss);
            json_add_number(&line, "validation_accuracy", p->validation_accuracy);
        }
        json_add_number(&line, "learning_rate", p->learning_rate);
        json_add_number(&line, "seconds", p->seconds);
        json_close_object(&line);
        puts(line.text);
        str_deinit(&line);
    }
    fflush(stdout);
}

static size_t weights_bytes(const struct run *r)
{
    return sizeof(float) * model_n_parameters(r->trainer->model);
}

static void keep_best(struct run *r, const struct trainer_report *p)
{
    if (!p->has_validation || p->validation_loss >= r->best_loss)
        return;
    r->best_loss = p->validation_loss;
    r->best_epoch = p->epoch;
    memcpy(r->best_weights, trainer_weights(r->trainer), weights_bytes(r));
}

static bool has_stalled(const struct run *r)
{
    int64_t patience = r->options->early_stopping;
    return patience > 0 && r->best_epoch > 0 && (int64_t)(r->trainer->epochs - r->best_epoch) >= patience;
}

static int train_all(struct run *r, struct err *e)
{
    struct trainer_watch watch = { show_step, r };
    struct trainer_report report;
    while (r->trainer->epochs < (uint64_t)r->options->epochs && !is_interrupted && !has_stalled(r)) {
        if (trainer_epoch(r->trainer, &report, r->has_terminal ? &watch : NULL, e)) {
            clear_step(r);
            return -1;
        }
        keep_best(r, &report);
        print_report(r, &report);
    }
    return r->options->checkpoint ? checkpoint_save(r->trainer, r->options->checkpoint, e) : 0;
}

static void add_score(struct str *line, const char *part, const struct score *s)
{
    char key[64];
    snprintf(key, sizeof key, "%s_loss", part);
    json_add_number(line, key, s->loss);
    snprintf(key, sizeof key, "%s_accuracy", part);
    json_add_number(line, key, s->accuracy);
}

/* Either may be NULL: there is no such part, or nobody asked for it. */
static void print_result(const struct run *r, const struct score *validation, const struct score *test)
{
    const char *by = data_validation_name(r->material.split.by);
    uint64_t epoch = r->options->early_stopping && r->best_epoch ? r->best_epoch : r->trainer->epochs;
    if (!r->options->json) {
        if (validation)
            printf("after epoch %llu: validation (%s) loss %.4f, accuracy %.2f %%\n", (unsigned long long)epoch, by,
                validation->loss, 100 * validation->accuracy);
        if (test)
            printf("test: loss %.4f, accuracy %.2f %%\n", test->loss, 100 * test->accuracy);
        return;
    }
    struct str line = { 0 };
    json_open_object(&line);
    json_add_text(&line, "schema", "rung.train/1");
    json_add_int(&line, "epochs", (int64_t)epoch);
    json_add_text(&line, "validation", by);
    if (validation)
        add_score(&line, "validation", validation);
    if (test)
        add_score(&line, "test", test);
    json_close_object(&line);
    puts(line.text);
    str_deinit(&line);
}

/* The figures at the end, from the best weights when training may stop early. The test set is touched here and nowhere
 * else. */
static int finish(struct run *r, struct err *e)
{
    struct score validation, test;
    struct data_part whole = { 0 };
    if (r->options->early_stopping && r->best_epoch)
        trainer_set_weights(r->trainer, r->best_weights);
    bool has_validation = r->material.split.validation.n > 0;
    if (has_validation)
        validation = trainer_evaluate(r->trainer, &r->material.split.validation);
    if (r->options->evaluate_test) {
        data_part_init_whole(&whole, &r->material.test);
        test = trainer_evaluate(r->trainer, &whole);
        data_part_deinit(&whole);
    }
    if (r->options->export && export_save(r->trainer, r->options->export, e))
        return -1;
    print_result(r, has_validation ? &validation : NULL, r->options->evaluate_test ? &test : NULL);
    return 0;
}

static int open_run(struct run *r, struct err *e)
{
    const struct options *o = r->options;
    if (recipe_read(&r->recipe, o, e))
        return -1;
    if (o->all_data)
        r->recipe.data.validation = DATA_BY_NONE;
    if (o->early_stopping && r->recipe.data.validation == DATA_BY_NONE)
        return err_set(e, ERR_USAGE, "training on all data leaves nothing for --early-stopping to judge by");
    if (material_open(&r->material, &r->recipe.data, o->evaluate_test, r->recipe.campaign_seed, e))
        return -1;
    struct trainer_setup setup = { r->recipe.settings, r->recipe.seed, &r->material.split.train,
        &r->material.split.validation };
    r->trainer = trainer_new(&setup, e);
    if (!r->trainer)
        return -1;
    r->best_weights = mem_alloc(weights_bytes(r));
    return o->resume ? checkpoint_load(r->trainer, o->resume, e) : 0;
}

static void print_beginning(const struct run *r)
{
    const struct data_split *split = &r->material.split;
    const struct dataset *data = &r->material.train;
    if (r->options->json)
        return;
    struct str settings = { 0 };
    settings_print(&settings, &r->trainer->settings);
    printf("%s data: %zu sequences to train on, %zu to validate (%s), %u features, %u classes\n",
        data_format_name(r->recipe.data.format), split->train.n, split->validation.n, data_validation_name(split->by),
        data->n_features, data->n_classes);
    printf("%s, %zu parameters: %s\n", model_kind_name(r->trainer->settings.kind),
        model_n_parameters(r->trainer->model), settings.text);
    fflush(stdout);
    str_deinit(&settings);
}

int by_hand_train(const struct options *o, struct err *e)
{
    struct run r = { .options = o, .best_loss = INFINITY, .has_terminal = isatty(STDERR_FILENO) && !o->json };
    int result = open_run(&r, e);
    if (result == 0) {
        catch_interrupt();
        print_beginning(&r);
        result = train_all(&r, e);
    }
    if (result == 0)
        result = finish(&r, e);
    if (result == 0 && is_interrupted)
        result = err_set(e, ERR_INTERRUPTED, "interrupted after epoch %llu%s%s", (unsigned long long)r.trainer->epochs,
            o->checkpoint ? "; go on with --resume " : "", o->checkpoint ? o->checkpoint : "");
    trainer_free(r.trainer);
    material_close(&r.material);
    free(r.best_weights);
    return result;
}
