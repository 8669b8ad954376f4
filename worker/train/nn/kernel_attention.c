/* Attention of one query a sequence, and the masks of dropout. Compiled once an instruction set; see
 * worker/train/nn/kernels.h.
 *
 * Keys and values are never formed: the query arrives already multiplied by the key projection, and the value
 * projection is applied to the context afterwards, so that each pass reads the states once and does two operations a
 * number and head.
 */
#include "worker/train/nn/kernels.h"

#include "worker/train/nn/kernel_vector.h"

enum { W = KERNEL_WIDTH };

KERNEL_INLINE float dot(const float *a, const float *b, size_t n)
{
    vec sum = vec_all(0);
    for (size_t j = 0; j < n; j += W)
        sum += vec_load(a + j) * vec_load(b + j);
    return vec_sum(sum);
}

void KERNEL_NAME(attend_scores)(const struct attend_step *step)
{
    const struct attend_step copy = *step, *s = &copy; /* whose fields no store can change, as the compiler sees */
    for (size_t row = 0; row < s->rows; row++) {
        const float *state = s->states + row * s->state_stride, *query = s->queries + row * s->heads * s->Hp;
        for (size_t head = 0; head < s->heads; head++)
            s->scores[head * s->score_stride + row] = dot(state, query + head * s->Hp, s->Hp);
    }
}

void KERNEL_NAME(attend_contexts)(const struct attend_step *step)
{
    const struct attend_step copy = *step, *s = &copy; /* whose fields no store can change, as the compiler sees */
    for (size_t row = 0; row < s->rows; row++) {
        const float *state = s->states + row * s->state_stride;
        for (size_t head = 0; head < s->heads; head++) {
            float weight = s->scores[head * s->score_stride + row];
            float *context = s->contexts + (row * s->heads + head) * s->Hp;
            for (size_t j = 0; j < s->Hp; j += W)
                vec_store(context + j, vec_load(context + j) + vec_load(state + j) * weight);
        }
    }
}

/* One head's share of one row; the first head sets the derivative by the state, the others add to it. */
KERNEL_INLINE void attend_back_head(const struct attend_back *s, size_t row, size_t head)
{
    const float *state = s->states + row * s->state_stride;
    float *dstate = s->dstates + row * s->state_stride;
    size_t index = row * s->heads + head, score = head * s->score_stride + row;
    const float *dcontext = s->dcontexts + index * s->Hp, *query = s->queries + index * s->Hp;
    float *dquery = s->dqueries + index * s->Hp;
    float dweight = dot(dcontext, state, s->Hp) + s->dsums[index];
    float dscore = s->softmax[score] * (s->kept[score] * dweight - s->balances[index]);
    for (size_t j = 0; j < s->Hp; j += W) {
        vec d = vec_load(dcontext + j) * s->weights[score] + vec_load(query + j) * dscore;
        vec_store(dstate + j, head ? vec_load(dstate + j) + d : d);
        vec_store(dquery + j, vec_load(dquery + j) + vec_load(state + j) * dscore);
    }
}

void KERNEL_NAME(attend_back)(const struct attend_back *step)
{
    const struct attend_back copy = *step, *s = &copy; /* whose fields no store can change, as the compiler sees */
    for (size_t row = 0; row < s->rows; row++)
        for (size_t head = 0; head < s->heads; head++)
            attend_back_head(s, row, head);
}

void KERNEL_NAME(exp_shifted)(float *y, const float *x, const float *shift, size_t n)
{
    size_t i = 0;
    for (; i + W <= n; i += W)
        vec_store_any(y + i, vec_exp(vec_load_any(x + i) - vec_load_any(shift + i)));
    if (i == n)
        return;
    float rest[2 * W] = { 0 };
    memcpy(rest, x + i, sizeof *x * (n - i));
    memcpy(rest + W, shift + i, sizeof *x * (n - i));
    vec_store_any(rest, vec_exp(vec_load_any(rest) - vec_load_any(rest + W)));
    memcpy(y + i, rest, sizeof *x * (n - i));
}

typedef uint64_t lanes64 __attribute__((vector_size(64)));
typedef uint32_t lanes32 __attribute__((vector_size(64)));

/* Eight generators side by side (xoshiro256++, Blackman and Vigna 2021), sixteen 32-bit numbers a turn. */
KERNEL_INLINE lanes32 next_numbers(lanes64 s[4])
{
    lanes64 sum = s[0] + s[3], result = ((sum << 23) | (sum >> 41)) + s[0], t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return (lanes32)result;
}

/* Bit b of sixteen words comes from turn b, so that no bit ever crosses lanes. */
void KERNEL_NAME(mask_fill)(uint32_t *words, size_t n_words, uint64_t state[32], uint32_t dropped)
{
    lanes64 s[4];
    memcpy(s, state, sizeof s);
    for (size_t done = 0; done < n_words; done += 16) {
        lanes32 bits = { 0 };
        for (uint32_t b = 0; b < 32; b++)
            bits |= (lanes32)(next_numbers(s) >= dropped) & (1u << b);
        size_t left = n_words - done;
        memcpy(words + done, &bits, left < 16 ? sizeof *words * left : sizeof bits);
    }
    memcpy(state, s, sizeof s);
}
