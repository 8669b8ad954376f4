/* A checkpoint of the built-in trainer: the bytes as they come, and, as no fuzzer guesses a checksum, the same with the
 * stated length and the checksum put right. What is refused leaves the trainer as it was.
 */
#include "common/base/crc32c.h"
#include "common/base/str.h"
#include "common/proto/json.h"
#include "tests/fuzz/must.h"
#include "worker/train/run/checkpoint.h"
#include "worker/train/run/material.h"

#define FILE_BYTES_AT 40 /* of the header: where it states the file's length */

static struct trainer *make_trainer(void)
{
    static struct material m;
    static const char data[] = "{\"format\": \"synthetic\", \"sequences\": 40}";
    static const char config[] = "{\"hidden_1\": 3, \"hidden_2\": 3, \"batch_size\": 40}";
    struct data_spec spec;
    struct err e = { 0 };
    struct json_doc *doc = json_parse(data, sizeof data - 1, &e);
    MUST(doc && data_spec_parse(&spec, json_root(doc), "", &e) == 0 && material_open(&m, &spec, true, 1, &e) == 0);
    json_free(doc);
    struct trainer_setup setup = { .seed = 3, .train = &m.split.train, .validation = &m.split.validation };
    doc = json_parse(config, sizeof config - 1, &e);
    MUST(doc && settings_parse(&setup.settings, MODEL_LINEAR, json_root(doc), &e) == 0);
    json_free(doc);
    return trainer_new(&setup, &e);
}

static uint32_t sum_of(const struct trainer *t)
{
    size_t n = t->adam.n * sizeof(float);
    uint32_t sum = crc32c(0, model_parameters(t->model), n);
    return crc32c(crc32c(sum, t->adam.first, n), t->adam.second, n) ^ (uint32_t)t->epochs;
}

static void load(struct trainer *t, const void *bytes, size_t len)
{
    const char *path = memory_file(bytes, len);
    struct err e = { 0 };
    struct checkpoint_about about;
    uint32_t before = sum_of(t);
    if (checkpoint_read_about(&about, path, &e) < 0)
        MUST(e.code != ERR_NONE && e.text[0]);
    if (checkpoint_load(t, path, &e) < 0)
        MUST((e.code == ERR_CORRUPT || e.code == ERR_STATE || e.code == ERR_INVALID) && sum_of(t) == before);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct trainer *t;
    if (!t)
        MUST((t = make_trainer()));
    load(t, bytes, len);
    if (len < FILE_BYTES_AT + sizeof(uint64_t) + sizeof(uint32_t))
        return 0;
    uint8_t *good = malloc(len);
    uint64_t length = len;
    memcpy(good, bytes, len);
    memcpy(good + FILE_BYTES_AT, &length, sizeof length);
    uint32_t sum = crc32c(0, good, len - sizeof sum);
    memcpy(good + len - sizeof sum, &sum, sizeof sum);
    load(t, good, len);
    free(good);
    return 0;
}
