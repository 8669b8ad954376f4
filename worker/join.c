#include "worker/join.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/str.h"
#include "common/io/files.h"
#include "common/io/invitation.h"

static int use(const struct key *k, const char *from, struct address *address, struct credential *out, struct err *e)
{
    if (!*k->address || !*k->server_key)
        return err_set(
            e, ERR_INVALID, "%s names no address, or not the coordinator's key: say --connect and --key", from);
    if (address_parse(k->address, address, e) < 0)
        return -1;
    *out = (struct credential){ .is_used = true, .key = *k };
    str_copy(out->from, sizeof out->from, from);
    return 0;
}

/* Replaces an invitation that was kept before: the new one is what somebody wants now. */
static int keep(const char *path, const char *directory, const struct key *k, struct err *e)
{
    struct key before;
    if (file_make_directory(directory, 0700, e) < 0)
        return -1;
    bool is_there = key_read_secret(path, &before, NULL) == 0;
    bool is_same = is_there && str_equal(before.secret_key, k->secret_key) && str_equal(before.address, k->address);
    key_wipe(&before);
    if (is_same)
        return 0;
    if (unlink(path) == 0)
        log_info("the invitation in %s is replaced", path);
    return key_write_secret(path, k, e);
}

static int take_word(char *word, struct key *k, struct err *e)
{
    char line[2048] = "";
    if (strcmp(word, "-") == 0) {
        if (!fgets(line, sizeof line, stdin))
            return err_set(e, ERR_USAGE, "--join -: standard input has no line");
        line[strcspn(line, " \t\r\n")] = '\0';
        word = line;
    }
    int status = invitation_read(word, k, e);
    explicit_bzero(line, sizeof line);
    memset(word, '-', strlen(word));
    return status < 0 ? err_prefix(e, "--join") : 0;
}

static int find_invitation(
    const struct join_options *o, const char *path, struct address *address, struct credential *out, struct err *e)
{
    struct key k = { 0 };
    int status;
    if (o->invitation)
        status = take_word(o->invitation, &k, e) < 0 || keep(path, o->directory, &k, e) < 0 ? -1 : 0;
    else if (access(path, F_OK) < 0)
        status = err_set(e, ERR_USAGE,
            "where is the coordinator? --connect ADDRESS, or --join TOKEN, which rung invite "
            "prints there");
    else
        status = key_read_secret(path, &k, e);
    if (status == 0)
        status = use(&k, path, address, out, e);
    key_wipe(&k);
    return status;
}

int join_find(const struct join_options *o, struct address *address, struct credential *out, struct err *e)
{
    static const enum role roles[] = { ROLE_WORKER, ROLE_NONE };
    if (o->connect && o->invitation)
        return err_set(e, ERR_USAGE, "either --connect or --join");
    if (o->connect)
        return address_parse(o->connect, address, e) < 0 || address_check_awaited(address, e) < 0
                   ? -1
                   : credential_find(address, &o->choice, roles, out, e);
    struct str path = { 0 };
    str_addf(&path, "%s/joined.key", o->directory);
    int status = find_invitation(o, path.text, address, out, e);
    str_deinit(&path);
    return status;
}
