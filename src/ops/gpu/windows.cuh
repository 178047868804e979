// Windows that move over pictures (or sequences, or volumes), as `windows.rs` describes them.

// What numbers below 2^31 are divided by: a GPU multiplies much faster than it divides.
struct Divisor {
    unsigned by, factor, shift;
};

struct Axis {
    Divisor input, output, stride, dilation;
    unsigned size, before;
};

struct Windows {
    Axis planes, rows, columns;
    // All channels; those of a group, or the kernels of a channel; the groups.
    Divisor channels, share, groups;
    // Rows of a window in a plane, and in all.
    Divisor plane_lines, lines;
    // Runs of neighboring numbers in each of them, their length, and where the next row of the matrix is.
    unsigned runs, run, row_step;
};

__device__ __forceinline__ unsigned divide(unsigned number, const Divisor& by) {
    return (unsigned)((Size)number * by.factor >> by.shift);
}

// Takes the last axis off an index: gives the place along it and leaves the index over the axes before.
__device__ __forceinline__ unsigned split(unsigned& index, const Divisor& by) {
    unsigned rest = divide(index, by), place = index - rest * by.by;
    index = rest;
    return place;
}

struct Span {
    unsigned first, end;
};

// The places of a window that may have a cell of the input under them.
__device__ __forceinline__ Span places_over(unsigned cell, const Axis& axis) {
    unsigned at = cell + axis.before, reach = (axis.size - 1) * axis.dilation.by + 1;
    unsigned end = divide(at, axis.stride) + 1;
    return {at < reach ? 0 : divide(at - reach, axis.stride) + 1, end < axis.output.by ? end : axis.output.by};
}

// Which cell of the window at a place of `places_over` that is; none between the cells of a dilated one.
__device__ __forceinline__ bool cell_of(unsigned& cell, unsigned input, unsigned place, const Axis& axis) {
    unsigned distance = input + axis.before - place * axis.stride.by;
    cell = divide(distance, axis.dilation);
    return cell * axis.dilation.by == distance;
}

// The cell of the input under a cell of a window; what is not below `axis.input.by` is padding.
__device__ __forceinline__ unsigned input_of(unsigned place, unsigned cell, const Axis& axis) {
    return place * axis.stride.by + cell * axis.dilation.by - axis.before;
}
