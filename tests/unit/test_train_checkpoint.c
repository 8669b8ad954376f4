#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "common/base/crc32c.h"
#include "tests/unit/train_fixture.h"

static const char *const small = "{\"hidden_size\": 12, \"dropout\": 0.3, \"batch_size\": 40, \"plateau_patience\": 0}";

static bool has_same_bits(const struct trainer *a, const struct trainer *b)
{
    size_t bytes = sizeof(float) * a->adam.n;
    return a->adam.n == b->adam.n && memcmp(model_parameters(a->model), model_parameters(b->model), bytes) == 0 &&
           memcmp(a->adam.first, b->adam.first, bytes) == 0 && memcmp(a->adam.second, b->adam.second, bytes) == 0 &&
           a->adam.step == b->adam.step && a->epochs == b->epochs && a->learning_rate == b->learning_rate &&
           a->plateau.best == b->plateau.best && a->plateau.n_bad == b->plateau.n_bad;
}

TEST(training_to_nine_and_on_to_27_gives_the_bits_of_straight_to_27)
{
    static const struct {
        enum model_kind kind;
        const char *config;
    } rows[] = {
        { MODEL_GRU_ATTENTION, "{\"hidden_size\": 12, \"dropout\": 0.3, \"batch_size\": 40, \"plateau_patience\": 0}" },
        { MODEL_GRU_ATTENTION, "{\"hidden_size\": 8, \"num_heads\": 2, \"num_layers\": 3, \"batch_size\": 1000, "
                               "\"weight_decay\": 0.01, \"clip_norm\": 0.5, \"standardize\": false}" },
        { MODEL_LINEAR, "{\"dropout\": 0.5, \"batch_size\": 33, \"learning_rate\": 0.05, \"plateau_patience\": 0}" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trainer *straight = fixture_trainer(rows[i].kind, rows[i].config, 9), *first, *second;
        struct err e = { 0 };
        first = fixture_trainer(rows[i].kind, rows[i].config, 9);
        second = fixture_trainer(rows[i].kind, rows[i].config, 9);
        fixture_epochs(straight, 27);
        fixture_epochs(first, 9);
        CHECK_INT(checkpoint_save(first, scratch_path("nine"), &e), 0);
        CHECK_INT(checkpoint_load(second, scratch_path("nine"), &e), 0);
        CHECK(has_same_bits(first, second));
        CHECK(!has_same_bits(straight, second));
        fixture_epochs(second, 27);
        CHECK(has_same_bits(straight, second));
        fixture_epochs(first, 27);
        CHECK(has_same_bits(straight, first));
        trainer_free(straight);
        trainer_free(first);
        trainer_free(second);
    }
}

TEST(another_seed_gives_other_bits)
{
    struct trainer *a = fixture_trainer(MODEL_GRU_ATTENTION, small, 1),
                   *b = fixture_trainer(MODEL_GRU_ATTENTION, small, 2);
    CHECK(!has_same_bits(a, b));
    trainer_free(a);
    trainer_free(b);
}

/* A checkpoint after two epochs, its bytes, and a fresh trainer that could take it. */
struct saved {
    struct trainer *trainer, *fresh;
    struct str bytes;
};

static void saved_open(struct saved *s)
{
    struct err e = { 0 };
    *s = (struct saved){ fixture_trainer(MODEL_GRU_ATTENTION, small, 3), fixture_trainer(MODEL_GRU_ATTENTION, small, 3),
        { 0 } };
    fixture_epochs(s->trainer, 2);
    CHECK_INT(checkpoint_save(s->trainer, scratch_path("saved"), &e), 0);
    CHECK_INT(file_read(scratch_path("saved"), 1 << 30, &s->bytes, &e), 0);
}

static void saved_close(struct saved *s)
{
    trainer_free(s->trainer);
    trainer_free(s->fresh);
    str_deinit(&s->bytes);
}

/* Expects a refusal that leaves the trainer as it was made. */
static void expect_refusal(struct saved *s, const char *bytes, size_t len)
{
    struct err e = { 0 };
    struct trainer *untouched = fixture_trainer(MODEL_GRU_ATTENTION, small, 3);
    CHECK_INT(file_write(scratch_path("bad"), bytes, len, 0, &e), 0);
    CHECK_INT(checkpoint_load(s->fresh, scratch_path("bad"), &e), -1);
    CHECK_INT(e.code, ERR_CORRUPT);
    CHECK_CONTAINS(e.text, "bad: ");
    CHECK(has_same_bits(s->fresh, untouched));
    trainer_free(untouched);
}

TEST(a_checkpoint_that_was_cut_anywhere_is_refused)
{
    struct saved s;
    saved_open(&s);
    for (size_t len = 0; len < s.bytes.len; len += 1 + len / 3)
        expect_refusal(&s, s.bytes.text, len);
    expect_refusal(&s, s.bytes.text, s.bytes.len - 1);
    saved_close(&s);
}

TEST(a_checkpoint_with_one_wrong_bit_is_refused)
{
    struct saved s;
    saved_open(&s);
    for (size_t at = 0; at < s.bytes.len; at += at < 512 ? 7 : 1009) {
        s.bytes.text[at] ^= 0x10;
        expect_refusal(&s, s.bytes.text, s.bytes.len);
        s.bytes.text[at] ^= 0x10;
    }
    struct err e = { 0 };
    CHECK_INT(checkpoint_load(s.fresh, scratch_path("saved"), &e), 0);
    CHECK(has_same_bits(s.fresh, s.trainer));
    saved_close(&s);
}

/* What a program that did not know the setting wrote. */
TEST(a_checkpoint_without_a_setting_had_its_default)
{
    static const char member[] = ",\"repeat\":1}", instead[] = "}           ";
    struct saved s;
    struct err e = { 0 };
    saved_open(&s);
    char *at = memmem(s.bytes.text, s.bytes.len, member, sizeof member - 1);
    CHECK(at && sizeof member == sizeof instead);
    memcpy(at, instead, sizeof instead - 1);
    uint32_t crc = crc32c(0, s.bytes.text, s.bytes.len - sizeof crc);
    memcpy(s.bytes.text + s.bytes.len - sizeof crc, &crc, sizeof crc);
    CHECK_INT(file_write(scratch_path("older"), s.bytes.text, s.bytes.len, 0, &e), 0);
    CHECK_INT(checkpoint_load(s.fresh, scratch_path("older"), &e), 0);
    CHECK(has_same_bits(s.fresh, s.trainer));
    saved_close(&s);
}

TEST(a_longer_or_a_foreign_file_is_refused)
{
    struct saved s;
    saved_open(&s);
    str_add(&s.bytes, "more");
    expect_refusal(&s, s.bytes.text, s.bytes.len);
    expect_refusal(&s, "{\"hello\": 1}", 12);
    saved_close(&s);
    struct err e = { 0 };
    struct trainer *t = fixture_trainer(MODEL_GRU_ATTENTION, small, 3);
    CHECK_INT(checkpoint_load(t, scratch_path("absent"), &e), -1);
    CHECK_INT(e.code, ERR_NOT_FOUND);
    trainer_free(t);
}

TEST(a_checkpoint_of_another_training_is_refused_with_the_difference)
{
    static const struct {
        enum model_kind kind;
        const char *config;
        uint64_t seed;
        const char *text;
    } others[] = {
        { MODEL_GRU_ATTENTION, "{\"hidden_size\": 13, \"dropout\": 0.3, \"batch_size\": 40, \"plateau_patience\": 0}",
            3, "hidden_size 12, not 13" },
        { MODEL_GRU_ATTENTION, "{\"hidden_size\": 12, \"dropout\": 0.2, \"batch_size\": 40, \"plateau_patience\": 0}",
            3, "dropout 0.3, not 0.2" },
        { MODEL_GRU_ATTENTION, "{\"hidden_size\": 12, \"dropout\": 0.3, \"batch_size\": 40, \"plateau_patience\": 0}",
            4, "seed 3, not 4" },
        { MODEL_LINEAR, "{}", 3, "the model gru-attention, not linear" },
    };
    struct saved s;
    saved_open(&s);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct err e = { 0 };
        struct trainer *t = fixture_trainer(others[i].kind, others[i].config, others[i].seed);
        CHECK_INT(checkpoint_load(t, scratch_path("saved"), &e), -1);
        CHECK_INT(e.code, ERR_STATE);
        CHECK_CONTAINS(e.text, others[i].text);
        trainer_free(t);
    }
    saved_close(&s);
}

