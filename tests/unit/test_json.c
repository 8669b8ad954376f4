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
