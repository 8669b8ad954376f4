#include "tests/unit/train_fixture.h"
#include "worker/train/run/export.h"

static const struct {
    enum model_kind kind;
    const char *config;
} rows[] = {
    { MODEL_GRU_ATTENTION, "{\"hidden_size\": 12, \"num_heads\": 3}" },
    { MODEL_LINEAR, "{\"standardize\": false}" },
};

TEST(an_exported_model_answers_as_the_one_in_training)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err e = { 0 };
        struct exported x = { 0 };
        struct trainer *t = fixture_trainer(rows[i].kind, rows[i].config, 1);
        fixture_epochs(t, 2);
        CHECK_INT(export_save(t, scratch_path("model"), &e), 0);
        CHECK_INT(export_load(&x, scratch_path("model"), &e), 0);
        CHECK(t->settings.standardize == (x.mean != NULL));
        CHECK_TEXT(x.classes[0], t->train->of->class_names[0]);
        struct feeder feeder;
        feeder_init(&feeder, t->train->of->n_features, x.mean, x.scale);
        struct score wanted = trainer_evaluate(t, t->validation);
        struct score got = feeder_evaluate(&feeder, x.model, t->validation, 256, NULL);
        CHECK(got.loss == wanted.loss);
        CHECK(got.accuracy == wanted.accuracy);
        feeder_deinit(&feeder);
        exported_deinit(&x);
        trainer_free(t);
    }
}

TEST(the_file_is_safetensors_with_the_names_of_pytorch)
{
    struct err e = { 0 };
    struct str bytes = { 0 };
    struct trainer *t = fixture_trainer(rows[0].kind, rows[0].config, 1);
    CHECK_INT(export_save(t, scratch_path("model"), &e), 0);
    CHECK_INT(file_read(scratch_path("model"), 1 << 30, &bytes, &e), 0);
    uint64_t len;
    memcpy(&len, bytes.text, sizeof len);
    CHECK_INT(bytes.len, 8 + len + sizeof(float) * t->adam.n);
    CHECK_INT(len % 8, 0);
    struct json_doc *doc = json_parse(bytes.text + 8, len, &e);
    CHECK(doc);
    json_value tensor = json_get(json_root(doc), "rnn.weight_hh_l1");
    CHECK_TEXT(json_text(json_get(tensor, "dtype")), "F32");
    CHECK_INT(json_number(json_at(json_get(tensor, "shape"), 0)), 36);
    CHECK_INT(json_number(json_at(json_get(tensor, "shape"), 1)), 12);
    json_value metadata = json_get(json_root(doc), "__metadata__");
    CHECK_TEXT(json_text(json_get(metadata, "model")), "gru-attention");
    CHECK_TEXT(json_text(json_get(metadata, "num_heads")), "3");
    CHECK(json_get(json_root(doc), "attention.out_proj.bias"));
    json_free(doc);
    str_deinit(&bytes);
    trainer_free(t);
}

TEST(a_cut_or_foreign_model_is_refused)
{
    struct err e = { 0 };
    struct str bytes = { 0 };
    struct exported x = { 0 };
    struct trainer *t = fixture_trainer(rows[0].kind, rows[0].config, 1);
    CHECK_INT(export_save(t, scratch_path("model"), &e), 0);
    CHECK_INT(file_read(scratch_path("model"), 1 << 30, &bytes, &e), 0);
    for (size_t len = 0; len < bytes.len; len += 1 + len / 2) {
        CHECK_INT(file_write(scratch_path("cut"), bytes.text, len, 0, &e), 0);
        CHECK_INT(export_load(&x, scratch_path("cut"), &e), -1);
        CHECK_INT(e.code, ERR_CORRUPT);
    }
    CHECK_INT(file_write(scratch_path("cut"), bytes.text, bytes.len - 4, 0, &e), 0);
    CHECK_INT(export_load(&x, scratch_path("cut"), &e), -1);
    CHECK_CONTAINS(e.text, "tensor linear.bias");
    CHECK_CONTAINS(e.text, "behind the end of the file");
    CHECK(!x.model);
    str_deinit(&bytes);
    trainer_free(t);
}

/* A file with this header and so many bytes of numbers. */
static void write_model(const char *header, size_t n_data)
{
    struct err e = { 0 };
    struct str bytes = { 0 };
    uint64_t len = strlen(header);
    str_add_bytes(&bytes, &len, sizeof len);
    str_add(&bytes, header);
    for (size_t i = 0; i < n_data; i++)
        str_add_char(&bytes, '\0');
    CHECK_INT(file_write(scratch_path("hostile"), bytes.text, bytes.len, 0, &e), 0);
    str_deinit(&bytes);
}

#define T(name, type, shape, from, to)                                                                                 \
    "\"" name "\":{\"dtype\":\"" type "\",\"shape\":" shape ",\"data_offsets\":[" #from "," #to "]}"
