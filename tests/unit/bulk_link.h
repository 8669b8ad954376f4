/* bulk_link.h: both halves of moving blobs in one loop, with a link between them that may lose and repeat frames.
 */
#ifndef RUNG_TESTS_UNIT_BULK_LINK_H
#define RUNG_TESTS_UNIT_BULK_LINK_H

#include <stdlib.h>

#include "common/base/rng.h"
#include "common/io/bulk_client.h"
#include "common/io/bulk_server.h"
#include "tests/scratch.h"
#include "tests/tap.h"

/* A coordinator's store with its server, and two workers' stores with their clients, in one loop. Between them lies a
 * link that carries frames, and may lose or repeat some: each frame is delivered by an idle handle, a few a turn. */

enum { N_CLIENTS = 2, MAX_QUEUE = 4096 };

struct parcel {
    int client; /* whose it is */
    bool is_up; /* towards the server */
    struct str frame;
};

static struct fixture {
    uv_loop_t loop;
    uv_timer_t watchdog;
    uv_idle_t carrier;
    struct blobs *store, *local[N_CLIENTS];
    struct bulk_server *server;
    struct bulk_client *client[N_CLIENTS];
    struct parcel queue[MAX_QUEUE];
    int n_queue;
    int lost_percent, repeated_percent;
    struct rng rng;
    bool has_stalled;
    int n_done, n_failed, n_stored;
    int wanted; /* ends after which the loop stops */
    int64_t bytes_up;
    int stop_after_up;  /* frames towards the server after which the loop stops; 0: never */
    enum err_code code; /* of the last failure */
} f;

static void on_watchdog(uv_timer_t *timer)
{
    f.has_stalled = true;
    uv_stop(&f.loop);
}

static bool post(int client, bool is_up, const struct message *m)
{
    int copies = rng_below(&f.rng, 100) < (uint64_t)f.repeated_percent ? 2 : 1;
    if (rng_below(&f.rng, 100) < (uint64_t)f.lost_percent)
        return true;
    if (f.n_queue + copies > MAX_QUEUE)
        return false;
    for (; copies > 0; copies--) {
        struct parcel *p = &f.queue[f.n_queue++];
        *p = (struct parcel){ .client = client, .is_up = is_up };
        message_encode(m, &p->frame);
    }
    uv_ref((uv_handle_t *)&f.carrier);
    return true;
}

static bool send_up(void *context, const struct message *m)
{
    f.bytes_up += (int64_t)m->tail_len;
    return post((int)(intptr_t)context, true, m);
}

static void reply_down(void *context, uint64_t peer, const struct message *m)
{
    post((int)peer - 1, false, m);
}

static void on_stored(void *context, const char *hash, int64_t size)
{
    f.n_stored++;
}

static void deliver(const struct parcel *p)
{
    struct err e = { 0 };
    struct message m;
    if (message_decode(p->frame.text, p->frame.len, &m, &e) < 0) {
        fprintf(stderr, "%s\n", e.text);
        abort();
    }
    if (p->is_up && f.server)
        bulk_server_take(f.server, (uint64_t)p->client + 1, &m);
    if (!p->is_up && f.client[p->client])
        bulk_client_take(f.client[p->client], &m);
    message_deinit(&m);
    if (p->is_up && f.stop_after_up && --f.stop_after_up == 0)
        uv_stop(&f.loop);
}

static void carry(uv_idle_t *idle)
{
    for (int i = 0; i < 3 && f.n_queue > 0; i++) {
        struct parcel p = f.queue[0];
        memmove(f.queue, f.queue + 1, (size_t)--f.n_queue * sizeof *f.queue);
        deliver(&p);
        str_deinit(&p.frame);
    }
    if (f.n_queue == 0)
        uv_unref((uv_handle_t *)idle);
}

static struct blobs *open_store(const char *kind, int test, int i)
{
    char name[64];
    struct err e = { 0 };
    snprintf(name, sizeof name, "%s%d-%d", kind, test, i);
    struct blobs *store = blobs_open(scratch_path(name), &e);
    if (!store)
        TAP_FAIL("%s", e.text);
    return store;
}

static void open_server(int64_t max_blob_bytes, int64_t min_free_bytes)
{
    struct bulk_server_options options = { max_blob_bytes, min_free_bytes, reply_down, on_stored, NULL };
    f.server = bulk_server_open(&f.loop, f.store, &options);
}

static void open_fixture(void)
{
    static int number;
    memset(&f, 0, sizeof f);
    number++;
    uv_loop_init(&f.loop);
    uv_timer_init(&f.loop, &f.watchdog);
    uv_timer_start(&f.watchdog, on_watchdog, 60000, 0);
    uv_idle_init(&f.loop, &f.carrier);
    uv_idle_start(&f.carrier, carry);
    rng_derive(&f.rng, 5, (uint64_t)number, RNG_TEST, 0);
    f.store = open_store("store", number, 0);
    open_server(0, 0);
    for (int i = 0; i < N_CLIENTS; i++) {
        f.local[i] = open_store("local", number, i);
        struct bulk_client_options options = { send_up, (void *)(intptr_t)i, 20 };
        f.client[i] = bulk_client_open(&f.loop, f.local[i], &options);
    }
}

/* Closes both halves, lets the pool's work end, and then closes the stores: in this order programs do it too. */
static void close_fixture(void)
{
    bulk_server_close(f.server);
    for (int i = 0; i < N_CLIENTS; i++)
        bulk_client_close(f.client[i]);
    uv_close((uv_handle_t *)&f.watchdog, NULL);
    uv_close((uv_handle_t *)&f.carrier, NULL);
    uv_run(&f.loop, UV_RUN_DEFAULT);
    CHECK_INT(uv_loop_close(&f.loop), 0);
    for (int i = 0; i < f.n_queue; i++)
        str_deinit(&f.queue[i].frame);
    for (int i = 0; i < N_CLIENTS; i++)
        blobs_close(f.local[i]);
    blobs_close(f.store);
}

static void on_done(void *context, const char *hash, const struct err *failure)
{
    f.n_done++;
    f.n_failed += failure != NULL;
    if (failure)
        f.code = failure->code;
    if (f.n_done >= f.wanted)
        uv_stop(&f.loop);
}

static void run_until_done(int wanted)
{
    f.wanted = wanted;
    if (f.n_done < wanted)
        uv_run(&f.loop, UV_RUN_DEFAULT);
    if (f.has_stalled)
        TAP_FAIL("stalled with %d of %d jobs done", f.n_done, wanted);
    CHECK_INT(f.n_done, wanted);
}

static const char *fill(size_t len)
{
    static char bytes[4 << 20];
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)rng_u64(&f.rng);
    return bytes;
}

static void put_random(struct blobs *b, size_t len, char hash[HASH_HEX])
{
    struct err e = { 0 };
    if (blobs_put_bytes(b, fill(len), len, hash, &e) < 0)
        TAP_FAIL("%s", e.text);
}

#endif
