// How losses see rows of predictions: a team of threads takes each (see `teams.rs`).

// A row lies in one piece, or element `i` is at `start + steps[i]`; behind the last row, one of no elements.
struct Compared {
    const float *x, *targets;
    const float* steps;
    float* slopes;
    // A number for each class, if there are any.
    const float* each;
    unsigned width, first, team;
    bool scattered_targets;

    __device__ __forceinline__ Size place(unsigned i) const { return steps ? (Size)steps[i] : i; }
    __device__ __forceinline__ float prediction(unsigned i) const { return x[place(i)]; }
    __device__ __forceinline__ float target(unsigned i) const { return targets[scattered_targets ? place(i) : i]; }
};

#define EACH_OF(row, i) for (unsigned i = (row).first; i < (row).width; i += (row).team)

__device__ __forceinline__ float row_sum(const Compared& row, float value) { return together<false>(value, row.team); }
__device__ __forceinline__ float row_max(const Compared& row, float value) { return together<true>(value, row.team); }

// What follows the name sees `row` and numbers a, b, c, d; it leaves the loss of the row in `value`.
#define ROWS(name, ...)                                                                                                             \
    extern "C" __global__ void name(float* values, float* slopes, const float* x, const float* targets, const float* starts,       \
                                    const float* steps, const float* each, Size rows, unsigned width, unsigned target_width,       \
                                    unsigned team, float a, float b, float c, float d) {                                           \
        Size number = ((Size)blockIdx.x * blockDim.x + threadIdx.x) / team;                                                        \
        bool there = number < rows;                                                                                                \
        Size start = !there ? 0 : starts ? (Size)starts[number] : number * width;                                                  \
        bool scattered = starts && target_width == width;                                                                          \
        Compared row = {x + start,                                                                                                 \
                        targets + (!there ? 0 : scattered ? start : number * target_width),                                        \
                        steps,                                                                                                     \
                        slopes ? slopes + number * width : 0,                                                                      \
                        each,                                                                                                      \
                        there ? width : 0,                                                                                         \
                        threadIdx.x % team,                                                                                        \
                        team,                                                                                                      \
                        scattered};                                                                                                \
        float value = 0.0f;                                                                                                        \
        __VA_ARGS__;                                                                                                               \
        if (there && row.first == 0) values[number] = value;                                                                       \
    }

