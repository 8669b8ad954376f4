#include "common/proto/json.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "common/base/mem.h"
#include "common/proto/json_scan.h"

struct json_doc {
    cJSON *root;
    char *text; /* our own copy, for json_line */
    size_t len;
};

/* Keys that differ as written and are equal once decoded. */
static bool has_equal_keys(const cJSON *v)
{
    for (const cJSON *a = v->child; a; a = a->next) {
        if (has_equal_keys(a))
            return true;
        if (!a->string || !cJSON_IsObject(v))
            continue;
        const cJSON *first = cJSON_GetObjectItemCaseSensitive(v, a->string);
        if (first != a)
            return true;
    }
    return false;
}

struct json_doc *json_parse(const char *text, size_t len, struct err *e)
{
    if (json_scan(text, len, e) < 0)
        return NULL;
    struct json_doc *doc = mem_zalloc(1, sizeof *doc);
    doc->text = mem_strndup(text, len);
    doc->len = len;
    doc->root = cJSON_ParseWithLengthOpts(doc->text, len + 1, NULL, 1);
    if (!doc->root)
        err_set(e, ERR_INVALID, "not JSON");
    else if (memchr(text, '\\', len) && has_equal_keys(doc->root))
        err_set(e, ERR_INVALID, "a key stands twice in one object");
    else
        return doc;
    json_free(doc);
    return NULL;
}

void json_free(struct json_doc *doc)
{
    if (!doc)
        return;
    cJSON_Delete(doc->root);
    free(doc->text);
    free(doc);
}

json_value json_root(const struct json_doc *doc)
{
    return doc->root;
}

int json_line(const struct json_doc *doc, const char *pointer)
{
    return json_scan_line(doc->text, doc->len, pointer);
}

enum json_type json_type(json_value v)
{
    switch (v->type & 0xff) {
    case cJSON_True:
    case cJSON_False:
        return JSON_BOOL;
    case cJSON_Number:
        return JSON_NUMBER;
    case cJSON_String:
        return JSON_TEXT;
    case cJSON_Array:
        return JSON_ARRAY;
    case cJSON_Object:
        return JSON_OBJECT;
    default:
        return JSON_NULL;
    }
}

const char *json_type_name(json_value v)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",
        [JSON_BOOL] = "true or false",
        [JSON_NUMBER] = "a number",
        [JSON_TEXT] = "a text",
        [JSON_ARRAY] = "an array",
        [JSON_OBJECT] = "an object",
    };
    return v ? names[json_type(v)] : "nothing";
}

json_value json_get(json_value object, const char *key)
{
    return object && cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
}

size_t json_len(json_value v)
{
    return v ? (size_t)cJSON_GetArraySize(v) : 0;
}

json_value json_at(json_value v, size_t i)
{
    return v ? cJSON_GetArrayItem(v, (int)i) : NULL;
}

json_value json_first(json_value v)
{
    return v ? v->child : NULL;
}

json_value json_next(json_value v)
{
    return v->next;
}

const char *json_key(json_value member)
{
    return member->string;
}

bool json_bool(json_value v)
{
    assert(json_type(v) == JSON_BOOL);
    return cJSON_IsTrue(v);
}

double json_number(json_value v)
{
    assert(json_type(v) == JSON_NUMBER);
    return v->valuedouble;
}

const char *json_text(json_value v)
{
    assert(json_type(v) == JSON_TEXT);
    return v->valuestring;
}

bool json_is_integer(json_value v, int64_t *out)
{
    if (!v || json_type(v) != JSON_NUMBER || v->valuedouble != floor(v->valuedouble) || fabs(v->valuedouble) > 0x1p53)
        return false;
    *out = (int64_t)v->valuedouble;
    return true;
}

static int unexpected(json_value v, const char *key, const char *wanted, struct err *e)
{
    if (!v)
        return err_set(e, ERR_INVALID, "\"%s\" is missing: %s is expected", key, wanted);
    return err_set(e, ERR_INVALID, "\"%s\" is %s: %s is expected", key, json_type_name(v), wanted);
}

int json_want_int(json_value object, const char *key, int64_t *out, struct err *e)
{
    json_value v = json_get(object, key);
    return json_is_integer(v, out) ? 0 : unexpected(v, key, "a whole number up to 2^53", e);
}

int json_want_id(json_value object, const char *key, uint64_t *out, struct err *e)
{
    json_value v = json_get(object, key);
    int64_t small;
    if (json_is_integer(v, &small) && small >= 0) {
        *out = (uint64_t)small;
        return 0;
    }
    if (!v || json_type(v) != JSON_TEXT)
        return unexpected(v, key, "an id (digits as a text)", e);
    uint64_t id = 0;
    const char *p = v->valuestring;
    for (; *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(id, 10, &id) || __builtin_add_overflow(id, (uint64_t)(*p - '0'), &id))
            return unexpected(v, key, "an id below 2^64", e);
    if (*p || p == v->valuestring)
        return unexpected(v, key, "an id (digits as a text)", e);
    *out = id;
    return 0;
}

int json_want_number(json_value object, const char *key, double *out, struct err *e)
{
    json_value v = json_get(object, key);
    if (!v || json_type(v) != JSON_NUMBER)
        return unexpected(v, key, "a number", e);
    *out = v->valuedouble;
    return 0;
}

int json_want_text(json_value object, const char *key, const char **out, struct err *e)
{
    json_value v = json_get(object, key);
    if (!v || json_type(v) != JSON_TEXT)
        return unexpected(v, key, "a text", e);
    *out = v->valuestring;
    return 0;
}

int json_want_bool(json_value object, const char *key, bool *out, struct err *e)
{
    json_value v = json_get(object, key);
    if (!v || json_type(v) != JSON_BOOL)
        return unexpected(v, key, "true or false", e);
    *out = cJSON_IsTrue(v);
    return 0;
}

void json_print(struct str *out, json_value v)
{
    switch (json_type(v)) {
    case JSON_NULL:
        json_put_null(out);
        break;
    case JSON_BOOL:
        json_put_bool(out, cJSON_IsTrue(v));
        break;
    case JSON_NUMBER:
        json_put_number(out, v->valuedouble);
        break;
    case JSON_TEXT:
        json_put_text(out, v->valuestring);
        break;
    case JSON_ARRAY:
        json_open_array(out);
        for (json_value item = v->child; item; item = item->next)
            json_print(out, item);
        json_close_array(out);
        break;
    case JSON_OBJECT:
        json_open_object(out);
        for (json_value member = v->child; member; member = member->next) {
            json_put_key(out, member->string);
            json_print(out, member);
        }
        json_close_object(out);
        break;
    }
}
