#include "common/expr/campaign_read.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/expr/expr.h"
#include "common/proto/campaign.h"

/* A text that begins with the pointer at fault and ": " is taken apart. */
static void add_data_problem(const char *text, struct problems *problems)
{
    const char *colon = str_starts(text, "/trial/data") ? strstr(text, ": ") : NULL;
    struct str pointer = { 0 };
    str_add_bytes(&pointer, colon ? text : "/trial/data", colon ? (size_t)(colon - text) : strlen("/trial/data"));
    problems_add(problems, str_text(&pointer), "%s", colon ? colon + 2 : text);
    str_deinit(&pointer);
}

/* The data of a built-in program, judged by who reads it: as it stands in the file, since no file is looked for. */
static void check_data(const struct campaign_source *source, struct problems *problems)
{
    struct err e = { 0 };
    struct json_doc *doc = source->check_data ? json_parse(source->text, source->len, NULL) : NULL;
    json_value trial = doc ? json_get(json_root(doc), "trial") : NULL, data = json_get(trial, "data");
    if (data && json_get(trial, "program") && source->check_data(data, "/trial/data", &e) < 0)
        add_data_problem(e.text, problems);
    json_free(doc);
}

static void check_presence(
    struct expr *x, const struct space *space, const double *values, const char *pointer, struct problems *problems)
{
    bool present[LIMIT_PARAMS];
    expr_presence(x, values, present);
    for (int i = 0; i < space->n_params; i++) {
        const struct param *p = &space->params[i];
        if (present[i] && isnan(values[i]))
            problems_add(problems, pointer, "\"%s\" is missing: expected a value for each parameter", p->name);
        if (!present[i] && !isnan(values[i])) {
            struct str at = { 0 };
            str_addf(&at, "%s/%s", pointer, p->name);
            problems_add(problems, str_text(&at),
                "\"%s\" does not exist here: expected none where its \"when\" (%.80s) does not hold", p->name, p->when);
            str_deinit(&at);
        }
    }
}

static void check_enqueue(struct expr *x, const struct campaign_spec *spec, struct problems *problems)
{
    for (int i = 0; i < spec->n_enqueue; i++) {
        const double *values = spec->enqueue + (size_t)i * (size_t)spec->space.n_params;
        char pointer[32];
        snprintf(pointer, sizeof pointer, "/enqueue/%d", i);
        if (problems_has_below(problems, pointer))
            continue;
        check_presence(x, &spec->space, values, pointer, problems);
        if (problems_has_below(problems, pointer))
            continue;
        for (int k = expr_first_broken(x, values, 0); k >= 0; k = expr_first_broken(x, values, k + 1))
            problems_add(problems, pointer, "breaks \"%.200s\": expected a configuration for which every where holds",
                spec->where[k]);
    }
}

int campaign_read(const struct campaign_source *source, struct campaign_spec *out, struct problems *problems)
{
    struct campaign_spec spec = { 0 };
    size_t before = problems_count(problems);
    bool has_space = campaign_parse_partly(source->text, source->len, source->directory, &spec, problems);
    check_data(source, problems);
    struct expr *x = has_space ? expr_open_all(&spec, problems) : NULL;
    if (x)
        check_enqueue(x, &spec, problems);
    expr_close(x);
    if (problems_count(problems) == before) {
        *out = spec;
        return 0;
    }
    campaign_spec_deinit(&spec);
    campaign_locate(problems, source->text, source->len);
    return -1;
}
