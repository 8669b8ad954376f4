#include "coordinator/web/place.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static int refuse(const char *text, struct err *e)
{
    return err_set(e, ERR_USAGE, "\"%s\": an address like 127.0.0.1:9464 is expected", text);
}

static int check_local(const char *text, bool is_local, struct err *e)
{
    return is_local ? 0
                    : err_set(e, ERR_USAGE,
                          "%s: other machines could read it there; listen on 127.0.0.1, and let a proxy or ssh "
                          "bring it to them",
                          text);
}

int place_parse(const char *text, union place *out, struct err *e)
{
    char host[64], *end = NULL;
    const char *colon = strrchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;
    long port = colon ? strtol(colon + 1, &end, 10) : -1;
    if (len == 0 || len >= sizeof host || end == colon + 1 || *end || port < 0 || port > 65535)
        return refuse(text, e);
    memcpy(host, text, len);
    host[len] = '\0';
    bool is_v6 = host[0] == '[' && host[len - 1] == ']';
    union place p = { .any.sa_family = is_v6 ? AF_INET6 : AF_INET };
    if (is_v6) {
        host[len - 1] = '\0';
        p.v6.sin6_port = htons((uint16_t)port);
    } else {
        p.v4.sin_port = htons((uint16_t)port);
    }
    if (is_v6 ? inet_pton(AF_INET6, host + 1, &p.v6.sin6_addr) != 1 : inet_pton(AF_INET, host, &p.v4.sin_addr) != 1)
        return refuse(text, e);
    bool is_local = is_v6 ? IN6_IS_ADDR_LOOPBACK(&p.v6.sin6_addr) : ntohl(p.v4.sin_addr.s_addr) >> 24 == 127;
    if (check_local(text, is_local, e) < 0)
        return -1;
    *out = p;
    return 0;
}

void place_print(const union place *p, struct str *out)
{
    char host[INET6_ADDRSTRLEN] = "";
    bool is_v6 = p->any.sa_family == AF_INET6;
    inet_ntop(
        p->any.sa_family, is_v6 ? (const void *)&p->v6.sin6_addr : (const void *)&p->v4.sin_addr, host, sizeof host);
    str_addf(out, is_v6 ? "[%s]:%d" : "%s:%d", host, ntohs(is_v6 ? p->v6.sin6_port : p->v4.sin_port));
}
