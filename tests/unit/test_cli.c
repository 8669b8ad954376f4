/* What people type and see: options, the live view, the lines for a log. */
#include <string.h>

#include "common/base/exit_status.h"
#include "coordinator/cli/command.h"
#include "coordinator/cli/options.h"
#include "coordinator/live/scene.h"
#include "coordinator/live/status.h"
#include "coordinator/live/ticker.h"
#include "coordinator/text/view.h"
#include "tests/tap.h"

static const struct option_row rows[] = {
    { "store", 's', "DIR", "the store" },
    { "workers", 0, "N", "how many" },
    { "json", 0, NULL, "as JSON" },
    { 0 },
};

/* Reads a command line whose words have one blank between them. The options borrow from it until the next call. */
static int read_line(struct options *o, const char *line, struct err *e)
{
    static char text[200], *words[20];
    int n = 0;
    snprintf(text, sizeof text, "%s", line);
    for (char *word = text, *next; word; word = next) {
        if ((next = strchr(word, ' ')))
            *next++ = '\0';
        words[n++] = word;
    }
    words[n] = NULL;
    return options_read(o, rows, n, words, e);
}

TEST(options_stand_before_and_behind_words_in_every_form)
{
    struct options o;
    struct err e;
    int64_t n = 7;
    CHECK_INT(read_line(&o, "run a.json --workers=3 -s x b --json", &e), 0);
    CHECK_INT(o.n_words, 2);
    CHECK_TEXT(o.words[0], "a.json");
    CHECK_TEXT(o.words[1], "b");
    CHECK_TEXT(options_text(&o, "store", "none"), "x");
    CHECK(options_has(&o, "json"));
    CHECK_INT(options_int(&o, "workers", 1, 9, &n, &e), 0);
    CHECK_INT(n, 3);
}

TEST(what_was_not_given_keeps_its_default)
{
    struct options o;
    struct err e;
    int64_t n = 7;
    CHECK_INT(read_line(&o, "run -- --json", &e), 0);
    CHECK_INT(o.n_words, 1);
    CHECK(!options_has(&o, "json"));
    CHECK_TEXT(options_text(&o, "store", "none"), "none");
    CHECK_INT(options_int(&o, "workers", 1, 9, &n, &e), 0);
    CHECK_INT(n, 7);
}

