/* A frame as it comes, and, as no fuzzer guesses a checksum, the same bytes as the inside of a frame with a good
 * header: type, two bytes that share out JSON and tail, and both. What is taken must go out and come in again the same.
 */

#include <stdlib.h>
#include <string.h>

#include "common/base/crc32c.h"
#include "common/base/str.h"
#include "common/proto/message.h"
#include "tests/fuzz/must.h"

static void check_again(const struct message *m)
{
    struct str once = { 0 }, twice = { 0 };
    struct message back;
    if (message_encode(m, &once)) { /* texts may grow by their escapes beyond a frame */
        MUST(message_decode(once.text, once.len, &back, NULL) == 0);
        MUST(message_encode(&back, &twice));
        MUST(once.len == twice.len && memcmp(once.text, twice.text, once.len) == 0);
        message_deinit(&back);
    }
    str_deinit(&once);
    str_deinit(&twice);
}

static void decode(const void *frame, size_t len)
{
    struct message m = { 0 };
    struct err e = { 0 };
    if (message_decode(frame, len, &m, &e) < 0) {
        MUST(e.code != ERR_NONE && e.text[0] && !m.owned && !m.tail);
        return;
    }
    MUST(strcmp(message_name(m.type), "unknown") != 0);
    check_again(&m);
    message_deinit(&m);
}

static void decode_inside(const uint8_t *bytes, size_t len)
{
    size_t tail_len = len > 3 ? ((size_t)bytes[1] << 8 | bytes[2]) % (len - 2) : 0;
    uint32_t header[5] = { 0 };
    struct str frame = { 0 };
    if (len < 3)
        return;
    memcpy(header, (uint8_t[]){ 'R', 'N', 'G', '1', MESSAGE_PROTOCOL, bytes[0], 0, 0 }, 8);
    header[2] = (uint32_t)(len - 3 - tail_len);
    header[3] = (uint32_t)tail_len;
    header[4] = crc32c(crc32c(0, header, 16), bytes + 3, len - 3);
    str_add_bytes(&frame, header, sizeof header);
    str_add_bytes(&frame, bytes + 3, len - 3);
    decode(frame.text, frame.len);
    str_deinit(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    decode(bytes, len);
    decode_inside(bytes, len);
    return 0;
}
