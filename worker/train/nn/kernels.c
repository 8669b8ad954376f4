#include "worker/train/nn/kernels.h"

#include <string.h>

#define DECLARE(isa)                                                                                                   \
    void gru_pack_forward_##isa(float *, const float *, size_t, size_t);                                               \
    void gru_forward_step_##isa(const struct gru_step *);                                                              \
    void gru_backward_gates_##isa(const struct gru_back *);                                                            \
    void product_pack_##isa(float *, const float *, size_t, size_t, size_t);                                           \
    void product_rows_##isa(const struct product *);                                                                   \
    void product_outer_##isa(const struct product *);                                                                  \
    void attend_scores_##isa(const struct attend_step *);                                                              \
    void attend_contexts_##isa(const struct attend_step *);                                                            \
    void attend_back_##isa(const struct attend_back *);                                                                \
    void exp_shifted_##isa(float *, const float *, const float *, size_t);                                             \
    void mask_fill_##isa(uint32_t *, size_t, uint64_t *, uint32_t);                                                    \
    void adam_##isa(const struct adam_rates *, float *, float *, float *, float *, size_t);                            \
    static const struct kernels table_##isa = { #isa, gru_pack_forward_##isa, gru_forward_step_##isa,                  \
        gru_backward_gates_##isa, product_pack_##isa, product_rows_##isa, product_outer_##isa, attend_scores_##isa,    \
        attend_contexts_##isa, attend_back_##isa, exp_shifted_##isa, mask_fill_##isa, adam_##isa }

DECLARE(generic);
#ifdef __x86_64__
DECLARE(avx2);
DECLARE(avx512);
#endif

const struct kernels *kernels_choose(const char *name)
{
#ifdef __x86_64__
    __builtin_cpu_init();
    if ((!name || strcmp(name, "avx512") == 0) && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return &table_avx512;
    if ((!name || strcmp(name, "avx2") == 0) && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &table_avx2;
#endif
    return !name || strcmp(name, "generic") == 0 ? &table_generic : NULL;
}
