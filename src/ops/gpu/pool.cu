// The largest number and the mean of windows. Where windows are not all alike (`ranges`), a table has for
// each place the cells under it, axis after axis, then for each cell the places that lie over it.

__device__ __forceinline__ Span cells_under(unsigned place, const Axis& axis, const unsigned* ranges) {
    if (ranges) return {ranges[2 * place], ranges[2 * place + 1]};
    unsigned start = place * axis.stride.by, end = start + axis.size;
    start = start > axis.before ? start - axis.before : 0;
    end = end > axis.before ? end - axis.before : 0;
    return {start, end < axis.input.by ? end : axis.input.by};
}

__device__ __forceinline__ Span places_above(unsigned cell, const Axis& axis, const unsigned* ranges) {
    if (ranges) return {ranges[2 * cell], ranges[2 * cell + 1]};
    return places_over(cell, axis);
}

// Where the ranges of each axis begin.
struct Ranges {
    const unsigned *planes, *rows, *columns;
};

__device__ __forceinline__ Ranges of_places(const float* ranges, const Windows& windows) {
    const unsigned* start = (const unsigned*)ranges;
    if (!start) return {0, 0, 0};
    const unsigned* rows = start + 2 * windows.planes.output.by;
    return {start, rows, rows + 2 * windows.rows.output.by};
}

__device__ __forceinline__ Ranges of_cells(const float* ranges, const Windows& windows) {
    const unsigned* start = (const unsigned*)ranges;
    if (!start) return {0, 0, 0};
    start += 2 * (windows.planes.output.by + windows.rows.output.by + windows.columns.output.by);
    const unsigned* rows = start + 2 * windows.planes.input.by;
    return {start, rows, rows + 2 * windows.rows.input.by};
}

// A window of one picture: the cells under it.
struct Cells {
    Span planes, rows, columns;
};

__device__ __forceinline__ Cells window_at(unsigned plane, unsigned row, unsigned column, const Windows& windows, const Ranges& places) {
    return {cells_under(plane, windows.planes, places.planes), cells_under(row, windows.rows, places.rows),
            cells_under(column, windows.columns, places.columns)};
}

#define FOR_CELLS(cells)                                                 \
    for (unsigned p = (cells).planes.first; p < (cells).planes.end; p++) \
        for (unsigned r = (cells).rows.first; r < (cells).rows.end; r++) \
            for (unsigned c = (cells).columns.first; c < (cells).columns.end; c++)

#define NUMBER_AT(p, r, c) ((((Size)(p) * windows.rows.input.by + (r)) * windows.columns.input.by + (c)) * windows.channels.by)

// The number of this thread's window, and where its picture and its channel begin.
#define WINDOW_OF_THREAD                                                         \
    FOR_EACH(i, count);                                                          \
    unsigned index = (unsigned)i;                                                \
    unsigned channel = split(index, windows.channels);                           \
    unsigned column = split(index, windows.columns.output);                      \
    unsigned row = split(index, windows.rows.output);                            \
    unsigned plane = split(index, windows.planes.output);                        \
    Size start = skipped + NUMBER_AT(index * windows.planes.input.by, 0, 0) + channel

#define CELL_OF_THREAD                                                           \
    FOR_EACH(i, count);                                                          \
    unsigned index = (unsigned)i;                                                \
    unsigned channel = split(index, windows.channels);                           \
    unsigned column = split(index, windows.columns.input);                       \
    unsigned row = split(index, windows.rows.input);                             \
    unsigned plane = split(index, windows.planes.input);                         \
    Size first_window = skipped_results + channel +                              \
                        (Size)index * windows.planes.output.by * windows.rows.output.by * windows.columns.output.by * windows.channels.by

#define WINDOW_AT(p, r, c) \
    (first_window + (((Size)(p) * windows.rows.output.by + (r)) * windows.columns.output.by + (c)) * windows.channels.by)

