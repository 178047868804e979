// Rows whose numbers are shared out to teams of threads: a power of two of neighbors in a warp, or the
// whole block when there are more than 32. The numbers of a row are `inner` apart.

struct Row {
    Size number, start, inner, length;
    // This thread's first number, and how far it is to its next.
    unsigned first, team;
};

// The row of this thread; one of no numbers behind the last, so that all threads meet in `together`.
__device__ __forceinline__ Row row_of_team(Size rows, Size length, Size inner, unsigned team) {
    Size thread = (Size)blockIdx.x * blockDim.x + threadIdx.x;
    Row row;
    row.number = thread / team;
    row.start = row.number / inner * length * inner + row.number % inner;
    row.inner = inner;
    row.length = row.number < rows ? length : 0;
    row.first = threadIdx.x % team;
    row.team = team;
    return row;
}

// `k` is the number's place in the row, `at` that in memory.
#define EACH_OF(row, k, at)                                                                  \
    for (Size k = (row).first, at = (row).start + k * (row).inner; k < (row).length; \
         k += (row).team, at += (row).team * (row).inner)

// The sum or the largest over a team; all of its threads get it. Every thread of the block takes part.
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

__device__ __forceinline__ float team_sum(float value, const Row& row) { return together<false>(value, row.team); }
__device__ __forceinline__ float team_max(float value, const Row& row) { return together<true>(value, row.team); }

