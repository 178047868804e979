// Channels that are stretched over the whole range: a block of 256 threads for each channel of each picture.

// What becomes of a channel: `(x - low) * scale + start`.
struct Line {
    float low, scale, start, smallest, largest;
    // Whether numbers are cut off where the range ends.
    bool cuts;
    // The first pixels with the smallest and with the largest number.
    Size of_smallest, of_largest;
};

// The line of the channel at `from`; all threads of the block get it.
__device__ __forceinline__ Line line_of(const float* from, Size pixels, Size channels, const Range& range) {
    __shared__ float smallest[256], largest[256];
    __shared__ Size of_smallest[256], of_largest[256];
    unsigned own = threadIdx.x;
    // All begin with the first pixel: when that is no number, nothing is smaller or larger.
    smallest[own] = largest[own] = from[0];
    of_smallest[own] = of_largest[own] = 0;
    for (Size pixel = own; pixel < pixels; pixel += blockDim.x) {
        float value = from[pixel * channels];
        if (value < smallest[own]) smallest[own] = value, of_smallest[own] = pixel;
        if (value > largest[own]) largest[own] = value, of_largest[own] = pixel;
    }
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half; half /= 2) {
        unsigned other = own + half;
        if (own < half) {
            if (smallest[other] < smallest[own] || (smallest[other] == smallest[own] && of_smallest[other] < of_smallest[own]))
                smallest[own] = smallest[other], of_smallest[own] = of_smallest[other];
            if (largest[other] > largest[own] || (largest[other] == largest[own] && of_largest[other] < of_largest[own]))
                largest[own] = largest[other], of_largest[own] = of_largest[other];
        }
        __syncthreads();
    }
    Line line = {0.0f, 1.0f, 0.0f, smallest[0], largest[0], false, of_smallest[0], of_largest[0]};
    float scale = range.width() / minus(line.largest, line.smallest);
    // A channel of one number alone stays as it is.
    if (fabsf(scale) < INFINITY) line.low = line.smallest, line.scale = scale, line.start = range.low;
    line.cuts = line.start == range.low && line.scale != 1.0f;
    return line;
}

extern "C" __global__ void stretch(float* to, const float* from, Size pixels, Size channels, float low, float high) {
    Range range = {low, high};
    Size start = blockIdx.x / channels * pixels * channels + blockIdx.x % channels;
    Line line = line_of(from + start, pixels, channels, range);
    for (Size pixel = threadIdx.x; pixel < pixels; pixel += blockDim.x) {
        Size i = start + pixel * channels;
        float value = plus(times(minus(from[i], line.low), line.scale), line.start);
        to[i] = line.cuts ? range.keep(value) : value;
    }
}

extern "C" __global__ void stretch_back(float* to, const float* from, const float* gradient, Size pixels, Size channels, float low,
                                        float high, int fresh) {
    Size start = blockIdx.x / channels * pixels * channels + blockIdx.x % channels;
    Line line = line_of(from + start, pixels, channels, Range{low, high});
    float sum = 0.0f, weighted = 0.0f;
    for (Size pixel = threadIdx.x; pixel < pixels; pixel += blockDim.x) {
        Size i = start + pixel * channels;
        sum += gradient[i];
        weighted += gradient[i] * (from[i] - line.low);
    }
    sum = together<false>(sum, blockDim.x);
    weighted = together<false>(weighted, blockDim.x);
    float spread = minus(line.largest, line.smallest), of_scale = weighted * line.scale / spread;
    bool moves = line.of_smallest != line.of_largest && line.low == line.smallest && spread > 0.0f;
    for (Size pixel = threadIdx.x; pixel < pixels; pixel += blockDim.x) {
        Size i = start + pixel * channels;
        float part = gradient[i] * line.scale;
        if (moves && pixel == line.of_smallest) part += of_scale - sum * line.scale;
        if (moves && pixel == line.of_largest) part -= of_scale;
        give(to + i, part, fresh);
    }
}