TEST(a_mistake_in_an_option_names_it_and_the_nearest_one)
{
    static const struct {
        const char *word, *said;
    } cases[] = { { "--stroe=x", "is it --store?" }, { "--zzzzzzzz", "--help lists" }, { "-q", "\"-q\"" },
        { "--store", "needs a value" }, { "--json=1", "takes no value" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct options o;
        struct err e = { 0 };
        char line[40];
        snprintf(line, sizeof line, "run %s", cases[i].word);
        CHECK_INT(read_line(&o, line, &e), -1);
        CHECK_INT(e.code, ERR_USAGE);
        CHECK_CONTAINS(e.text, cases[i].said);
    }
}

TEST(a_number_out_of_its_range_is_refused_with_the_range)
{
    static const char *const bad[] = { "0", "10", "three", "3x", "", "99999999999999999999" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct options o;
        struct err e = { 0 };
        int64_t n = 7;
        char line[60];
        snprintf(line, sizeof line, "run --workers=%s", bad[i]);
        CHECK_INT(read_line(&o, line, &e), 0);
        CHECK_INT(options_int(&o, "workers", 1, 9, &n, &e), -1);
        CHECK_CONTAINS(e.text, "from 1 to 9");
        CHECK_INT(n, 7);
    }
}

/* ---- a status ---- */

#define BEST                                                                                                           \
    "{\"trial\":7,\"value\":0.103312345,\"budget\":9,\"is_final\":true,\"config\":{\"hidden_size\":64,"                \
    "\"learning_rate\":0.0012345678,\"activation\":\"relu\",\"a_rather_long_name_of_a_parameter\":123456789,"          \
    "\"evil\":\"a\\u001b[31mb\\u009b1m\"},\"metrics\":{}}"

static const char running[] =
    "{\"schema\":\"rung.status/1\",\"boot\":1,\"seq\":9,\"campaigns\":[{\"name\":\"digits\",\"state\":\"running\","
    "\"metric\":\"validation_loss\",\"goal\":\"minimize\",\"max_budget\":9,\"trials\":{\"limit\":30,\"started\":12,"
    "\"queued\":0,\"running\":3,\"paused\":7,\"completed\":1,\"stopped\":0,\"failed\":1,\"set_aside\":0},"
    "\"results\":14,\"budget_spent\":57,\"rungs\":[{\"bracket\":0,\"rung\":0,\"budget\":1,\"reached\":12,"
    "\"promoted\":3},{\"bracket\":0,\"rung\":1,\"budget\":3,\"reached\":3,\"promoted\":1}],\"best\":" BEST
    ",\"ran_ms\":61000,\"wall_clock_ms\":0,\"eta_ms\":3605000}],\"running\":["
    "{\"campaign\":\"digits\",\"trial\":9,\"worker\":\"local/1\",\"rung\":1,\"budget_from\":1,\"budget_to\":3,\"step\":"
    "2,\"value\":0.25,\"seconds\":4.5},{\"campaign\":\"digits\",\"trial\":10,\"worker\":\"local/2\",\"rung\":0,"
    "\"budget_from\":0,\"budget_to\":1,\"step\":0,\"value\":null,\"seconds\":0.1},{\"campaign\":\"other\",\"trial\":99,"
    "\"worker\":\"local/3\",\"rung\":0,\"budget_from\":0,\"budget_to\":1,\"step\":0,\"value\":null,\"seconds\":0.1},"
    "{\"campaign\":\"digits\",\"trial\":11,\"worker\":\"local/4\",\"rung\":0,\"budget_from\":0,\"budget_to\":1,"
    "\"step\":0,\"value\":null,\"seconds\":0.1}],\"workers\":[]}";

static const char fresh[] =
    "{\"schema\":\"rung.status/1\",\"seq\":1,\"campaigns\":[{\"name\":\"n\",\"state\":\"running\",\"metric\":\"loss\","
    "\"trials\":{\"limit\":0,\"started\":0},\"rungs\":[],\"best\":null,\"ran_ms\":0,\"eta_ms\":null}],\"running\":[]}";

static struct str view_of(const char *json, const char *name, struct view_look look)
{
    struct status s;
    struct str out = { 0 };
    struct err e = { 0 };
    if (status_read(&s, json, &e) < 0)
        TAP_FAIL("%s", e.text);
    json_value campaign = status_campaign(&s, name);
    CHECK(campaign);
    view_campaign(&out, s.root, campaign, &look);
    status_deinit(&s);
    return out;
}

TEST(the_view_shows_progress_the_best_the_rungs_and_what_runs)
{
    struct str v = view_of(running, "digits", (struct view_look){ .columns = 80, .rows = 24, .is_utf8 = true });
    CHECK_CONTAINS(v.text, "digits: running, 1:01, about 1:00:05 left\n");
    CHECK_CONTAINS(v.text, "12 of 30 trials: 1 completed, 3 running, 7 paused, 1 failed\n");
    CHECK_CONTAINS(v.text, "best validation_loss 0.10331, trial 7 at budget 9\n");
    CHECK_CONTAINS(v.text, "hidden_size 64  learning_rate 0.0012346  activation relu");
    CHECK_CONTAINS(v.text, "bracket 0   1 ████████ 12  3 ██ 3\n");
    CHECK_CONTAINS(v.text, "trial 9      2 of 3    0.25          0:04                    local/1\n");
    CHECK(!strstr(v.text, "99"));
    str_deinit(&v);
}

TEST(a_view_without_utf8_is_ascii_and_without_colour_has_no_escapes)
{
    struct str v = view_of(running, "digits", (struct view_look){ .columns = 80, .rows = 24 });
    for (size_t i = 0; i < v.len; i++)
        CHECK((unsigned char)v.text[i] < 127 && (v.text[i] >= 32 || v.text[i] == '\n'));
    CHECK_CONTAINS(v.text, "3 ## 3");
    str_deinit(&v);
}

TEST(no_line_is_wider_than_the_terminal_and_no_view_is_higher)
{
    for (int columns = 20; columns <= 200; columns += 7)
        for (int rows_there = 1; rows_there < 14; rows_there++) {
            struct view_look look = { .columns = columns, .rows = rows_there };
            struct str v = view_of(running, "digits", look);
            int n_lines = 0;
            for (const char *line = v.text, *end; (end = strchr(line, '\n')); line = end + 1, n_lines++)
                CHECK(end - line <= columns && end - line <= 120);
            CHECK(n_lines <= rows_there);
            str_deinit(&v);
        }
}

TEST(what_does_not_fit_is_counted)
{
    struct str v = view_of(running, "digits", (struct view_look){ .columns = 80, .rows = 8 });
    CHECK_CONTAINS(v.text, "3 running, by number; 2 more do not fit\n");
    str_deinit(&v);
}

TEST(a_campaign_that_has_nothing_yet_has_a_view)
{
    struct str v = view_of(fresh, "n", (struct view_look){ .columns = 80, .rows = 24 });
    CHECK_CONTAINS(v.text, "n: running, 0:00\n");
    CHECK_CONTAINS(v.text, "best loss is not known yet");
    str_deinit(&v);
}

TEST(a_status_of_another_schema_is_refused)
{
    struct status s;
    struct err e = { 0 };
    CHECK_INT(status_read(&s, "{\"schema\":\"rung.status/2\"}", &e), -1);
    CHECK_CONTAINS(e.text, "rung.status/1");
    CHECK_INT(status_read(&s, "[", &e), -1);
}

TEST(a_campaign_that_is_over_gives_the_exit_status)
{
    static const struct {
        const char *campaign;
        bool is_over;
        int exit_status;
    } cases[] = {
        { "{\"state\":\"running\",\"best\":null}", false, EXIT_STATUS_NO_SUCCESS },
        { "{\"state\":\"done\",\"best\":{\"trial\":1}}", true, EXIT_STATUS_OK },
        { "{\"state\":\"done\",\"best\":null}", true, EXIT_STATUS_NO_SUCCESS },
        { "{\"state\":\"failed\",\"best\":null}", true, EXIT_STATUS_NO_SUCCESS },
        { "{\"state\":\"stopped\",\"best\":{\"trial\":1}}", true, EXIT_STATUS_CANCELLED },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_doc *doc = json_parse(cases[i].campaign, strlen(cases[i].campaign), NULL);
        CHECK(doc);
        CHECK_INT(status_is_over(json_root(doc)), cases[i].is_over);
        CHECK_INT(status_exit(json_root(doc)), cases[i].exit_status);
        json_free(doc);
    }
}

TEST(a_log_gets_a_line_for_news_and_none_without)
{
    struct status s;
    struct ticker t = { 0 };
    struct str out = { 0 };
    CHECK_INT(status_read(&s, running, NULL), 0);
    json_value campaign = status_campaign(&s, "digits");
    ticker_tell(&t, NULL, campaign, 1000, &out);
    CHECK_TEXT(out.text, "digits 1:01: best validation_loss 0.10331, trial 7 at budget 9 of 9\n"
                         "digits 1:01: 1 trial completed, 1 failed\n");
    str_clear(&out);
    ticker_tell(&t, NULL, campaign, 60000, &out);
    CHECK_TEXT(str_text(&out), "");
    t.n_results = 3;
    ticker_tell(&t, NULL, campaign, 10999, &out);
    CHECK_TEXT(str_text(&out), "");
    ticker_tell(&t, NULL, campaign, 11000, &out);
    CHECK_CONTAINS(str_text(&out), "12 of 30 trials started, 3 running, 14 results, about 1:00:05 left\n");
    str_deinit(&out);
    status_deinit(&s);
}

TEST(pairs_are_shown_as_people_write_them)
{
    static const char text[] = "{\"dropout\": 0.25, \"standardize\": false, \"kind\": \"a\", \"absent\": null}";
    struct json_doc *doc = json_parse(text, strlen(text), NULL);
    struct str out = { 0 };
    view_pairs(&out, json_root(doc), 2, 80);
    CHECK_TEXT(str_text(&out), "  dropout 0.25  standardize false  kind a  absent null");
    str_deinit(&out);
    json_free(doc);
}

TEST(durations_and_numbers_are_short)
{
    struct str s = { 0 };
    view_duration(&s, 59999);
    str_add_char(&s, ' ');
    view_duration(&s, 3723000);
    str_add_char(&s, ' ');
    view_duration(&s, INT64_C(200000000));
    str_add_char(&s, ' ');
    view_number(&s, 1048576);
    str_add_char(&s, ' ');
    view_number(&s, 1.0 / 3);
    CHECK_TEXT(s.text, "0:59 1:02:03 2 d 7 h 1048576 0.33333");
    str_deinit(&s);
}

TAP_MAIN
