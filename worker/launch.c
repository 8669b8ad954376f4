#include "worker/launch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/io/files.h"
#include "common/proto/cargo.h"
#include "common/proto/json.h"
#include "common/proto/placeholder.h"
#include "worker/core/contract.h"
#include "worker/slot/start.h"

#define COPY_BYTES (8 << 20) /* larger files of a campaign are linked */

static void add_word(struct launch *l, const char *word)
{
    l->argv = mem_grow(l->argv, l->n_argv + 1, &l->cap_argv, sizeof *l->argv);
    l->argv[l->n_argv++] = mem_strdup(word);
    l->argv[l->n_argv] = NULL;
}

__attribute__((format(printf, 2, 3))) static void add_variable(struct launch *l, const char *format, ...)
{
    struct str text = { 0 };
    va_list args;
    va_start(args, format);
    str_addv(&text, format, args);
    va_end(args);
    l->environment = mem_grow(l->environment, l->n_environment + 1, &l->cap_environment, sizeof *l->environment);
    l->environment[l->n_environment++] = str_take(&text);
    l->environment[l->n_environment] = NULL;
}

/* As many as the slots that it takes: slots are what runs in parallel. Somebody who set these for his own command knows
 * why. */
static void add_threads(struct launch *l, bool is_command, int n)
{
    static const char *const names[] = { "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!is_command || !getenv(names[i]))
            add_variable(l, "%s=%d", names[i], n);
}

static void add_environment(struct launch *l, const struct message_grant *grant, const struct launch_place *place)
{
    add_variable(l, "RUNG_FD=%d", TRIAL_CONTRACT_FD);
    add_variable(l, "RUNG_CAMPAIGN=%s", grant->campaign);
    add_variable(l, "RUNG_TRIAL=%" PRId64, grant->number);
    add_variable(l, "RUNG_LEASE=%" PRIu64, grant->lease);
    add_variable(l, "RUNG_SLOT=%d", place->slot);
    add_variable(l, "RUNG_WORK_DIRECTORY=%s", place->directory);
    add_variable(l, "RUNG_CORES=%d", grant_cores(grant));
    add_threads(l, grant->command != NULL, grant_cores(grant));
}

/* ---- a command ---- */

/* What the placeholders of one command stand for. */
struct values {
    const struct message_grant *grant;
    const struct launch_place *place;
    json_value config;
    const char *config_file;
};

static bool put_ours(const struct values *v, const char *name, struct str *out)
{
    const struct message_grant *g = v->grant;
    const struct {
        const char *name, *text;
    } texts[] = { { "checkpoint_in", v->place->checkpoint_in ? v->place->checkpoint_in : "" },
        { "checkpoint_out", v->place->checkpoint_out }, { "config", v->config_file },
        { "data", g->data ? g->data : "{}" }, { "directory", v->place->directory }, { "campaign", g->campaign },
        { "metric", g->metric } };
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = { { "budget_from", (uint64_t)g->budget_from }, { "budget_to", (uint64_t)g->budget_to },
        { "seed", g->seed }, { "campaign_seed", g->campaign_seed }, { "lease", g->lease },
        { "trial", (uint64_t)g->number }, { "slot", (uint64_t)v->place->slot }, { "cores", (uint64_t)grant_cores(g) } };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(texts[i].name, name) == 0) {
            str_add(out, texts[i].text);
            return true;
        }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(numbers[i].name, name) == 0) {
            str_addf(out, "%" PRIu64, numbers[i].value);
            return true;
        }
    return false;
}

static bool put_value(void *context, const char *name, struct str *out)
{
    const struct values *v = context;
    json_value parameter = json_get(v->config, name);
    if (!parameter)
        return put_ours(v, name, out);
    placeholder_put_value(parameter, out);
    return true;
}

/* An option whose value is a parameter that does not exist for this trial goes with it: --momentum ${momentum}. */
static void drop_option(struct launch *l, const char *word, const char *before)
{
    if (!before || *before != '-' || placeholder_is_in(before) || !placeholder_is_alone(word) || l->n_argv < 2)
        return;
    free(l->argv[--l->n_argv]);
    l->argv[l->n_argv] = NULL;
}

static int add_command_words(struct launch *l, json_value words, struct values *values, struct err *e)
{
    const char *before = NULL;
    if (json_type(words) != JSON_ARRAY || json_len(words) == 0 || json_len(words) > LIMIT_COMMAND)
        return err_set(e, ERR_INVALID, "the command must be an array of 1 to %d texts", LIMIT_COMMAND);
    for (json_value w = json_first(words); w; w = json_next(w)) {
        struct str word = { 0 };
        if (json_type(w) != JSON_TEXT)
            return err_set(e, ERR_INVALID, "a word of the command is %s: a text is expected", json_type_name(w));
        if (l->n_argv == 0) /* the program: what the worker allows, and nothing else */
            add_word(l, json_text(w));
        else if (placeholder_expand(json_text(w), put_value, values, &word))
            add_word(l, str_text(&word));
        else
            drop_option(l, json_text(w), before);
        before = json_text(w);
        str_deinit(&word);
    }
    return 0;
}

/* RUNG_PARAM_learning_rate=0.01; what a variable's name cannot have becomes _. */
static void add_parameters(struct launch *l, json_value config)
{
    for (json_value m = json_first(config); m; m = json_next(m)) {
        struct str name = { 0 }, value = { 0 };
        str_add(&name, json_key(m));
        for (size_t i = 0; i < name.len; i++)
            if (strchr(".-", name.text[i]))
                name.text[i] = '_';
        placeholder_put_value(m, &value);
        add_variable(l, "RUNG_PARAM_%s=%s", str_text(&name), str_text(&value));
        str_deinit(&name);
        str_deinit(&value);
    }
}

