#include <inttypes.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/rng.h"
#include "common/base/units.h"
#include "common/proto/campaign.h"
#include "common/proto/config.h"
#include "tests/tap.h"

/* A campaign with `%s` in the place that a test varies. */
static const char form[] =
    "{ \"name\": \"c\", \"objective\": { \"metric\": \"loss\", \"goal\": \"maximize\" },\n"
    "  \"trial\": { \"command\": [\"./train\"], \"data\": { \"train\": \"./a.csv\", \"b\": { \"z\": 1, \"a\": 2 } } "
    "},\n"
    "  \"space\": { \"x\": { \"type\": \"float\", \"low\": 0.1, \"high\": 0.7, \"step\": 0.1 },\n"
    "             \"k\": { \"type\": \"categorical\", \"choices\": [1, \"1\", true, false, 0, 0.5, \"\"] },\n"
    "             \"n\": { \"type\": \"int\", \"low\": -8, \"high\": 8, \"step\": 3 },\n"
    "             \"f\": { \"type\": \"float\", \"low\": 1e-7, \"high\": 1e9, \"log\": true } },\n"
    "  \"search\": { \"max_budget\": 50 }, \"limits\": { \"trials\": 9 }%s }";

static struct campaign_spec parse(const char *more)
{
    struct campaign_spec spec = { 0 };
    struct problems problems = { 0 };
    struct str text = { 0 };
    char *place;
    str_add(&text, form);
    place = strstr(text.text, "%s");
    struct str whole = { 0 };
    str_add_bytes(&whole, text.text, (size_t)(place - text.text));
    str_add(&whole, more);
    str_add(&whole, place + 2);
    if (campaign_parse(whole.text, whole.len, "/home/me", &spec, &problems) < 0)
        TAP_FAIL("line %d: %s: %s", problems.items[0].line, problems.items[0].pointer, problems.items[0].text);
    str_deinit(&text);
    str_deinit(&whole);
    return spec;
}

TEST(what_a_file_leaves_out_gets_its_default)
{
    struct campaign_spec spec = parse("");
    CHECK_INT(spec.seed, 1);
    CHECK_INT(spec.goal, GOAL_MAXIMIZE);
    CHECK_INT(spec.search.sampler, SAMPLER_TPE);
    CHECK_INT(spec.search.scheduler, SCHEDULER_HYPERBAND);
    CHECK_INT(spec.search.min_budget, 2);
    CHECK_INT(spec.search.eta, 3);
    CHECK_INT(spec.search.n_trials, 9);
    CHECK_TEXT(spec.trial.fixed, "{}");
    CHECK_TEXT(spec.trial.directory, "/home/me");
    CHECK_INT(spec.limits.wall_clock_ms, 0);
    CHECK_INT(spec.space.n_params, 4);
    campaign_spec_deinit(&spec);
}

TEST(file_names_of_the_data_become_absolute_and_its_keys_sorted)
{
    struct campaign_spec spec = parse("");
    CHECK_TEXT(spec.trial.data, "{\"b\":{\"a\":2,\"z\":1},\"train\":\"/home/me/a.csv\"}");
    campaign_spec_deinit(&spec);
}

TEST(the_canonical_text_is_a_fixed_point)
{
    struct campaign_spec spec = parse(", \"seed\": \"18446744073709551615\", \"where\": [\"x < 1\"], "
                                      "\"enqueue\": [{\"x\": 0.3, \"k\": true, \"n\": -2, \"f\": 0.1}]");
    struct campaign_spec again = { 0 };
    struct str a = { 0 }, b = { 0 };
    struct err e;
    campaign_canonical(&spec, &a);
    if (campaign_from_canonical(a.text, a.len, &again, &e) < 0)
        TAP_FAIL("%s", e.text);
    campaign_canonical(&again, &b);
    CHECK_TEXT(b.text, a.text);
    CHECK(again.seed == UINT64_MAX);
    CHECK(config_equal(&spec.space, spec.enqueue, again.enqueue));
    campaign_spec_deinit(&spec);
    campaign_spec_deinit(&again);
    str_deinit(&a);
    str_deinit(&b);
}

