// Convolutions of each channel on its own, with `share` kernels for each.

// The next of `count` numbers of the result, with bias and relu as asked.
extern "C" __global__ void depthwise(Real* to, const Real* pictures, const Real* kernel, const Real* bias, Windows windows,
                                     Size skipped, Size skipped_results, unsigned count, int relu) {
    FOR_EACH(i, count);
    unsigned index = (unsigned)i, wide = windows.channels.by * windows.share.by;
    unsigned which = split(index, windows.share);
    unsigned channel = split(index, windows.channels);
    unsigned column = split(index, windows.columns.output);
    unsigned row = split(index, windows.rows.output);
    unsigned filter = channel * windows.share.by + which;
    const Real* picture = pictures + skipped + channel;
    float sum = 0.0f;
    for (unsigned r = 0; r < windows.rows.size; r++) {
        unsigned at_row = input_of(row, r, windows.rows);
        if (at_row >= windows.rows.input.by) continue;
        Size line = ((Size)index * windows.rows.input.by + at_row) * windows.columns.input.by;
        for (unsigned c = 0; c < windows.columns.size; c++) {
            unsigned at_column = input_of(column, c, windows.columns);
            if (at_column >= windows.columns.input.by) continue;
            sum += picture[(line + at_column) * windows.channels.by] * kernel[(r * windows.columns.size + c) * wide + filter];
        }
    }
    if (bias) sum += bias[filter];
    to[skipped_results + i] = relu && sum < 0.0f ? 0.0f : sum;
}

// The gradient of the next of `count` numbers of the pictures.
extern "C" __global__ void depthwise_back(Real* to, const Real* gradient, const Real* kernel, Windows windows, Size skipped,
                                          Size skipped_results, unsigned count, int fresh) {
    FOR_EACH(i, count);
    unsigned index = (unsigned)i, wide = windows.channels.by * windows.share.by;
    unsigned channel = split(index, windows.channels);
    unsigned column = split(index, windows.columns.input);
    unsigned row = split(index, windows.rows.input);
    unsigned filter = channel * windows.share.by;
    Span rows = places_over(row, windows.rows), columns = places_over(column, windows.columns);
    const Real* from = gradient + skipped_results + filter;
    float sum = 0.0f;
    unsigned cell_row, cell_column;
    for (unsigned r = rows.first; r < rows.end; r++) {
        if (!cell_of(cell_row, row, r, windows.rows)) continue;
        Size line = ((Size)index * windows.rows.output.by + r) * windows.columns.output.by;
        for (unsigned c = columns.first; c < columns.end; c++) {
            if (!cell_of(cell_column, column, c, windows.columns)) continue;
            const Real* cell = kernel + (cell_row * windows.columns.size + cell_column) * wide + filter;
            for (unsigned which = 0; which < windows.share.by; which++) sum += from[(line + c) * wide + which] * cell[which];
        }
    }
    give(to + skipped + i, sum, fresh);
}

// The gradient of the kernel, in `parts` parts of all `count` places of all pictures: a block for up to
// `lanes` filters (a power of two), one cell of the kernel and one part.
extern "C" __global__ void depthwise_kernel(float* sums, const Real* pictures, const Real* gradient, Windows windows, unsigned count,
                                            unsigned parts, unsigned lanes) {
    __shared__ float shared[256];
    unsigned wide = windows.channels.by * windows.share.by, groups = (wide + lanes - 1) / lanes;
    unsigned cells = windows.rows.size * windows.columns.size;
    unsigned group = blockIdx.x % groups, cell = blockIdx.x / groups % cells, part = blockIdx.x / groups / cells;
    unsigned filter = group * lanes + threadIdx.x % lanes, channel = divide(filter, windows.share);
    unsigned cell_row = cell / windows.columns.size, cell_column = cell % windows.columns.size;
    unsigned first = (Size)count * part / parts, end = (Size)count * (part + 1) / parts;
    float sum = 0.0f;
    if (filter < wide)
        for (unsigned i = first + threadIdx.x / lanes; i < end; i += blockDim.x / lanes) {
            unsigned index = i;
            unsigned at_column = input_of(split(index, windows.columns.output), cell_column, windows.columns);
            unsigned at_row = input_of(split(index, windows.rows.output), cell_row, windows.rows);
            if (at_row >= windows.rows.input.by || at_column >= windows.columns.input.by) continue;
            Size place = ((Size)index * windows.rows.input.by + at_row) * windows.columns.input.by + at_column;
            sum += pictures[place * windows.channels.by + channel] * gradient[(Size)i * wide + filter];
        }
    shared[threadIdx.x] = sum;
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half >= lanes; half /= 2) {
        if (threadIdx.x < half) shared[threadIdx.x] += shared[threadIdx.x + half];
        __syncthreads();
    }
    if (threadIdx.x < lanes && filter < wide) sums[((Size)part * cells + cell) * wide + filter] = shared[threadIdx.x];
}