// COUNT neighboring channels of a window are pooled together: `windows`, `skipped` and `count` then count these
// as one number.
template <int COUNT>
__device__ __forceinline__ void largest_of(Real* to, const Real* pictures, const float* ranges, const Windows& windows, Size skipped,
                                           Size skipped_results, unsigned count) {
    WINDOW_OF_THREAD;
    Cells cells = window_at(plane, row, column, windows, of_places(ranges, windows));
    float best[COUNT], value[COUNT];
#pragma unroll
    for (int k = 0; k < COUNT; k++) best[k] = -INFINITY;
    FOR_CELLS(cells) {
        read(value, pictures + (start + NUMBER_AT(p, r, c)) * COUNT);
#pragma unroll
        // The first of equals stays; NaN wins.
        for (int k = 0; k < COUNT; k++) best[k] = value[k] > best[k] || value[k] != value[k] ? value[k] : best[k];
    }
    write(to + (skipped_results + i) * COUNT, best);
}

// The gradient of windows that do not overlap: each writes the cells up to the next window.
template <int COUNT>
__device__ __forceinline__ void back_to_largest(Real* to, const Real* pictures, const Real* result, const Real* gradient,
                                                const float* ranges, const Windows& windows, Size skipped, Size skipped_results,
                                                unsigned count, int fresh) {
    WINDOW_OF_THREAD;
    Ranges places = of_places(ranges, windows);
    Cells cells = window_at(plane, row, column, windows, places), own = cells;
    if (fresh) {
        const Axis *planes = &windows.planes, *rows = &windows.rows, *columns = &windows.columns;
        own.planes.end = plane + 1 < planes->output.by ? cells_under(plane + 1, *planes, places.planes).first : planes->input.by;
        own.rows.end = row + 1 < rows->output.by ? cells_under(row + 1, *rows, places.rows).first : rows->input.by;
        own.columns.end = column + 1 < columns->output.by ? cells_under(column + 1, *columns, places.columns).first : columns->input.by;
    }
    float largest[COUNT], part[COUNT];
    read(largest, result + (skipped_results + i) * COUNT);
    read(part, gradient + (skipped_results + i) * COUNT);
    FOR_CELLS(own) {
        bool inside = p < cells.planes.end && r < cells.rows.end && c < cells.columns.end;
        Size at = (start + NUMBER_AT(p, r, c)) * COUNT;
        float value[COUNT], given[COUNT];
        if (inside) read(value, pictures + at);
#pragma unroll
        for (int k = 0; k < COUNT; k++) {
            bool wins = inside && value[k] == largest[k];
            given[k] = wins ? part[k] : 0.0f;
            // Given away: equal cells that come later get nothing.
            if (wins) part[k] = 0.0f;
        }
        if (inside || fresh) give(to + at, given, fresh);
    }
}

template <int COUNT>
__device__ __forceinline__ void mean_of(Real* to, const Real* pictures, const float* ranges, const Windows& windows, Size skipped,
                                        Size skipped_results, unsigned count) {
    WINDOW_OF_THREAD;
    Cells cells = window_at(plane, row, column, windows, of_places(ranges, windows));
    float sum[COUNT], value[COUNT];
#pragma unroll
    for (int k = 0; k < COUNT; k++) sum[k] = 0.0f;
    unsigned cell_count = 0;
    FOR_CELLS(cells) {
        read(value, pictures + (start + NUMBER_AT(p, r, c)) * COUNT);
#pragma unroll
        for (int k = 0; k < COUNT; k++) sum[k] += value[k];
        cell_count++;
    }
    float share = 1.0f / (float)(cell_count ? cell_count : 1);
#pragma unroll
    for (int k = 0; k < COUNT; k++) sum[k] *= share;
    write(to + (skipped_results + i) * COUNT, sum);
}

__device__ __forceinline__ unsigned length(const Span& span) { return span.first < span.end ? span.end - span.first : 0; }

