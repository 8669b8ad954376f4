#include "coordinator/cli/key_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include "common/io/files.h"
#include "common/io/key_home.h"
#include "common/proto/json.h"

int key_store_check(const char *store, struct err *e)
{
    struct stat st;
    if (stat(store, &st) == 0 && S_ISDIR(st.st_mode))
        return 0;
    return err_set(
        e, ERR_NOT_FOUND, "there is no store at %s: rungd --store DIR makes one, and --store DIR names it here", store);
}

static struct allow_list *open_list(const char *store)
{
    struct str directory = { 0 };
    key_home_allowed(store, &directory);
    struct allow_list *l = allow_list_open(directory.text);
    str_deinit(&directory);
    return l;
}

int key_store_allow(const char *store, const struct key *k, struct err *e)
{
    struct str path = { 0 };
    struct allow_list *l = open_list(store);
    const struct key *same = allow_list_find(l, k->public_key);
    key_home_allowed(store, &path);
    int status = same ? err_set(e, ERR_EXISTS, "this key is let in already, as %s", same->name)
                      : file_make_directory(path.text, 0700, e);
    str_addf(&path, "/%s" KEY_SUFFIX, k->name);
    if (status == 0 && access(path.text, F_OK) == 0)
        status = err_set(
            e, ERR_EXISTS, "another key is let in as %s: --name another, or rung revoke %s first", k->name, k->name);
    if (status == 0)
        status = key_write_public(path.text, k, e);
    allow_list_close(l);
    str_deinit(&path);
    return status;
}

static const struct key *find_name(const struct allow_list *l, const char *name, struct err *e)
{
    const char *names[64];
    size_t n = 0;
    for (size_t i = 0; i < allow_list_n(l); i++) {
        const struct key *k = allow_list_at(l, i);
        if (str_equal(k->name, name))
            return k;
        if (n < sizeof names / sizeof *names)
            names[n++] = k->name;
    }
    const char *nearest = str_nearest(name, names, n);
    err_set(e, ERR_NOT_FOUND, "nobody is let in as \"%s\"%s%s%s", name, nearest ? "; is it " : "",
        nearest ? nearest : "; rung keys lists who is", nearest ? "?" : "");
    return NULL;
}

int key_store_revoke(const char *store, const char *name, struct err *e)
{
    struct str directory = { 0 }, path = { 0 };
    struct allow_list *l = open_list(store);
    const struct key *k = find_name(l, name, e);
    int status = k ? 0 : -1;
    key_home_allowed(store, &directory);
    for (size_t i = 0; k && status == 0 && i < allow_list_n(l); i++) {
        if (!str_equal(allow_list_at(l, i)->public_key, k->public_key))
            continue;
        str_clear(&path);
        str_addf(&path, "%s/%s" KEY_SUFFIX, directory.text, allow_list_at(l, i)->name);
        if (unlink(path.text) < 0)
            status = err_set_errno(e, "remove %s", path.text);
    }
    if (status == 0)
        status = file_sync_directory(directory.text, e);
    allow_list_close(l);
    str_deinit(&directory);
    str_deinit(&path);
    return status;
}

void key_store_json(const char *server, const struct allow_list *l, struct str *json)
{
    json_open_object(json);
    json_add_text(json, "schema", "rung.keys/1");
    json_add_text(json, "server_key", server);
    json_put_key(json, "keys");
    json_open_array(json);
    for (size_t i = 0; i < allow_list_n(l); i++) {
        const struct key *k = allow_list_at(l, i);
        json_open_object(json);
        json_add_text(json, "name", k->name);
        json_add_text(json, "role", role_name(k->role));
        json_add_text(json, "public_key", k->public_key);
        json_close_object(json);
    }
    json_close_array(json);
    json_close_object(json);
}
