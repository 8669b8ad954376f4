#include "coordinator/bridge/admit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The worker that a message speaks for, or NULL: nobody that is known. */
static const struct worker *speaker_of(const struct hub *h, const struct message *m)
{
    const struct roster *r = hub_roster(h);
    if (m->type == MESSAGE_HELLO)
        return roster_by_key(r, m->as.hello.worker);
    if (m->type == MESSAGE_RESULT)
        return roster_by_key(r, m->as.result.worker);
    if (m->type == MESSAGE_FAIL)
        return roster_by_key(r, m->as.fail.worker);
    return m->type == MESSAGE_ASK        ? roster_by_session(r, m->as.ask.session)
           : m->type == MESSAGE_BEAT     ? roster_by_session(r, m->as.beat.session)
           : m->type == MESSAGE_BYE      ? roster_by_session(r, m->as.bye.session)
           : m->type == MESSAGE_PROGRESS ? roster_by_session(r, m->as.progress.session)
                                         : NULL;
}

/* A worker is who it is by its key. At HELLO it may have a new one, once the old one is revoked. */
static int check_speaker(const struct bridge_world *world, const struct message *m, struct err *e)
{
    const struct worker *w = world->public_key && *world->public_key ? speaker_of(world->hub, m) : NULL;
    if (!w || strcmp(w->row.public_key, world->public_key) == 0)
        return 0;
    bool was_keyed = *w->row.public_key;
    bool is_free = !was_keyed || (world->is_let_in && !world->is_let_in(world->context, w->row.public_key));
    if (m->type == MESSAGE_HELLO && is_free)
        return 0;
    return err_set(e, ERR_REFUSED, "not authorised: worker %s came with another key: %s", w->row.name,
        m->type == MESSAGE_HELLO ? "two workers need a --dir each" : "only it may speak for itself");
}

/* "0.3.1" and "0.4.0-5" are one release apart; what is no such number is nobody's release. */
static bool is_near_release(const char *version)
{
    int theirs[2], ours[2];
    if (sscanf(version, "%d.%d", &theirs[0], &theirs[1]) != 2 || sscanf(RUNG_VERSION, "%d.%d", &ours[0], &ours[1]) != 2)
        return true;
    return theirs[0] == ours[0] && abs(theirs[1] - ours[1]) <= 1;
}

static int check_version(const struct message_hello *m, struct err *e)
{
    if (m->protocol_min > MESSAGE_PROTOCOL || m->protocol_max < MESSAGE_PROTOCOL)
        return err_set(e, ERR_REFUSED,
            "rung-worker %s speaks protocols %d to %d, this rungd %s speaks %d: "
            "install the same version on both",
            m->version, (int)m->protocol_min, (int)m->protocol_max, RUNG_VERSION, MESSAGE_PROTOCOL);
    if (!is_near_release(m->version))
        return err_set(e, ERR_REFUSED,
            "rung-worker %s and this rungd %s are more than one release apart: "
            "install the same version on both",
            m->version, RUNG_VERSION);
    return 0;
}

int bridge_admit(const struct bridge_world *world, const struct message *m, struct err *e)
{
    if (check_speaker(world, m, e) < 0)
        return -1;
    return m->type == MESSAGE_HELLO ? check_version(&m->as.hello, e) : 0;
}
