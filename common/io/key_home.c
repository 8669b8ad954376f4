#include "common/io/key_home.h"

#include "common/base/log.h"
#include "common/io/files.h"

void key_home_allowed(const char *store, struct str *out)
{
    str_addf(out, "%s/keys/allowed", store);
}

void key_home_addresses(const char *store, struct str *out)
{
    str_addf(out, "%s/keys/addresses", store);
}

/* Whoever makes it at the same time: one of the two is told that it is there. */
static int make_server(const char *directory, const char *path, struct key *out, struct err *e)
{
    struct str public = { 0 };
    str_addf(&public, "%s" KEY_SUFFIX, path);
    int status = file_make_directory(directory, 0700, e);
    if (status == 0)
        status = key_make(out, "server", ROLE_SERVER, e);
    if (status == 0)
        status = key_write_secret(path, out, e);
    if (status == 0)
        status = key_write_public(public.text, out, e);
    if (status == 0)
        log_info("made %s, the coordinator's own key", path);
    str_deinit(&public);
    return status;
}

int key_home_server(const char *store, struct key *out, struct err *e)
{
    struct str directory = { 0 }, path = { 0 };
    struct err why = { 0 };
    str_addf(&directory, "%s/keys", store);
    str_addf(&path, "%s/server.key", directory.text);
    int status = key_read_secret(path.text, out, &why);
    if (status < 0 && why.code == ERR_NOT_FOUND)
        status = make_server(directory.text, path.text, out, &why);
    if (status < 0)
        err_set(e, why.code, "%s", why.text);
    str_deinit(&directory);
    str_deinit(&path);
    return status;
}
