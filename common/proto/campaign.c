#include "common/proto/campaign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/proto/campaign_reader.h"

static const char *const goal_names[] = { [GOAL_MINIMIZE] = "minimize", [GOAL_MAXIMIZE] = "maximize" };

/* A campaign's name becomes a directory and a key: letters, digits, and _.- behind the first. */
static bool campaign_name_is_valid(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    size_t len = strlen(name);
    return len > 0 && len <= LIMIT_NAME && !strchr("_.-", *name) && strspn(name, letters) == len;
}

static void read_campaign_name(struct reader *r, json_value v, const char *pointer)
{
    if (json_type(v) != JSON_TEXT || !campaign_name_is_valid(json_text(v)))
        read_refuse(r, v, pointer, "letters, digits and _.- (the first a letter or digit), at most %d", LIMIT_NAME);
    else
        str_copy(r->spec->name, sizeof r->spec->name, json_text(v));
}

static void read_seed(struct reader *r, json_value v, const char *pointer)
{
    struct err e;
    struct str object = { 0 };
    json_open_object(&object);
    json_put_key(&object, "seed");
    json_print(&object, v);
    json_close_object(&object);
    struct json_doc *doc = json_parse(str_text(&object), object.len, &e);
    if (!doc || json_want_id(json_root(doc), "seed", &r->spec->seed, &e) < 0)
        read_refuse(r, v, pointer, "a whole number from 0 to 2^53, or digits as a text, below 2^64");
    json_free(doc);
    str_deinit(&object);
}

static void read_metric(struct reader *r, json_value v, const char *pointer)
{
    if (json_type(v) != JSON_TEXT || !name_is_valid(json_text(v)))
        read_refuse(r, v, pointer, "a name: letters, digits and _.- (the first a letter or _), at most %d", LIMIT_NAME);
    else
        str_copy(r->spec->metric, sizeof r->spec->metric, json_text(v));
}

static void read_goal(struct reader *r, json_value v, const char *pointer)
{
    int goal;
    if (read_word(r, v, pointer, goal_names, 2, "goal", &goal))
        r->spec->goal = (enum goal)goal;
}

static void read_objective(struct reader *r, json_value v, const char *pointer)
{
    static const struct field fields[] = {
        { "metric", true, "the name of what the trials report", read_metric },
        { "goal", true, "minimize or maximize", read_goal },
    };
    read_fields(r, v, pointer, fields, sizeof fields / sizeof *fields);
}

static void read_where(struct reader *r, json_value v, const char *pointer)
{
    const char *text;
    if (!read_array(r, v, pointer, 0, LIMIT_EXPRESSIONS))
        return;
    r->spec->where = mem_zalloc(json_len(v), sizeof *r->spec->where);
    for (json_value entry = json_first(v); entry; entry = json_next(entry)) {
        /* An entry that is wrong still takes its place, so that indexes stay those of the file. */
        struct pointer at = pointer_at(pointer, (size_t)r->spec->n_where);
        bool is_good = read_text(r, entry, at.text, LIMIT_EXPRESSION, &text);
        r->spec->where[r->spec->n_where++] = mem_strdup(is_good ? text : "1");
    }
}

/* An editor's hint, which says nothing about the campaign. */
static void read_schema_hint(struct reader *r, json_value v, const char *pointer)
{
    const char *text;
    read_text(r, v, pointer, LIMIT_CHOICE_TEXT, &text);
}

static void read_weight(struct reader *r, json_value v, const char *pointer)
{
    read_int(r, v, pointer, 1, LIMIT_WEIGHT, &r->spec->weight);
}

/* Read once the space is known: campaign_relations.c. */
static void read_enqueue_later(struct reader *r, json_value v, const char *pointer)
{
    read_array(r, v, pointer, 0, LIMIT_ENQUEUE);
}

