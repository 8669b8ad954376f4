#include "tests/tap.h"
#include "worker/train/data/spec.h"

/* Parses `text` as if it stood at /trial/data. */
static int parse(struct data_spec *spec, const char *text, struct err *e)
{
    struct json_doc *doc = json_parse(text, strlen(text), e);
    if (!doc)
        return -1;
    int status = data_spec_parse(spec, json_root(doc), "/trial/data", e);
    CHECK_INT(data_spec_check(json_root(doc), "/trial/data", NULL), status);
    json_free(doc);
    return status;
}

TEST(what_a_spec_does_not_say_has_a_default)
{
    struct data_spec s;
    struct err e;
    CHECK_INT(parse(&s, "{\"format\": \"arabic-digit\", \"train\": \"a.txt\"}", &e), 0);
    CHECK_INT(s.n_classes, 20);
    CHECK_INT(s.validation, DATA_BY_KNOWN);
    CHECK_NEAR(s.validation_share, 0.2, 0);
    CHECK(!data_spec_has_test(&s));
    CHECK_INT(parse(&s, "{\"format\": \"synthetic\"}", &e), 0);
    CHECK_INT(s.n_sequences, 2000);
    CHECK_INT(s.n_test, 500);
    CHECK_INT(s.seed, 1);
    CHECK(data_spec_has_test(&s));
}

TEST(what_a_spec_says_is_taken)
{
    struct data_spec s;
    struct err e;
    CHECK_INT(parse(&s,
                  "{\"validation\": {\"share\": 0.25, \"by\": \"speaker\"}, \"classes\": 10, \"test\": \"b\", "
                  "\"train\": \"a\", "
                  "\"format\": \"arabic-digit\"}",
                  &e),
        0);
    CHECK_INT(s.format, DATA_ARABIC_DIGIT);
    CHECK_INT(s.n_classes, 10);
    CHECK_INT(s.validation, DATA_BY_SPEAKER);
    CHECK_NEAR(s.validation_share, 0.25, 0);
    CHECK_INT(
        parse(&s, "{\"format\": \"synthetic\", \"sequences\": 40, \"test_sequences\": 7, \"seed\": 9007199254740992}",
            &e),
        0);
    CHECK_INT(s.n_sequences, 40);
    CHECK_INT(s.n_test, 7);
    CHECK_INT(s.seed, 9007199254740992);
    CHECK_INT(parse(&s, "{\"format\": \"ts\", \"train\": \"a\", \"test\": \"b\", \"validation\": \"test\"}", &e), 0);
    CHECK_INT(s.validation, DATA_BY_TEST);
    CHECK(!s.evaluates_test);
    CHECK_INT(parse(&s, "{\"format\": \"synthetic\", \"validation\": \"none\", \"evaluate\": \"test\"}", &e), 0);
    CHECK_INT(s.validation, DATA_BY_NONE);
    CHECK(s.evaluates_test);
}

TEST(the_files_of_a_spec_are_listed_under_their_keys)
{
    struct data_spec s;
    struct err e;
    struct data_file files[DATA_MAX_FILES];
    CHECK_INT(parse(&s, "{\"format\": \"ts\", \"train\": \"/x/a\", \"test\": \"b\"}", &e), 0);
    CHECK_INT(data_spec_files(&s, files), 2);
    CHECK_TEXT(files[0].key, "train");
    CHECK_TEXT(files[0].path, "/x/a");
    CHECK_TEXT(files[1].key, "test");
    CHECK_TEXT(files[1].path, "b");
    CHECK_INT(parse(&s, "{\"format\": \"synthetic\"}", &e), 0);
    CHECK_INT(data_spec_files(&s, files), 0);
}

