// Functions of single elements, as `activation.rs` has them on the processor: for each its value and
// its slope, made of x, of y = f(x) and of numbers a, b, c, d.

#define EACH(name, value, slope)                                                                                              \
    extern "C" __global__ void name(Real* to, const Real* from, float a, float b, float c, float d, Size count) {             \
        FOR_EACH_WIDE(i, count);                                                                                              \
        float numbers[WIDE];                                                                                                  \
        read_some(numbers, from, i, count);                                                                                   \
        _Pragma("unroll") for (int k = 0; k < WIDE; k++) {                                                                    \
            float x = numbers[k];                                                                                             \
            numbers[k] = value;                                                                                               \
        }                                                                                                                     \
        give_some(to, numbers, i, count, 1);                                                                                  \
    }                                                                                                                         \
    extern "C" __global__ void name##_slope(Real* to, const Real* gradient, const Real* from, const Real* result, float a,     \
                                            float b, float c, float d, Size count, int fresh) {                               \
        FOR_EACH_WIDE(i, count);                                                                                              \
        float part[WIDE], numbers[WIDE], results[WIDE];                                                                       \
        read_some(part, gradient, i, count);                                                                                  \
        read_some(numbers, from, i, count);                                                                                   \
        read_some(results, result, i, count);                                                                                 \
        _Pragma("unroll") for (int k = 0; k < WIDE; k++) {                                                                    \
            float x = numbers[k], y = results[k];                                                                             \
            part[k] *= (slope);                                                                                                \
        }                                                                                                                     \
        give_some(to, part, i, count, fresh);                                                                                 \
    }

__device__ __forceinline__ float limited(float x, float low, float high) {
    x = x < low ? low : x;
    return x > high ? high : x;
}
__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }
__device__ __forceinline__ float softplus(float x) { return (x < 0.0f ? 0.0f : x) + log1pf(expf(-fabsf(x))); }
__device__ __forceinline__ float tanh_of_softplus(float x) {
    float e = expf(x > 20.0f ? 20.0f : x), part = e * (e + 2.0f);
    return part / (part + 2.0f);
}
__device__ __forceinline__ float square_root_of(float x, float b) { return sqrtf(x * x + b); }
__device__ __forceinline__ float squareplus_slope(float x, float y, float b) {
    float root = square_root_of(x, b);
    return root == 0.0f ? 0.5f : y / root;
}
__device__ __forceinline__ float normal_cdf(float x) { return 0.5f * erfcf(-x * 0.70710678f); }
__device__ __forceinline__ float gelu_inside(float x) { return tanhf(0.7978846f * (x + 0.044715f * x * x * x)); }
__device__ __forceinline__ float gelu_by_tanh_slope(float x) {
    float t = gelu_inside(x), inner = 0.7978846f * (1.0f + 3.0f * 0.044715f * x * x);
    float change = t * t == 1.0f ? 0.0f : (1.0f - t * t) * inner;
    return 0.5f * (1.0f + t) + 0.5f * x * change;
}
// NaN for a negative x with an exponent that is not whole, as on the processor.
__device__ __forceinline__ float power(float x, float by) { return powf(x, by); }

