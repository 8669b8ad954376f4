#include "common/io/address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/str.h"
#include "common/io/files.h"
#include "common/io/hash.h"

static const char examples[] = "an address looks like ipc:///run/rung/rungd.sock or tcp://192.168.0.7:5700";
static const char bulk_suffix[] = ".bulk";
enum { MAX_PORT = 65534 };

static bool ipc_fits(const char *path)
{
    return strlen(path) + sizeof bulk_suffix - 1 <= ADDRESS_IPC_PATH;
}

static int parse_ipc(const char *path, struct address *a, struct err *e)
{
    if (*path != '/')
        return err_set(e, ERR_INVALID, "ipc://%s: the path must be absolute: %s", path, examples);
    if (!ipc_fits(path))
        return err_set(e, ERR_LIMIT,
            "ipc://%s: a path of %zu bytes, and a Unix socket has at most %zu here: choose a shorter one", path,
            strlen(path), ADDRESS_IPC_PATH - (sizeof bulk_suffix - 1));
    a->kind = ADDRESS_IPC;
    str_copy(a->path, sizeof a->path, path);
    snprintf(a->text, sizeof a->text, "ipc://%s", a->path);
    snprintf(a->bulk, sizeof a->bulk, "ipc://%s%s", a->path, bulk_suffix);
    return 0;
}

static bool is_host(const char *host)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    static const char of_ipv6[] = "0123456789abcdefABCDEF:.%";
    size_t len = strlen(host);
    if (strcmp(host, "*") == 0)
        return true;
    if (len > 2 && host[0] == '[')
        return strspn(host + 1, of_ipv6) == len - 2 && host[len - 1] == ']';
    return len > 0 && strspn(host, letters) == len;
}

static bool parse_port(const char *text, int *port)
{
    if (strspn(text, "0123456789") != strlen(text) || strlen(text) < 1 || strlen(text) > 5)
        return false;
    *port = atoi(text);
    return *port >= 1 && *port <= MAX_PORT;
}

static int parse_tcp(const char *rest, struct address *a, struct err *e)
{
    const char *colon = strrchr(rest, ':');
    if (!colon || !parse_port(colon + 1, &a->port))
        return err_set(
            e, ERR_INVALID, "tcp://%s: a port of 1 to %d must follow the last colon: %s", rest, MAX_PORT, examples);
    size_t len = (size_t)(colon - rest);
    if (len < sizeof a->host)
        memcpy(a->host, rest, len);
    if (len >= sizeof a->host || !is_host(a->host))
        return err_set(e, ERR_INVALID,
            "tcp://%s: no name or number of a machine (IPv6 numbers stand in brackets: tcp://[::1]:5700)", rest);
    a->kind = ADDRESS_TCP;
    snprintf(a->text, sizeof a->text, "tcp://%s:%d", a->host, a->port);
    snprintf(a->bulk, sizeof a->bulk, "tcp://%s:%d", a->host, a->port + 1);
    return 0;
}

int address_parse(const char *text, struct address *out, struct err *e)
{
    struct address a = { 0 };
    int status;
    if (str_starts(text, "ipc://"))
        status = parse_ipc(text + 6, &a, e);
    else if (str_starts(text, "tcp://"))
        status = parse_tcp(text + 6, &a, e);
    else
        status = err_set(e, ERR_INVALID, "\"%s\": %s", text, examples);
    if (status == 0)
        *out = a;
    return status;
}

/* Numbers of 127.0.0.0/8 alone: a name like 127.example.org is another machine's. */
static bool is_loopback_number(const char *host)
{
    return str_starts(host, "127.") && strspn(host, "0123456789.") == strlen(host);
}

bool address_is_local(const struct address *a)
{
    return a->kind == ADDRESS_IPC || is_loopback_number(a->host) || strcmp(a->host, "localhost") == 0 ||
           strcmp(a->host, "[::1]") == 0;
}

/* Others must not be able to put a socket of theirs in the place of ours. */
static int check_private(const char *directory, bool may_be_root, struct err *e)
{
    struct stat st;
    if (lstat(directory, &st) < 0)
        return err_set_errno(e, "look at %s", directory);
    if (!S_ISDIR(st.st_mode))
        return err_set(e, ERR_REFUSED, "%s is not a directory", directory);
    if (st.st_uid != geteuid() && !(may_be_root && st.st_uid == 0))
        return err_set(e, ERR_REFUSED, "%s belongs to another user (number %u)", directory, (unsigned)st.st_uid);
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return err_set(e, ERR_REFUSED, "others may write to %s: chmod go-w it", directory);
    return 0;
}

/* "" when the socket would lie in the root directory. */
static void directory_of(const struct address *a, char directory[sizeof a->path])
{
    str_copy(directory, sizeof a->path, a->path);
    *strrchr(directory, '/') = '\0';
}

int address_prepare(const struct address *a, struct err *e)
{
    char directory[sizeof a->path];
    if (a->kind == ADDRESS_TCP)
        return 0;
    directory_of(a, directory);
    if (!*directory)
        return err_set(e, ERR_REFUSED, "%s: a socket needs a directory of its own", a->text);
    if (file_make_directory(directory, 0700, e) < 0)
        return -1;
    return check_private(directory, false, e);
}

int address_check(const struct address *a, struct err *e)
{
    char directory[sizeof a->path];
    if (a->kind == ADDRESS_TCP)
        return 0;
    directory_of(a, directory);
    return check_private(*directory ? directory : "/", true, e);
}

int address_check_awaited(const struct address *a, struct err *e)
{
    struct err inner = { 0 };
    if (address_check(a, &inner) == 0 || inner.code == ERR_NOT_FOUND)
        return 0;
    return err_set(e, inner.code, "%s", inner.text);
}

/* A directory of the user's, named by the hash of what does not fit. */
static void short_path(const char *directory, const char *runtime_dir, struct str *out)
{
    char hash[HASH_HEX];
    struct str key = { 0 };
    str_addf(&key, "%s\n%u", directory, (unsigned)geteuid());
    hash_bytes(key.text, key.len, hash);
    str_deinit(&key);
    if (runtime_dir && *runtime_dir == '/')
        str_addf(out, "%s/rung-%.16s/rungd.sock", runtime_dir, hash);
    if (!out->len || !ipc_fits(out->text)) {
        str_clear(out);
        str_addf(out, "/tmp/rung-%u-%.16s/rungd.sock", (unsigned)geteuid(), hash);
    }
}

int address_for_store(const char *dir, const char *runtime_dir, struct address *out, struct err *e)
{
    struct str absolute = { 0 }, path = { 0 };
    int status = file_absolute(dir, &absolute, e);
    if (status == 0) {
        str_addf(&path, "%s/rungd.sock", absolute.text);
        if (!ipc_fits(path.text)) {
            str_clear(&path);
            short_path(absolute.text, runtime_dir, &path);
        }
        struct address a = { 0 };
        status = parse_ipc(path.text, &a, e);
        if (status == 0)
            *out = a;
    }
    str_deinit(&absolute);
    str_deinit(&path);
    return status;
}