TEST(canonical_text_is_refused_when_it_was_damaged)
{
    struct campaign_spec spec = parse(""), again = { 0 };
    struct str text = { 0 };
    struct err e = { 0 };
    campaign_canonical(&spec, &text);
    CHECK_INT(campaign_from_canonical(text.text, text.len - 1, &again, &e), -1);
    *strstr(text.text, "\"eta\":3") = '\'';
    CHECK_INT(campaign_from_canonical(text.text, text.len, &again, &e), -1);
    CHECK_INT(again.space.n_params, 0);
    campaign_spec_deinit(&spec);
    str_deinit(&text);
}

TEST(each_difference_between_two_files_is_named_with_both_values)
{
    struct campaign_spec a = parse(", \"seed\": 1, \"where\": [\"x < 1\"]");
    struct campaign_spec b = parse(", \"seed\": 2, \"where\": [\"x < 1\", \"n > 0\"]");
    struct problems d = { 0 };
    b.search.eta = 4;
    b.space.params[0].high = 0.8;
    CHECK_INT(campaign_diff(&a, &a, &d), 0);
    CHECK_INT(campaign_diff(&a, &b, &d), 4);
    CHECK_TEXT(d.items[0].pointer, "/seed");
    CHECK_TEXT(d.items[0].text, "was \"1\", is \"2\"");
    CHECK_TEXT(d.items[1].pointer, "/space/x/high");
    CHECK_TEXT(d.items[1].text, "was 0.7, is 0.8");
    CHECK_TEXT(d.items[2].pointer, "/where/1");
    CHECK_TEXT(d.items[2].text, "was absent, is \"n > 0\"");
    CHECK_TEXT(d.items[3].pointer, "/search/eta");
    problems_deinit(&d);
    campaign_spec_deinit(&a);
    campaign_spec_deinit(&b);
}

TEST(another_order_of_the_parameters_is_a_difference)
{
    struct campaign_spec a = parse(""), b = parse("");
    struct problems d = { 0 };
    struct param first = b.space.params[0];
    b.space.params[0] = b.space.params[1];
    b.space.params[1] = first;
    CHECK_INT(campaign_diff(&a, &b, &d), 1);
    CHECK_CONTAINS(d.items[0].text, "parameter 1 was x, is k");
    problems_deinit(&d);
    campaign_spec_deinit(&a);
    campaign_spec_deinit(&b);
}

TEST(the_directory_is_a_difference_for_a_command_alone)
{
    struct campaign_spec a = parse(""), b = parse("");
    struct problems d = { 0 };
    free(b.trial.directory);
    b.trial.directory = mem_strdup("/elsewhere");
    CHECK_INT(campaign_diff(&a, &b, &d), 1);
    struct campaign_spec x = a, y = b;
    x.trial.command = y.trial.command = NULL;
    CHECK_INT(campaign_diff(&x, &y, &d), 0);
    problems_deinit(&d);
    campaign_spec_deinit(&a);
    campaign_spec_deinit(&b);
}

TEST(every_configuration_survives_json_bit_for_bit)
{
    struct campaign_spec spec = parse("");
    struct rng r;
    rng_derive(&r, 1, 0, RNG_TEST, 0);
    for (int i = 0; i < 20000; i++) {
        double x[4], y[4];
        struct str s = { 0 };
        struct err e;
        for (int k = 0; k < 4; k++)
            x[k] = rng_below(&r, 8) == 0 ? NAN : param_sample(&spec.space.params[k], &r);
        config_to_json(&spec.space, x, &s);
        if (config_from_json(&spec.space, s.text, s.len, y, &e) < 0)
            TAP_FAIL("%s: %s", s.text, e.text);
        if (!config_equal(&spec.space, x, y))
            TAP_FAIL("%s is another configuration", s.text);
        str_deinit(&s);
    }
    campaign_spec_deinit(&spec);
}

TEST(a_choice_is_known_by_type_and_value)
{
    struct campaign_spec spec = parse("");
    static const char *const texts[] = { "1", "\"1\"", "true", "false", "0", "0.5", "\"\"" };
    for (int i = 0; i < 7; i++) {
        double x[4];
        struct str s = { 0 };
        str_addf(&s, "{\"k\":%s}", texts[i]);
        CHECK_INT(config_from_json(&spec.space, s.text, s.len, x, NULL), 0);
        CHECK_NEAR(x[1], i, 0);
        CHECK(isnan(x[0]));
        str_deinit(&s);
    }
    campaign_spec_deinit(&spec);
}

