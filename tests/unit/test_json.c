#include "common/base/rng.h"
#include "common/proto/json.h"
#include "tests/tap.h"

#include <stdlib.h>

static void check_refused(const char *text, const char *why)
{
    struct err e = { 0 };
    struct json_doc *doc = json_parse(text, strlen(text), &e);
    if (doc)
        TAP_FAIL("taken, and should not be: %s", text);
    CHECK_CONTAINS(e.text, why);
}

TEST(what_is_not_json_is_refused_with_its_place)
{
    check_refused("{\"a\": 1,\n \"a\": 2}", "line 2, column 2: the key stands twice");
    check_refused("{\"a\": 1, \"\\u0061\": 2}", "twice");
    check_refused("[1, 2] 3", "something follows");
    check_refused("[1e999]", "too large");
    check_refused("[\"\\u0000\"]", "NUL");
    check_refused("[\"\\ud800\"]", "surrogate");
    check_refused("[01]", "not a JSON value");
    check_refused("[1,]", "not a JSON value");
    check_refused("\"\xc3\x28\"", "UTF-8");
    check_refused("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "nested too deeply");
    check_refused("", "ends where a value");
    check_refused("// no", "not a JSON value");
    check_refused("\"abc", "does not end");
}

TEST(a_value_is_found_by_its_pointer_and_line)
{
    const char *text = "{\n \"a\": [1,\n  {\"b/c\": 5}],\n \"d\":\n 7}";
    struct json_doc *doc = json_parse(text, strlen(text), NULL);
    CHECK(doc != NULL);
    CHECK_INT(json_line(doc, ""), 1);
    CHECK_INT(json_line(doc, "/a/1/b~1c"), 3);
    CHECK_INT(json_line(doc, "/d"), 5);
    CHECK_INT(json_line(doc, "/a/1/absent"), 3);
    CHECK_NEAR(json_number(json_get(json_at(json_get(json_root(doc), "a"), 1), "b/c")), 5, 0);
    json_free(doc);
}

TEST(every_double_survives_the_round_trip)
{
    struct rng r;
    rng_derive(&r, 1, 0, RNG_TEST, 0);
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = rng_u64(&r);
        double x;
        memcpy(&x, &bits, sizeof x);
        if (!isfinite(x))
            continue;
        struct str s = { 0 };
        json_put_number(&s, x);
        struct json_doc *doc = json_parse(s.text, s.len, NULL);
        if (!doc || json_number(json_root(doc)) != x)
            TAP_FAIL("%a did not survive as %s", x, s.text);
        json_free(doc);
        str_deinit(&s);
    }
}

/* As printf and strtod have it. */
static void print_plainly(char text[40], double x)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, 40, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            return;
    }
}

static void check_number(double x)
{
    struct str s = { 0 };
    char wanted[40];
    if (!isfinite(x))
        return;
    print_plainly(wanted, x);
    json_put_number(&s, x);
    CHECK_TEXT(str_text(&s), wanted);
    str_deinit(&s);
}

TEST(a_number_is_written_as_printf_would)
{
    static const double rows[] = { 0, -0.0, 1, -1, 0.1, 0.3, 1e-4, 0.0001220703125, 9.999999999999999e-5,
        0.99999999999999994, 9.9999999999999995, 99999999999999.98, 999999999999999.9, 1e14, 1e15, 123456789012345680.0,
        1e22, 1e-300, 5e-324, 0.5, 0.25, 3.0000000000000004, 0.1 + 0.2, 1.7976931348623157e308, 4503599627370497.5,
        0.001, 0.01, 1.005 };
    struct rng r;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_number(rows[i]);
        check_number(nextafter(rows[i], INFINITY));
        check_number(nextafter(rows[i], -INFINITY));
    }
    rng_derive(&r, 2, 0, RNG_TEST, 0);
    for (int i = 0; i < 60000; i++) {
        double x = (rng_double(&r) - .5) * pow(10, (double)rng_below(&r, 24) - 6);
        double decimals = pow(10, (double)rng_below(&r, 9));
        check_number(x);
        check_number(round(x * decimals) / decimals);
    }
}

