#include "coordinator/cli/keygen.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/str.h"
#include "common/io/files.h"
#include "common/io/invitation.h"
#include "common/io/key_home.h"
#include "common/io/system.h"
#include "coordinator/cli/key_store.h"

/* ---- the address by which other machines know this one ---- */

/* Does the name lead to something else than this machine's own loopback? */
static bool leads_elsewhere(const char *host)
{
    struct addrinfo *found = NULL, hints = { .ai_socktype = SOCK_STREAM };
    char number[NI_MAXHOST];
    bool is_good = getaddrinfo(host, NULL, &hints, &found) == 0;
    for (struct addrinfo *a = found; a && is_good; a = a->ai_next)
        is_good = getnameinfo(a->ai_addr, a->ai_addrlen, number, sizeof number, NULL, 0, NI_NUMERICHOST) == 0 &&
                  !str_starts(number, "127.") && strcmp(number, "::1") != 0;
    freeaddrinfo(found);
    return is_good;
}

static bool is_reachable(const struct ifaddrs *i)
{
    return i->ifa_addr && (i->ifa_flags & IFF_UP) && !(i->ifa_flags & IFF_LOOPBACK) &&
           i->ifa_addr->sa_family == AF_INET;
}

/* The machine's name, or, where that leads nowhere, its first IPv4 address, or "". */
static void find_host(char host[256])
{
    struct ifaddrs *all = NULL;
    system_host(host, 256);
    if (leads_elsewhere(host) || getifaddrs(&all) < 0)
        return;
    host[0] = '\0';
    for (struct ifaddrs *i = all; i && !host[0]; i = i->ifa_next)
        if (is_reachable(i))
            getnameinfo(i->ifa_addr, sizeof(struct sockaddr_in), host, 256, NULL, 0, NI_NUMERICHOST);
    freeifaddrs(all);
}

static bool is_everywhere(const struct address *a)
{
    return strcmp(a->host, "*") == 0 || strcmp(a->host, "0.0.0.0") == 0 || strcmp(a->host, "[::]") == 0;
}

int cli_name_host(struct address *a, struct err *e)
{
    struct str text = { 0 };
    char host[256];
    if (!is_everywhere(a))
        return 0;
    find_host(host);
    if (!*host)
        return err_set(
            e, ERR_NOT_FOUND, "this machine has no address that others reach: --address tcp://HOST:%d", a->port);
    str_addf(&text, "tcp://%s:%d", host, a->port);
    int status = address_parse(text.text, a, e);
    str_deinit(&text);
    return status;
}

int cli_find_address(const char *store, struct address *out, struct err *e)
{
    struct str path = { 0 }, text = { 0 };
    key_home_addresses(store, &path);
    int status = file_read(path.text, 65536, &text, NULL);
    if (status == 0 && text.len) {
        text.text[strcspn(text.text, "\n")] = '\0';
        status = address_parse(text.text, out, e);
    } else {
        status = err_set(e, ERR_NOT_FOUND,
            "no coordinator of %s listens for other machines now: rungd --store %s "
            "--listen 'tcp://*:7464' does; or say where one will: --address tcp://HOST:PORT",
            store, store);
    }
    str_deinit(&path);
    str_deinit(&text);
    return status < 0 ? -1 : cli_name_host(out, e);
}

static int choose_address(const char *store, const char *wanted, struct address *out, struct err *e)
{
    if (!wanted)
        return cli_find_address(store, out, e);
    if (address_parse(wanted, out, e) < 0)
        return err_prefix(e, "--address");
    if (out->kind != ADDRESS_TCP || is_everywhere(out))
        return err_set(
            e, ERR_USAGE, "--address %s: tcp://HOST:PORT is expected, with a host that other machines know", wanted);
    return 0;
}

/* ---- the invitation ---- */

static void free_name(const char *store, char name[LIMIT_NAME + 1])
{
    struct str directory = { 0 };
    key_home_allowed(store, &directory);
    struct allow_list *l = allow_list_open(directory.text);
    bool is_taken = true;
    for (int n = 1; is_taken; n++) {
        snprintf(name, LIMIT_NAME + 1, "worker-%d", n);
        is_taken = false;
        for (size_t i = 0; i < allow_list_n(l); i++)
            is_taken |= str_equal(allow_list_at(l, i)->name, name);
    }
    allow_list_close(l);
    str_deinit(&directory);
}

static void print_line(const struct key *k, FILE *out)
{
    struct str word = { 0 };
    invitation_write(k, &word);
    fprintf(out, "rung-worker --join %s\n", word.text);
    explicit_bzero(word.text, word.len);
    str_deinit(&word);
}

int cli_invite(const char *store, const char *name, const char *address, FILE *out, struct err *e)
{
    struct address place = { 0 };
    struct key k = { 0 }, server = { 0 };
    char spare[LIMIT_NAME + 1];
    if (key_store_check(store, e) < 0 || choose_address(store, address, &place, e) < 0)
        return -1;
    if (name && !key_is_name(name))
        return err_set(e, ERR_USAGE, "--name %s: 1 to %d letters, digits and ._- are expected", name, LIMIT_NAME);
    if (!name)
        free_name(store, spare);
    int status = key_home_server(store, &server, e);
    if (status == 0)
        status = key_make(&k, name ? name : spare, ROLE_WORKER, e);
    if (status == 0) {
        str_copy(k.server_key, sizeof k.server_key, server.public_key);
        str_copy(k.address, sizeof k.address, place.text);
        status = key_store_allow(store, &k, e);
    }
    if (status == 0) {
        print_line(&k, out);
        fprintf(stderr,
            "rung invite: paste this on the other machine, where rung-worker is; it goes to %s. Whoever has "
            "it is worker %s, so send it as you would a password; rung revoke %s takes it back.\n",
            place.text, k.name, k.name);
    }
    key_wipe(&k);
    key_wipe(&server);
    return status;
}
