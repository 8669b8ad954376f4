#include "common/io/credential.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/str.h"

int credential_directory(struct str *out, struct err *e)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (config && *config == '/')
        str_addf(out, "%s/rung", config);
    else if (home && *home == '/')
        str_addf(out, "%s/.config/rung", home);
    else
        return err_set(e, ERR_USAGE, "neither XDG_CONFIG_HOME nor HOME is set: name the file");
    return 0;
}

/* The first of these files that is there, in `out`; false when none is. */
static bool find_usual(const char *const *names, struct str *out)
{
    struct str directory = { 0 };
    bool is_found = false;
    if (credential_directory(&directory, NULL) < 0)
        return false;
    for (; *names && !is_found; names++) {
        str_clear(out);
        str_addf(out, "%s/%s", directory.text, *names);
        is_found = access(out->text, F_OK) == 0;
    }
    str_deinit(&directory);
    return is_found;
}

static const char *chosen(const char *option, const char *variable)
{
    const char *value = option ? option : getenv(variable);
    return value && *value ? value : NULL;
}

static int read_server_key(const char *text, struct key *out, struct err *e)
{
    struct key server;
    if (key_is_text(text)) {
        str_copy(out->server_key, sizeof out->server_key, text);
        return 0;
    }
    if (key_read_public(text, &server, e) < 0)
        return err_prefix(e, "the coordinator's key (forty characters, or a file)");
    str_copy(out->server_key, sizeof out->server_key, server.public_key);
    return 0;
}

static int find_server_key(const struct credential_choice *choice, struct key *out, struct err *e)
{
    static const char *const usual[] = { "server" KEY_SUFFIX, NULL };
    struct str path = { 0 };
    const char *text = chosen(choice->server_key, "RUNG_SERVER_KEY");
    int status = 0;
    if (text)
        status = read_server_key(text, out, e);
    else if (!*out->server_key && find_usual(usual, &path))
        status = read_server_key(path.text, out, e);
    str_deinit(&path);
    if (status == 0 && !*out->server_key)
        return err_set(e, ERR_REFUSED,
            "the coordinator's key is not known: --server-key KEY, which rung keys prints "
            "where the coordinator is");
    return status;
}

static int find_key(const char *file, const enum role *roles, struct credential *out, struct err *e)
{
    const char *names[ROLE_N_ROLES] = { 0 };
    char texts[ROLE_N_ROLES][32];
    struct str path = { 0 };
    for (int i = 0; roles[i] != ROLE_NONE; i++) {
        snprintf(texts[i], sizeof texts[i], "%s.key", role_name(roles[i]));
        names[i] = texts[i];
    }
    if (!file && find_usual(names, &path))
        file = path.text;
    int status = file ? key_read_secret(file, &out->key, e) : 0;
    if (status == 0 && file) {
        out->is_used = true;
        str_copy(out->from, sizeof out->from, file);
    }
    str_deinit(&path);
    return status;
}

int credential_find(const struct address *a, const struct credential_choice *choice, const enum role *roles,
    struct credential *out, struct err *e)
{
    const char *file = chosen(choice->key, "RUNG_KEY");
    *out = (struct credential){ 0 };
    if (a->kind == ADDRESS_IPC || (!file && address_is_local(a)))
        return 0;
    if (find_key(file, roles, out, e) < 0)
        return -1;
    if (!out->is_used)
        return err_set(e, ERR_REFUSED,
            "%s is on another machine, and there is no key to show it: --key FILE, which rung keygen %s makes%s",
            a->text, role_name(roles[0]), roles[0] == ROLE_WORKER ? ", or --join TOKEN, which rung invite prints" : "");
    if (find_server_key(choice, &out->key, e) == 0)
        return 0;
    credential_wipe(out);
    return -1;
}

void credential_wipe(struct credential *c)
{
    key_wipe(&c->key);
}

const struct zsock_curve *credential_curve(const struct credential *c, struct zsock_curve *curve)
{
    if (!c || !c->is_used)
        return NULL;
    *curve = (struct zsock_curve){ c->key.public_key, c->key.secret_key, c->key.server_key };
    return curve;
}

int credential_explain(const struct credential *c, const char *address, enum zsock_refusal why, struct err *e)
{
    bool has_key = c && c->is_used;
    switch (why) {
    case ZSOCK_NOT_LET_IN:
        return err_set(e, ERR_REFUSED,
            "not authorised: the coordinator at %s does not let this key in (%s, public key %s): rung allow does, "
            "there",
            address, c->from, c->key.public_key);
    case ZSOCK_MISMATCH:
        return err_set(e, ERR_REFUSED, "not authorised: whoever listens at %s %s", address,
            has_key ? "takes no keys: it was started with --insecure, or is no coordinator"
                    : "wants a key: --key FILE, and --server-key KEY");
    case ZSOCK_BROKEN_OFF:
        return err_set(e, ERR_REFUSED, "not authorised: whoever listens at %s ends each attempt before it is over: %s",
            address,
            has_key ? "it does not have the key that is expected (--server-key), or is no coordinator"
                    : "it wants a key (--key FILE), or is no coordinator");
    }
    return -1;
}
