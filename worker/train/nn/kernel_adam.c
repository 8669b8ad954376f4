/* Adam in one pass over memory. Compiled once an instruction set; see worker/train/nn/kernels.h. */
#include "worker/train/nn/kernels.h"

#include <math.h>

#include "worker/train/nn/kernel_vector.h"

/* Plain enough for the compilers to vectorise: with -fno-math-errno the root is one instruction. */
void KERNEL_NAME(adam)(
    const struct adam_rates *rates, float *parameters, float *gradients, float *first, float *second, size_t n)
{
    const struct adam_rates c = *rates;
    for (size_t i = 0; i < n; i++) {
        float g = gradients[i] * c.gradient_scale + c.weight_decay * parameters[i];
        float m = c.beta1 * first[i] + c.rest1 * g;
        float v = c.beta2 * second[i] + c.rest2 * (g * g);
        first[i] = m;
        second[i] = v;
        gradients[i] = 0;
        parameters[i] -= c.rate * m / (sqrtf(v) * c.root + c.epsilon);
    }
}