#define LINEAR(metadata, first)                                                                                        \
    "{\"__metadata__\":{" metadata "}," first "," T("linear1.bias", "F32", "[2]", 24, 32) "," T(                       \
        "linear2.weight", "F32", "[1,2]", 32, 40) "," T("linear2.bias", "F32", "[1]", 40, 44) "," T("linear3.weight",  \
        "F32", "[2,1]", 44, 52) "," T("linear3.bias", "F32", "[2]", 52, 60) "}"
#define ABOUT "\"model\":\"linear\",\"classes\":\"[\\\"a\\\",\\\"b\\\"]\""
#define FIRST T("linear1.weight", "F32", "[2,3]", 0, 24)

TEST(a_hostile_file_is_refused_with_its_fault)
{
    static const struct {
        const char *header, *reason;
    } hostile[] = {
        { LINEAR(ABOUT, FIRST), NULL }, /* what all others are but for one thing */
        { "[1]", "no object" },
        { "{", "header" },
        { "{\"a\":{}}", "\"dtype\"" },
        { "{\"a\":7}", "no object" },
        { LINEAR(ABOUT, T("linear1.weight", "F32", "[2,3]", 8, 32)), "lie over each other" },
        { LINEAR(ABOUT, T("linear1.weight", "F32", "[2,3]", 40, 64)), "behind the end" },
        { LINEAR(ABOUT, T("linear1.weight", "F32", "[2,3]", 24, 0)), "where it begins and ends" },
        { LINEAR(ABOUT, T("linear1.weight", "F32", "[2,3]", -24, 0)), "where it begins and ends" },
        { LINEAR(ABOUT, T("linear1.weight", "F32", "[2,3]", 0, 1e30)), "where it begins and ends" },
        { LINEAR(ABOUT, T("linear1.weight", "F32", "[2,3]", 0, 20)), "not what its shape and type say" },
        { LINEAR(ABOUT, T("linear1.weight", "F32", "[2147483648,2147483648,4]", 0, 24)), "sensible size" },
        { LINEAR(ABOUT, T("linear1.weight", "F32", "[-2,-3]", 0, 24)), "sensible size" },
        { LINEAR(ABOUT, T("linear1.weight", "F32", "6", 0, 24)), "no list" },
        { LINEAR(ABOUT, T("linear1.weight", "F8", "[2,3]", 0, 24)), "type is F8" },
        { LINEAR(ABOUT, T("linear1.weight", "I32", "[2,3]", 0, 24)), "only F32 is read" },
        { LINEAR(ABOUT, T("linear1.weight", "F16", "[2,6]", 0, 24)), "only F32 is read" },
        { LINEAR(ABOUT, T("linear1.weight", "F32", "[3,2]", 0, 24)),
            "linear1.bias is (2, 0), where the model needs (3, 0)" },
        { LINEAR(ABOUT, T("linear1.weight", "F32", "[6]", 0, 24)), "linear1.weight is missing, or no matrix" },
        { LINEAR(ABOUT, T("linear1.weigth", "F32", "[2,3]", 0, 24)), "linear1.weight is missing" },
        { LINEAR("\"model\":\"linear\"", FIRST), "classes" },
        { LINEAR("\"model\":\"linear\",\"classes\":\"[\\\"a\\\"]\"", FIRST), "no list of 2 names" },
        { LINEAR("\"model\":\"linaer\",\"classes\":\"[]\"", FIRST), "linear" },
        { LINEAR(ABOUT ",\"mean\":\"[0,0,0]\"", FIRST), "both be there" },
        { LINEAR(ABOUT ",\"mean\":\"[0,0]\",\"scale\":\"[1,1]\"", FIRST), "no list of 3 numbers" },
        { LINEAR(ABOUT ",\"mean\":\"[0,0,0]\",\"scale\":\"[1,0,1]\"", FIRST), "not above 0" },
        { "{" FIRST "}", "__metadata__ is missing" },
    };
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        struct err e = { 0 };
        struct exported x = { 0 };
        write_model(hostile[i].header, 60);
        int result = export_load(&x, scratch_path("hostile"), &e);
        if (!hostile[i].reason)
            CHECK_TEXT(e.text, "");
        CHECK_INT(result, hostile[i].reason ? -1 : 0);
        if (hostile[i].reason)
            CHECK_CONTAINS(e.text, hostile[i].reason);
        exported_deinit(&x);
    }
}

TEST(a_header_longer_than_the_file_is_refused_before_it_is_read)
{
    static const uint64_t lengths[] = { 0, 9, 100 << 20, (100 << 20) + 1, UINT64_MAX, UINT64_MAX - 7, 1ull << 63 };
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct err e = { 0 };
        struct exported x = { 0 };
        char bytes[16] = { 0 };
        memcpy(bytes, &lengths[i], 8);
        memcpy(bytes + 8, "{\"a\":1} ", 8);
        CHECK_INT(file_write(scratch_path("hostile"), bytes, sizeof bytes, 0, &e), 0);
        CHECK_INT(export_load(&x, scratch_path("hostile"), &e), -1);
        CHECK_INT(e.code, ERR_CORRUPT);
        CHECK_CONTAINS(e.text, "no safetensors file");
    }
}

TAP_MAIN
