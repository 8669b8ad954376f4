#include "worker/train/run/recipe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/io/files.h"
#include "worker/train/run/checkpoint.h"

/* Opens JSON that is given in place, beginning with a brace, or as a file. Returns owned. */
static struct json_doc *open_json(const char *text_or_file, const char *option, struct err *e)
{
    struct str text = { 0 };
    struct json_doc *doc = NULL;
    if (text_or_file[strspn(text_or_file, " \t\n\r")] == '{')
        str_add(&text, text_or_file);
    else if (file_read(text_or_file, LIMIT_CAMPAIGN_FILE, &text, e)) {
        err_prefix(e, "--%s", option);
        return NULL;
    }
    doc = json_parse(str_text(&text), text.len, e);
    if (!doc)
        err_prefix(e, "--%s %.100s", option, text_or_file);
    str_deinit(&text);
    return doc;
}

int recipe_read_seed(uint64_t *seed, const char *text, uint64_t standard, const char *name, struct err *e)
{
    char *end;
    errno = 0;
    *seed = standard;
    if (!text)
        return 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno)
        return err_set(e, ERR_USAGE, "--%s wants a whole number from 0, below 2^64, not \"%.64s\"", name, text);
    *seed = value;
    return 0;
}

/* The settings in a configuration of its own, or in what `rung best --json` prints, which holds it under "config",
 * beside "program" and "seed". */
static int read_config(struct recipe *r, const struct options *o, json_value root, struct err *e)
{
    enum model_kind kind = MODEL_GRU_ATTENTION;
    json_value config = json_get(root, "config"), program = json_get(root, "program");
    bool is_answer = config && json_type(config) == JSON_OBJECT;
    if (o->model) {
        if (settings_parse_kind(&kind, o->model, e))
            return err_prefix(e, "--model");
    } else if (is_answer && program && json_type(program) == JSON_TEXT)
        if (settings_parse_kind(&kind, json_text(program), e))
            return err_prefix(e, "--config: program");
    if (settings_parse(&r->settings, kind, is_answer ? config : root, e))
        return err_prefix(e, "--config");
    if (is_answer && !o->seed && json_get(root, "seed"))
        return json_want_id(root, "seed", &r->seed, e);
    return 0;
}

/* File names in a campaign file are relative to it. */
static int place_beside(char path[DATA_PATH], const char *file, struct err *e)
{
    struct str full = { 0 };
    const char *slash = strrchr(file, '/');
    if (!*path || *path == '/' || !slash)
        return 0;
    str_addf(&full, "%.*s/%s", (int)(slash - file), file, path);
    bool is_short = str_copy(path, DATA_PATH, full.text);
    str_deinit(&full);
    return is_short ? 0 : err_set(e, ERR_LIMIT, "a path of more than %d bytes", DATA_PATH - 1);
}

/* trial.data of a campaign file, and the seed by which it is divided, unless the command line has one. */
static int read_campaign(
    struct data_spec *spec, uint64_t *seed, const struct options *o, json_value root, struct err *e)
{
    if (data_spec_parse(spec, json_get(json_get(root, "trial"), "data"), "/trial/data", e) ||
        place_beside(spec->train, o->data, e) || place_beside(spec->test, o->data, e))
        return -1;
    bool has_own_seed = o->campaign_seed || !json_get(root, "seed");
    return has_own_seed ? 0 : json_want_id(root, "seed", seed, e);
}

int recipe_read_data(struct data_spec *spec, uint64_t *campaign_seed, const struct options *o, struct err *e)
{
    struct str text = { 0 };
    struct json_doc *doc;
    if (o->data && o->command == COMMAND_TRAIN)
        doc = open_json(o->data, "data", e);
    else {
        if (!o->format)
            return err_set(e, ERR_USAGE, "no data: give --data, or --format with --train; see --help");
        json_open_object(&text);
        json_add_text(&text, "format", o->format);
        if (o->train || o->data)
            json_add_text(&text, "train", o->train ? o->train : o->data);
        if (o->test)
            json_add_text(&text, "test", o->test);
        if (o->sequences)
            json_add_raw(&text, "sequences", o->sequences);
        if (o->data_seed)
            json_add_raw(&text, "seed", o->data_seed);
        if (str_equal(o->validation, "test") || str_equal(o->validation, "none"))
            json_add_text(&text, "validation", o->validation);
        else if (o->validation) {
            json_put_key(&text, "validation");
            json_open_object(&text);
            json_add_text(&text, "by", o->validation);
            json_close_object(&text);
        }
        json_close_object(&text);
        doc = json_parse(text.text, text.len, e);
    }
    int result = !doc                                ? -1
                 : json_get(json_root(doc), "trial") ? read_campaign(spec, campaign_seed, o, json_root(doc), e)
                                                     : data_spec_parse(spec, json_root(doc), "", e);
    json_free(doc);
    str_deinit(&text);
    return result ? err_prefix(e, "data") : 0;
}

static int read_settings(struct recipe *r, const struct options *o, struct err *e)
{
    if (o->resume && !o->config) {
        struct checkpoint_about about;
        if (checkpoint_read_about(&about, o->resume, e))
            return -1;
        r->settings = about.settings;
        r->seed = o->seed ? r->seed : about.seed;
        return 0;
    }
    struct json_doc *doc = open_json(o->config ? o->config : "{}", "config", e);
    int result = doc ? read_config(r, o, json_root(doc), e) : -1;
    json_free(doc);
    return result;
}

int recipe_read(struct recipe *r, const struct options *o, struct err *e)
{
    if (recipe_read_seed(&r->seed, o->seed, 1, "seed", e) ||
        recipe_read_seed(&r->campaign_seed, o->campaign_seed, 1, "campaign-seed", e))
        return -1;
    return read_settings(r, o, e) || recipe_read_data(&r->data, &r->campaign_seed, o, e) ? -1 : 0;
}
