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
    CHECK_CONTAINS(e.text, "linear.bias");
    CHECK(!x.model);
    str_deinit(&bytes);
    trainer_free(t);
}

TAP_MAIN
