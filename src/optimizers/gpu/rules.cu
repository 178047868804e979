// How weights follow their gradients, as the files of the optimizers have it on the processor. Up to
// 48 weights at once: the second axis of the grid tells which.

struct Stretch {
    float* weight;
    float* gradient;
    float* slots[3];
    float* average;
    Size length;
    float decay;
    // Which of all weights of the step.
    unsigned number;
};

struct Stretches {
    Stretch at[48];
};

#define FOR_EACH_OF(stretch)                                                                             \
    for (Size i = (Size)blockIdx.x * blockDim.x + threadIdx.x; i < (stretch).length; i += (Size)gridDim.x * blockDim.x)

// Sets the flag when a gradient is infinite or NaN; it stays set.
extern "C" __global__ void check(Stretches all, float* flag) {
    const Stretch& one = all.at[blockIdx.y];
    bool finite = true;
    FOR_EACH_OF(one) finite &= fabsf(one.gradient[i]) < INFINITY;
    if (!finite) *flag = 1.0f;
}

// For each block the sum of squares of a part of a gradient; parts of one gradient lie together.
extern "C" __global__ void squares(Stretches all, float* parts) {
    const Stretch& one = all.at[blockIdx.y];
    float sum = 0.0f;
    FOR_EACH_OF(one) sum += one.gradient[i] * one.gradient[i];
    sum = together<false>(sum, blockDim.x);
    if (threadIdx.x == 0) parts[(Size)one.number * gridDim.x + blockIdx.x] = sum;
}