template <int COUNT>
__device__ __forceinline__ void back_to_all(Real* to, const Real* gradient, const float* ranges, const Windows& windows, Size skipped,
                                            Size skipped_results, unsigned count, int fresh) {
    CELL_OF_THREAD;
    Ranges places = of_places(ranges, windows), cells = of_cells(ranges, windows);
    Span planes = places_above(plane, windows.planes, cells.planes), rows = places_above(row, windows.rows, cells.rows);
    Span columns = places_above(column, windows.columns, cells.columns);
    float sum[COUNT], part[COUNT];
#pragma unroll
    for (int k = 0; k < COUNT; k++) sum[k] = 0.0f;
    for (unsigned at_plane = planes.first; at_plane < planes.end; at_plane++) {
        unsigned depth = length(cells_under(at_plane, windows.planes, places.planes));
        for (unsigned at_row = rows.first; at_row < rows.end; at_row++) {
            unsigned area = depth * length(cells_under(at_row, windows.rows, places.rows));
            for (unsigned at_column = columns.first; at_column < columns.end; at_column++) {
                unsigned cell_count = area * length(cells_under(at_column, windows.columns, places.columns));
                float share = 1.0f / (float)cell_count;
                read(part, gradient + WINDOW_AT(at_plane, at_row, at_column) * COUNT);
#pragma unroll
                for (int k = 0; k < COUNT; k++) sum[k] += part[k] * share;
            }
        }
    }
    give(to + (skipped + i) * COUNT, sum, fresh);
}

#define POOLS(suffix, COUNT)                                                                                                           \
    extern "C" __global__ void max_pool##suffix(Real* to, const Real* pictures, const float* ranges, Windows windows, Size skipped,    \
                                                Size skipped_results, unsigned count) {                                                \
        largest_of<COUNT>(to, pictures, ranges, windows, skipped, skipped_results, count);                                             \
    }                                                                                                                                  \
    extern "C" __global__ void max_pool_back_apart##suffix(Real* to, const Real* pictures, const Real* result, const Real* gradient,   \
                                                           const float* ranges, Windows windows, Size skipped, Size skipped_results,   \
                                                           unsigned count, int fresh) {                                                \
        back_to_largest<COUNT>(to, pictures, result, gradient, ranges, windows, skipped, skipped_results, count, fresh);               \
    }                                                                                                                                  \
    extern "C" __global__ void average_pool##suffix(Real* to, const Real* pictures, const float* ranges, Windows windows,              \
                                                    Size skipped, Size skipped_results, unsigned count) {                              \
        mean_of<COUNT>(to, pictures, ranges, windows, skipped, skipped_results, count);                                                \
    }                                                                                                                                  \
    extern "C" __global__ void average_pool_back##suffix(Real* to, const Real* gradient, const float* ranges, Windows windows,         \
                                                         Size skipped, Size skipped_results, unsigned count, int fresh) {              \
        back_to_all<COUNT>(to, gradient, ranges, windows, skipped, skipped_results, count, fresh);                                     \
    }

POOLS(, 1)
POOLS(_wide, WIDE)

// The same for windows that may overlap: each cell looks at the windows over it.
extern "C" __global__ void max_pool_back(Real* to, const Real* pictures, const Real* result, const Real* gradient,
                                         const float* ranges, Windows windows, Size skipped, Size skipped_results, unsigned count,
                                         int fresh) {
    CELL_OF_THREAD;
    Size start = skipped + NUMBER_AT(index * windows.planes.input.by, 0, 0) + channel;
    Ranges places = of_places(ranges, windows), cells = of_cells(ranges, windows);
    Span planes = places_above(plane, windows.planes, cells.planes), rows = places_above(row, windows.rows, cells.rows);
    Span columns = places_above(column, windows.columns, cells.columns);
    Size own = start + NUMBER_AT(plane, row, column);
    float value = pictures[own], sum = 0.0f;
    for (unsigned at_plane = planes.first; at_plane < planes.end; at_plane++)
        for (unsigned at_row = rows.first; at_row < rows.end; at_row++)
            for (unsigned at_column = columns.first; at_column < columns.end; at_column++) {
                Size window = WINDOW_AT(at_plane, at_row, at_column);
                if (value != result[window]) continue;
                // An equal cell that comes earlier has got the gradient.
                bool is_first = true;
                Cells under = window_at(at_plane, at_row, at_column, windows, places);
                FOR_CELLS(under) {
                    Size at = start + NUMBER_AT(p, r, c);
                    if (at >= own || !is_first) break;
                    is_first = pictures[at] != value;
                }
                if (is_first) sum += gradient[window];
            }
    give(to + own, sum, fresh);
}

