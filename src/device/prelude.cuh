// In front of every file of kernels.

typedef unsigned long long Size;

#ifndef INFINITY
#define INFINITY __int_as_float(0x7f800000)
#endif

struct Table {
    unsigned at[64];
};

// The element of this thread, in a kernel with a thread for each of `count` elements.
#define FOR_EACH(i, count)                                       \
    Size i = (Size)blockIdx.x * blockDim.x + threadIdx.x; \
    if (i >= (count)) return

// Adds to a gradient, or begins it.
__device__ __forceinline__ void give(float* to, float part, int fresh) { *to = fresh ? part : *to + part; }

// Over the 32 threads of a warp; all of them get the result.
__device__ __forceinline__ float warp_sum(float value) {
    for (int mask = 16; mask > 0; mask >>= 1) value += __shfl_xor_sync(0xffffffffu, value, mask);
    return value;
}

// NaN wins.
__device__ __forceinline__ float larger(float a, float b) { return a > b || a != a ? a : b; }

__device__ __forceinline__ float warp_max(float value) {
    for (int mask = 16; mask > 0; mask >>= 1) value = larger(value, __shfl_xor_sync(0xffffffffu, value, mask));
    return value;
}

// See `denormal.rs`.
__device__ __forceinline__ float settled(float x) { return fabsf(x) < 1e-30f ? 0.0f : x; }
__device__ __forceinline__ float settled_square(float x) { return fabsf(x) < 1e-15f ? 0.0f : x * x; }
