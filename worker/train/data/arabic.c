/* The UCI "Spoken Arabic Digit" text form. Labels are by position: ten blocks of equal size, one a digit, and in each
 * the male speakers first, then as many female ones, every speaker with ten sequences in a row. */
#include "worker/train/data/formats.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "worker/train/data/builder.h"

enum { N_FEATURES = 13, N_DIGITS = 10, N_HALVES = 2 * N_DIGITS, UTTERANCES = 10 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Reads a line of N_FEATURES numbers, or none at all. Returns how many, or -1. */
static int read_frame(struct builder *b, const struct lines *lines, const struct line *line, struct err *e)
{
    const char *p = line->text, *end = p + line->len;
    float frame[N_FEATURES];
    int n = 0;
    for (;; n++) {
        while (is_blank(*p))
            p++;
        if (p == end)
            break;
        if (n == N_FEATURES)
            return lines_fail(lines, e, ERR_INVALID, "more than %d numbers", N_FEATURES);
        const char *number = p;
        if (format_take_number(lines, line, &p, &frame[n], e))
            return -1;
        if (p < end && !is_blank(*p))
            return format_refuse_number(lines, line, number, e);
    }
    if (n != 0 && n != N_FEATURES)
        return lines_fail(lines, e, ERR_INVALID, "%d numbers, where a frame has %d", n, N_FEATURES);
    if (n == 0)
        return 0;
    float *to = builder_add_frames(b, 1, e);
    if (!to)
        return lines_prefix(lines, e);
    for (int i = 0; i < N_FEATURES; i++)
        to[i] = frame[i];
    return n;
}

static int end_sequence(struct builder *b, const struct lines *lines, struct err *e)
{
    if (builder_len(b) > 0 && builder_end_sequence(b, 0, e))
        return lines_prefix(lines, e);
    return 0;
}

static int read_sequences(struct builder *b, struct lines *lines, struct err *e)
{
    struct line line;
    int more;
    while ((more = lines_next(lines, &line, e)) > 0) {
        int n = read_frame(b, lines, &line, e);
        if (n < 0 || (n == 0 && end_sequence(b, lines, e)))
            return -1;
    }
    if (more < 0 || end_sequence(b, lines, e))
        return -1;
    size_t n = b->d.n_sequences;
    if (n == 0 || n % N_HALVES)
        return lines_fail(lines, e, ERR_INVALID,
            "%zu sequences, where labels by position need a multiple of %d: part of the file is missing", n, N_HALVES);
    return 0;
}

/* Labels and speakers of all sequences from where they stand. */
static void place(struct dataset *d, uint32_t n_classes)
{
    size_t half = d->n_sequences / N_HALVES; /* sequences of one digit and one sex */
    size_t n_voices = (half + UTTERANCES - 1) / UTTERANCES;
    d->speakers = mem_zalloc(d->n_sequences, sizeof *d->speakers);
    d->n_speakers = (uint32_t)(2 * n_voices);
    for (size_t i = 0; i < d->n_sequences; i++) {
        size_t digit = i / (2 * half), is_female = i / half % 2, voice = i % half / UTTERANCES;
        d->labels[i] = (uint32_t)(n_classes == N_HALVES ? digit + N_DIGITS * is_female : digit);
        d->speakers[i] = (uint32_t)(voice + n_voices * is_female);
    }
}

int arabic_read(struct dataset *out, struct lines *lines, uint32_t n_classes, struct err *e)
{
    struct builder b = { .d.n_features = N_FEATURES };
    if (read_sequences(&b, lines, e)) {
        builder_deinit(&b);
        return -1;
    }
    builder_name_classes(&b, n_classes == N_HALVES ? format_digit_classes : format_digits, n_classes);
    builder_take(&b, out);
    place(out, n_classes);
    return 0;
}
