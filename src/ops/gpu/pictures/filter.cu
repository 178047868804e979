// Pictures that become blurred or sharp; with a thread for each number. `filters`: five numbers for each picture, then
// the weights of all.

struct Filter {
    // How much of the old picture the new one keeps.
    float kept;
    // Weights of the rows above and below, and of the pixels left and right; none where nothing is added.
    const float *rows, *columns;
    unsigned row_count, column_count;
};

__device__ __forceinline__ Filter filter_of(const float* filters, Size picture) {
    const float* own = filters + 5 * picture;
    return {own[0], filters + __float_as_uint(own[1]), filters + __float_as_uint(own[3]), __float_as_uint(own[2]), __float_as_uint(own[4])};
}

// The weighted sums of the numbers above and below, in pictures of `height` rows.
extern "C" __global__ void along_columns(float* to, const float* from, const float* filters, Size height, Size row, Size count) {
    FOR_EACH(i, count);
    Filter filter = filter_of(filters, i / (height * row));
    Size y = i / row % height, half = filter.row_count / 2;
    Size first = y < half ? 0 : y - half, end = y + half + 1 < height ? y + half + 1 : height;
    float sum = 0.0f;
    if (filter.row_count)
        for (Size other = first; other < end; other++)
            sum = plus(sum, times(filter.rows[other + half - y], from[i - y * row + other * row]));
    to[i] = sum;
}

// The weighted sum of `sums` to the left and right, and what the new picture keeps of the old one.
__device__ __forceinline__ float filtered(const float* from, const float* sums, const float* filters, Size height, Size width,
                                          Size channels, Size i) {
    Filter filter = filter_of(filters, i / (height * width * channels));
    Size x = i / channels % width, half = filter.column_count / 2;
    Size first = x < half ? 0 : x - half, end = x + half + 1 < width ? x + half + 1 : width;
    float sum = 0.0f;
    if (filter.column_count)
        for (Size other = first; other < end; other++)
            sum = plus(sum, times(filter.columns[other + half - x], sums[i - x * channels + other * channels]));
    return plus(sum, times(filter.kept, from[i]));
}

extern "C" __global__ void filter(float* to, const float* from, const float* sums, const float* filters, Size height, Size width,
                                  Size channels, float low, float high, Size count) {
    FOR_EACH(i, count);
    to[i] = Range{low, high}.keep(filtered(from, sums, filters, height, width, channels, i));
}

// Where a number was cut off, nothing comes back.
extern "C" __global__ void cut_off(float* gradient, const float* from, const float* sums, const float* filters, Size height, Size width,
                                   Size channels, float low, float high, Size count) {
    FOR_EACH(i, count);
    if (!Range{low, high}.holds(filtered(from, sums, filters, height, width, channels, i))) gradient[i] = 0.0f;
}

extern "C" __global__ void filter_back(float* to, const float* gradient, const float* sums, const float* filters, Size height, Size width,
                                       Size channels, Size count, int fresh) {
    FOR_EACH(i, count);
    give(to + i, filtered(gradient, sums, filters, height, width, channels, i), fresh);
}
