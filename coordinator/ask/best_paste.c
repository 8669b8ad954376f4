#include "coordinator/ask/best_paste.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/proto/campaign.h"
#include "common/proto/config.h"
#include "common/proto/json.h"

#define AGAIN "-again" /* behind the name of the campaign that tries a configuration once more */

/* One word of a shell: as it is, or in single quotes. */
static void add_word(struct str *out, const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./:,%@";
    if (*word && word[strspn(word, plain)] == '\0') {
        str_add(out, word);
        return;
    }
    str_add_char(out, '\'');
    for (; *word; word++)
        if (*word == '\'')
            str_add(out, "'\\''");
        else
            str_add_char(out, *word);
    str_add_char(out, '\'');
}

static void add_value(struct str *out, json_value v)
{
    struct str json = { 0 };
    if (json_type(v) == JSON_TEXT)
        add_word(out, json_text(v));
    else {
        json_print(&json, v);
        add_word(out, str_text(&json));
    }
    str_deinit(&json);
}

static void add_args(json_value config, struct str *out)
{
    for (json_value v = json_first(config); v; v = json_next(v)) {
        str_addf(out, "%s--%s ", v == json_first(config) ? "" : " ", json_key(v));
        add_value(out, v);
    }
    str_add_char(out, '\n');
}

/* A name of a shell: capitals, digits and _. */
static void add_env(json_value config, struct str *out)
{
    for (json_value v = json_first(config); v; v = json_next(v)) {
        if (isdigit((unsigned char)*json_key(v)))
            str_add_char(out, '_');
        for (const char *c = json_key(v); *c; c++)
            str_add_char(out, isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_');
        str_add_char(out, '=');
        add_value(out, v);
        str_add_char(out, '\n');
    }
}

static void add_config(json_value config, struct str *out)
{
    json_print(out, config);
    str_add_char(out, '\n');
}

static void add_each(const struct archive *a, void (*add)(json_value, struct str *),
    const struct archived_trial *trials, size_t n, struct str *out)
{
    for (size_t i = 0; i < n; i++) {
        struct str json = { 0 };
        config_to_json_with_fixed(&a->spec.space, trials[i].x, a->spec.trial.fixed, &json);
        struct json_doc *doc = json_parse(str_text(&json), json.len, NULL);
        assert(doc); /* it was just written */
        if (i && add == add_env)
            str_add_char(out, '\n');
        add(json_root(doc), out);
        json_free(doc);
        str_deinit(&json);
    }
}

/* ---- a campaign file ---- */

/* The object without the keys that a file must not have. */
static void add_trial(json_value trial, struct str *out)
{
    json_open_object(out);
    for (json_value v = json_first(trial); v; v = json_next(v))
        if (strcmp(json_key(v), "directory") != 0 && strcmp(json_key(v), "blobs") != 0) {
            json_put_key(out, json_key(v));
            json_print(out, v);
        }
    json_close_object(out);
}

/* A member a line, for people. */
static void add_members(json_value file, struct str *out)
{
    for (json_value v = json_first(file); v; v = json_next(v)) {
        struct str line = { 0 };
        json_put_key(&line, json_key(v));
        if (strcmp(json_key(v), "trial") == 0)
            add_trial(v, &line);
        else
            json_print(&line, v);
        str_addf(out, "%s%s%s\n", v == json_first(file) ? "{ " : "  ", str_text(&line), json_next(v) ? "," : " }");
        str_deinit(&line);
    }
}

static void add_campaign(const struct archive *a, const struct archived_trial *trials, size_t n, struct str *out)
{
    struct campaign_spec again = a->spec; /* borrows all but the enqueued configurations */
    size_t n_params = (size_t)a->spec.space.n_params;
    struct str text = { 0 };
    again.enqueue = mem_zalloc(n * n_params + 1, sizeof *again.enqueue);
    again.n_enqueue = (int)(n < LIMIT_ENQUEUE ? n : LIMIT_ENQUEUE);
    for (int i = 0; i < again.n_enqueue; i++)
        memcpy(again.enqueue + (size_t)i * n_params, trials[i].x, n_params * sizeof *again.enqueue);
    if (strlen(again.name) + strlen(AGAIN) < sizeof again.name)
        strcat(again.name, AGAIN);
    campaign_canonical(&again, &text);
    struct json_doc *doc = json_parse(str_text(&text), text.len, NULL);
    assert(doc); /* it was just written */
    add_members(json_root(doc), out);
    json_free(doc);
    str_deinit(&text);
    free(again.enqueue);
}

void best_add_pasted(
    const struct archive *a, enum best_format format, const struct archived_trial *trials, size_t n, struct str *out)
{
    switch (format) {
    case BEST_TEXT:
        assert(!"text is best.c's own");
        break;
    case BEST_ARGS:
        add_each(a, add_args, trials, n, out);
        break;
    case BEST_ENV:
        add_each(a, add_env, trials, n, out);
        break;
    case BEST_CONFIG:
        add_each(a, add_config, trials, n, out);
        break;
    case BEST_CAMPAIGN:
        add_campaign(a, trials, n, out);
        break;
    }
}
