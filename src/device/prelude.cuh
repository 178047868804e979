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

// As many numbers as 16 bytes hold: a thread reads and writes so many at once, for with single ones too
// few are on their way to keep the memory busy.
enum { WIDE = 16 / sizeof(Real) };

union Packed {
    uint4 words;
    Real numbers[WIDE];
};

// `COUNT` numbers, WIDE or one. WIDE of them lie at a multiple of 16 bytes.
template <int COUNT>
__device__ __forceinline__ void read(float (&to)[COUNT], const Real* from) {
    if (COUNT == 1) {
        to[0] = *from;
        return;
    }
    Packed packed;
    packed.words = *(const uint4*)from;
#pragma unroll
    for (int k = 0; k < COUNT; k++) to[k] = packed.numbers[k];
}

template <int COUNT>
__device__ __forceinline__ void write(Real* to, const float (&from)[COUNT]) {
    if (COUNT == 1) {
        *to = from[0];
        return;
    }
    Packed packed;
#pragma unroll
    for (int k = 0; k < COUNT; k++) packed.numbers[k] = from[k];
    *(uint4*)to = packed.words;
}

// The same of floats.
template <int COUNT>
__device__ __forceinline__ void read_floats(float (&to)[COUNT], const float* from) {
    if (COUNT == 1) to[0] = *from;
#pragma unroll
    for (int k = 0; k + 4 <= COUNT; k += 4) {
        float4 four = *(const float4*)(from + k);
        to[k] = four.x;
        to[k + 1] = four.y;
        to[k + 2] = four.z;
        to[k + 3] = four.w;
    }
}

// Adds to gradients, or begins them.
template <int COUNT>
__device__ __forceinline__ void give(Real* to, float (&part)[COUNT], int fresh) {
    if (!fresh) {
        float before[COUNT];
        read(before, to);
#pragma unroll
        for (int k = 0; k < COUNT; k++) part[k] += before[k];
    }
    write(to, part);
}

// The first of the WIDE elements of this thread, in a kernel for `count` of them.
#define FOR_EACH_WIDE(i, count)                                         \
    Size i = ((Size)blockIdx.x * blockDim.x + threadIdx.x) * WIDE; \
    if (i >= (count)) return

// The same where fewer may be left; zeros follow them.
__device__ __forceinline__ void read_some(float (&to)[WIDE], const Real* from, Size i, Size count) {
    if (i + WIDE <= count) return read(to, from + i);
#pragma unroll
    for (int k = 0; k < WIDE; k++) to[k] = i + k < count ? (float)from[i + k] : 0.0f;
}

__device__ __forceinline__ void give_some(Real* to, float (&part)[WIDE], Size i, Size count, int fresh) {
    if (i + WIDE <= count) return give(to + i, part, fresh);
#pragma unroll
    for (int k = 0; k < WIDE; k++)
        if (i + k < count) give(to + i + k, part[k], fresh);
}

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
