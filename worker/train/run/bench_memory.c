#include "worker/train/run/bench_memory.h"

#include <stddef.h>

#include "common/domain/builtin_memory.h"

enum { CLASSES = 20 };

/* The options that are sizes. */
static const struct {
    const char *name;
    size_t offset;
} sizes[] = {
    { "hidden-size", offsetof(struct options, hidden_size) },
    { "batch-size", offsetof(struct options, batch_size) },
    { "frames", offsetof(struct options, frames) },
    { "num-layers", offsetof(struct options, num_layers) },
    { "features", offsetof(struct options, features) },
    { "num-heads", offsetof(struct options, num_heads) },
};

static double needed_bytes(const struct options *o)
{
    const double longest = 2.3; /* times the mean, of ragged sequences */
    double frames = (double)o->frames, batch = (double)o->batch_size;
    struct builtin_size size = { .hidden_size = (double)o->hidden_size,
        .num_layers = (double)o->num_layers,
        .num_heads = (double)o->num_heads,
        .batch_size = batch };
    struct builtin_data data = { .n_features = (double)o->features,
        .n_classes = CLASSES,
        .n_sequences = batch,
        .n_frames = batch * frames,
        .longest = o->ragged ? longest * frames : frames };
    return builtin_memory("gru-attention", &size, &data);
}

/* What would be needed if this size were 1. */
static double bytes_without(const struct options *o, size_t offset)
{
    struct options less = *o;
    *(int64_t *)((char *)&less + offset) = 1;
    return needed_bytes(&less);
}

int bench_memory_check(const struct options *o, int64_t machine_bytes, struct err *e)
{
    const double gib = 1 << 30;
    double needed = needed_bytes(o);
    if (machine_bytes == 0 || needed <= (double)machine_bytes)
        return 0;
    size_t most = 0;
    for (size_t i = 1; i < sizeof sizes / sizeof *sizes; i++)
        if (bytes_without(o, sizes[i].offset) < bytes_without(o, sizes[most].offset))
            most = i;
    const int64_t *value = (const int64_t *)((const char *)o + sizes[most].offset);
    return err_set(e, ERR_INVALID,
        "--%s %lld would need %.1f GiB of memory with the other sizes, and this machine has %.1f: give a smaller one",
        sizes[most].name, (long long)*value, needed / gib, (double)machine_bytes / gib);
}
