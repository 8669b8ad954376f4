/* What a campaign file may say of a built-in program is what the program takes. */
#include "common/domain/builtin.h"
#include "tests/tap.h"
#include "worker/train/run/settings.h"

/* The settings of a program that is told nothing, as JSON. */
static struct json_doc *defaults(const char *program, enum model_kind *kind)
{
    struct settings s;
    struct str text = { 0 };
    struct err e;
    CHECK_INT(settings_parse_kind(kind, program, &e), 0);
    CHECK_INT(settings_parse(&s, *kind, NULL, &e), 0);
    settings_print(&text, &s);
    struct json_doc *doc = json_parse(str_text(&text), text.len, &e);
    CHECK(doc != NULL);
    str_deinit(&text);
    return doc;
}

static void check_taken(enum model_kind kind, const char *name, double value)
{
    struct settings s;
    struct str text = { 0 };
    struct err e;
    json_open_object(&text);
    json_add_number(&text, name, value);
    json_close_object(&text);
    struct json_doc *doc = json_parse(str_text(&text), text.len, &e);
    if (settings_parse(&s, kind, json_root(doc), &e) < 0)
        TAP_FAIL("a campaign may say %s, and the trainer says: %s", text.text, e.text);
    json_free(doc);
    str_deinit(&text);
}

static void check_param(enum model_kind kind, const struct builtin_param *p, json_value standard)
{
    if (!standard)
        TAP_FAIL("the trainer has no %s", p->name);
    if (p->kind == BUILTIN_BOOL) {
        CHECK(json_bool(standard) == (p->standard != 0));
        return;
    }
    CHECK_NEAR(json_number(standard), p->standard, 0);
    CHECK(builtin_allows(p, p->standard));
    CHECK(builtin_allows(p, p->low) == !p->is_above && builtin_allows(p, p->high) == !p->is_below);
    check_taken(kind, p->name, p->is_above ? nextafter(p->low, p->high) : p->low);
    check_taken(kind, p->name, p->is_below ? nextafter(p->high, p->low) : p->high);
}

TEST(the_trainer_takes_all_that_a_campaign_may_say_and_has_the_same_defaults)
{
    for (size_t i = 0; i < BUILTIN_N_PROGRAMS; i++) {
        const struct builtin *b = builtin_find(builtin_programs[i]);
        enum model_kind kind;
        struct json_doc *doc = defaults(b->program, &kind);
        CHECK_INT(json_len(json_root(doc)), b->n_params);
        for (size_t k = 0; k < b->n_params; k++) {
            CHECK_TEXT(b->names[k], b->params[k].name);
            check_param(kind, &b->params[k], json_get(json_root(doc), b->names[k]));
        }
        json_free(doc);
    }
}

TEST(a_program_that_is_not_built_in_has_no_table)
{
    CHECK(!builtin_find("resnet") && !builtin_find(NULL));
    CHECK(!builtin_find_param(builtin_find("linear"), "hidden_size"));
}

TAP_MAIN