TEST(fixed_parameters_stand_behind_those_of_the_space)
{
    struct campaign_spec spec = parse("");
    struct str s = { 0 };
    config_to_json_with_fixed(&spec.space, (double[]){ NAN, 3, -2, NAN }, "{\"a\":\"b\",\"c\":true}", &s);
    CHECK_TEXT(s.text, "{\"k\":false,\"n\":-2,\"a\":\"b\",\"c\":true}");
    str_deinit(&s);
    campaign_spec_deinit(&spec);
}

TEST(at_most_so_many_mistakes_are_kept_and_the_rest_counted)
{
    struct problems problems = { 0 };
    struct campaign_spec spec = { 0 };
    struct str text = { 0 }, printed = { 0 };
    str_add(&text, "{");
    for (int i = 0; i < LIMIT_PROBLEMS + 50; i++)
        str_addf(&text, "\"unknown_%d\": 1,\n", i);
    str_add(&text, "\"name\": 1}");
    CHECK_INT(campaign_parse(text.text, text.len, "/", &spec, &problems), -1);
    CHECK_INT(problems.n, LIMIT_PROBLEMS);
    CHECK_INT(problems_count(&problems), LIMIT_PROBLEMS + 50 + 1 + 5);
    CHECK_INT(problems.items[LIMIT_PROBLEMS - 1].line, LIMIT_PROBLEMS);
    problems_print(&problems, "c.json", &printed);
    CHECK_CONTAINS(printed.text, "c.json: and 56 more");
    problems_deinit(&problems);
    str_deinit(&text);
    str_deinit(&printed);
}

TEST(a_terminal_is_not_moved_by_what_a_file_says)
{
    struct problems problems = { 0 };
    struct campaign_spec spec = { 0 };
    struct str printed = { 0 };
    static const char text[] = "{\"\\u001b[2J\": \"\\u001b]0;x\\u0007\"}";
    CHECK_INT(campaign_parse(text, sizeof text - 1, "/", &spec, &problems), -1);
    problems_print(&problems, "c.json", &printed);
    CHECK(!strchr(printed.text, '\x1b') && !strchr(printed.text, '\x07'));
    problems_deinit(&problems);
    str_deinit(&printed);
}

TEST(durations_and_sizes_are_read_as_people_write_them)
{
    static const struct {
        const char *text;
        int64_t value; /* -1: refused */
    } durations[] = { { "4h", 14400000 }, { "30m", 1800000 }, { "90s", 90000 }, { "1h30m", 5400000 }, { "250ms", 250 },
        { "1d1ms", 86400001 }, { "", -1 }, { "4", -1 }, { "h", -1 }, { "30m1h", -1 }, { "1h1h", -1 }, { "1.5h", -1 },
        { "-1h", -1 }, { "1 h", -1 }, { "1H", -1 }, { "99999999999999999999s", -1 }, { "9223372036854775807h", -1 } },
      sizes[] = { { "2GiB", INT64_C(2) << 30 }, { "500MB", 500000000 }, { "12B", 12 }, { "1kB", 1000 }, { "1KB", 1000 },
          { "3TiB", INT64_C(3) << 40 }, { "0B", 0 }, { "", -1 }, { "12", -1 }, { "2Gi", -1 }, { "2GiBs", -1 },
          { "9223372036854775807KiB", -1 }, { "GiB", -1 } };
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        int64_t value = -1;
        bool is_good = units_parse_duration(durations[i].text, &value);
        if (is_good != (durations[i].value >= 0) || value != durations[i].value)
            TAP_FAIL("\"%s\" is %" PRId64, durations[i].text, value);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int64_t value = -1;
        bool is_good = units_parse_bytes(sizes[i].text, &value);
        if (is_good != (sizes[i].value >= 0) || value != sizes[i].value)
            TAP_FAIL("\"%s\" is %" PRId64, sizes[i].text, value);
    }
}

TEST(durations_and_sizes_are_written_exactly)
{
    struct rng r;
    rng_derive(&r, 1, 0, RNG_TEST, 1);
    for (int i = 0; i < 5000; i++) {
        int64_t value = (int64_t)(rng_u64(&r) >> (rng_below(&r, 62) + 2)), back = -1;
        struct str a = { 0 }, b = { 0 };
        units_put_duration(&a, value);
        CHECK(units_parse_duration(str_text(&a), &back) && back == value);
        units_put_bytes(&b, value);
        CHECK(units_parse_bytes(str_text(&b), &back) && back == value);
        str_deinit(&a);
        str_deinit(&b);
    }
}

TAP_MAIN