/* What the contract's first line says, for programs that do not read it. */
static void add_order(struct launch *l, const struct values *v)
{
    const struct message_grant *g = v->grant;
    add_variable(l, "RUNG_CONFIG=%s", v->config_file);
    if (g->directory)
        add_variable(l, "RUNG_CAMPAIGN_DIRECTORY=%s", g->directory);
    add_variable(l, "RUNG_BUDGET_FROM=%" PRId64, g->budget_from);
    add_variable(l, "RUNG_BUDGET_TO=%" PRId64, g->budget_to);
    add_variable(l, "RUNG_SEED=%" PRIu64, g->seed);
    add_variable(l, "RUNG_METRIC=%s", g->metric);
    add_variable(l, "RUNG_DATA=%s", g->data ? g->data : "{}");
    add_variable(l, "RUNG_CHECKPOINT_IN=%s", v->place->checkpoint_in ? v->place->checkpoint_in : "");
    add_variable(l, "RUNG_CHECKPOINT_OUT=%s", v->place->checkpoint_out);
    const char *path = getenv("PYTHONPATH");
    if (v->place->python && path && *path)
        add_variable(l, "PYTHONPATH=%s:%s", path, v->place->python);
    else if (v->place->python)
        add_variable(l, "PYTHONPATH=%s", v->place->python);
    add_variable(l, "PYTHONUNBUFFERED=1"); /* what is printed is told while it runs */
}

int launch_count_gpus(const char *ids)
{
    int n = 1;
    for (; *ids; ids++)
        n += *ids == ',';
    return n < LIMIT_SLOTS ? n : LIMIT_SLOTS;
}

/* Slots take turns: with as many slots as GPUs each has its own. */
static void add_gpu(struct launch *l, const struct launch_place *place)
{
    const char *id = place->gpus;
    for (int i = place->slot % launch_count_gpus(place->gpus); i > 0; i--)
        id = strchr(id, ',') + 1;
    add_variable(l, "CUDA_VISIBLE_DEVICES=%.*s", (int)strcspn(id, ","), id);
}

static int fill_command(struct launch *l, json_value words, struct values *v, struct err *e)
{
    struct str file = { 0 };
    str_addf(&file, "%s/config.json", v->place->directory);
    v->config_file = str_text(&file);
    int r = file_write(v->config_file, v->grant->config, strlen(v->grant->config), 0600, e);
    if (r == 0)
        r = add_command_words(l, words, v, e);
    add_parameters(l, v->config);
    add_order(l, v);
    if (v->place->gpus)
        add_gpu(l, v->place);
    str_deinit(&file);
    return r;
}

/* The campaign's files, under their names in the working directory: small ones as copies, which a trial may do with as
 * it likes, and large ones by a link. */
static int place_file(const struct cargo_item *item, const char *directory, struct err *e)
{
    struct str path = { 0 }, content = { 0 };
    str_addf(&path, "%s/%s", directory, item->file);
    char *slash = strrchr(path.text, '/');
    *slash = '\0';
    int r = file_make_directory(path.text, 0700, e);
    *slash = '/';
    if (r == 0 && item->bytes > COPY_BYTES)
        r = symlink(item->path, path.text) < 0 ? err_set_errno(e, "link %s", path.text) : 0;
    else if (r == 0 && (r = file_read(item->path, COPY_BYTES, &content, e)) == 0)
        r = file_write(path.text, str_text(&content), content.len, item->is_executable ? 0700 : 0600, e);
    str_deinit(&path);
    str_deinit(&content);
    return r;
}

static int place_files(const char *blobs, const char *directory, struct err *e)
{
    struct cargo cargo;
    int r = cargo_read(&cargo, blobs, e);
    for (size_t i = 0; r == 0 && i < cargo.n; i++)
        r = cargo.items[i].file ? place_file(&cargo.items[i], directory, e) : 0;
    cargo_deinit(&cargo);
    return r;
}

static int plan_command(
    struct launch *l, const struct message_grant *grant, const struct launch_place *place, struct err *e)
{
    struct json_doc *words = json_parse(grant->command, strlen(grant->command), e);
    struct json_doc *config = words ? json_parse(grant->config, strlen(grant->config), e) : NULL;
    struct values values = { .grant = grant, .place = place, .config = config ? json_root(config) : NULL };
    int r = config ? fill_command(l, json_root(words), &values, e) : -1;
    json_free(config);
    json_free(words);
    if (r == 0 && grant->blobs)
        return place_files(grant->blobs, place->directory, e);
    if (r == 0 && grant->directory && access(grant->directory, X_OK) < 0)
        return err_set_errno(
            e, "the campaign's directory %s, where its command runs, is not on this machine", grant->directory);
    return r;
}

/* ---- both ---- */

static int plan_trainer(struct launch *l, const char *trainer, struct err *e)
{
    if (access(trainer, X_OK) < 0)
        return err_set_errno(e, "the built-in trainer %s", trainer);
    add_word(l, trainer);
    return 0;
}

int launch_plan(struct launch *l, const struct message_grant *grant, const struct launch_place *place, struct err *e)
{
    int r = grant->command ? plan_command(l, grant, place, e) : plan_trainer(l, place->trainer, e);
    if (r < 0)
        return -1;
    bool is_elsewhere = grant->command && grant->directory && !grant->blobs;
    l->directory = mem_strdup(is_elsewhere ? grant->directory : place->directory);
    add_environment(l, grant, place);
    return 0;
}

static void free_list(char **list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(list[i]);
    free(list);
}

void launch_deinit(struct launch *l)
{
    free_list(l->argv, l->n_argv);
    free_list(l->environment, l->n_environment);
    free(l->directory);
    *l = (struct launch){ 0 };
}
