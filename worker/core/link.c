#include "worker/core/link.h"

#include "worker/core/session.h"

#define SILENT_BEATS 3 /* heartbeats without a word after which nobody is there */

static int64_t jitter(struct rng *rng, int64_t ms)
{
    return ms / 2 + (int64_t)rng_below(rng, (uint64_t)ms);
}

static enum link_wish say_hello(struct link *l, struct rng *rng, int64_t now_ms)
{
    if (l->wait_ms == 0)
        l->wait_ms = SESSION_HELLO_MS;
    bool is_slow = l->wait_ms >= 1000; /* by now the connection itself may be what is wrong */
    l->due_ms = now_ms + jitter(rng, l->wait_ms);
    l->wait_ms = l->wait_ms * 2 < SESSION_HELLO_MAX_MS ? l->wait_ms * 2 : SESSION_HELLO_MAX_MS;
    return is_slow ? LINK_RECONNECT : LINK_HELLO;
}

enum link_wish link_tick(struct link *l, struct rng *rng, int64_t now_ms)
{
    if (l->is_welcome && now_ms - l->heard_ms > SILENT_BEATS * l->heartbeat_ms) {
        link_lose(l, now_ms);
        say_hello(l, rng, now_ms);
        return LINK_RECONNECT;
    }
    if (now_ms < l->due_ms)
        return LINK_NOTHING;
    if (!l->is_welcome)
        return say_hello(l, rng, now_ms);
    l->due_ms = now_ms + l->heartbeat_ms;
    return LINK_BEAT;
}

void link_hear(struct link *l, int64_t now_ms)
{
    l->heard_ms = now_ms;
}

void link_welcome(struct link *l, const struct message_welcome *welcome, int64_t now_ms)
{
    l->is_welcome = true;
    l->boot = welcome->boot;
    l->heartbeat_ms = welcome->heartbeat_ms > 0 ? welcome->heartbeat_ms : 1000;
    l->heard_ms = now_ms;
    l->due_ms = now_ms + l->heartbeat_ms;
    l->wait_ms = 0;
}

void link_lose(struct link *l, int64_t now_ms)
{
    l->is_welcome = false;
    l->due_ms = now_ms;
    l->wait_ms = 0;
}

/* The pause stays as long as it had grown to: a coordinator that takes connections and says nothing is not hurried. */
void link_connected(struct link *l, struct rng *rng, int64_t now_ms)
{
    l->is_welcome = false;
    if (l->wait_ms == 0)
        l->wait_ms = SESSION_HELLO_MS;
    l->due_ms = now_ms + jitter(rng, l->wait_ms);
}

void link_back_off(struct link *l, int64_t now_ms)
{
    l->wait_ms = SESSION_HELLO_MAX_MS;
    l->due_ms = now_ms + SESSION_HELLO_MAX_MS;
}
