// Convolutions: windows become the rows of a matrix, and back. cuBLAS multiplies between the two.

// In all of this, COUNT neighboring channels may count as one number, also in `windows` and `skipped`.

// Copies the windows of `pictures` to the rows of a matrix, for each group its own. 2^`lanes` neighboring
// threads copy a window, or, when `shared`, a line of it each.
template <int COUNT>
__device__ __forceinline__ void copy_windows(Real* __restrict__ matrix, const Real* __restrict__ pictures, Size skipped,
                                             const Windows& windows, unsigned count, unsigned rows, unsigned lanes, int shared) {
    FOR_EACH(thread, (Size)count << lanes);
    unsigned lane = threadIdx.x & ((1u << lanes) - 1), index = (unsigned)(thread >> lanes);
    unsigned line = shared ? split(index, windows.lines) : 0;
    unsigned line_step = shared ? windows.lines.by : 1;
    unsigned group = split(index, windows.groups), in_row = index;
    unsigned column = split(index, windows.columns.output);
    unsigned row = split(index, windows.rows.output);
    unsigned plane = split(index, windows.planes.output);
    Real* to = matrix + ((Size)group * rows + in_row) * windows.row_step * COUNT;
    unsigned width = windows.columns.input.by * windows.channels.by;
    unsigned left = input_of(column, 0, windows.columns);
    for (; line < windows.lines.by; line += line_step) {
        unsigned rest = line;
        unsigned at_row = input_of(row, split(rest, windows.plane_lines), windows.rows);
        unsigned at_plane = input_of(plane, rest, windows.planes);
        unsigned inside = at_row < windows.rows.input.by && at_plane < windows.planes.input.by ? width : 0;
        Size line_start = skipped + (((Size)index * windows.planes.input.by + at_plane) * windows.rows.input.by + at_row) * width;
        const Real* from = pictures + line_start * COUNT;
        for (unsigned run = 0; run < windows.runs; run++) {
            unsigned start = (left + run * windows.columns.dilation.by) * windows.channels.by + group * windows.share.by;
            Real* cells = to + (Size)(line * windows.runs + run) * windows.run * COUNT;
            // A start in the padding is a very large number, until a lane comes back to the picture.
            for (unsigned i = lane; i < windows.run; i += 1u << lanes) {
                float x[COUNT] = {};
                if (start + i < inside) read(x, from + (Size)(start + i) * COUNT);
                write(cells + (Size)i * COUNT, x);
            }
        }
    }
}

// Adds the rows of such matrices up where their windows lie: a thread for each of `count` numbers of
// pictures sums those that lie over it. Then come bias and relu, as asked.
template <int COUNT>
__device__ __forceinline__ void add_windows(Real* pictures, const Real* matrix, const Real* bias, Size skipped, const Windows& windows,
                                            unsigned count, unsigned rows, int relu, int fresh) {
    FOR_EACH(i, count);
    unsigned index = (unsigned)i;
    unsigned channel = split(index, windows.channels);
    unsigned column = split(index, windows.columns.input);
    unsigned row = split(index, windows.rows.input);
    unsigned plane = split(index, windows.planes.input);
    unsigned group = divide(channel, windows.share);
    Size first_channel = (Size)group * rows * windows.row_step + (channel - group * windows.share.by);
    Span planes = places_over(plane, windows.planes), lines = places_over(row, windows.rows);
    Span places = places_over(column, windows.columns);
    float sum[COUNT] = {}, part[COUNT];
    unsigned cell_plane, cell_row, cell_column;
    for (unsigned p = planes.first; p < planes.end; p++) {
        if (!cell_of(cell_plane, plane, p, windows.planes)) continue;
        for (unsigned r = lines.first; r < lines.end; r++) {
            if (!cell_of(cell_row, row, r, windows.rows)) continue;
            Size first = (((Size)index * windows.planes.output.by + p) * windows.rows.output.by + r) * windows.columns.output.by;
            unsigned line = (cell_plane * windows.rows.size + cell_row) * windows.columns.size;
            for (unsigned c = places.first; c < places.end; c++) {
                if (!cell_of(cell_column, column, c, windows.columns)) continue;
                Size at = first_channel + (first + c) * windows.row_step + (line + cell_column) * windows.share.by;
                read(part, matrix + at * COUNT);
#pragma unroll
                for (int k = 0; k < COUNT; k++) sum[k] += part[k];
            }
        }
    }
    if (bias) {
        read(part, bias + channel * COUNT);
#pragma unroll
        for (int k = 0; k < COUNT; k++) sum[k] += part[k];
    }
#pragma unroll
    for (int k = 0; k < COUNT; k++)
        if (relu && sum[k] < 0.0f) sum[k] = 0.0f;
    give(pictures + (skipped + i) * COUNT, sum, fresh);
}

#define CONVOLUTIONS(suffix, COUNT)                                                                                                    \
    extern "C" __global__ void windows_to_rows##suffix(Real* matrix, const Real* pictures, Size skipped, Windows windows,              \
                                                       unsigned count, unsigned rows, unsigned lanes, int shared) {                    \
        copy_windows<COUNT>(matrix, pictures, skipped, windows, count, rows, lanes, shared);                                           \
    }                                                                                                                                  \
    extern "C" __global__ void rows_to_pictures##suffix(Real* pictures, const Real* matrix, const Real* bias, Size skipped,            \
                                                        Windows windows, unsigned count, unsigned rows, int relu, int fresh) {         \
        add_windows<COUNT>(pictures, matrix, bias, skipped, windows, count, rows, relu, fresh);                                        \
    }

CONVOLUTIONS(, 1)
CONVOLUTIONS(_wide, WIDE)