/* clang-format off */
static const struct field campaign_fields[] = {
    { "$schema",   false, NULL,                                             read_schema_hint },
    { "name",      true,  "the campaign's name",                            read_campaign_name },
    { "seed",      false, NULL,                                             read_seed },
    { "weight",    false, NULL,                                             read_weight },
    { "objective", true,  "an object with metric and goal",                 read_objective },
    { "trial",     true,  "an object with program or command",              read_trial },
    { "space",     true,  "an object of parameters",                        read_space },
    { "where",     false, NULL,                                             read_where },
    { "enqueue",   false, NULL,                                             read_enqueue_later },
    { "search",    true,  "an object with max_budget",                      read_search },
    { "limits",    true,  "an object with trials, wall_clock, or both",     read_limits },
};
/* clang-format on */

static void read_campaign(struct reader *r, json_value root)
{
    r->spec->seed = 1;
    r->spec->search = (struct search_spec){ .sampler = SAMPLER_TPE, .scheduler = SCHEDULER_HYPERBAND, .eta = 3 };
    read_fields(r, root, "", campaign_fields, sizeof campaign_fields / sizeof *campaign_fields);
    if (json_type(root) == JSON_OBJECT)
        check_relations(r, root);
}

/* A text that is no JSON at all: the one problem of its file. The error names the line. */
static void refuse_text(const char *why, struct problems *problems)
{
    int line = 0, used = 0;
    if (sscanf(why, "line %d, %n", &line, &used) < 1)
        used = 0;
    problems_add(problems, "", "%s", why + used);
    if (!problems->n_dropped)
        problems->items[problems->n - 1].line = line;
}

/* What is let in can be stored: its canonical text is a campaign file too, and within the same limits. */
static void check_canonical(struct reader *r)
{
    struct str text = { 0 };
    campaign_canonical(r->spec, &text);
    struct json_doc *doc = text.len <= LIMIT_CAMPAIGN_FILE ? json_parse(str_text(&text), text.len, NULL) : NULL;
    if (!doc)
        problems_add(r->problems, "", "too large once every default is written out: expected fewer values");
    json_free(doc);
    str_deinit(&text);
}

/* Reads as much as can be read into r->spec. */
static void parse(struct reader *r, const char *text, size_t len)
{
    struct err e = { 0 };
    if (len > LIMIT_CAMPAIGN_FILE) {
        problems_add(r->problems, "", "%zu bytes: expected at most %d", len, LIMIT_CAMPAIGN_FILE);
        return;
    }
    struct json_doc *doc = json_parse(text, len, &e);
    if (doc)
        read_campaign(r, json_root(doc));
    else
        refuse_text(e.text, r->problems);
    json_free(doc);
}

int campaign_parse(
    const char *text, size_t len, const char *directory, struct campaign_spec *out, struct problems *problems)
{
    struct campaign_spec spec = { 0 };
    size_t before = problems_count(problems);
    campaign_parse_partly(text, len, directory, &spec, problems);
    if (problems_count(problems) == before) {
        *out = spec;
        return 0;
    }
    campaign_spec_deinit(&spec);
    campaign_locate(problems, text, len);
    return -1;
}

bool campaign_parse_partly(
    const char *text, size_t len, const char *directory, struct campaign_spec *out, struct problems *problems)
{
    struct reader r = { .spec = out, .problems = problems, .directory = directory };
    size_t before = problems_count(problems);
    parse(&r, text, len);
    if (problems_count(problems) == before)
        check_canonical(&r);
    return r.is_space_good && !problems_has_below(problems, "/trial/fixed");
}

void campaign_locate(struct problems *problems, const char *text, size_t len)
{
    struct json_doc *doc = len <= LIMIT_CAMPAIGN_FILE ? json_parse(text, len, NULL) : NULL;
    for (size_t i = 0; doc && i < problems->n; i++)
        if (problems->items[i].line == 0)
            problems->items[i].line = json_line(doc, problems->items[i].pointer);
    json_free(doc);
    problems_sort(problems);
}

int campaign_from_canonical(const char *text, size_t len, struct campaign_spec *out, struct err *e)
{
    struct campaign_spec spec = { 0 };
    struct problems problems = { 0 };
    struct reader r = { .spec = &spec, .problems = &problems, .is_canonical = true };
    parse(&r, text, len);
    if (problems.n == 0) {
        *out = spec;
        return 0;
    }
    err_set(e, ERR_INVALID, "%s: %s", problems.items[0].pointer, problems.items[0].text);
    campaign_spec_deinit(&spec);
    problems_deinit(&problems);
    return -1;
}
