/* The built-in trial as its agent sees it: contract_run in a process of its own, at the other end of a socket. */
#include <sys/socket.h>
#include <sys/wait.h>

#include "tests/unit/train_fixture.h"
#include "worker/train/run/contract.h"

struct agent {
    int fd;
    FILE *from;
    pid_t pid;
    char *line;
    size_t cap;
    struct json_doc *doc; /* the last line */
    int n_kernels;        /* lines that named the arithmetic, which agent_hear passes over */
};

static void agent_open(struct agent *a)
{
    int pair[2];
    *a = (struct agent){ 0 };
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    fflush(NULL);
    a->pid = fork();
    if (a->pid == 0) {
        close(pair[0]);
        if (!freopen(scratch_path("stderr"), "w", stderr))
            _exit(99);
        int status = contract_run(pair[1]);
        fflush(NULL);
        _exit(status); /* no destructors: the directory is the parent's */
    }
    close(pair[1]);
    a->fd = pair[0];
    a->from = fdopen(dup(pair[0]), "r");
}

static void agent_say(struct agent *a, const char *text)
{
    CHECK_INT(send(a->fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* The first message, about these data. */
static void agent_begin_on(
    struct agent *a, const char *data, const char *config, int from, int to, const char *in, const char *out)
{
    struct str s = { 0 };
    str_addf(&s,
        "{\"config\": %s, \"budget_from\": %d, \"budget_to\": %d, \"seed\": \"12345678901234567890\", "
        "\"campaign_seed\": \"1\", \"data\": %s, \"checkpoint_in\": %s%s%s, "
        "\"checkpoint_out\": \"%s\", \"campaign\": \"c\", \"trial\": 7, \"lease\": \"3\", \"metric\": "
        "\"validation_loss\"}\n",
        config, from, to, data, in ? "\"" : "", in ? in : "null", in ? "\"" : "", out);
    agent_say(a, s.text);
    str_deinit(&s);
}

static void agent_begin(struct agent *a, const char *config, int from, int to, const char *in, const char *out)
{
    agent_begin_on(a, "{\"format\": \"synthetic\", \"sequences\": 80}", config, from, to, in, out);
}

/* Notes the line that names the arithmetic. Returns whether it was that one. */
static bool is_kernel(struct agent *a)
{
    char name[MODEL_ARITHMETIC_MAX + 1];
    json_value kernel = json_get(json_root(a->doc), "kernel");
    if (!kernel)
        return false;
    model_name_arithmetic(name);
    CHECK_TEXT(json_text(kernel), name);
    a->n_kernels++;
    return true;
}

/* The root of the next line that is about the training, or NULL at the end. */
static json_value agent_hear(struct agent *a)
{
    json_free(a->doc);
    a->doc = NULL;
    ssize_t len = getline(&a->line, &a->cap, a->from);
    struct err e = { 0 };
    if (len <= 0)
        return NULL;
    a->doc = json_parse(a->line, (size_t)len - 1, &e);
    CHECK_TEXT(e.text, "");
    return is_kernel(a) ? agent_hear(a) : json_root(a->doc);
}

static void expect_flag(struct agent *a, const char *key)
{
    json_value line = agent_hear(a);
    CHECK(line);
    CHECK(json_get(line, key) && json_bool(json_get(line, key)));
}

static void expect_report(struct agent *a, int step)
{
    static const char *const names[] = { "train_loss", "validation_loss", "validation_accuracy", "learning_rate",
        "seconds" };
    json_value line = agent_hear(a);
    CHECK(line);
    CHECK_INT(json_number(json_get(line, "step")), step);
    json_value metrics = json_get(line, "metrics");
    CHECK_INT(json_len(metrics), 5);
    for (size_t i = 0; i < 5; i++)
        CHECK_INT(json_type(json_get(metrics, names[i])), JSON_NUMBER);
}

static void expect_checkpoint(struct agent *a, const char *path, int step)
{
    json_value line = agent_hear(a);
    CHECK(line);
    CHECK_TEXT(json_text(json_get(line, "checkpoint")), path);
    CHECK_INT(json_number(json_get(line, "step")), step);
    CHECK_INT(access(path, R_OK), 0);
}

/* Says that nothing follows, reads to the end and returns the exit status. */
static int agent_close(struct agent *a)
{
    shutdown(a->fd, SHUT_WR);
    while (agent_hear(a))
        continue;
    int status;
    CHECK_INT(waitpid(a->pid, &status, 0), a->pid);
    fclose(a->from);
    close(a->fd);
    free(a->line);
    CHECK(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static const char *last_words(void)
{
    static struct str text;
    struct err e = { 0 };
    str_clear(&text);
    CHECK_INT(file_read(scratch_path("stderr"), 1 << 20, &text, &e), 0);
    return str_text(&text);
}

static const char *const small = "{\"hidden_size\": 8, \"dropout\": 0.2}";

/* Trains from..to in a process of its own. */
static void train(const char *config, int from, int to, const char *in, const char *out)
{
    struct agent a;
    agent_open(&a);
    agent_begin(&a, config, from, to, in, out);
    expect_flag(&a, "continues");
    for (int step = from + 1; step <= to; step++)
        expect_report(&a, step);
    expect_checkpoint(&a, out, to);
    expect_flag(&a, "done");
    CHECK_INT(a.n_kernels, 1);
    CHECK_INT(agent_close(&a), 0);
}

static bool has_same_bytes(const char *one, const char *other)
{
    struct str a = { 0 }, b = { 0 };
    struct err e = { 0 };
    CHECK_INT(file_read(one, 1 << 30, &a, &e), 0);
    CHECK_INT(file_read(other, 1 << 30, &b, &e), 0);
    bool result = a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
    str_deinit(&a);
    str_deinit(&b);
    return result;
}

TEST(a_promoted_trial_ends_with_the_bytes_of_one_that_never_paused)
{
    train(small, 0, 9, NULL, scratch_path("straight"));
    train(small, 0, 3, NULL, scratch_path("three"));
    train(small, 3, 9, scratch_path("three"), scratch_path("resumed"));
    CHECK(has_same_bytes(scratch_path("straight"), scratch_path("resumed")));
    CHECK(!has_same_bytes(scratch_path("straight"), scratch_path("three")));
}

TEST(a_pause_after_any_epoch_leaves_the_bits_as_they_are)
{
    enum { EPOCHS = 6 };
    static const char *const configs[] = { "{\"hidden_size\": 8, \"dropout\": 0.2}",
        "{\"hidden_size\": 20, \"num_layers\": 3, \"num_heads\": 4, \"batch_size\": 7, \"average_epochs\": 2}",
        "{\"hidden_size\": 9, \"feature_shift\": 0.1, \"feature_stretch\": 0.1, \"feature_noise\": 0.1}" };
    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++) {
        train(configs[i], 0, EPOCHS, NULL, scratch_path("straight"));
        train(configs[i], 0, 1, NULL, scratch_path("paused"));
        for (int pause = 1; pause < EPOCHS; pause++)
            train(configs[i], pause, pause + 1, scratch_path("paused"), scratch_path("paused"));
        CHECK(has_same_bytes(scratch_path("straight"), scratch_path("paused")));
        for (int pause = 1; pause < EPOCHS; pause++) {
            train(configs[i], 0, pause, NULL, scratch_path("before"));
            train(configs[i], pause, EPOCHS, scratch_path("before"), scratch_path("after"));
            CHECK(has_same_bytes(scratch_path("straight"), scratch_path("after")));
        }
    }
}

TEST(a_trial_that_stays_goes_on_with_the_same_bits)
{
    struct agent a;
    struct str next = { 0 };
    agent_open(&a);
    agent_begin(&a, small, 0, 3, NULL, scratch_path("stay-3"));
    expect_flag(&a, "continues");
    for (int step = 1; step <= 3; step++)
        expect_report(&a, step);
    expect_checkpoint(&a, scratch_path("stay-3"), 3);
    expect_flag(&a, "done");
    str_addf(&next, "{\"budget_to\": 9, \"lease\": \"4\", \"checkpoint_out\": \"%s\"}\n", scratch_path("stay-9"));
    agent_say(&a, next.text);
    for (int step = 4; step <= 9; step++)
        expect_report(&a, step);
    expect_checkpoint(&a, scratch_path("stay-9"), 9);
    expect_flag(&a, "done");
    CHECK_INT(agent_close(&a), 0);
    train(small, 0, 9, NULL, scratch_path("straight"));
    CHECK(has_same_bytes(scratch_path("straight"), scratch_path("stay-9")));
    str_deinit(&next);
}

TEST(a_stop_ends_the_epoch_with_a_checkpoint)
{
    struct agent a;
    agent_open(&a);
    agent_begin(&a, small, 0, 1000000, NULL, scratch_path("stopped"));
    expect_flag(&a, "continues");
    expect_report(&a, 1);
    agent_say(&a, "{\"stop\": true}\n");
    int last = 1;
    json_value line = agent_hear(&a);
    for (; line && json_get(line, "metrics"); line = agent_hear(&a))
        CHECK_INT(json_number(json_get(line, "step")), ++last);
    CHECK(line && json_get(line, "checkpoint"));
    CHECK_INT(json_number(json_get(line, "step")), last);
    expect_flag(&a, "done");
    CHECK_INT(agent_close(&a), 0);
    train(small, last, last + 1, scratch_path("stopped"), scratch_path("after"));
}

/* The number of metrics of the next report, which is of this step; `has_test` when the test set is among them. */
static size_t hear_metrics(struct agent *a, int step, bool *has_test)
{
    json_value line = agent_hear(a);
    CHECK(line);
    CHECK_INT(json_number(json_get(line, "step")), step);
    json_value metrics = json_get(line, "metrics");
    *has_test = json_get(metrics, "test_loss") && json_get(metrics, "test_accuracy");
    CHECK(json_get(metrics, "train_loss"));
    return json_len(metrics);
}

TEST(the_test_set_is_measured_at_the_end_of_a_budget_alone)
{
    static const char *const data = "{\"format\": \"synthetic\", \"sequences\": 80, \"test_sequences\": 40, "
                                    "\"evaluate\": \"test\"}";
    struct agent a;
    bool has_test;
    agent_open(&a);
    agent_begin_on(&a, data, small, 0, 2, NULL, scratch_path("evaluated"));
    expect_flag(&a, "continues");
    CHECK_INT(hear_metrics(&a, 1, &has_test), 5);
    CHECK(!has_test);
    CHECK_INT(hear_metrics(&a, 2, &has_test), 7);
    CHECK(has_test);
    expect_checkpoint(&a, scratch_path("evaluated"), 2);
    expect_flag(&a, "done");
    CHECK_INT(agent_close(&a), 0);
    train(small, 0, 2, NULL, scratch_path("not-evaluated"));
    CHECK(has_same_bytes(scratch_path("evaluated"), scratch_path("not-evaluated")));
}

TEST(without_validation_a_report_has_no_validation)
{
    static const char *const data = "{\"format\": \"synthetic\", \"sequences\": 80, \"test_sequences\": 40, "
                                    "\"validation\": \"none\"}";
    struct agent a;
    bool has_test;
    agent_open(&a);
    agent_begin_on(&a, data, small, 0, 1, NULL, scratch_path("all-data"));
    expect_flag(&a, "continues");
    CHECK_INT(hear_metrics(&a, 1, &has_test), 3);
    CHECK(!has_test);
    expect_checkpoint(&a, scratch_path("all-data"), 1);
    expect_flag(&a, "done");
    CHECK_INT(agent_close(&a), 0);
}

TEST(a_configuration_that_cannot_be_is_refused_with_78_and_the_reason)
{
    static const struct {
        const char *config, *reason;
    } rows[] = {
        { "{\"hidden_size\": 10, \"num_heads\": 4}", "hidden_size 10 is not divisible by num_heads 4" },
        { "{\"hiddensize\": 10}", "did you mean \"hidden_size\"?" },
        { "{\"dropout\": 2}", "dropout is 2" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct agent a;
        agent_open(&a);
        agent_begin(&a, rows[i].config, 0, 2, NULL, scratch_path("refused"));
        CHECK(!agent_hear(&a));
        CHECK_INT(agent_close(&a), 78);
        CHECK_CONTAINS(last_words(), rows[i].reason);
    }
}

TEST(a_configuration_that_diverges_says_so)
{
    struct agent a;
    agent_open(&a);
    agent_begin(&a, "{\"learning_rate\": 10}", 0, 20, NULL, scratch_path("diverged"));
    expect_flag(&a, "continues");
    json_value line = agent_hear(&a);
    while (line && json_get(line, "metrics"))
        line = agent_hear(&a);
    CHECK(line && json_get(line, "diverged"));
    CHECK_CONTAINS(json_text(json_get(line, "diverged")), "the training loss");
    CHECK(!agent_hear(&a));
    CHECK_INT(agent_close(&a), 0);
}

TEST(a_bad_beginning_fails_with_its_reason_and_is_no_refusal)
{
    struct agent a;
    struct err e = { 0 };
    CHECK_INT(file_write(scratch_path("rubbish"), "rubbish", 7, 0, &e), 0);
    agent_open(&a);
    agent_begin(&a, small, 2, 4, scratch_path("rubbish"), scratch_path("never"));
    CHECK_INT(agent_close(&a), err_exit_status(ERR_CORRUPT));
    CHECK_CONTAINS(last_words(), "no checkpoint of rung-train");
    agent_open(&a);
    agent_begin(&a, small, 2, 4, NULL, scratch_path("never"));
    CHECK_INT(agent_close(&a), err_exit_status(ERR_STATE));
    CHECK_CONTAINS(last_words(), "budget_from is 2, but the checkpoint stands at 0");
    agent_open(&a);
    CHECK_INT(agent_close(&a), err_exit_status(ERR_UNREACHABLE));
}

TEST(a_line_that_is_no_object_is_an_error)
{
    struct agent a;
    agent_open(&a);
    agent_say(&a, "[1, 2]\n");
    CHECK(agent_close(&a) != 0);
    CHECK_CONTAINS(last_words(), "an object is expected");
}

TAP_MAIN
