#include "tests/unit/bulk_link.h"

#include "common/io/files.h"
#include "common/io/zsock.h"

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

TEST(what_was_lost_with_a_connection_is_asked_for_again_at_once)
{
    enum { AN_HOUR_MS = 3600000 };
    char hash[HASH_HEX];
    open_fixture();
    bulk_client_close(f.client[0]);
    f.client[0] = bulk_client_open(&f.loop, f.local[0], &(struct bulk_client_options){ send_up, NULL, AN_HOUR_MS });
    put_random(f.local[0], 1500000, hash);
    bulk_client_put(f.client[0], hash, on_done, NULL);
    f.stop_after_up = 3;
    uv_run(&f.loop, UV_RUN_DEFAULT);
    for (; f.n_queue > 0; f.n_queue--)
        str_deinit(&f.queue[f.n_queue - 1].frame);
    bulk_client_hurry(f.client[0]);
    run_until_done(1);
    CHECK_INT(f.n_failed, 0);
    CHECK_INT(blobs_verify(f.store, hash, NULL), 0);
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
