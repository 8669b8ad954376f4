#include <stdlib.h>
#include <string.h>

#include "common/proto/json.h"
#include "common/proto/json_scan.h"

static const char blanks[] = " \t\r\n";

static int refuse(const char *key, const char *is, struct err *e)
{
    return err_set(e, ERR_INVALID, "%s is %s, not a number", key, is);
}

/* What a value is, by how it begins. */
static const char *kind_of(char first)
{
    switch (first) {
    case '"':
        return "a text";
    case '[':
        return "an array";
    case '{':
        return "an object";
    case 'n':
        return "null";
    default:
        return "true or false";
    }
}

static int each_in_tree(const char *text, size_t len, json_take_number *take, void *context, struct err *e)
{
    struct json_doc *doc = json_parse(text, len, e);
    int status = doc ? 0 : -1;
    if (doc && json_type(json_root(doc)) != JSON_OBJECT)
        status = err_set(e, ERR_INVALID, "%s where an object of numbers is expected", json_type_name(json_root(doc)));
    for (json_value m = doc ? json_first(json_root(doc)) : NULL; m && status == 0; m = json_next(m))
        status = json_type(m) == JSON_NUMBER ? take(context, json_key(m), json_number(m), e)
                                             : refuse(json_key(m), json_type_name(m), e);
    json_free(doc);
    return status;
}

/* The text is JSON, without a backslash, and `at` its first brace. */
static int each_in_text(const char *at, json_take_number *take, void *context, struct err *e)
{
    struct str key = { 0 };
    int status = 0;
    for (at++; status == 0; at++) {
        at += strspn(at, blanks);
        if (*at == '}') /* it is empty */
            break;
        size_t len = strcspn(at + 1, "\"");
        str_clear(&key);
        str_add_bytes(&key, at + 1, len);
        at += len + 2;
        at += strspn(at, blanks) + 1; /* and the colon */
        at += strspn(at, blanks);
        char *end = (char *)(uintptr_t)at;
        double value = *at == '-' || (*at >= '0' && *at <= '9') ? strtod(at, &end) : 0;
        status = end > at ? take(context, str_text(&key), value, e) : refuse(str_text(&key), kind_of(*at), e);
        at = end + strspn(end, blanks);
        if (*at != ',')
            break;
    }
    str_deinit(&key);
    return status;
}

int json_each_number(const char *text, json_take_number *take, void *context, struct err *e)
{
    size_t len = strlen(text);
    const char *at = text + strspn(text, blanks);
    if (*at != '{' || memchr(text, '\\', len))
        return each_in_tree(text, len, take, context, e);
    return json_scan(text, len, e) < 0 ? -1 : each_in_text(at, take, context, e);
}
