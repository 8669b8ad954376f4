#include "coordinator/cli/keygen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/str.h"
#include "common/io/allow_list.h"
#include "common/io/credential.h"
#include "common/io/files.h"
#include "common/io/key_home.h"
#include "common/io/system.h"
#include "coordinator/cli/who.h"
#include "coordinator/cli/key_store.h"

/* ---- making one ---- */

/* user@host with what a name may have. */
static void usual_name(char name[LIMIT_NAME + 1])
{
    str_copy(name, LIMIT_NAME + 1, who());
    for (char *p = name; *p; p++) {
        char one[2] = { *p };
        if (p == name ? !key_is_name(one) : !strchr("._-", *p) && !key_is_name(one))
            *p = p == name ? 'x' : '-';
    }
}

static int choose_path(const struct keygen_options *o, enum role role, struct str *out, struct err *e)
{
    if (o->output)
        str_add(out, o->output);
    else if (role == ROLE_SERVER)
        str_addf(out, "%s/keys", o->store);
    else if (credential_directory(out, e) < 0)
        return -1;
    if (o->output)
        return 0;
    if (file_make_directory(out->text, 0700, e) < 0)
        return -1;
    str_addf(out, "/%s.key", role_name(role));
    return 0;
}

static int write_both(const char *path, const struct key *k, struct err *e)
{
    struct str public = { 0 };
    str_addf(&public, "%s" KEY_SUFFIX, path);
    int status = key_write_secret(path, k, e);
    if (status == 0 && key_write_public(public.text, k, e) < 0) {
        unlink(path);
        status = -1;
    }
    str_deinit(&public);
    return status;
}

static int check_role(const struct keygen_options *o, enum role *role, struct err *e)
{
    *role = role_from_name(o->role);
    if (*role == ROLE_NONE)
        return err_set(e, ERR_USAGE, "\"%s\": worker, operator, viewer or server is expected", o->role);
    if (*role == ROLE_SERVER && !o->output && !o->store)
        return err_set(e, ERR_USAGE, "of which coordinator? --store DIR, or --output FILE");
    if (o->name && !key_is_name(o->name))
        return err_set(e, ERR_USAGE, "--name %s: 1 to %d letters, digits and ._- are expected", o->name, LIMIT_NAME);
    return *role != ROLE_SERVER && o->store ? key_store_check(o->store, e) : 0;
}

static void say_made(const char *path, const struct keygen_options *o, const struct key *k, FILE *out)
{
    fprintf(out, "%s: %s's key, for its owner alone\n%s" KEY_SUFFIX ": the half for others: %s\n", path,
        role_word(k->role), path, k->public_key);
    if (k->role == ROLE_SERVER)
        return;
    if (o->store)
        fprintf(out, "The coordinator of %s lets it in as %s.\n", o->store, k->name);
    else
        fprintf(out, "Where the coordinator is, let it in: rung allow %s" KEY_SUFFIX "\n", path);
}

int cli_keygen(const struct keygen_options *o, FILE *out, struct err *e)
{
    struct str path = { 0 };
    struct key k = { 0 }, server = { 0 };
    enum role role;
    char name[LIMIT_NAME + 1];
    if (check_role(o, &role, e) < 0)
        return -1;
    usual_name(name);
    int status = choose_path(o, role, &path, e);
    if (status == 0)
        status = key_make(&k, o->name ? o->name : role == ROLE_SERVER ? "server" : name, role, e);
    if (status == 0 && o->store && role != ROLE_SERVER) {
        status = key_home_server(o->store, &server, e);
        str_copy(k.server_key, sizeof k.server_key, server.public_key);
    }
    if (status == 0)
        status = write_both(path.text, &k, e);
    if (status == 0 && o->store && role != ROLE_SERVER)
        status = key_store_allow(o->store, &k, e);
    if (status == 0)
        say_made(path.text, o, &k, out);
    key_wipe(&k);
    key_wipe(&server);
    str_deinit(&path);
    return status;
}

/* ---- the allow-list ---- */

int cli_allow(const char *store, const char *file, const char *name, FILE *out, struct err *e)
{
    struct key k;
    if (key_store_check(store, e) < 0 || key_read_public(file, &k, e) < 0)
        return -1;
    if (name && !key_is_name(name))
        return err_set(e, ERR_USAGE, "--name %s: 1 to %d letters, digits and ._- are expected", name, LIMIT_NAME);
    if (name)
        str_copy(k.name, sizeof k.name, name);
    if (!*k.name)
        return err_set(e, ERR_USAGE, "%s has no name in it: say --name NAME", file);
    if (k.role == ROLE_NONE || k.role == ROLE_SERVER)
        return err_set(e, ERR_INVALID, "%s: role = \"worker\", \"viewer\" or \"operator\" is expected in it", file);
    if (key_store_allow(store, &k, e) < 0)
        return -1;
    fprintf(out, "The coordinator of %s lets in %s as %s.\n", store, k.name, role_word(k.role));
    return 0;
}

int cli_revoke(const char *store, const char *name, FILE *out, struct err *e)
{
    if (key_store_check(store, e) < 0 || key_store_revoke(store, name, e) < 0)
        return -1;
    fprintf(out, "%s is not heard any more: what it has open is deaf from its next message on.\n", name);
    return 0;
}

static void print_json(const char *server, const struct allow_list *l, FILE *out)
{
    struct str json = { 0 };
    key_store_json(server, l, &json);
    fprintf(out, "%s\n", json.text);
    str_deinit(&json);
}

int cli_keys(const char *store, bool is_json, FILE *out, struct err *e)
{
    struct key server = { 0 };
    struct str directory = { 0 };
    if (key_store_check(store, e) < 0 || key_home_server(store, &server, e) < 0)
        return -1;
    key_wipe(&server);
    key_home_allowed(store, &directory);
    struct allow_list *l = allow_list_open(directory.text);
    if (is_json) {
        print_json(server.public_key, l, out);
    } else {
        fprintf(out, "%-9s %-24s %s\n", "ROLE", "NAME", "PUBLIC KEY");
        fprintf(out, "%-9s %-24s %s\n", "server", "", server.public_key);
        for (size_t i = 0; i < allow_list_n(l); i++) {
            const struct key *k = allow_list_at(l, i);
            fprintf(out, "%-9s %-24s %s\n", role_name(k->role), k->name, k->public_key);
        }
    }
    allow_list_close(l);
    str_deinit(&directory);
    return 0;
}
