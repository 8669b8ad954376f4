#include "tests/tap.h"

#include "common/base/crc32c.h"
#include "tests/proto/sample.h"

/* Checks that m comes back as it went, and leaves its frame in `frame`. */
static void check_round_trip(const struct message *m, struct str *frame)
{
    struct err e = { 0 };
    struct message back;
    str_clear(frame);
    if (!message_encode(m, frame))
        TAP_FAIL("a %s of more than a frame", message_name(m->type));
    if (message_decode(frame->text, frame->len, &back, &e) < 0)
        TAP_FAIL("%s", e.text);
    if (!sample_is_same(m, &back))
        TAP_FAIL("a %s came back another: %.200s", message_name(m->type), frame->text + MESSAGE_HEADER);
    message_deinit(&back);
}

TEST(every_message_comes_back_as_it_went)
{
    struct str frame = { 0 };
    struct rng r;
    sample_rng = &r;
    for (int i = 0; i < 200; i++)
        for (int t = 0; t < SAMPLE_N_TYPES; t++) {
            rng_derive(&r, 1, (uint64_t)i, RNG_TEST, (uint64_t)t);
            struct message m = sample_message(sample_types[t]);
            check_round_trip(&m, &frame);
            sample_forget();
        }
    str_deinit(&frame);
}

static void check_refused(const void *frame, size_t len, enum err_code code, const char *why)
{
    struct err e = { 0 };
    struct message m = { .tail_len = 77 };
    if (message_decode(frame, len, &m, &e) == 0)
        TAP_FAIL("taken, and should not be: \"%s\" is expected", why);
    if (e.code != code)
        TAP_FAIL("\"%s\" has code %s, not %s", e.text, err_code_name(e.code), err_code_name(code));
    CHECK_CONTAINS(e.text, why);
    CHECK_INT(m.tail_len, 77);
}

TEST(no_bit_can_flip_unnoticed)
{
    struct str frame = { 0 };
    sample_rng = NULL;
    for (int t = 0; t < SAMPLE_N_TYPES; t++) {
        struct message m = sample_message(sample_types[t]), back;
        str_clear(&frame);
        CHECK(message_encode(&m, &frame));
        for (size_t bit = 0; bit < frame.len * 8; bit++) {
            frame.text[bit / 8] ^= (char)(1 << bit % 8);
            if (message_decode(frame.text, frame.len, &back, NULL) == 0)
                TAP_FAIL("%s is taken with bit %zu flipped", message_name(m.type), bit);
            frame.text[bit / 8] ^= (char)(1 << bit % 8);
        }
        sample_forget();
    }
    str_deinit(&frame);
}

TEST(a_frame_that_is_cut_or_longer_is_refused)
{
    struct str frame = { 0 };
    sample_rng = NULL;
    for (int t = 0; t < SAMPLE_N_TYPES; t++) {
        struct message m = sample_message(sample_types[t]);
        str_clear(&frame);
        CHECK(message_encode(&m, &frame));
        for (size_t len = 0; len < frame.len; len++)
            check_refused(frame.text, len, ERR_CORRUPT, len < MESSAGE_HEADER ? "not a frame" : "lengths");
        str_add_char(&frame, 'x');
        check_refused(frame.text, frame.len, ERR_CORRUPT, "lengths");
        sample_forget();
    }
    str_deinit(&frame);
}

/* A frame with a good header around any JSON and tail. */
static void frame_around(
    struct str *frame, unsigned protocol, unsigned type, const char *json, const char *tail, size_t tail_len)
{
    uint32_t head[5] = { 0, 0, (uint32_t)strlen(json), (uint32_t)tail_len, 0 };
    memcpy(head, (char[]){ 'R', 'N', 'G', '1', (char)protocol, (char)type, 0, 0 }, 8);
    head[4] = crc32c(crc32c(crc32c(0, head, 16), json, strlen(json)), tail, tail_len);
    str_clear(frame);
    str_add_bytes(frame, head, sizeof head);
    str_add(frame, json);
    str_add_bytes(frame, tail, tail_len);
}

