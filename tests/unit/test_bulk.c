#include "common/base/mem.h"
#include "common/base/rng.h"
#include "common/io/bulk_client.h"
#include "common/io/bulk_server.h"
#include "common/io/files.h"
#include "common/io/zsock.h"
#include "tests/scratch.h"
#include "tests/tap.h"

#include <stdlib.h>

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

TEST(a_blob_goes_up_and_comes_down_elsewhere)
{
    static const size_t sizes[] = { 0, 1, LIMIT_BLOB_CHUNK - 1, LIMIT_BLOB_CHUNK, LIMIT_BLOB_CHUNK + 1, 3000000 };
    open_fixture();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char hash[HASH_HEX];
        put_random(f.local[0], sizes[i], hash);
        bulk_client_put(f.client[0], hash, on_done, NULL);
        run_until_done(2 * (int)i + 1);
        CHECK_INT(blobs_size(f.store, hash), sizes[i]);
        bulk_client_get(f.client[1], hash, on_done, NULL);
        run_until_done(2 * (int)i + 2);
        CHECK_INT(blobs_size(f.local[1], hash), sizes[i]);
        CHECK_INT(blobs_verify(f.local[1], hash, NULL), 0);
    }
    CHECK_INT(f.n_failed, 0);
    CHECK_INT(f.n_stored, sizeof sizes / sizeof *sizes);
    close_fixture();
}

TEST(lost_and_repeated_messages_only_cost_time)
{
    open_fixture();
    f.lost_percent = 15;
    f.repeated_percent = 15;
    char hash[6][HASH_HEX];
    for (int i = 0; i < 6; i++) {
        put_random(f.local[0], 1000000 + (size_t)i * 111111, hash[i]);
        bulk_client_put(f.client[0], hash[i], on_done, NULL);
    }
    run_until_done(6);
    for (int i = 0; i < 6; i++)
        bulk_client_get(f.client[1], hash[i], on_done, NULL);
    run_until_done(12);
    CHECK_INT(f.n_failed, 0);
    for (int i = 0; i < 6; i++) {
        CHECK_INT(blobs_verify(f.store, hash[i], NULL), 0);
        CHECK_INT(blobs_verify(f.local[1], hash[i], NULL), 0);
    }
    close_fixture();
}

TEST(a_coordinator_that_restarts_goes_on_where_it_was)
{
    enum { SIZE = 4000000 };
    char hash[HASH_HEX];
    open_fixture();
    put_random(f.local[0], SIZE, hash);
    bulk_client_put(f.client[0], hash, on_done, NULL);
    f.stop_after_up = 9; /* the question, and eight pieces */
    uv_run(&f.loop, UV_RUN_DEFAULT);
    CHECK_INT(f.n_done, 0);
    bulk_server_close(f.server);
    for (; f.n_queue > 0; f.n_queue--) /* what was on its way is lost with the connection */
        str_deinit(&f.queue[f.n_queue - 1].frame);
    open_server(0, 0);
    run_until_done(1);
    CHECK_INT(f.n_failed, 0);
    CHECK_INT(blobs_verify(f.store, hash, NULL), 0);
    CHECK(f.bytes_up < SIZE + 6 * LIMIT_BLOB_CHUNK);
    close_fixture();
}

TEST(two_workers_that_put_the_same_help_each_other)
{
    enum { SIZE = 4000000 };
    char hash[HASH_HEX];
    open_fixture();
    const char *bytes = fill(SIZE);
    CHECK_INT(blobs_put_bytes(f.local[0], bytes, SIZE, hash, NULL), 0);
    CHECK_INT(blobs_put_bytes(f.local[1], bytes, SIZE, hash, NULL), 0);
    bulk_client_put(f.client[0], hash, on_done, NULL);
    bulk_client_put(f.client[1], hash, on_done, NULL);
    run_until_done(2);
    CHECK_INT(f.n_failed, 0);
    CHECK_INT(f.n_stored, 1);
    CHECK_INT(blobs_verify(f.store, hash, NULL), 0);
    close_fixture();
}

/* Hands the server a piece and takes what it answers at once from the queue. */
static void check_answer(const char *hash, int64_t offset, const char *piece, int64_t wanted, const char *refusal)
{
    struct message back, m = { .type = MESSAGE_BLOB_PUT,
        .as.blob_put = { .hash = hash, .size = 9, .offset = offset },
        .tail = piece,
        .tail_len = strlen(piece) };
    bulk_server_take(f.server, 1, &m);
    CHECK_INT(f.n_queue, 1);
    CHECK_INT(message_decode(f.queue[0].frame.text, f.queue[0].frame.len, &back, NULL), 0);
    CHECK_INT(back.type, MESSAGE_BLOB_AT);
    CHECK_INT(back.as.blob_at.offset, wanted);
    CHECK(str_equal(back.as.blob_at.refusal, refusal));
    message_deinit(&back);
    str_deinit(&f.queue[0].frame);
    f.n_queue = 0;
}

