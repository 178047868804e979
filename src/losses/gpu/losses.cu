// Values of losses, one for each row of predictions, and their slopes; a warp for each row.

// A row lies in one piece, or element `i` is at `start + steps[i]`.
struct Row {
    const float *x, *targets;
    const float* steps;
    float* slopes;
    unsigned width, lane;
    bool scattered_targets;

    __device__ __forceinline__ Size place(unsigned i) const { return steps ? (Size)steps[i] : i; }
    __device__ __forceinline__ float prediction(unsigned i) const { return x[place(i)]; }
    __device__ __forceinline__ float target(unsigned i) const { return targets[scattered_targets ? place(i) : i]; }
};

#define EACH_OF(row, i) for (unsigned i = (row).lane; i < (row).width; i += 32)

// What follows the name sees `row` and numbers a, b, c, d; it leaves the sum of all lanes in `value`.
#define ROWS(name, ...)                                                                                                             \
    extern "C" __global__ void name(float* values, float* slopes, const float* x, const float* targets, const float* starts,       \
                                    const float* steps, Size rows, unsigned width, unsigned target_width, float a, float b, float c, \
                                    float d) {                                                                                     \
        Size number = ((Size)blockIdx.x * blockDim.x + threadIdx.x) / 32;                                                          \
        if (number >= rows) return;                                                                                                \
        Size start = starts ? (Size)starts[number] : number * width;                                                               \
        bool scattered = starts && target_width == width;                                                                          \
        Row row = {x + start, targets + (scattered ? start : number * target_width), steps, slopes ? slopes + number * width : 0,  \
                   width, threadIdx.x % 32, scattered};                                                                            \
        float value = 0.0f;                                                                                                        \
        __VA_ARGS__;                                                                                                               \
        if (row.lane == 0) values[number] = value;                                                                                 \
    }

// The mean of a function of target `t` and prediction `p`.
#define PAIRS(name, value_of_pair, slope_of_pair)                                     \
    ROWS(name, EACH_OF(row, i) {                                                      \
        float t = row.target(i), p = row.prediction(i);                               \
        value += value_of_pair;                                                       \
        if (row.slopes) row.slopes[i] = (slope_of_pair) / (float)row.width;           \
    } value = warp_sum(value) / (float)row.width)

#define EPSILON 1e-7f

__device__ __forceinline__ float square(float x) { return x * x; }
__device__ __forceinline__ float sign(float x) { return (float)((x > 0.0f) - (x < 0.0f)) + (x != x ? x : 0.0f); }
__device__ __forceinline__ float above(float x, float least) { return x < least ? least : x; }
__device__ __forceinline__ float within(float x, float low, float high) { return x < low ? low : x > high ? high : x; }
__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }
__device__ __forceinline__ float softplus(float x) { return (x < 0.0f ? 0.0f : x) + log1pf(expf(-fabsf(x))); }
__device__ __forceinline__ float logarithm_plus_1(float x) { return logf(above(x, EPSILON) + 1.0f); }
__device__ __forceinline__ float huber(float distance, float delta) {
    return fabsf(distance) <= delta ? 0.5f * distance * distance : fabsf(distance) * delta - 0.5f * delta * delta;
}
__device__ __forceinline__ float huber_slope(float distance, float delta) { return fabsf(distance) <= delta ? distance : sign(distance) * delta; }
__device__ __forceinline__ float missing(float t, float p) { return 1.0f - t * p < 0.0f ? 0.0f : 1.0f - t * p; }
__device__ __forceinline__ float binary(float t, float p) {
    p = within(p, EPSILON, 1.0f - EPSILON);
    return -(t * logf(p) + (1.0f - t) * logf(1.0f - p));
}
__device__ __forceinline__ float binary_slope(float t, float p) {
    return p == within(p, EPSILON, 1.0f - EPSILON) ? (1.0f - t) / (1.0f - p) - t / p : 0.0f;
}

PAIRS(mean_squared_error, square(p - t), 2.0f * (p - t))
PAIRS(mean_absolute_error, fabsf(p - t), sign(p - t))
PAIRS(mean_absolute_percentage_error, fabsf(p - t) * (100.0f / above(fabsf(t), EPSILON)), sign(p - t) * (100.0f / above(fabsf(t), EPSILON)))
PAIRS(mean_squared_logarithmic_error, square(logarithm_plus_1(p) - logarithm_plus_1(t)),
      p > EPSILON ? 2.0f * (logarithm_plus_1(p) - logarithm_plus_1(t)) / (p + 1.0f) : 0.0f)
PAIRS(huber_loss, huber(p - t, a), huber_slope(p - t, a))
PAIRS(log_cosh, fabsf(p - t) + log1pf(expf(-2.0f * fabsf(p - t))) - 0.69314718f, tanhf(p - t))
PAIRS(poisson, p - t * logf(p + EPSILON), 1.0f - t / (p + EPSILON))
PAIRS(hinge, missing(t, p), missing(t, p) > 0.0f ? -t : 0.0f)
PAIRS(squared_hinge, square(missing(t, p)), -2.0f * t * missing(t, p))
// a keeps that much of a target and b is added to it.
PAIRS(binary_crossentropy, binary(t * a + b, p), binary_slope(t * a + b, p))
PAIRS(binary_crossentropy_of_logits, softplus(p) - p * (t * a + b), sigmoid(p) - (t * a + b))

