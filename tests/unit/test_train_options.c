#include "tests/tap.h"
#include "worker/train/run/options.h"
#include "worker/train/run/recipe.h"

enum { MAX_WORDS = 16 };

/* Parses words up to the first NULL, behind a program name. */
static int parse(struct options *o, const char *const *words, struct err *e)
{
    static char kept[MAX_WORDS][256];
    char *argv[MAX_WORDS + 1] = { strcpy(kept[0], "rung-train") };
    int argc = 1;
    for (; words[argc - 1]; argc++)
        argv[argc] = strcpy(kept[argc], words[argc - 1]);
    return options_parse(o, argc, argv, e);
}

TEST(options_of_each_command_are_read)
{
    struct options o;
    struct err e = { 0 };
    CHECK_INT(parse(&o, (const char *[]){ "--config", "{}", "--epochs", "7", "--json", "--seed=9", NULL }, &e), 0);
    CHECK_INT(o.command, COMMAND_TRAIN);
    CHECK_TEXT(o.config, "{}");
    CHECK_TEXT(o.seed, "9");
    CHECK_INT(o.epochs, 7);
    CHECK(o.json);
    CHECK_INT(parse(&o, (const char *[]){ "bench", "--hidden-size", "255", "--dropout", ".5", NULL }, &e), 0);
    CHECK_INT(o.command, COMMAND_BENCH);
    CHECK_INT(o.hidden_size, 255);
    CHECK_INT(o.batch_size, 256);
    CHECK(o.dropout == 0.5);
    CHECK_INT(parse(&o, (const char *[]){ "evaluate", "--model", "m", "--data", "d", "--format", "ts", NULL }, &e), 0);
    CHECK_INT(o.command, COMMAND_EVALUATE);
    CHECK_TEXT(o.model, "m");
}

TEST(what_cannot_be_taken_is_refused_by_name)
{
    static const struct {
        const char *words[4], *text;
    } rows[] = {
        { { "--epcohs", "3" }, "unknown option --epcohs: did you mean --epochs?" },
        { { "--epochs" }, "--epochs wants a value" },
        { { "--epochs", "three" }, "--epochs wants a whole number, not \"three\"" },
        { { "--epochs", "0" }, "--epochs is 0" },
        { { "--hidden-size", "3" }, "unknown option --hidden-size" },
        { { "bench", "--dropout", "x" }, "--dropout wants a number" },
        { { "frobnicate" }, "\"frobnicate\" is not understood" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct options o;
        struct err e = { 0 };
        CHECK_INT(parse(&o, rows[i].words, &e), -1);
        CHECK_INT(e.code, ERR_USAGE);
        CHECK_CONTAINS(e.text, rows[i].text);
    }
}

static int read_recipe(struct recipe *r, const char *const *words, struct err *e)
{
    struct options o;
    CHECK_INT(parse(&o, words, e), 0);
    return recipe_read(r, &o, e);
}

TEST(the_answer_of_rung_best_is_a_configuration)
{
    struct recipe r;
    struct err e = { 0 };
    const char *answer = "{\"schema\": \"rung.best/1\", \"program\": \"linear\", \"seed\": \"77\", \"config\": "
                         "{\"hidden_1\": 12}, \"value\": 0.4}";
    CHECK_INT(read_recipe(&r, (const char *[]){ "--config", answer, "--format", "synthetic", NULL }, &e), 0);
    CHECK_INT(r.settings.kind, MODEL_LINEAR);
    CHECK_INT(r.settings.hidden_1, 12);
    CHECK_INT(r.seed, 77);
    CHECK_INT(r.data.format, DATA_SYNTHETIC);
    CHECK_INT(
        read_recipe(&r, (const char *[]){ "--config", answer, "--format", "synthetic", "--seed", "5", NULL }, &e), 0);
    CHECK_INT(r.seed, 5);
}

TEST(a_recipe_that_does_not_work_says_why)
{
    static const struct {
        const char *words[8], *text;
    } rows[] = {
        { { "--config", "{}" }, "no data" },
        { { "--config", "{" }, "--config {" },
        { { "--config", "/nonexistent", "--format", "synthetic" }, "/nonexistent" },
        { { "--config", "{\"drop\": 1}", "--format", "synthetic" }, "--config: unknown setting \"drop\"" },
        { { "--format", "synthetic", "--seed", "-1" }, "--seed" },
        { { "--format", "unknown format" }, "unknown format" },
        { { "--format", "synthetic", "--validation", "spaeker" }, "unknown division" },
        { { "--format", "synthetic", "--model", "lstm" }, "--model: there is no model \"lstm\"" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct recipe r;
        struct err e = { 0 };
        CHECK_INT(read_recipe(&r, rows[i].words, &e), -1);
        CHECK_CONTAINS(e.text, rows[i].text);
    }
}

TEST(help_lists_every_option_and_setting)
{
    struct str text = { 0 };
    options_help(&text, COMMAND_TRAIN);
    CHECK_CONTAINS(text.text, "--early-stopping");
    CHECK_CONTAINS(text.text, "plateau_patience");
    CHECK_CONTAINS(text.text, "hidden_2");
    CHECK(!strstr(text.text, "--hidden-size"));
    str_deinit(&text);
}

TAP_MAIN