TEST(a_piece_out_of_place_is_answered_with_the_place)
{
    char hash[HASH_HEX];
    open_fixture();
    hash_bytes("abcdefghi", 9, hash);
    check_answer(hash, 0, "", 0, NULL);
    check_answer(hash, 0, "abc", 3, NULL);
    check_answer(hash, 0, "abc", 3, NULL);
    check_answer(hash, 6, "ghi", 3, NULL);
    check_answer(hash, 3, "def", 6, NULL);
    check_answer(hash, 6, "ghij", 0, "invalid");
    check_answer("not/a/hash", 0, "", 0, "invalid");
    close_fixture();
}

TEST(what_is_nowhere_is_said_to_be_nowhere)
{
    char hash[HASH_HEX];
    open_fixture();
    hash_bytes("nobody has this", 15, hash);
    bulk_client_get(f.client[0], hash, on_done, NULL);
    CHECK_INT(f.n_done, 0);
    run_until_done(1);
    CHECK_INT(f.code, ERR_NOT_FOUND);
    f.code = ERR_NONE;
    bulk_client_put(f.client[0], hash, on_done, NULL);
    CHECK_INT(f.n_done, 1);
    run_until_done(2);
    CHECK_INT(f.code, ERR_NOT_FOUND);
    close_fixture();
}

TEST(a_blob_that_is_too_large_is_refused_for_good)
{
    char hash[HASH_HEX];
    open_fixture();
    bulk_server_close(f.server);
    open_server(1000, 0);
    put_random(f.local[0], 1001, hash);
    bulk_client_put(f.client[0], hash, on_done, NULL);
    run_until_done(1);
    CHECK_INT(f.code, ERR_LIMIT);
    put_random(f.local[0], 1000, hash);
    bulk_client_put(f.client[0], hash, on_done, NULL);
    run_until_done(2);
    CHECK_INT(f.n_failed, 1);
    close_fixture();
}

TEST(a_full_disk_is_waited_for)
{
    char hash[HASH_HEX];
    open_fixture();
    bulk_server_close(f.server);
    open_server(0, INT64_MAX);
    put_random(f.local[0], 1000, hash);
    bulk_client_put(f.client[0], hash, on_done, NULL);
    f.stop_after_up = 3; /* it asks again and again */
    uv_run(&f.loop, UV_RUN_DEFAULT);
    CHECK(!f.has_stalled);
    CHECK_INT(f.n_done, 0);
    bulk_server_close(f.server);
    open_server(0, 0);
    run_until_done(1);
    CHECK_INT(f.n_failed, 0);
    close_fixture();
}

TEST(a_damaged_partial_file_of_the_coordinator_is_begun_again)
{
    char hash[HASH_HEX];
    struct str partial = { 0 };
    open_fixture();
    put_random(f.local[0], 1000000, hash);
    str_addf(&partial, "%s/partial/%s", blobs_dir(f.store), hash);
    CHECK_INT(file_write(partial.text, "not those bytes", 15, 0600, NULL), 0);
    bulk_client_put(f.client[0], hash, on_done, NULL);
    run_until_done(1);
    CHECK_INT(f.n_failed, 0);
    CHECK_INT(blobs_verify(f.store, hash, NULL), 0);
    str_clear(&partial);
    str_addf(&partial, "%s/partial/%s", blobs_dir(f.local[1]), hash);
    CHECK_INT(file_write(partial.text, "not those bytes", 15, 0600, NULL), 0);
    bulk_client_get(f.client[1], hash, on_done, NULL);
    run_until_done(2);
    CHECK_INT(f.n_failed, 0);
    CHECK_INT(blobs_verify(f.local[1], hash, NULL), 0);
    str_deinit(&partial);
    close_fixture();
}

TEST(a_blob_that_is_damaged_at_its_source_is_given_up)
{
    char hash[HASH_HEX];
    struct str path = { 0 };
    open_fixture();
    put_random(f.local[0], 300000, hash);
    blobs_path(f.local[0], hash, &path);
    CHECK_INT(file_write(path.text, fill(300000), 300000, 0600, NULL), 0);
    bulk_client_put(f.client[0], hash, on_done, NULL);
    run_until_done(1);
    CHECK_INT(f.code, ERR_CORRUPT);
    CHECK(!blobs_has(f.store, hash));
    str_deinit(&path);
    close_fixture();
}

