// What a kernel finds on a GPU, for one that runs on the processor instead. In front of its source.
#pragma once
#include <math.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <tuple>
#include <utility>
#include <vector>

#include "halves.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __restrict__ __restrict
#define __launch_bounds__(...)
// Blocks run one after another, so that one place for each serves all of them.
#define __shared__ static

struct dim3 {
    unsigned x, y, z;
};
struct float2 {
    float x, y;
};
struct float4 {
    float x, y, z, w;
};
struct alignas(16) uint4 {
    unsigned x, y, z, w;
};
static inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
static inline float2 make_float2(float x, float y) { return {x, y}; }

static dim3 threadIdx, blockIdx, blockDim, gridDim;
static const int warpSize = 32;

namespace emulated {

// A thread of the running block, with a stack of its own as soon as the block has barriers.
struct Thread {
    std::vector<char> stack;
    jmp_buf place;
    dim3 index;
    bool started, done;
    float exchanged;
};

static std::vector<Thread> threads;
static size_t current;
static jmp_buf scheduler;
static bool has_barriers;
static void (*body)(void**);
static void** arguments;

// Goes on with the other threads, until all have come this far.
static inline void barrier() {
    has_barriers = true;
    if (!_setjmp(threads[current].place)) _longjmp(scheduler, 1);
}

static void on_own_stack() {
    body(arguments);
    threads[current].done = true;
    _longjmp(scheduler, 1);
}

// Switches to the stack that ends at `top` and calls `on_own_stack`, which does not return.
__attribute__((noinline, noreturn)) static void start(char* top) {
    top = (char*)((uintptr_t)top & ~(uintptr_t)63);
#if defined(__x86_64__)
    asm volatile("mov %0, %%rsp\n\txor %%rbp, %%rbp\n\tcall *%1\n\t" : : "r"(top), "r"((void (*)())on_own_stack) : "memory");
#elif defined(__aarch64__)
    asm volatile("mov sp, %0\n\tblr %1\n\t" : : "r"(top), "r"((void (*)())on_own_stack) : "memory", "x30");
#else
#error "the emulated GPU knows x86-64 and AArch64 alone"
#endif
    __builtin_unreachable();
}

__attribute__((noinline)) static void resume(size_t thread) {
    current = thread;
    threadIdx = threads[thread].index;
    if (_setjmp(scheduler)) return;
    if (threads[thread].started) _longjmp(threads[thread].place, 1);
    threads[thread].started = true;
    start(threads[thread].stack.data() + threads[thread].stack.size());
}

static void run_block() {
    const size_t STACK = 64 << 10;
    size_t count = (size_t)blockDim.x * blockDim.y * blockDim.z;
    if (threads.size() < count) threads.resize(count);
    for (size_t i = 0; i < count; i++) {
        Thread& thread = threads[i];
        if (thread.stack.empty()) thread.stack.resize(STACK);
        thread.index = {unsigned(i % blockDim.x), unsigned(i / blockDim.x % blockDim.y), unsigned(i / blockDim.x / blockDim.y)};
        thread.started = thread.done = false;
    }
    // The first thread tells whether there are barriers; without any, the others need no stacks.
    has_barriers = false;
    resume(0);
    if (threads[0].done && !has_barriers) {
        for (size_t i = 1; i < count; i++) {
            current = i;
            threadIdx = threads[i].index;
            body(arguments);
        }
        return;
    }
    for (size_t i = 1; i < count; i++) resume(i);
    for (bool waiting = true; waiting;) {
        waiting = false;
        for (size_t i = 0; i < count; i++) {
            if (threads[i].done) continue;
            resume(i);
            waiting |= !threads[i].done;
        }
    }
}

static void run(void (*kernel)(void**), dim3 grid, dim3 block, void** given) {
    body = kernel;
    arguments = given;
    gridDim = grid;
    blockDim = block;
    for (unsigned z = 0; z < grid.z; z++)
        for (unsigned y = 0; y < grid.y; y++)
            for (unsigned x = 0; x < grid.x; x++) {
                blockIdx = {x, y, z};
                run_block();
            }
}

template <class... Types, size_t... places>
static void call(void (*kernel)(Types...), void** given, std::index_sequence<places...>) {
    kernel(*(std::remove_reference_t<Types>*)given[places]...);
}

template <class... Types>
static void call(void (*kernel)(Types...), void** given) {
    call(kernel, given, std::index_sequence_for<Types...>());
}

// What the thread `other` of the same block has in `value`; all threads of the block take part.
static inline float exchange(float value, size_t other) {
    threads[current].exchanged = value;
    barrier();
    float received = threads[other].exchanged;
    barrier();
    return received;
}

}  // namespace emulated

static inline void __syncthreads() { emulated::barrier(); }
static inline void __syncwarp(unsigned = ~0u) { emulated::barrier(); }

static inline float __shfl_xor_sync(unsigned, float value, int mask) {
    return emulated::exchange(value, emulated::current ^ (size_t)mask);
}
static inline float __shfl_down_sync(unsigned, float value, unsigned by) {
    size_t other = emulated::current % 32 + by;
    return emulated::exchange(value, other < 32 ? emulated::current + by : emulated::current);
}

static inline float atomicAdd(float* place, float value) {
    float before = *place;
    *place += value;
    return before;
}
static inline int atomicAdd(int* place, int value) {
    int before = *place;
    *place += value;
    return before;
}
static inline unsigned atomicAdd(unsigned* place, unsigned value) {
    unsigned before = *place;
    *place += value;
    return before;
}
static inline int atomicMax(int* place, int value) {
    int before = *place;
    if (value > before) *place = value;
    return before;
}
static inline unsigned atomicMax(unsigned* place, unsigned value) {
    unsigned before = *place;
    if (value > before) *place = value;
    return before;
}
static inline unsigned atomicOr(unsigned* place, unsigned value) {
    unsigned before = *place;
    *place |= value;
    return before;
}

template <class T>
static inline T min(T a, T b) { return b < a ? b : a; }
template <class T>
static inline T max(T a, T b) { return a < b ? b : a; }
static inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
#define __expf expf
// What no compiler makes one operation of.
static inline float __fmul_rn(float a, float b) { return a * b; }
static inline float __fadd_rn(float a, float b) { return a + b; }
static inline unsigned __float_as_uint(float x) {
    unsigned bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
static inline int __float_as_int(float x) { return (int)__float_as_uint(x); }
static inline float __uint_as_float(unsigned bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
static inline float __int_as_float(int bits) { return __uint_as_float((unsigned)bits); }
static inline unsigned __umulhi(unsigned a, unsigned b) { return unsigned((uint64_t)a * b >> 32); }
