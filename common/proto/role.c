#include "common/proto/role.h"

#include <string.h>

static const struct {
    const char *name, *word;
} roles[ROLE_N_ROLES] = {
    [ROLE_NONE] = { "none", "nobody" },
    [ROLE_WORKER] = { "worker", "a worker" },
    [ROLE_VIEWER] = { "viewer", "a viewer" },
    [ROLE_OPERATOR] = { "operator", "an operator" },
    [ROLE_SERVER] = { "server", "a server" },
};

const char *role_name(enum role r)
{
    return roles[r].name;
}

const char *role_word(enum role r)
{
    return roles[r].word;
}

enum role role_from_name(const char *name)
{
    for (int r = ROLE_WORKER; r < ROLE_N_ROLES; r++)
        if (strcmp(roles[r].name, name) == 0)
            return (enum role)r;
    return ROLE_NONE;
}

bool role_may_send(enum role r, enum message_type type)
{
    switch (r) {
    case ROLE_WORKER:
        return message_may_come_from(type, SENDER_WORKER);
    case ROLE_VIEWER:
        return type == MESSAGE_STATUS || type == MESSAGE_EVENTS;
    case ROLE_OPERATOR:
        return message_may_come_from(type, SENDER_WORKER) || message_may_come_from(type, SENDER_CLIENT);
    case ROLE_NONE:
    case ROLE_SERVER:
    case ROLE_N_ROLES:
        break;
    }
    return false;
}

int role_check(enum role r, enum message_type type, struct err *e)
{
    if (role_may_send(r, type))
        return 0;
    return err_set(e, ERR_REFUSED, "not authorised: %s may not say %s", role_word(r), message_name(type));
}