TEST(many_jobs_wait_their_turn_and_may_be_cancelled)
{
    char hash[40][HASH_HEX];
    uint64_t jobs[40];
    open_fixture();
    for (int i = 0; i < 40; i++) {
        put_random(f.local[0], 100000 + (size_t)i, hash[i]);
        jobs[i] = bulk_client_put(f.client[0], hash[i], on_done, NULL);
        bulk_client_put(f.client[0], hash[i], on_done, NULL);
    }
    for (int i = 0; i < 40; i += 4)
        bulk_client_cancel(f.client[0], jobs[i]);
    run_until_done(70);
    bulk_client_cancel(f.client[0], jobs[1]); /* it is over: nothing happens */
    CHECK_INT(f.n_failed, 0);
    CHECK_INT(f.n_stored, 40);
    close_fixture();
}

TEST(both_halves_may_be_closed_in_the_middle)
{
    for (int stop = 1; stop < 16; stop++) {
        char hash[HASH_HEX], other[HASH_HEX];
        open_fixture();
        put_random(f.local[0], 1500000, hash);
        put_random(f.store, 1500000, other);
        bulk_client_put(f.client[0], hash, on_done, NULL);
        bulk_client_get(f.client[1], other, on_done, NULL);
        f.stop_after_up = stop;
        uv_run(&f.loop, UV_RUN_DEFAULT);
        int n_done = f.n_done;
        close_fixture();
        CHECK_INT(f.n_done, n_done);
    }
}

/* ---- over real sockets ---- */

static struct zsock *upper, *lower;

static void at_upper(void *context, uint64_t peer, const char *user, const void *frame, size_t len)
{
    struct message m;
    CHECK_INT(message_decode(frame, len, &m, NULL), 0);
    bulk_server_take(f.server, peer, &m);
    message_deinit(&m);
}

static void at_lower(void *context, uint64_t peer, const char *user, const void *frame, size_t len)
{
    struct message m;
    CHECK_INT(message_decode(frame, len, &m, NULL), 0);
    bulk_client_take(f.client[0], &m);
    message_deinit(&m);
}

static void reply_by_socket(void *context, uint64_t peer, const struct message *m)
{
    struct str frame = { 0 };
    message_encode(m, &frame);
    zsock_send(upper, peer, frame.text, frame.len);
    str_deinit(&frame);
}

static bool send_by_socket(void *context, const struct message *m)
{
    struct str frame = { 0 };
    message_encode(m, &frame);
    bool is_sent = zsock_send(lower, 0, frame.text, frame.len);
    str_deinit(&frame);
    return is_sent;
}

TEST(blobs_move_over_real_sockets)
{
    enum { N = 8 };
    struct err e = { 0 };
    char address[300], hash[N][HASH_HEX];
    open_fixture();
    bulk_server_close(f.server);
    bulk_client_close(f.client[0]);
    f.server = bulk_server_open(&f.loop, f.store, &(struct bulk_server_options){ .reply = reply_by_socket });
    f.client[0] = bulk_client_open(&f.loop, f.local[0], &(struct bulk_client_options){ send_by_socket, NULL, 100 });
    struct zcontext *context = zcontext_open(&e);
    upper = zsock_open(context, &f.loop, &(struct zsock_options){ .kind = ZSOCK_SERVER, .on_message = at_upper }, &e);
    lower = zsock_open(context, &f.loop, &(struct zsock_options){ .kind = ZSOCK_CLIENT, .on_message = at_lower }, &e);
    snprintf(address, sizeof address, "ipc://%s/bulk", scratch_dir());
    CHECK_INT(zsock_bind(upper, address, &e), 0);
    CHECK_INT(zsock_connect(lower, address, &e), 0);
    for (int i = 0; i < N; i++) {
        bool is_up = i % 2;
        put_random(is_up ? f.local[0] : f.store, 3000000 + (size_t)i, hash[i]);
        if (is_up)
            bulk_client_put(f.client[0], hash[i], on_done, NULL);
        else
            bulk_client_get(f.client[0], hash[i], on_done, NULL);
    }
    run_until_done(N);
    CHECK_INT(f.n_failed, 0);
    for (int i = 0; i < N; i++)
        CHECK(blobs_verify(f.store, hash[i], NULL) == 0 && blobs_verify(f.local[0], hash[i], NULL) == 0);
    zsock_close(upper);
    zsock_close(lower);
    close_fixture();
    zcontext_close(context);
}

TAP_MAIN
