// Numbers that become equally frequent, channel by channel, in all pictures together.

__device__ __forceinline__ float bytes_of(float value, const Range& range) {
    float scale = 255.0f / range.width();
    return minus(times(value, scale), times(range.low, scale));
}

// The bin that a number is in, where `place` goes from 0 to the last one.
__device__ __forceinline__ unsigned bin_at(float place, unsigned bins) {
    unsigned bin = whole(clamped(place, 0.0f, (float)(bins - 1)));
    return bin < bins ? bin : bins - 1;
}

// How many numbers lie in each bin, channel by channel. `counts` begin with 0.
extern "C" __global__ void count_bins(unsigned* counts, const float* from, unsigned channels, unsigned bins, float low, float high,
                                      Size count) {
    __shared__ unsigned of_block[4096];
    Range range = {low, high};
    unsigned all = channels * bins;
    bool few = all <= 4096;
    if (few) {
        for (unsigned k = threadIdx.x; k < all; k += blockDim.x) of_block[k] = 0;
        __syncthreads();
    }
    unsigned* own = few ? of_block : counts;
    for (Size i = (Size)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += (Size)gridDim.x * blockDim.x) {
        float place = times(bytes_of(from[i], range), (float)(bins - 1)) / 255.0f;
        atomicAdd(own + (unsigned)(i % channels) * bins + bin_at(place, bins), 1u);
    }
    if (few) {
        __syncthreads();
        for (unsigned k = threadIdx.x; k < all; k += blockDim.x)
            if (of_block[k]) atomicAdd(counts + k, of_block[k]);
    }
}

// What becomes of the numbers of each bin; -1 in a channel whose numbers stay. A block of 256 threads for each channel.
extern "C" __global__ void make_tables(float* tables, const unsigned* counts, unsigned bins) {
    // Of the bins of each thread: how many numbers there are, in how many bins, and how many in the first of these.
    __shared__ unsigned sums[256], filled[256], firsts[256];
    const unsigned* own = counts + (Size)blockIdx.x * bins;
    float* table = tables + (Size)blockIdx.x * bins;
    unsigned each = (bins + blockDim.x - 1) / blockDim.x, start = threadIdx.x * each;
    unsigned end = start + each < bins ? start + each : bins;
    unsigned sum = 0, bins_filled = 0, first = 0;
    for (unsigned k = start; k < end; k++) {
        if (own[k] && !bins_filled++) first = own[k];
        sum += own[k];
    }
    sums[threadIdx.x] = sum;
    filled[threadIdx.x] = bins_filled;
    firsts[threadIdx.x] = first;
    __syncthreads();
    Size below = 0, all = 0, first_of_all = 0;
    unsigned all_filled = 0;
    for (unsigned thread = 0; thread < blockDim.x; thread++) {
        if (thread < threadIdx.x) below += sums[thread];
        if (!all_filled) first_of_all = firsts[thread];
        all += sums[thread];
        all_filled += filled[thread];
    }
    for (unsigned k = start; k < end; k++) {
        below += own[k];
        Size behind = below > first_of_all ? below - first_of_all : 0;
        float share = (float)(behind * 255) / (float)(all - first_of_all);
        table[k] = all_filled <= 1 ? -1.0f : clamped(rintf(share), 0.0f, 255.0f);
    }
}

extern "C" __global__ void equalize(float* to, const float* from, const float* tables, unsigned channels, unsigned bins, float low,
                                    float high, Size count) {
    FOR_EACH(i, count);
    Range range = {low, high};
    float place = times(bytes_of(from[i], range) / 255.0f, (float)(bins - 1));
    float value = tables[(i % channels) * bins + bin_at(place, bins)];
    to[i] = value < 0.0f ? from[i] : plus(times(value, range.width() / 255.0f), low);
}