// clang-format off
static const struct {
    const char *json, *message;
} refused[] = {
    { "[]", "/trial/data: an array where an object is wanted" },
    { "{}", "/trial/data: \"format\" is missing" },
    { "{\"format\": 3}", "/trial/data/format: a number where" },
    { "{\"format\": \"sythetic\"}", "/trial/data/format: unknown format; did you mean \"synthetic\"?" },
    { "{\"format\": \"parquet\"}", "known are \"arabic-digit\", \"ts\", \"synthetic\"" },
    { "{\"format\": \"ts\"}", "/trial/data: \"train\" is missing" },
    { "{\"format\": \"ts\", \"trian\": \"a\"}", "/trial/data/trian: unknown key; did you mean \"train\"?" },
    { "{\"format\": \"ts\", \"a/b~c\": 1}", "/trial/data/a~1b~0c: unknown key" },
    { "{\"format\": \"ts\", \"a\\nb\": 1}",
      "/trial/data/a?b: unknown key; known are \"format\", \"train\", \"test\", \"validation\", \"evaluate\"" },
    { "{\"format\": \"ts\", \"0123456789012345678901234567890123456789012345678901234567890123456789\": 1}",
      "901234567890123...: unknown key" },
    { "{\"format\": \"ts\", \"train\": \"\"}", "/trial/data/train: the name of a file is empty" },
    { "{\"format\": \"ts\", \"train\": 1}", "/trial/data/train: a number where the name of a file is wanted" },
    { "{\"format\": \"ts\", \"train\": \"a\", \"test\": \"a\"}",
      "/trial/data/test: the training set cannot be the test set" },
    { "{\"format\": \"ts\", \"train\": \"a\", \"classes\": 10}",
      "/trial/data/classes: the format \"ts\" has no such key" },
    { "{\"format\": \"synthetic\", \"train\": \"a\"}", "/trial/data/train: the format \"synthetic\" has no such key" },
    { "{\"format\": \"arabic-digit\", \"train\": \"a\", \"classes\": 11}", "/trial/data/classes: 10 (digits) or 20" },
    { "{\"format\": \"synthetic\", \"sequences\": 39}", "/trial/data/sequences: a whole number from 40 to 1000000" },
    { "{\"format\": \"synthetic\", \"sequences\": 100.5}", "/trial/data/sequences: a whole number" },
    { "{\"format\": \"synthetic\", \"test_sequences\": -1}", "/trial/data/test_sequences: a whole number from 0" },
    { "{\"format\": \"synthetic\", \"seed\": \"1\"}", "/trial/data/seed: a whole number from 0 to 9007199254740992" },
    { "{\"format\": \"ts\", \"train\": \"a\", \"validation\": \"test\"}",
      "/trial/data/validation: validation on the test set wants" },
    { "{\"format\": \"synthetic\", \"test_sequences\": 0, \"validation\": \"test\"}",
      "/trial/data/validation: validation on" },
    { "{\"format\": \"synthetic\", \"validation\": \"tset\"}",
      "/trial/data/validation: unknown set; did you mean \"test\"?" },
    { "{\"format\": \"ts\", \"train\": \"a\", \"evaluate\": \"test\"}",
      "/trial/data/evaluate: there is no test set to evaluate" },
    { "{\"format\": \"synthetic\", \"evaluate\": \"validation\"}",
      "/trial/data/evaluate: unknown set; known are \"test\"" },
    { "{\"format\": \"synthetic\", \"evaluate\": true}", "/trial/data/evaluate: true or false where \"test\" is wanted" },
    { "{\"format\": \"synthetic\", \"validation\": 0.2}", "/trial/data/validation: a number where \"test\"" },
    { "{\"format\": \"synthetic\", \"validation\": {\"shared\": 1}}",
      "/trial/data/validation/shared: unknown key; did you mean \"share\"?" },
    { "{\"format\": \"synthetic\", \"validation\": {\"share\": 0}}",
      "/trial/data/validation/share: a number between 0 and 1" },
    { "{\"format\": \"synthetic\", \"validation\": {\"share\": 1}}",
      "/trial/data/validation/share: a number between 0 and 1" },
    { "{\"format\": \"synthetic\", \"validation\": {\"share\": \"x\"}}",
      "/trial/data/validation/share: a text where a number" },
    { "{\"format\": \"synthetic\", \"validation\": {\"by\": \"stratify\"}}",
      "/trial/data/validation/by: unknown division; did you mean \"stratified\"?" },
    { "{\"format\": \"ts\", \"train\": \"a\", \"validation\": {\"by\": \"speaker\"}}",
      "/trial/data/validation/by: a .ts file does not say who speaks" },
};
// clang-format on

TEST(a_refusal_names_the_place_and_the_remedy_and_leaves_the_spec_alone)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct data_spec s = { .seed = 77 };
        struct err e = { 0 };
        CHECK_INT(parse(&s, refused[i].json, &e), -1);
        CHECK_CONTAINS(e.text, refused[i].message);
        CHECK(strncmp(e.text, "/trial/data", 11) == 0);
        CHECK_INT(s.seed, 77);
        CHECK_INT(e.code, ERR_INVALID);
    }
}

TEST(a_path_that_does_not_fit_is_refused_not_cut)
{
    char text[DATA_PATH + 64] = "{\"format\": \"ts\", \"train\": \"";
    size_t head = strlen(text);
    memset(text + head, 'x', DATA_PATH);
    memcpy(text + head + DATA_PATH, "\"}", 3);
    struct data_spec s;
    struct err e;
    CHECK_INT(parse(&s, text, &e), -1);
    CHECK_CONTAINS(e.text, "/trial/data/train: the name of a file is too long");
    memcpy(text + head + DATA_PATH - 1, "\"}", 3);
    CHECK_INT(parse(&s, text, &e), 0);
}

TEST(data_that_is_absent_is_refused_too)
{
    struct err e;
    struct data_spec s;
    CHECK_INT(data_spec_parse(&s, NULL, "/trial/data", &e), -1);
    CHECK_CONTAINS(e.text, "/trial/data: missing");
}

TAP_MAIN
