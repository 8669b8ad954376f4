#include "common/proto/cargo.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/proto/json.h"

void cargo_deinit(struct cargo *c)
{
    for (size_t i = 0; i < c->n; i++) {
        free(c->items[i].path);
        free(c->items[i].member);
        free(c->items[i].file);
    }
    free(c->items);
    *c = (struct cargo){ 0 };
}

struct cargo_item *cargo_add(struct cargo *c, const char *path, const char *member, const char *file)
{
    c->items = mem_grow(c->items, c->n, &c->cap, sizeof *c->items);
    struct cargo_item *item = &c->items[c->n++];
    *item = (struct cargo_item){ .path = mem_strdup(path), .member = mem_strdup(member), .file = mem_strdup(file) };
    return item;
}

bool cargo_name_is_valid(const char *name)
{
    for (const char *step = name;; step++) {
        size_t len = strcspn(step, "/");
        if (len == 0 || (len == 1 && *step == '.') || (len == 2 && strncmp(step, "..", 2) == 0))
            return false;
        step += len;
        if (!*step)
            return true;
    }
}

/* ---- as JSON ---- */

static const char *text_in(json_value object, const char *key)
{
    json_value v = json_get(object, key);
    return v && json_type(v) == JSON_TEXT ? json_text(v) : NULL;
}

static int read_item(struct cargo *c, json_value v, struct err *e)
{
    const char *path = text_in(v, "path"), *hash = text_in(v, "hash"), *file = text_in(v, "file"),
               *member = text_in(v, "member");
    json_value is_executable = json_get(v, "executable");
    int64_t bytes;
    if (!path || !hash || strspn(hash, "0123456789abcdef") != 64 || hash[64] || (!file && !member) ||
        (file && !cargo_name_is_valid(file)) || json_want_int(v, "bytes", &bytes, e) < 0)
        return err_set(e, ERR_INVALID, "blobs: a path, a hash, its bytes, and a member or a file are expected");
    struct cargo_item *item = cargo_add(c, path, file ? NULL : member, file);
    memcpy(item->hash, hash, sizeof item->hash);
    item->bytes = bytes;
    item->is_executable = is_executable && json_type(is_executable) == JSON_BOOL && json_bool(is_executable);
    return 0;
}

int cargo_read(struct cargo *c, const char *json, struct err *e)
{
    *c = (struct cargo){ 0 };
    if (!json)
        return 0;
    struct json_doc *doc = json_parse(json, strlen(json), e);
    int r = doc ? 0 : -1;
    if (doc && (json_type(json_root(doc)) != JSON_ARRAY || json_len(json_root(doc)) > 2 * LIMIT_FILES))
        r = err_set(e, ERR_INVALID, "blobs: an array of at most %d is expected", 2 * LIMIT_FILES);
    for (json_value v = r == 0 ? json_first(json_root(doc)) : NULL; v && r == 0; v = json_next(v))
        r = read_item(c, v, e);
    json_free(doc);
    if (r < 0)
        cargo_deinit(c);
    return r;
}

void cargo_put(const struct cargo *c, struct str *out)
{
    json_open_array(out);
    for (size_t i = 0; i < c->n; i++) {
        const struct cargo_item *item = &c->items[i];
        json_open_object(out);
        json_add_text(out, item->file ? "file" : "member", item->file ? item->file : item->member);
        json_add_text(out, "path", item->path);
        json_add_text(out, "hash", item->hash);
        json_add_int(out, "bytes", item->bytes);
        if (item->file)
            json_add_bool(out, "executable", item->is_executable);
        json_close_object(out);
    }
    json_close_array(out);
}

static const struct cargo_item *find_member(const struct cargo *c, const char *member)
{
    for (size_t i = 0; i < c->n; i++)
        if (str_equal(c->items[i].member, member))
            return &c->items[i];
    return NULL;
}

void cargo_put_data(const struct cargo *c, const char *data, struct str *out)
{
    struct json_doc *doc = data ? json_parse(data, strlen(data), NULL) : NULL;
    if (!doc) {
        json_put_null(out);
        return;
    }
    json_open_object(out);
    for (json_value m = json_first(json_root(doc)); m; m = json_next(m)) {
        const struct cargo_item *item = find_member(c, json_key(m));
        json_put_key(out, json_key(m));
        if (item)
            json_put_text(out, item->path);
        else
            json_print(out, m);
    }
    json_close_object(out);
    json_free(doc);
}
