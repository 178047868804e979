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

// A number of a tensor that has 16 bits where the policy says so. Kernels compute with floats.
#if defined(BFLOAT16)
struct Real {
    unsigned short bits;

    __device__ __forceinline__ operator float() const { return __int_as_float((int)bits << 16); }
    // To the nearest, and to the even one of two.
    __device__ __forceinline__ Real& operator=(float x) {
#if __CUDA_ARCH__ >= 800
        asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(x));
#else
        unsigned all = (unsigned)__float_as_int(x);
        bits = x != x ? 0x7fff : (unsigned short)((all + 0x7fff + (all >> 16 & 1)) >> 16);
#endif
        return *this;
    }
};
#elif defined(FLOAT16)
struct Real {
    unsigned short bits;

#ifdef __CUDA_ARCH__
    __device__ __forceinline__ operator float() const {
        float x;
        asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(bits));
        return x;
    }
    __device__ __forceinline__ Real& operator=(float x) {
        asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));
        return *this;
    }
#else
    operator float() const { return float_of_float16(bits); }
    Real& operator=(float x) {
        bits = float16_of(x);
        return *this;
    }
#endif
};
#else
typedef float Real;
#endif

// Adds to a gradient, or begins it.
template <class Number>
__device__ __forceinline__ void give(Number* to, float part, int fresh) { *to = fresh ? part : (float)*to + part; }

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

// The sum or the largest over a team: a power of two of neighbors in a warp, or the whole block. All of its threads
// get it, and every thread of the block takes part.
template <bool LARGEST>
__device__ __forceinline__ float together(float value, unsigned team) {
    for (unsigned mask = (team < 32 ? team : 32) / 2; mask > 0; mask /= 2) {
        float other = __shfl_xor_sync(0xffffffffu, value, mask);
        value = LARGEST ? larger(value, other) : value + other;
    }
    if (team > 32) {
        __shared__ float parts[32];
        __syncthreads();
        if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = value;
        __syncthreads();
        value = parts[0];
        for (unsigned warp = 1; warp < blockDim.x / 32; warp++) value = LARGEST ? larger(value, parts[warp]) : value + parts[warp];
    }
    return value;
}

// See `denormal.rs`.
__device__ __forceinline__ float settled(float x) { return fabsf(x) < 1e-30f ? 0.0f : x; }
__device__ __forceinline__ float settled_square(float x) { return fabsf(x) < 1e-15f ? 0.0f : x * x; }