// Where windows are whole pictures, which of the `cells` is the first that is largest: a block for up to
// `lanes` channels (a power of two) of a picture.
extern "C" __global__ void first_largest(float* which, const Real* pictures, const Real* result, Size cells, Size channels,
                                         unsigned lanes) {
    __shared__ Size shared[256];
    Size groups = (channels + lanes - 1) / lanes, picture = blockIdx.x / groups;
    Size channel = blockIdx.x % groups * lanes + threadIdx.x % lanes;
    Size first = cells;
    if (channel < channels) {
        float largest = result[picture * channels + channel];
        for (Size cell = threadIdx.x / lanes; cell < first; cell += blockDim.x / lanes)
            if (pictures[(picture * cells + cell) * channels + channel] == largest) first = cell;
    }
    shared[threadIdx.x] = first;
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half >= lanes; half /= 2) {
        if (threadIdx.x < half && shared[threadIdx.x + half] < shared[threadIdx.x]) shared[threadIdx.x] = shared[threadIdx.x + half];
        __syncthreads();
    }
    // A cell's number as it is, not as a float.
    if (threadIdx.x < lanes && channel < channels) ((unsigned*)which)[picture * channels + channel] = (unsigned)shared[threadIdx.x];
}

extern "C" __global__ void give_to_cell(Real* to, const Real* gradient, const float* which, Windows windows, Size skipped,
                                        Size skipped_results, unsigned count, int fresh) {
    CELL_OF_THREAD;
    unsigned cell = (plane * windows.rows.input.by + row) * windows.columns.input.by + column;
    give(to + skipped + i, ((const unsigned*)which)[first_window] == cell ? (float)gradient[first_window] : 0.0f, fresh);
}

// The mean of the steps of a sequence that count: a block for up to `lanes` channels (a power of two).
// `counts` has a 1 or a 0 for each step of each of the `sequences`, then the share of a step in each mean.
extern "C" __global__ void masked_average(float* to, const float* steps, const float* counts, Size sequences, Size length, Size channels,
                                          unsigned lanes) {
    __shared__ float shared[256];
    Size groups = (channels + lanes - 1) / lanes, sequence = blockIdx.x / groups;
    Size channel = blockIdx.x % groups * lanes + threadIdx.x % lanes;
    float sum = 0.0f;
    if (channel < channels)
        for (Size step = threadIdx.x / lanes; step < length; step += blockDim.x / lanes)
            if (counts[sequence * length + step] != 0.0f) sum += steps[(sequence * length + step) * channels + channel];
    shared[threadIdx.x] = sum;
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half >= lanes; half /= 2) {
        if (threadIdx.x < half) shared[threadIdx.x] += shared[threadIdx.x + half];
        __syncthreads();
    }
    if (threadIdx.x < lanes && channel < channels)
        to[sequence * channels + channel] = shared[threadIdx.x] * counts[sequences * length + sequence];
}

extern "C" __global__ void masked_average_back(float* to, const float* gradient, const float* counts, Size sequences, Size length,
                                               Size channels, Size count, int fresh) {
    FOR_EACH(i, count);
    Size step = i / channels, sequence = step / length;
    float share = counts[sequences * length + sequence];
    give(to + i, counts[step] != 0.0f ? gradient[sequence * channels + i % channels] * share : 0.0f, fresh);
}
