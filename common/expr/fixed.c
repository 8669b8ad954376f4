#include "common/expr/fixed.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/proto/json.h"

static bool read_value(json_value v, struct choice *out)
{
    switch (json_type(v)) {
    case JSON_NUMBER:
        *out = (struct choice){ .type = CHOICE_NUMBER, .number = json_number(v) };
        return true;
    case JSON_BOOL:
        *out = (struct choice){ .type = CHOICE_BOOL, .number = json_bool(v) };
        return true;
    case JSON_TEXT:
        *out = (struct choice){ .type = CHOICE_TEXT, .text = mem_strdup(json_text(v)) };
        return true;
    case JSON_NULL:
    case JSON_ARRAY:
    case JSON_OBJECT:
        return false;
    }
    return false;
}

void fixed_init(struct fixed *f, const char *json)
{
    struct json_doc *doc = json ? json_parse(json, strlen(json), NULL) : NULL;
    *f = (struct fixed){ 0 };
    f->names = mem_zalloc(LIMIT_PARAMS, sizeof *f->names);
    f->values = mem_zalloc(LIMIT_PARAMS, sizeof *f->values);
    for (json_value m = doc ? json_first(json_root(doc)) : NULL; m && f->n < LIMIT_PARAMS; m = json_next(m))
        if (read_value(m, &f->values[f->n]))
            f->names[f->n++] = mem_strdup(json_key(m));
    json_free(doc);
}

void fixed_deinit(struct fixed *f)
{
    for (int i = 0; i < f->n; i++) {
        free(f->names[i]);
        free(f->values[i].text);
    }
    free(f->names);
    free(f->values);
    *f = (struct fixed){ 0 };
}