TEST(a_checkpoint_of_other_data_is_refused)
{
    struct saved s;
    struct err e = { 0 };
    saved_open(&s);
    struct material *m = fixture_material();
    struct data_part half = m->split.train;
    half.n /= 2;
    struct trainer_setup setup = { s.trainer->settings, 3, &half, &m->split.validation };
    struct trainer *t = trainer_new(&setup, &e);
    CHECK_INT(checkpoint_load(t, scratch_path("saved"), &e), -1);
    CHECK_CONTAINS(e.text, "other data");
    trainer_free(t);
    saved_close(&s);
}

TEST(a_checkpoint_tells_what_it_is)
{
    struct saved s;
    struct err e = { 0 };
    struct checkpoint_about about;
    saved_open(&s);
    CHECK_INT(checkpoint_read_about(&about, scratch_path("saved"), &e), 0);
    CHECK_INT(about.kind, MODEL_GRU_ATTENTION);
    CHECK_INT(about.settings.hidden_size, 12);
    CHECK_INT(about.seed, 3);
    CHECK_INT(about.epochs, 2);
    saved_close(&s);
}

TEST(a_checkpoint_that_cannot_be_written_leaves_the_old_one)
{
    struct saved s;
    struct err e = { 0 };
    saved_open(&s);
    CHECK_INT(checkpoint_save(s.trainer, "/nonexistent/directory/checkpoint", &e), -1);
    CHECK_CONTAINS(e.text, "/nonexistent/directory/checkpoint");
    struct rlimit before, small_file;
    CHECK_INT(getrlimit(RLIMIT_FSIZE, &before), 0);
    small_file = (struct rlimit){ .rlim_cur = 1000, .rlim_max = before.rlim_max };
    signal(SIGXFSZ, SIG_IGN);
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &small_file), 0); /* as a disk that fills up in the middle of it */
    int saved = checkpoint_save(s.trainer, scratch_path("saved"), &e);
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &before), 0);
    CHECK_INT(saved, -1);
    CHECK_CONTAINS(e.text, scratch_path("saved"));
    CHECK_INT(checkpoint_load(s.fresh, scratch_path("saved"), &e), 0);
    saved_close(&s);
}

