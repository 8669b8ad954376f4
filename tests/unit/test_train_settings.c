#include <stdlib.h>
#include <string.h>

#include "tests/tap.h"
#include "worker/train/run/settings.h"

static int parse(struct settings *s, enum model_kind kind, const char *text, struct err *e)
{
    struct json_doc *doc = json_parse(text, strlen(text), e);
    CHECK(doc);
    int result = settings_parse(s, kind, json_root(doc), e);
    json_free(doc);
    return result;
}

TEST(what_is_not_said_takes_its_default)
{
    struct settings s;
    CHECK_INT(parse(&s, MODEL_GRU_ATTENTION, "{\"hidden_size\": 96, \"dropout\": 0, \"standardize\": false}", NULL), 0);
    CHECK_INT(s.hidden_size, 96);
    CHECK_INT(s.num_layers, 2);
    CHECK_INT(s.num_heads, 1);
    CHECK_INT(s.batch_size, 128);
    CHECK_INT(s.plateau_patience, 10);
    CHECK(s.dropout == 0);
    CHECK(s.learning_rate == 1e-3);
    CHECK(s.plateau_factor == 0.9);
    CHECK(!s.standardize);
}

TEST(a_refusal_names_the_key_and_what_is_wrong)
{
    static const struct {
        enum model_kind kind;
        const char *config, *text;
    } refusals[] = {
        { MODEL_GRU_ATTENTION, "{\"hiden_size\": 3}", "unknown setting \"hiden_size\"; did you mean \"hidden_size\"?" },
        { MODEL_GRU_ATTENTION, "{\"xyzzy\": 3}", "unknown setting \"xyzzy\"" },
        { MODEL_GRU_ATTENTION, "{\"hidden_1\": 3}", "hidden_1 is not a setting of the model gru-attention" },
        { MODEL_LINEAR, "{\"num_layers\": 3}", "num_layers is not a setting of the model linear" },
        { MODEL_GRU_ATTENTION, "{\"hidden_size\": \"64\"}", "hidden_size must be a whole number" },
        { MODEL_GRU_ATTENTION, "{\"hidden_size\": 64.5}",
            "hidden_size must be a whole number, not one with a fraction" },
        { MODEL_GRU_ATTENTION, "{\"hidden_size\": 0}", "hidden_size is 0" },
        { MODEL_GRU_ATTENTION, "{\"batch_size\": -1}", "batch_size is -1" },
        { MODEL_GRU_ATTENTION, "{\"dropout\": 1}", "dropout is 1" },
        { MODEL_GRU_ATTENTION, "{\"dropout\": null}", "dropout must be a number" },
        { MODEL_LINEAR, "{\"learning_rate\": -0.1}", "learning_rate is -0.1" },
        { MODEL_LINEAR, "{\"standardize\": 1}", "standardize must be true or false" },
        { MODEL_LINEAR, "[1]", "a configuration must be an object" },
    };
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct settings s;
        struct err e = { 0 };
        CHECK_INT(parse(&s, refusals[i].kind, refusals[i].config, &e), -1);
        CHECK_INT(e.code, ERR_INVALID);
        CHECK_CONTAINS(e.text, refusals[i].text);
    }
}

TEST(printed_settings_read_back_as_they_were)
{
    for (int kind = 0; kind < MODEL_N_KINDS; kind++) {
        struct settings s, again;
        struct str one = { 0 }, two = { 0 };
        CHECK_INT(parse(&s, (enum model_kind)kind, "{\"dropout\": 0.123456789012345, \"batch_size\": 951}", NULL), 0);
        settings_print(&one, &s);
        CHECK_INT(parse(&again, (enum model_kind)kind, one.text, NULL), 0);
        settings_print(&two, &again);
        CHECK_TEXT(one.text, two.text);
        CHECK_CONTAINS(one.text, "\"batch_size\":951");
        str_deinit(&one);
        str_deinit(&two);
    }
}

TEST(a_model_is_known_by_its_name)
{
    enum model_kind kind = MODEL_GRU_ATTENTION;
    struct err e = { 0 };
    CHECK_INT(settings_parse_kind(&kind, "linear", &e), 0);
    CHECK_INT(kind, MODEL_LINEAR);
    CHECK_INT(settings_parse_kind(&kind, "lstm", &e), -1);
    CHECK_CONTAINS(e.text, "gru-attention");
}

TAP_MAIN
