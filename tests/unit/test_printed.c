/* Metrics in what a program prints, and the words that it is given. */
#include <string.h>

#include "common/domain/allowed.h"
#include "common/proto/placeholder.h"
#include "tests/tap.h"
#include "worker/core/printed.h"

static struct printed p;

/* Takes the lines; what the last one made of it, as JSON, or "" when it is no report. */
static const char *take(const char *const *lines)
{
    static struct str text;
    bool is_report = false;
    str_clear(&text);
    printed_clear(&p);
    for (; *lines; lines++)
        is_report = printed_take(&p, *lines, strlen(*lines), "loss");
    if (is_report && !p.diverged)
        printed_put(&p, &text);
    return str_text(&text);
}

TEST(what_a_line_says)
{
    static const struct {
        const char *lines[4], *metrics;
        int64_t step; /* -1: none */
        bool diverged;
    } rows[] = {
        { { "loss=0.5" }, "{\"loss\":0.5}", -1, false },
        { { "epoch=3 acc=0.75, loss=2.5e-1" }, "{\"acc\":0.75,\"loss\":0.25}", 3, false },
        { { "[epoch=3; loss=1]" }, "{\"loss\":1}", 3, false },
        { { "step=700 epoch=2 loss=1" }, "{\"loss\":1}", 2, false },
        { { "step=7 loss=1" }, "{\"loss\":1}", 7, false },
        { { "epoch=2.5 loss=1" }, "{\"loss\":1}", -1, false },
        { { "train_loss=0.5" }, "", -1, false },
        { { "train_loss=0.5", "loss=0.25" }, "{\"train_loss\":0.5,\"loss\":0.25}", -1, false },
        { { "epoch=1 train_loss=0.5", "epoch=1 loss=0.25" }, "{\"train_loss\":0.5,\"loss\":0.25}", 1, false },
        { { "epoch=1 train_loss=0.5", "epoch=2 loss=0.25" }, "{\"loss\":0.25}", 2, false },
        { { "loss=97%" }, "", -1, false },
        { { "loss = 0.5" }, "", -1, false },
        { { "loss=" }, "", -1, false },
        { { "=1 loss=0.5 1x=3" }, "{\"loss\":0.5}", -1, false },
        { { "acc=inf loss=0.5" }, "{\"loss\":0.5}", -1, false },
        { { "loss=nan" }, "", -1, true },
        { { "epoch=4 loss=-inf" }, "", 4, true },
        { { "{\"epoch\": 2, \"loss\": 0.5, \"note\": \"x\", \"list\": [1]}" }, "{\"loss\":0.5}", 2, false },
        { { "{\"step\": 2, \"metrics\": {\"loss\": 0.5}}" }, "{\"loss\":0.5}", 2, false },
        { { "{\"loss\": NaN}" }, "", -1, true },
        { { "{\"loss\": -Infinity, \"x\": 1}" }, "", -1, true },
        { { "{\"loss\": 0.5" }, "", -1, false },
        { { "no metrics here" }, "", -1, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *metrics = take(rows[i].lines);
        if (strcmp(metrics, rows[i].metrics) != 0 || p.diverged != rows[i].diverged ||
            (p.has_step ? p.step : -1) != rows[i].step)
            TAP_FAIL("%s gives %s at %lld", rows[i].lines[0], metrics, (long long)(p.has_step ? p.step : -1));
    }
}

TEST(the_objective_is_heard_among_too_many_metrics)
{
    struct str line = { 0 };
    for (int i = 0; i < 2 * LIMIT_METRICS; i++)
        str_addf(&line, "m%d=%d ", i, i);
    str_add(&line, "loss=1");
    printed_clear(&p);
    CHECK(printed_take(&p, line.text, line.len, "loss"));
    CHECK_INT(p.n, LIMIT_METRICS);
    CHECK_TEXT(p.metrics[LIMIT_METRICS - 1].name, "loss");
    str_deinit(&line);
}

static bool value_of(void *context, const char *name, struct str *out)
{
    if (strcmp(name, "x") != 0)
        return false;
    str_add(out, "a b;$(c)");
    return true;
}

TEST(a_placeholder_is_replaced_inside_its_word)
{
    static const struct {
        const char *word, *out;
        bool is_whole;
    } rows[] = { { "${x}", "a b;$(c)", true }, { "--x=${x}!", "--x=a b;$(c)!", true }, { "$${x}", "${x}", true },
        { "$x ${} ${x", "$x ${} ${x", true }, { "${1x}", "${1x}", true }, { "-${y}-", "--", false } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str out = { 0 };
        CHECK(placeholder_expand(rows[i].word, value_of, NULL, &out) == rows[i].is_whole);
        CHECK_TEXT(str_text(&out), rows[i].out);
        str_deinit(&out);
    }
    CHECK(placeholder_is_alone("${x}"));
    CHECK(!placeholder_is_alone("${x}y"));
    CHECK(placeholder_is_in("y${x}"));
    CHECK(!placeholder_is_in("$${x}"));
}

TEST(a_worker_runs_what_it_names)
{
    static const struct {
        const char *names, *program;
        bool is_allowed;
    } rows[] = { { NULL, "python3", false }, { "python3", "python3", true }, { "python3", "python", false },
        { "python", "python3", false }, { "a,python3,b", "python3", true }, { "python3", "/usr/bin/python3", false },
        { "/opt/bin/", "/opt/bin/train", true }, { "/opt/bin/", "/opt/bin/x/train", false },
        { "/opt/bin/", "/opt/bin/../sh", false }, { "/opt/bin/", "/opt/bin/..", false },
        { "/opt/bin/", "/opt/bin/", false }, { "/opt/bin", "/opt/bin/train", false }, { "*", "anything", true },
        { "sh", "", false } };
    struct err e;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (allowed_program(rows[i].names, rows[i].program) != rows[i].is_allowed)
            TAP_FAIL("%s and %s", rows[i].names, rows[i].program);
    CHECK(allowed_check("python3,/opt/bin/,./train", &e) == 0);
    CHECK(allowed_check("python3,,sh", &e) < 0);
    CHECK(allowed_check("", &e) < 0);
    CHECK(allowed_check("bin/", &e) < 0);
}

TAP_MAIN
