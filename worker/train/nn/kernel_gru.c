/* The recurrent step of a GRU layer. Compiled once an instruction set; see worker/train/nn/kernels.h for the contracts.
 *
 * Forward keeps a tile of rows x one vector of units x three gates in registers while it walks over the hidden state,
 * and applies the gates before anything is stored: each number of the tape is read once and written once. Backward does
 * the elementwise part for the whole step, then the product with the weights in tiles of the same kind.
 */
#include "worker/train/nn/kernels.h"

#include "worker/train/nn/kernel_tile.h"

/* Units j..j+W-1 of the three gates stand side by side for each k. */
void KERNEL_NAME(gru_pack_forward)(float *packed, const float *weights, size_t H, size_t Hp)
{
    memset(packed, 0, sizeof *packed * 3 * Hp * H);
    for (size_t gate = 0; gate < 3; gate++)
        for (size_t unit = 0; unit < H; unit++) {
            const float *from = weights + (gate * H + unit) * H;
            float *to = packed + unit / W * (3 * W * H) + gate * W + unit % W;
            for (size_t k = 0; k < H; k++)
                to[k * 3 * W] = from[k];
        }
}

/* The units of `row` that dropout keeps, from unit j on, as a vector of 0 or -1. */
KERNEL_INLINE ivec kept_units(const uint16_t *mask, size_t j)
{
    ivec lane_bit;
    for (int i = 0; i < W; i++)
        lane_bit[i] = 1 << (i + (int)(j % 16));
    ivec bits = (ivec){ 0 } + (int32_t)mask[j / 16];
    return (bits & lane_bit) != 0;
}

/* The new state of one row and one vector of units, from the gates' sums; `sums` hold r, z and the recurrent part of n.
 */
KERNEL_INLINE void forward_state(const struct gru_step *s, size_t row, size_t j, const vec *sums)
{
    float *tape = s->tape + row * s->tape_stride + j;
    vec n = vec_tanh(vec_load(tape) + vec_load(s->bias + j) + sums[0] * sums[2]);
    vec h = n - sums[1] * n;
    if (s->previous)
        h += sums[1] * vec_load(s->previous + row * s->state_stride + j);
    vec_store(tape, n);
    if (row < s->rows_next)
        vec_store(s->next + row * s->state_stride + j, h);
    if (s->mask)
        h = (vec)((ivec)(h * s->scale) & kept_units(s->mask + row * (s->Hp / 16), j));
    vec_store(s->out + row * s->state_stride + j, h);
}

/* The tape of the tile that comes next, and the states that this one will write: lines a stride apart are nothing that
 * a processor foresees. */
KERNEL_INLINE void prefetch_tile(const struct gru_step *s, size_t row, size_t j, const int R)
{
    for (size_t r = row; r < row + (size_t)R; r++) {
        const float *next_tape = s->tape + (r + (size_t)R) * s->tape_stride + j;
        for (size_t part = 0; part < 4; part++)
            __builtin_prefetch(next_tape + part * s->Hp, 1);
        __builtin_prefetch(s->out + r * s->state_stride + j, 1);
        if (r < s->rows_next)
            __builtin_prefetch(s->next + r * s->state_stride + j, 1);
    }
}

KERNEL_INLINE void forward_tile(const struct gru_step *s, size_t row, size_t j, const int R)
{
    vec sums[ROWS][3];
    float *tape = s->tape + row * s->tape_stride + j;
    vec bias_r = vec_load(s->bias + s->Hp + j), bias_z = vec_load(s->bias + 2 * s->Hp + j);
    vec bias_n = vec_load(s->bias + 3 * s->Hp + j);
    for (int r = 0; r < R; r++) {
        sums[r][0] = vec_load(tape + (size_t)r * s->tape_stride + s->Hp) + bias_r;
        sums[r][1] = vec_load(tape + (size_t)r * s->tape_stride + 2 * s->Hp) + bias_z;
        sums[r][2] = bias_n;
    }
    prefetch_tile(s, row, j, R);
    if (s->previous)
        tile_product(sums, s->previous + row * s->state_stride, s->state_stride, 1, s->weights + j * 3 * s->H, BLOCK,
            s->H, R, 3);
    for (int r = 0; r < R; r++) { /* all rows at once, so that the processor has several chains to work on */
        sums[r][0] = vec_sigmoid(sums[r][0]);
        sums[r][1] = vec_sigmoid(sums[r][1]);
        vec_store(tape + (size_t)r * s->tape_stride + s->Hp, sums[r][0]);
        vec_store(tape + (size_t)r * s->tape_stride + 2 * s->Hp, sums[r][1]);
        vec_store(tape + (size_t)r * s->tape_stride + 3 * s->Hp, sums[r][2]);
    }
    for (int r = 0; r < R; r++)
        forward_state(s, row + (size_t)r, j, sums[r]);
}

void KERNEL_NAME(gru_forward_step)(const struct gru_step *step)
{
    const struct gru_step copy = *step, *s = &copy; /* whose fields no store can change, as the compiler sees */
    for (size_t j = 0; j < s->Hp; j += W) {
        size_t row = 0;
        for (; row + ROWS <= s->rows; row += ROWS)
            forward_tile(s, row, j, ROWS);
        if (ROWS > 4 && row + 4 <= s->rows) {
            forward_tile(s, row, j, 4);
            row += 4;
        }
        for (; row < s->rows; row++)
            forward_tile(s, row, j, 1);
    }
}

/* The derivatives of one row and one vector of units by the gates' arguments, in place of the gates; adds them to
 * `sums`. */
KERNEL_INLINE void backward_gates(const struct gru_back *s, size_t row, size_t j, vec *sums)
{
    float *tape = s->tape + row * s->tape_stride + j, *state = s->state + row * s->state_stride + j;
    vec n = vec_load(tape), r = vec_load(tape + s->Hp), z = vec_load(tape + 2 * s->Hp);
    vec recurrent = vec_load(tape + 3 * s->Hp);
    vec d = vec_load(s->out + row * s->state_stride + j);
    if (s->mask)
        d = (vec)((ivec)(d * s->scale) & kept_units(s->mask + row * (s->Hp / 16), j));
    d += vec_load(state);
    vec previous = s->previous ? vec_load(s->previous + row * s->state_stride + j) : vec_all(0);
    vec dz = d * (previous - n) * (z - z * z);
    vec dn = (d - d * z) * (1.0f - n * n);
    vec drecurrent = dn * r, dr = dn * recurrent * (r - r * r);
    vec_store(tape, dn);
    vec_store(tape + s->Hp, dr);
    vec_store(tape + 2 * s->Hp, dz);
    vec_store(tape + 3 * s->Hp, drecurrent);
    vec_store(state, d * z);
    sums[0] += dn;
    sums[1] += dr;
    sums[2] += dz;
    sums[3] += drecurrent;
}

void KERNEL_NAME(gru_backward_gates)(const struct gru_back *step)
{
    const struct gru_back copy = *step, *s = &copy;
    for (size_t row = 0; row < s->rows; row += ROWS)
        for (size_t j = 0; j < s->Hp; j += W) {
            vec sums[4] = { { 0 } };
            for (size_t r = row; r < row + ROWS && r < s->rows; r++)
                backward_gates(s, r, j, sums);
            for (size_t gate = 0; gate < 4; gate++) {
                float *bias = s->bias + gate * s->Hp + j;
                vec_store(bias, vec_load(bias) + sums[gate]);
            }
        }
}