EACH(relu, x < 0.0f ? 0.0f : x, x > 0.0f ? 1.0f : 0.0f)
EACH(relu6, limited(x, 0.0f, 6.0f), x > 0.0f && x < 6.0f ? 1.0f : 0.0f)
// a negative slope, b the least and c the largest value, d threshold.
EACH(relu_with, (x <= d ? 0.0f : limited(x, b, c)) - a * (x < d ? d - x : 0.0f), x < d ? a : x > d && x > b && x < c ? 1.0f : 0.0f)
// a negative slope, b the largest value, c threshold.
EACH(relu_layer, x != x ? x : (x > c ? limited(x, x, b) : 0.0f) + (x < c ? a * (x - c) : 0.0f), x < c ? a : x > c && x < b ? 1.0f : 0.0f)
EACH(leaky_relu, x < 0.0f ? a * x : x, x >= 0.0f ? 1.0f : a)
EACH(leaky_relu_layer, x < 0.0f ? a * x : x, x < 0.0f ? a : 1.0f)
EACH(sigmoid_each, sigmoid(x), y * (1.0f - y))
EACH(hard_sigmoid, limited(x / 6.0f + 0.5f, 0.0f, 1.0f), x > -3.0f && x < 3.0f ? 1.0f / 6.0f : 0.0f)
EACH(log_sigmoid, -softplus(-x), sigmoid(-x))
EACH(sparse_sigmoid, 0.5f * limited(x + 1.0f, 0.0f, 2.0f), x > -1.0f && x < 1.0f ? 0.5f : 0.0f)
EACH(tanh_each, tanhf(x), 1.0f - y * y)
EACH(hard_tanh, limited(x, -1.0f, 1.0f), x >= -1.0f && x <= 1.0f ? 1.0f : 0.0f)
EACH(tanh_shrink, x - tanhf(x), tanhf(x) * tanhf(x))
EACH(softplus_each, softplus(x), sigmoid(x))
EACH(squareplus, x < 0.0f ? 0.5f * a / (square_root_of(x, a) - x) : 0.5f * (x + square_root_of(x, a)), squareplus_slope(x, y, a))
EACH(sparse_plus, x > 1.0f ? x : 0.25f * limited(x + 1.0f, 0.0f, 2.0f) * limited(x + 1.0f, 0.0f, 2.0f), 0.5f * limited(x + 1.0f, 0.0f, 2.0f))
EACH(softsign, x / (fabsf(x) + 1.0f), 1.0f / ((fabsf(x) + 1.0f) * (fabsf(x) + 1.0f)))
EACH(soft_shrink, x - limited(x, -a, a), x > a || x < -a ? 1.0f : 0.0f)
EACH(hard_shrink, fabsf(x) <= a ? 0.0f : x, fabsf(x) > a ? 1.0f : 0.0f)
EACH(threshold, x <= a ? b : x, x > a ? 1.0f : 0.0f)
EACH(elu, x < 0.0f ? a * expm1f(x) : x, x > 0.0f ? 1.0f : y + a)
EACH(elu_layer, x < 0.0f ? a * expm1f(x) : x, x < 0.0f ? y + a : 1.0f)
EACH(celu, x < 0.0f ? a * expm1f(x / a) : x, x > 0.0f ? 1.0f : expf(x / a))
// a scale, b alpha.
EACH(selu, a * (x < 0.0f ? b * expm1f(x) : x), x > 0.0f ? a : y + a * b)
EACH(gelu, x * normal_cdf(x), normal_cdf(x) + x * 0.3989423f * expf(-0.5f * x * x))
EACH(gelu_by_tanh, 0.5f * x * (1.0f + gelu_inside(x)), gelu_by_tanh_slope(x))
EACH(silu, x * sigmoid(x), sigmoid(x) + y * (1.0f - sigmoid(x)))
EACH(hard_silu, x * limited(x / 6.0f + 0.5f, 0.0f, 1.0f), limited(x / 6.0f + 0.5f, 0.0f, 1.0f) + (x > -3.0f && x < 3.0f ? x / 6.0f : 0.0f))
EACH(mish, x * tanh_of_softplus(x), tanh_of_softplus(x) + x * (1.0f - tanh_of_softplus(x) * tanh_of_softplus(x)) * sigmoid(x))
EACH(exponential, expf(x), y)
EACH(logarithm, logf(x), 1.0f / x)
EACH(square_root, sqrtf(x), 0.5f / y)
EACH(inverse_square_root, 1.0f / sqrtf(x), -0.5f * y / x)
EACH(square, x * x, 2.0f * x)
EACH(power_each, power(x, a), a * power(x, a - 1.0f))
EACH(negative, -x, -1.0f)
EACH(absolute, fabsf(x), x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : 0.0f)
EACH(clip, limited(x, a, b), x >= a && x <= b ? 1.0f : 0.0f)
EACH(rescale, x * a + b, a)