ROWS(kl_divergence, EACH_OF(row, i) {
    float t = within(row.target(i), EPSILON, 1.0f), p = row.prediction(i), inside = within(p, EPSILON, 1.0f);
    value += t * logf(t / inside);
    if (row.slopes) row.slopes[i] = inside == p ? -t / inside : 0.0f;
} value = warp_sum(value))

// What class `i` counts: of one true class (d not 0; c with a flag b is the class that counts nothing), or of
// a distribution, of which `a` is kept and `b` added to each.
__device__ __forceinline__ float share_of(const Row& row, unsigned i, float a, float b, float c, float d) {
    if (d != 0.0f) return (b != 0.0f && row.target(0) == c) || (unsigned)row.target(0) != i ? 0.0f : 1.0f;
    return row.target(i) * a + b;
}

// log(sum of exp) of a row; infinite or NaN when a number is.
__device__ __forceinline__ float largest_of(const Row& row) {
    float largest = -INFINITY;
    EACH_OF(row, i) largest = larger(row.prediction(i), largest);
    return warp_max(largest);
}

ROWS(crossentropy_of_logits, float largest = largest_of(row); float sum = 0.0f; EACH_OF(row, i) sum += expf(row.prediction(i) - largest);
     sum = warp_sum(sum); float log_sum = largest + logf(sum); float total = 0.0f; EACH_OF(row, i) {
         float share = share_of(row, i, a, b, c, d);
         total += share;
         // An infinite score of a class that counts nothing does no harm.
         if (share != 0.0f) value += share * (log_sum - row.prediction(i));
     } value = warp_sum(value);
     total = warp_sum(total); if (row.slopes) EACH_OF(row, i) row.slopes[i] =
         settled(expf(row.prediction(i) - largest)) / sum * total - share_of(row, i, a, b, c, d))

ROWS(crossentropy_of_probabilities, float sum = 0.0f; EACH_OF(row, i) sum += row.prediction(i); sum = warp_sum(sum); float inside = 0.0f;
     EACH_OF(row, i) {
         float share = share_of(row, i, a, b, c, d), p = row.prediction(i) / sum, clipped = within(p, EPSILON, 1.0f - EPSILON);
         if (share != 0.0f) value -= share * logf(clipped);
         if (share != 0.0f && p == clipped) inside += share;
         if (row.slopes) row.slopes[i] = share != 0.0f && p == clipped ? -share / row.prediction(i) : 0.0f;
     } value = warp_sum(value);
     inside = warp_sum(inside); if (row.slopes) EACH_OF(row, i) row.slopes[i] += inside / sum)

// Slopes times the gradient of their row, to where they belong.
extern "C" __global__ void give_rows(float* to, const float* slopes, const float* gradient, const float* starts, const float* steps,
                                     unsigned width, Size count, int fresh) {
    FOR_EACH(i, count);
    Size row = i / width, place = starts ? (Size)starts[row] + (Size)steps[i % width] : i;
    give(to + place, slopes[i] * gradient[row], fresh);
}

// One block: the sum of values, each times its weight, over a divisor.
extern "C" __global__ void weighted_sum(float* to, const float* values, const float* weights, float share, Size count) {
    __shared__ float shared[256];
    float sum = 0.0f;
    for (Size i = threadIdx.x; i < count; i += blockDim.x) sum += weights ? values[i] * weights[i] : values[i];
    shared[threadIdx.x] = sum;
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) shared[threadIdx.x] += shared[threadIdx.x + half];
        __syncthreads();
    }
    if (threadIdx.x == 0) *to = share == 0.0f ? 0.0f : shared[0] * share;
}

extern "C" __global__ void weighted_sum_slope(float* to, const float* gradient, const float* weights, float share, Size count, int fresh) {
    FOR_EACH(i, count);
    give(to + i, (weights ? weights[i] : 1.0f) * share * *gradient, fresh);
}

// One block: l1 times the sum of sizes and l2 times the sum of squares.
extern "C" __global__ void penalty(float* to, const float* x, float l1, float l2, Size count) {
    __shared__ float shared[1024];
    float sum = 0.0f;
    for (Size i = threadIdx.x; i < count; i += blockDim.x) sum += l1 * fabsf(x[i]) + l2 * x[i] * x[i];
    shared[threadIdx.x] = sum;
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) shared[threadIdx.x] += shared[threadIdx.x + half];
        __syncthreads();
    }
    if (threadIdx.x == 0) *to = shared[0];
}

extern "C" __global__ void penalty_slope(float* to, const float* gradient, const float* x, float l1, float l2, Size count, int fresh) {
    FOR_EACH(i, count);
    float direction = (float)((x[i] > 0.0f) - (x[i] < 0.0f));
    give(to + i, (l1 * direction + 2.0f * l2 * x[i]) * *gradient, fresh);
}