TEST(what_breaks_the_schema_is_refused_by_name)
{
    static const struct {
        unsigned type;
        const char *json, *why;
    } rows[] = {
        { MESSAGE_WHO, "{}", "who: \"boot\" is missing" },
        { MESSAGE_WHO, "", "who: line 1, column 1" },
        { MESSAGE_WHO, "[]", "who: the body is an array" },
        { MESSAGE_WHO, "{\"boot\":\"1\"", "who: line 1" },
        { MESSAGE_WHO, "{\"boot\":null}", "who: \"boot\" is null" },
        { MESSAGE_WHO, "{\"boot\":\"-1\"}", "who: \"boot\" is a text" },
        { MESSAGE_WHO, "{\"boot\":\"18446744073709551616\"}", "who: \"boot\"" },
        { MESSAGE_ASK, "{\"session\":\"1\",\"free\":257}", "ask: \"free\" is 257: 0 to 256" },
        { MESSAGE_ASK, "{\"session\":\"1\",\"free\":-1}", "ask: \"free\" is -1" },
        { MESSAGE_ASK, "{\"session\":\"1\",\"free\":0.5}", "ask: \"free\" is a number: a whole number" },
        { MESSAGE_ASK, "{\"session\":\"1\",\"free\":\"3\"}", "ask: \"free\" is a text" },
        { MESSAGE_BEAT, "{\"session\":\"1\"}", "beat: \"held\" is nothing: an array" },
        { MESSAGE_BEAT, "{\"session\":\"1\",\"held\":{}}", "beat: \"held\" is an object: an array" },
        { MESSAGE_BEAT, "{\"session\":\"1\",\"held\":[{\"trial\":\"1\",\"lease\":\"1\"},7]}",
            "beat: held[1]: \"trial\"" },
        { MESSAGE_NOWORK, "{\"reason\":true}", "nowork: \"reason\" is true or false: a text" },
        { MESSAGE_PROGRESS, "{\"session\":\"1\",\"trial\":\"1\",\"lease\":\"1\",\"step\":1}",
            "progress: \"metrics\" is missing" },
        { MESSAGE_BLOB_AT, "{\"hash\":\"\",\"offset\":0,\"is_stored\":0}", "blob_at: \"is_stored\" is a number" },
        { MESSAGE_CONTROL, "{\"request\":\"1\",\"campaign\":\"a\",\"action\":\"12345678901234567\"}",
            "control: \"action\" has 17 bytes: at most 16" },
    };
    struct str frame = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        frame_around(&frame, MESSAGE_PROTOCOL, rows[i].type, rows[i].json, "", 0);
        check_refused(frame.text, frame.len, ERR_INVALID, rows[i].why);
    }
    str_deinit(&frame);
}

TEST(a_list_is_never_longer_than_its_maximum)
{
    struct str json = { 0 }, frame = { 0 };
    str_add(&json, "{\"session\":\"1\",\"held\":[");
    for (int i = 0; i <= LIMIT_SLOTS; i++)
        str_addf(&json, "%s{\"trial\":\"1\",\"lease\":\"1\"}", i ? "," : "");
    str_add(&json, "]}");
    frame_around(&frame, MESSAGE_PROTOCOL, MESSAGE_BEAT, json.text, "", 0);
    check_refused(frame.text, frame.len, ERR_INVALID, "at most 256");
    str_deinit(&json);
    str_deinit(&frame);
}

TEST(protocol_type_size_and_tail_have_refusals_of_their_own)
{
    struct str frame = { 0 };
    frame_around(&frame, 2, MESSAGE_WHO, "{\"boot\":\"1\"}", "", 0);
    check_refused(frame.text, frame.len, ERR_REFUSED, "protocol 2");
    frame_around(&frame, MESSAGE_PROTOCOL, 200, "{}", "", 0);
    check_refused(frame.text, frame.len, ERR_NOT_FOUND, "type 200");
    frame_around(&frame, MESSAGE_PROTOCOL, 0, "{}", "", 0);
    check_refused(frame.text, frame.len, ERR_NOT_FOUND, "type 0");
    frame_around(&frame, MESSAGE_PROTOCOL, MESSAGE_WHO, "{\"boot\":\"1\"}", "t", 1);
    check_refused(frame.text, frame.len, ERR_INVALID, "who: 1 bytes follow");
    char *much = mem_zalloc(1, LIMIT_FRAME + 1);
    check_refused(much, LIMIT_FRAME + 1, ERR_LIMIT, "at most");
    frame_around(&frame, MESSAGE_PROTOCOL, MESSAGE_BLOB_PUT, "{\"hash\":\"\",\"size\":0,\"offset\":0}", much,
        LIMIT_BLOB_CHUNK + 1);
    check_refused(frame.text, frame.len, ERR_INVALID, "blob_put: 262145 bytes follow");
    free(much);
    str_deinit(&frame);
}

TEST(unknown_fields_are_ignored_and_absent_ones_default)
{
    struct str frame = { 0 };
    struct message m;
    struct err e = { 0 };
    frame_around(&frame, MESSAGE_PROTOCOL, MESSAGE_STATUS, "{\"future\":[1,{\"a\":2}],\"request\":\"5\"}", "", 0);
    CHECK_INT(message_decode(frame.text, frame.len, &m, &e), 0);
    CHECK(m.as.status.request == 5 && !m.as.status.campaign);
    message_deinit(&m);
    frame_around(&frame, MESSAGE_PROTOCOL, MESSAGE_STATUS, "{\"request\":7,\"campaign\":null}", "", 0);
    CHECK_INT(message_decode(frame.text, frame.len, &m, &e), 0);
    CHECK(m.as.status.request == 7 && !m.as.status.campaign);
    message_deinit(&m);
    str_deinit(&frame);
}

