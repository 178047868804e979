// Sums, maxima and minima over the middle axis of (before, size, after).

enum { SUM, MAXIMUM, MINIMUM };

__device__ __forceinline__ float combined(int how, float a, float b) {
    return how == SUM ? a + b : how == MAXIMUM ? larger(a, b) : -larger(-a, -b);
}

// A block for up to `lanes` columns (a power of two) of one part of the middle axis: the threads share
// its numbers, neighbors in memory to neighboring threads.
template <class From, class To>
__device__ __forceinline__ void reduce(const From* from, To* to, Size size, Size after, unsigned parts, unsigned lanes, int how,
                                       float factor, int fresh) {
    __shared__ float shared[256];
    Size groups = (after + lanes - 1) / lanes, rest = blockIdx.x / groups;
    Size part = rest % parts, before = rest / parts;
    unsigned lane = threadIdx.x % lanes;
    Size column = (Size)(blockIdx.x % groups) * lanes + lane;
    Size first = size * part / parts, end = size * (part + 1) / parts;
    float value = how == SUM ? 0.0f : how == MAXIMUM ? -INFINITY : INFINITY;
    const int AT_ONCE = 8;
    Size step = blockDim.x / lanes;
    for (Size i = first + threadIdx.x / lanes; column < after && i < end; i += AT_ONCE * step) {
        float x[AT_ONCE];
#pragma unroll
        for (int k = 0; k < AT_ONCE; k++) x[k] = i + k * step < end ? (float)from[(before * size + i + k * step) * after + column] : value;
#pragma unroll
        for (int k = 0; k < AT_ONCE; k++)
            if (i + k * step < end) value = combined(how, value, x[k]);
    }
    shared[threadIdx.x] = value;
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half >= lanes; half /= 2) {
        if (threadIdx.x < half) shared[threadIdx.x] = combined(how, shared[threadIdx.x], shared[threadIdx.x + half]);
        __syncthreads();
    }
    if (threadIdx.x < lanes && column < after) give(to + rest * after + column, shared[threadIdx.x] * factor, fresh);
}

extern "C" __global__ void reduce_middle(const Real* from, Real* to, Size size, Size after, unsigned parts, unsigned lanes, int how,
                                         float factor, int fresh) {
    reduce(from, to, size, after, parts, lanes, how, factor, fresh);
}

extern "C" __global__ void reduce_to_floats(const Real* from, float* to, Size size, Size after, unsigned parts, unsigned lanes, int how,
                                            float factor, int fresh) {
    reduce(from, to, size, after, parts, lanes, how, factor, fresh);
}

extern "C" __global__ void reduce_floats(const float* from, Real* to, Size size, Size after, unsigned parts, unsigned lanes, int how,
                                         float factor, int fresh) {
    reduce(from, to, size, after, parts, lanes, how, factor, fresh);
}