// A block for each sum of parts.
extern "C" __global__ void join(float* sums, const float* parts, unsigned count) {
    float sum = 0.0f;
    for (unsigned i = threadIdx.x; i < count; i += blockDim.x) sum += parts[(Size)blockIdx.x * count + i];
    sum = together<false>(sum, blockDim.x);
    if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

// Adds gradients to their sums, which are slots[0]; with `over` the mean of so many takes the place of
// the gradient.
extern "C" __global__ void accumulate(Stretches all, const float* flag, float scale, float over) {
    const Stretch& one = all.at[blockIdx.y];
    if (*flag != 0.0f) return;
    FOR_EACH_OF(one) {
        float total = one.slots[0][i] + one.gradient[i] * scale;
        one.slots[0][i] = over > 0.0f ? 0.0f : total;
        if (over > 0.0f) one.gradient[i] = total / over;
    }
}

// What all rules have in common. `clips`: 1 by the norm of each gradient, 2 by that of all of them.
struct Common {
    float learning_rate, scale, most, limit, average_momentum;
    int clips, count, overwrites;
};

__device__ __forceinline__ float factor_of(const Common& common, const float* sums, unsigned which) {
    if (common.clips == 1) {
        float norm = sqrtf(sums[which]) * common.scale;
        return common.scale * common.most / (norm > common.most ? norm : common.most);
    }
    if (common.clips == 2) {
        float all = 0.0f;
        for (int i = 0; i < common.count; i++) all += sums[i];
        float share = common.most / (sqrtf(all) * common.scale);
        return common.scale * (share < 1.0f ? share : 1.0f);
    }
    return common.scale;
}

#define RULE(name, statements)                                                                                                    \
    extern "C" __global__ void name(Stretches all, const float* flag, const float* sums, Common common, float a, float b,         \
                                    float c, float d, float e, float f) {                                                         \
        const Stretch& one = all.at[blockIdx.y];                                                                                  \
        if (*flag != 0.0f) return;                                                                                                \
        float factor = factor_of(common, sums, one.number);                                                                       \
        FOR_EACH_OF(one) {                                                                                                        \
            float w = one.weight[i], g = one.gradient[i] * factor;                                                                \
            if (common.limit > 0.0f) g = g > common.limit ? common.limit : g < -common.limit ? -common.limit : g;                 \
            w *= 1.0f - one.decay * common.learning_rate;                                                                         \
            float *s0 = one.slots[0] + i, *s1 = one.slots[1] + i, *s2 = one.slots[2] + i;                                         \
            statements;                                                                                                           \
            if (one.average) {                                                                                                    \
                one.average[i] = common.average_momentum * one.average[i] + (1.0f - common.average_momentum) * w;                 \
                if (common.overwrites) w = one.average[i];                                                                        \
            }                                                                                                                     \
            one.weight[i] = w;                                                                                                    \
        }                                                                                                                         \
    }

// Of steps that only collect gradients, and after those of `whole.cu`: the averages go on.
RULE(rest, g = 0.0f)

// Before those of `whole.cu`: weights decay, and gradients are clipped.
RULE(begin, one.gradient[i] = g)

// a rate, b momentum.
RULE(sgd, w -= a * g)
RULE(sgd_momentum, *s0 = settled(b * *s0 - a * g); w += *s0)
RULE(sgd_nesterov, *s0 = settled(b * *s0 - a * g); w += b * *s0 - a * g)

// a rate, b the gradient's part of the mean, c of the square, d epsilon.
RULE(adam, *s0 = settled(*s0 + (g - *s0) * b); *s1 = settled(*s1 + (settled_square(g) - *s1) * c); w -= *s0 * a / (sqrtf(*s1) + d))
RULE(adam_amsgrad, *s0 = settled(*s0 + (g - *s0) * b); *s1 = settled(*s1 + (settled_square(g) - *s1) * c); *s2 = *s1 > *s2 ? *s1 : *s2;
     w -= *s0 * a / (sqrtf(*s2) + d))

// a rate, b the gradient's part, c beta_2, d epsilon.
RULE(adamax, *s0 = settled(*s0 + (g - *s0) * b); float kept = settled(c * *s1); *s1 = fabsf(g) > kept ? fabsf(g) : kept;
     w -= a * *s0 / (*s1 + d))

// a rate of the mean, b of the gradient, c and d their parts, e epsilon, f what is left of the square.
RULE(nadam, *s0 = settled(*s0 + (g - *s0) * c); *s1 = settled(*s1 + (settled_square(g) - *s1) * d);
     w -= (a * *s0 + b * g) / (sqrtf(*s1 / f) + e))

// a rate, b epsilon.
RULE(adagrad, *s0 += g * g; w -= a * g / sqrtf(*s0 + b))

// a rate, b rho, c epsilon.
RULE(adadelta, *s0 = settled(b * *s0 + (1.0f - b) * settled_square(g)); float delta = sqrtf(*s1 + c) * g / sqrtf(*s0 + c);
     *s1 = settled(b * *s1 + (1.0f - b) * settled_square(delta)); w -= a * delta)

// a rate, b rho, c epsilon, d momentum; the square comes first, then what there is of the others.
__device__ __forceinline__ float square_of(float* s, float g, float b) { return *s = settled(b * *s + (1.0f - b) * settled_square(g)); }
__device__ __forceinline__ float about(float square, float* s, float g, float b) {
    *s = settled(b * *s + (1.0f - b) * g);
    return square - *s * *s;
}
RULE(rmsprop, w -= a * g / sqrtf(square_of(s0, g, b) + c))
RULE(rmsprop_momentum, float change = a * g / sqrtf(square_of(s0, g, b) + c); *s1 = settled(d * *s1 + change); w -= *s1)
RULE(rmsprop_centered, w -= a * g / sqrtf(about(square_of(s0, g, b) + c, s1, g, b)))
RULE(rmsprop_centered_momentum, float change = a * g / sqrtf(about(square_of(s0, g, b) + c, s2, g, b)); *s1 = settled(d * *s1 + change);
     w -= *s1)

// a rate, b beta_1, c beta_2.
RULE(lion, float direction = *s0 * b + g * (1.0f - b); w -= a * (float)((direction > 0.0f) - (direction < 0.0f));
     *s0 = settled(*s0 * c + g * (1.0f - c)))

// a rate, b l1, c l2, d shrinkage, e power.
__device__ __forceinline__ float raised(float sum, float power) { return power == 0.5f ? sqrtf(sum) : powf(sum, power); }
RULE(ftrl, float sum = *s0 + settled_square(g); float after = raised(sum, e); *s1 += g + d * w - (after - raised(*s0, e)) / a * w;
     float held = *s1 > b ? b : *s1 < -b ? -b : *s1; w = (held - *s1) / (after / a + c); *s0 = sum)

// a rate, b beta_1, c the gradient's part of the square, d epsilon, e what is left, f share.
RULE(schedule_free_adamw, float mean = (w - (1.0f - b) * *s0) / b; *s1 = settled(*s1 + (settled_square(g) - *s1) * c);
     *s0 -= a * g / (sqrtf(*s1 / e) + d); mean = (1.0f - f) * mean + f * *s0; w = (1.0f - b) * *s0 + b * mean)
