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

__device__ __forceinline__ float team_sum(float value, const Row& row) { return together<false>(value, row.team); }
__device__ __forceinline__ float team_max(float value, const Row& row) { return together<true>(value, row.team); }
