#include "coordinator/web/guard.h"

#include <string.h>

#include "common/base/str.h"

const char *const guard_role_names[] = { "nobody", "viewer", "operator" };

static bool is_same(const char *text, const char *secret, size_t len)
{
    unsigned char difference = strlen(secret) != len;
    for (size_t i = 0; i < len; i++)
        difference |= (unsigned char)(text[i] ^ secret[i]);
    return !difference;
}

enum guard_role guard_role_of(const struct secrets *s, const char *authorization)
{
    static const char scheme[] = "Bearer ";
    enum guard_role found = GUARD_NOBODY;
    if (!authorization || !str_starts(authorization, scheme))
        return GUARD_NOBODY;
    const char *token = authorization + strlen(scheme);
    if (strlen(token) != SECRETS_TOKEN_CHARS)
        return GUARD_NOBODY;
    if (is_same(token, s->viewer, SECRETS_TOKEN_CHARS))
        found = GUARD_VIEWER;
    if (is_same(token, s->operator, SECRETS_TOKEN_CHARS))
        found = GUARD_OPERATOR;
    return found;
}

bool guard_is_key(const struct secrets *s, const char *key)
{
    return strlen(key) == SECRETS_KEY_CHARS && is_same(key, s->key, SECRETS_KEY_CHARS);
}

/* "localhost", "127.0.0.1" or "[::1]", and a port or none. */
static bool is_local(const char *host)
{
    static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t len = strlen(names[i]);
        if (!str_starts(host, names[i]))
            continue;
        if (!host[len])
            return true;
        size_t digits = strspn(host + len + 1, "0123456789");
        return host[len] == ':' && digits >= 1 && digits <= 5 && !host[len + 1 + digits];
    }
    return false;
}

int guard_check_place(const char *host, const char *origin, const char *site, struct err *e)
{
    static const char scheme[] = "http://";
    if (!host || !is_local(host))
        return err_set(e, ERR_REFUSED, "Host must be 127.0.0.1, [::1] or localhost");
    if (origin && !(str_starts(origin, scheme) && strcmp(origin + strlen(scheme), host) == 0))
        return err_set(e, ERR_REFUSED, "Origin must be http://%s", host);
    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return err_set(e, ERR_REFUSED, "only the page that is served here may ask");
    return 0;
}