TEST(a_learning_rate_of_ten_ends_as_diverged)
{
    struct err e = { 0 };
    struct trainer_report report;
    struct trainer *t = fixture_trainer(MODEL_GRU_ATTENTION, "{\"learning_rate\": 10}", 1);
    int result = 0;
    for (int epoch = 0; epoch < 5 && result == 0; epoch++)
        result = trainer_epoch(t, &report, NULL, &e);
    CHECK_INT(result, -1);
    CHECK_INT(e.code, ERR_DIVERGED);
    CHECK_CONTAINS(e.text, "the training loss");
    trainer_free(t);
}

TEST(training_learns_and_its_report_is_what_evaluation_finds)
{
    struct err e = { 0 };
    struct trainer_report first, last;
    struct trainer *t = fixture_trainer(MODEL_GRU_ATTENTION, "{\"hidden_size\": 32, \"batch_size\": 16}", 1);
    CHECK_INT(trainer_epoch(t, &first, NULL, &e), 0);
    fixture_epochs(t, 9);
    CHECK_INT(trainer_epoch(t, &last, NULL, &e), 0);
    CHECK(last.train_loss < 0.9 * first.train_loss);
    CHECK_INT(last.epoch, 10);
    struct score score = trainer_evaluate(t, t->validation);
    CHECK(score.loss == last.validation_loss);
    CHECK(score.accuracy == last.validation_accuracy);
    trainer_free(t);
}

TAP_MAIN