TEST(a_text_that_is_not_utf8_is_mended_and_cut_to_its_maximum)
{
    char bad[LIMIT_REASON + 1];
    memset(bad, 0xff, LIMIT_REASON);
    bad[0] = 'a';
    bad[LIMIT_REASON] = '\0';
    sample_rng = NULL;
    struct message m = sample_message(MESSAGE_FAIL), back;
    m.as.fail.reason = bad;
    struct str frame = { 0 };
    struct err e = { 0 };
    CHECK(message_encode(&m, &frame));
    CHECK_INT(message_decode(frame.text, frame.len, &back, &e), 0);
    CHECK_INT(strlen(back.as.fail.reason), LIMIT_REASON);
    CHECK_INT(strncmp(back.as.fail.reason, "a\xef\xbf\xbd\xef\xbf\xbd", 7), 0);
    message_deinit(&back);
    sample_forget();
    str_deinit(&frame);
}

TEST(what_does_not_fit_one_frame_is_not_encoded)
{
    char *file = mem_alloc(LIMIT_FRAME + 1);
    memset(file, 'x', LIMIT_FRAME);
    file[LIMIT_FRAME] = '\0';
    struct message m = { .type = MESSAGE_SUBMIT, .as.submit = { .request = 1, .file = file } };
    struct str frame = { 0 };
    CHECK(!message_encode(&m, &frame));
    CHECK_INT(frame.len, 0);
    file[LIMIT_FRAME - 100] = '\0';
    check_round_trip(&m, &frame);
    free(file);
    str_deinit(&frame);
}

/* Random bytes behind a good header: whatever is in them, an answer comes, and nothing is lost (the sanitizers look).
 */
TEST(random_bytes_are_refused_or_taken_and_never_harm)
{
    static const char alphabet[] = "{}[]\",:0123456789.eE+-truefalsn \\u\x01\xff\"\"::{{boot";
    struct rng r;
    rng_derive(&r, 2, 0, RNG_TEST, 0);
    struct str frame = { 0 };
    int n_refused = 0;
    for (int i = 0; i < 20000; i++) {
        char json[64] = { 0 };
        size_t len = rng_below(&r, sizeof json);
        for (size_t j = 0; j < len; j++)
            json[j] = alphabet[rng_below(&r, sizeof alphabet)];
        struct message m;
        frame_around(&frame, MESSAGE_PROTOCOL, (unsigned)rng_below(&r, 60), json, "", 0);
        if (message_decode(frame.text, frame.len, &m, NULL) < 0)
            n_refused++;
        else
            message_deinit(&m);
    }
    CHECK_INT(n_refused, 20000);
    str_deinit(&frame);
}

TEST(each_message_knows_its_name_and_its_sender)
{
    CHECK_TEXT(message_name(MESSAGE_RESULT_ACK), "result_ack");
    CHECK_TEXT(message_name((enum message_type)99), "unknown");
    CHECK_INT(message_from(MESSAGE_GRANT), SENDER_COORDINATOR);
    CHECK(message_may_come_from(MESSAGE_ASK, SENDER_WORKER));
    CHECK(!message_may_come_from(MESSAGE_ASK, SENDER_CLIENT));
    CHECK(message_may_come_from(MESSAGE_ERROR, SENDER_CLIENT));
}

/* ---- golden frames ---- */

static FILE *open_golden(enum message_type type, const char *mode)
{
    char path[4096];
    const char *dir = getenv("RUNG_GOLDEN");
    if (!dir)
        SKIP("RUNG_GOLDEN does not name the directory of golden frames");
    snprintf(path, sizeof path, "%s/%s.hex", dir, message_name(type));
    FILE *f = fopen(path, mode);
    if (!f)
        TAP_FAIL("cannot open %s", path);
    return f;
}

static void write_golden(enum message_type type, const struct str *frame)
{
    FILE *f = open_golden(type, "w");
    for (size_t i = 0; i < frame->len; i++)
        fprintf(f, "%02x%s", (unsigned char)frame->text[i], i % 32 == 31 || i + 1 == frame->len ? "\n" : "");
    fclose(f);
}

static void read_golden(enum message_type type, struct str *frame)
{
    FILE *f = open_golden(type, "r");
    unsigned byte;
    str_clear(frame);
    while (fscanf(f, "%2x", &byte) == 1)
        str_add_char(frame, (char)byte);
    fclose(f);
}

TEST(golden_frames_are_still_written_and_read_the_same)
{
    struct str frame = { 0 }, golden = { 0 };
    struct err e = { 0 };
    sample_rng = NULL;
    for (int t = 0; t < SAMPLE_N_TYPES; t++) {
        struct message m = sample_message(sample_types[t]), back;
        str_clear(&frame);
        CHECK(message_encode(&m, &frame));
        if (getenv("RUNG_GOLDEN_WRITE"))
            write_golden(m.type, &frame);
        read_golden(m.type, &golden);
        if (golden.len != frame.len || memcmp(golden.text, frame.text, frame.len) != 0)
            TAP_FAIL("the frame of %s has changed", message_name(m.type));
        if (message_decode(golden.text, golden.len, &back, &e) < 0)
            TAP_FAIL("the golden %s is refused: %s", message_name(m.type), e.text);
        CHECK(sample_is_same(&m, &back));
        message_deinit(&back);
        sample_forget();
    }
    str_deinit(&frame);
    str_deinit(&golden);
}

TAP_MAIN
