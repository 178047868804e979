// Leaving out random elements: the bits of `philox.rs`, and what `dropout.rs` makes of them.

struct Words {
    unsigned at[4];
};

__device__ __forceinline__ Words scrambled(Size counter, unsigned first_key, unsigned second_key) {
    unsigned a = (unsigned)counter, b = (unsigned)(counter >> 32), c = 0, d = 0;
    for (int round = 0; round < 10; round++) {
        unsigned high_of_a = __umulhi(a, 0xd2511f53u), low_of_a = a * 0xd2511f53u;
        unsigned high_of_c = __umulhi(c, 0xcd9e8d57u), low_of_c = c * 0xcd9e8d57u;
        a = high_of_c ^ b ^ first_key;
        b = low_of_c;
        c = high_of_a ^ d ^ second_key;
        d = low_of_a;
        first_key += 0x9e3779b9u;
        second_key += 0xbb67ae85u;
    }
    return {{a, b, c, d}};
}

// A thread for each counter, whose words decide eight elements: a warp takes 256, neighbors together.
extern "C" __global__ void dropout(Real* to, const Real* from, unsigned first_key, unsigned second_key, unsigned limit, float scale,
                                   Size count, int fresh) {
    Size counter = (Size)blockIdx.x * blockDim.x + threadIdx.x;
    Size at = counter / 32 * 256 + counter % 32;
    if (at >= count) return;
    float x[8];
    // All of them on their way before the first is needed.
#pragma unroll
    for (int half = 0; half < 8; half++) x[half] = at + 32 * half < count ? (float)from[at + 32 * half] : 0.0f;
    Words words = scrambled(counter, first_key, second_key);
#pragma unroll
    for (int half = 0; half < 8; half++) {
        unsigned bytes = (words.at[half / 2] >> (half % 2 * 16)) & 0xffffu;
        if (at + 32 * half < count) give(to + at + 32 * half, x[half] * (bytes < limit ? 0.0f : scale), fresh);
    }
}
