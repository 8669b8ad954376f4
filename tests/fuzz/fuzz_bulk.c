/* Pieces of blobs from a hostile worker, in any order and of any size. Whatever comes, the server answers or is silent,
 * and a blob that it says to have has the bytes of its hash.
 */
#include "common/base/str.h"
#include "common/io/bulk_server.h"
#include "tests/fuzz/must.h"

enum { N_BLOBS = 4, MOST = 600 };

static struct {
    uv_loop_t loop;
    struct blobs *blobs;
    char bytes[N_BLOBS][MOST], hash[N_BLOBS][HASH_HEX];
    int64_t size[N_BLOBS];
} world;

static void on_reply(void *context, uint64_t peer, const struct message *m)
{
    struct str frame = { 0 };
    MUST(message_encode(m, &frame));
    str_deinit(&frame);
}

static void open_world(void)
{
    struct err e = { 0 };
    uv_loop_init(&world.loop);
    MUST((world.blobs = blobs_open(memory_directory(), &e)));
    for (int i = 0; i < N_BLOBS; i++) {
        world.size[i] = i * i * 64; /* 0, 64, 256, 576 */
        for (int k = 0; k < world.size[i]; k++)
            world.bytes[i][k] = (char)(i * k);
        hash_bytes(world.bytes[i], (size_t)world.size[i], world.hash[i]);
    }
}

/* One message: mostly of a blob that exists, with its own bytes at a place of theirs, and sometimes of anything. */
static void send_one(struct bulk_server *s, struct input *in)
{
    int kind = input_below(in, 8), which = input_below(in, N_BLOBS);
    int64_t offset = (int64_t)input_take(in, 2), size = kind == 1 ? (int64_t)input_take(in, 5) : world.size[which];
    size_t len = input_take(in, 2) % (MOST + 1);
    const char *tail = world.bytes[which];
    if (kind == 2)
        offset = (int64_t)(input_take(in, 8) >> 1);
    if (kind == 3 && len > in->len)
        len = in->len;
    if (kind == 3)
        tail = (const char *)in->bytes;
    else if (offset >= 0 && offset <= MOST - (int64_t)len)
        tail += offset;
    struct message m = { .type = MESSAGE_BLOB_PUT,
        .as.blob_put = { .hash = kind == 4 ? "no hash" : world.hash[which], .size = size, .offset = offset },
        .tail = len ? tail : NULL,
        .tail_len = len };
    if (kind == 5)
        m = (struct message){ .type = MESSAGE_BLOB_GET,
            .as.blob_get = { .hash = world.hash[which], .offset = offset } };
    bulk_server_take(s, 1 + (uint64_t)(kind & 1), &m);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct input in = { bytes, len };
    struct err e = { 0 };
    if (!world.blobs)
        open_world();
    struct bulk_server_options options = { .max_blob_bytes = 1 << 20, .reply = on_reply };
    struct bulk_server *s = bulk_server_open(&world.loop, world.blobs, &options);
    while (in.len > 0) {
        send_one(s, &in);
        if (input_below(&in, 3) == 0)
            uv_run(&world.loop, UV_RUN_DEFAULT);
    }
    bulk_server_close(s);
    uv_run(&world.loop, UV_RUN_DEFAULT);
    for (int i = 0; i < N_BLOBS; i++)
        MUST(!blobs_has(world.blobs, world.hash[i]) || (blobs_verify(world.blobs, world.hash[i], &e) == 0 &&
                                                           blobs_size(world.blobs, world.hash[i]) == world.size[i] &&
                                                           blobs_remove(world.blobs, world.hash[i], &e) == 0));
    MUST(blobs_sweep(world.blobs, INT64_MAX, &e) == 0);
    return 0;
}
