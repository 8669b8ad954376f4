#include "common/expr/campaign_read.h"

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

int campaign_read(const struct campaign_source *source, struct campaign_spec *out, struct problems *problems)
{
    struct campaign_spec spec = { 0 };
    size_t before = problems_count(problems);
    bool has_space = campaign_parse_partly(source->text, source->len, source->directory, &spec, problems);
    check_data(source, problems);
    struct expr *x = has_space ? expr_open_all(&spec, problems) : NULL;
    expr_close(x);
    if (problems_count(problems) == before) {
        *out = spec;
        return 0;
    }
    campaign_spec_deinit(&spec);
    campaign_locate(problems, source->text, source->len);
    return -1;
}