struct said {
    struct str text;
};

static int note_number(void *context, const char *key, double value, struct err *e)
{
    str_addf(&((struct said *)context)->text, "%s=%.17g;", key, value);
    return str_equal(key, "stop") ? -1 : 0;
}

TEST(each_number_of_an_object_is_handed_over_and_what_is_none_is_named)
{
    static const struct {
        const char *json, *said, *error;
    } rows[] = {
        { "{}", "", NULL },
        { " { } ", "", NULL },
        { "{\"loss\":0.25}", "loss=0.25;", NULL },
        { "{ \"a\" : -1 ,\n\"b\":2e3, \"\":0}", "a=-1;b=2000;=0;", NULL },
        { "{\"a\\u0062\":1,\"c\":2}", "ab=1;c=2;", NULL },
        { "{\"stop\":1,\"c\":2}", "stop=1;", "" },
        { "{\"a\":1,\"b\":\"2\"}", "a=1;", "b is a text, not a number" },
        { "{\"a\":null}", "", "a is null, not a number" },
        { "{\"a\":true}", "", "a is true or false, not a number" },
        { "{\"a\":[1]}", "", "a is an array, not a number" },
        { "{\"a\":{}}", "", "a is an object, not a number" },
        { "{\"a\\n\":{}}", "", "a\n is an object, not a number" },
        { "{\"a\":1,\"a\":2}", "", "line 1, column 8: the key stands twice in this object" },
        { "{\"a\":01}", "", "line 1, column 6: not a JSON value" },
        { "{\"a\":1e999}", "", "line 1, column 6: a number too large for a double" },
        { "[1]", "", "an array where an object of numbers is expected" },
        { "{\"a\":1", "", "line 1, column 7: a comma or } is expected here" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct said said = { 0 };
        struct err e = { 0 };
        CHECK_INT(json_each_number(rows[i].json, note_number, &said, &e), rows[i].error ? -1 : 0);
        CHECK_TEXT(str_text(&said.text), rows[i].said);
        CHECK_TEXT(e.text, rows[i].error ? rows[i].error : "");
        str_deinit(&said.text);
    }
}

TEST(what_is_written_reads_back)
{
    struct str s = { 0 };
    json_open_object(&s);
    json_add_text(&s, "text", "a \"quoted\"\n\x01 \xff line");
    json_add_id(&s, "id", UINT64_MAX);
    json_add_int(&s, "int", -3);
    json_put_key(&s, "list");
    json_open_array(&s);
    json_put_bool(&s, true);
    json_put_null(&s);
    json_open_array(&s);
    json_close_array(&s);
    json_close_array(&s);
    json_close_object(&s);
    struct err e = { 0 };
    struct json_doc *doc = json_parse(s.text, s.len, &e);
    CHECK_TEXT(e.text, "");
    uint64_t id = 0;
    CHECK_INT(json_want_id(json_root(doc), "id", &id, &e), 0);
    CHECK(id == UINT64_MAX);
    CHECK_TEXT(json_text(json_get(json_root(doc), "text")), "a \"quoted\"\n\x01 \xef\xbf\xbd line");
    struct str again = { 0 };
    json_print(&again, json_root(doc));
    CHECK_TEXT(again.text, s.text);
    json_free(doc);
    str_deinit(&s);
    str_deinit(&again);
}

TEST(a_missing_member_is_named)
{
    struct json_doc *doc = json_parse("{\"a\": \"x\"}", 10, NULL);
    struct err e;
    int64_t n;
    CHECK_INT(json_want_int(json_root(doc), "b", &n, &e), -1);
    CHECK_CONTAINS(e.text, "\"b\" is missing");
    CHECK_INT(json_want_int(json_root(doc), "a", &n, &e), -1);
    CHECK_CONTAINS(e.text, "\"a\" is a text");
    json_free(doc);
}

TAP_MAIN
