// Pictures whose pixels come from other places of the same picture, as `pixel_sources.rs` has them.

struct Arrangement {
    // Of the new pictures.
    Divisor rows, columns, channels;
    // Of the old ones.
    unsigned from_rows, from_columns;
    unsigned is_nearest, fill_mode;
    // How many origins there are: one for each picture, or one for all.
    unsigned origins;
};

enum { AXES, AFFINE, PERSPECTIVE, SHIFTED };
enum { REFLECT, WRAP, CONSTANT, NEAREST };
#define NO_PIXEL 0xffffffffu

// The pixels along an axis that a value lies between, and how much each counts.
struct Between {
    unsigned pixels[2];
    float weights[2];
};

// The old pixels that a new one is a mixture of, and what it has of the constant.
struct Mixture {
    unsigned pixels[4];
    float weights[4];
    float constant;
};

// As `as i64` in Rust.
__device__ __forceinline__ long long to_whole(float x) {
    if (x != x) return 0;
    if (x >= 9223372036854775808.0f) return 9223372036854775807ll;
    if (x < -9223372036854775808.0f) return -9223372036854775807ll - 1;
    return (long long)x;
}

__device__ __forceinline__ long long remainder_of(long long a, long long by) {
    long long rest = a % by;
    return rest < 0 ? rest + by : rest;
}

__device__ __forceinline__ unsigned pixel_at(long long index, long long size, unsigned fill_mode) {
    if (index >= 0 && index < size) return (unsigned)index;
    switch (fill_mode) {
        case CONSTANT: return NO_PIXEL;
        case NEAREST: return index < 0 ? 0 : (unsigned)(size - 1);
        case WRAP: return (unsigned)remainder_of(index, size);
    }
    long long place = remainder_of(index, 2 * size);
    return (unsigned)(place < size ? place : 2 * size - 1 - place);
}

__device__ __forceinline__ Between between_at(float at, unsigned size, const Arrangement& to) {
    if (to.is_nearest) {
        unsigned pixel = pixel_at(to_whole(roundf(at)), size, to.fill_mode);
        return {{pixel, pixel}, {1.0f, 0.0f}};
    }
    float below = floorf(at), above = at - below;
    long long low = to_whole(below), high = low == 9223372036854775807ll ? low : low + 1;
    return {{pixel_at(low, size, to.fill_mode), pixel_at(high, size, to.fill_mode)}, {1.0f - above, above}};
}

__device__ __forceinline__ Between between_of(const float* entry) {
    const unsigned* pixels = (const unsigned*)entry;
    return {{pixels[0], pixels[1]}, {entry[2], entry[3]}};
}

__device__ __forceinline__ float near(float at) {
    if (at != at) return 0.0f;
    at = at < -1e9f ? -1e9f : at;
    return at > 1e9f ? 1e9f : at;
}

// Products and sums are rounded one by one, as on the processor: half a pixel is where pixels change.
__device__ __forceinline__ float two_products(float a, float b, float c, float d) { return __fadd_rn(__fmul_rn(a, b), __fmul_rn(c, d)); }
__device__ __forceinline__ float mapped(const float* m, float x, float y) { return __fadd_rn(two_products(y, m[1], x, m[0]), m[2]); }
__device__ __forceinline__ float seen(const float* m, float x, float y) { return __fadd_rn(two_products(m[0], x, m[1], y), m[2]); }

__device__ __forceinline__ Mixture mixture_of(unsigned picture, unsigned row, unsigned column, const float* origins, float fill_value,
                                              const Arrangement& to) {
    const unsigned* starts = (const unsigned*)origins;
    const float* origin = origins + starts[picture < to.origins ? picture : to.origins - 1];
    unsigned kind = *(const unsigned*)origin++;
    Between in_rows, in_columns;
    if (kind == AXES) {
        in_rows = between_of(origin + 4 * row);
        in_columns = between_of(origin + 4 * (to.rows.by + column));
    } else {
        float x = (float)column, y = (float)row, from_x, from_y;
        if (kind == AFFINE) {
            from_x = mapped(origin, x, y);
            from_y = mapped(origin + 3, x, y);
        } else if (kind == PERSPECTIVE) {
            float depth = __fadd_rn(two_products(origin[6], x, origin[7], y), 1.0f);
            from_x = near(seen(origin, x, y) / depth);
            from_y = near(seen(origin + 3, x, y) / depth);
        } else {
            unsigned place = row * to.columns.by + column;
            from_x = x + origin[place];
            from_y = y + origin[to.rows.by * to.columns.by + place];
        }
        in_rows = between_at(from_y, to.from_rows, to);
        in_columns = between_at(from_x, to.from_columns, to);
    }
    Mixture mixture = {};
#pragma unroll
    for (unsigned i = 0; i < 4; i++) {
        if (i && to.is_nearest) break;
        unsigned from_row = in_rows.pixels[i / 2], from_column = in_columns.pixels[i % 2];
        float weight = in_rows.weights[i / 2] * in_columns.weights[i % 2];
        if (from_row != NO_PIXEL && from_column != NO_PIXEL) {
            mixture.pixels[i] = from_row * to.from_columns + from_column;
            mixture.weights[i] = weight;
        } else {
            mixture.constant += weight * fill_value;
        }
    }
    return mixture;
}

extern "C" __global__ void rearrange(float* new_pictures, const float* old_pictures, const float* origins, Arrangement to,
                                     unsigned first_picture, float fill_value, unsigned count) {
    FOR_EACH(i, count);
    unsigned index = (unsigned)i;
    unsigned channel = split(index, to.channels), column = split(index, to.columns), row = split(index, to.rows);
    unsigned picture = first_picture + index;
    Mixture mixture = mixture_of(picture, row, column, origins, fill_value, to);
    const float* old = old_pictures + (Size)picture * to.from_rows * to.from_columns * to.channels.by + channel;
    float value = mixture.constant;
#pragma unroll
    for (unsigned k = 0; k < 4; k++)
        if (!k || !to.is_nearest) value += mixture.weights[k] * old[(Size)mixture.pixels[k] * to.channels.by];
    new_pictures[(((Size)picture * to.rows.by + row) * to.columns.by + column) * to.channels.by + channel] = value;
}

// Adds to the gradient of old pictures: a block for each. Its threads find the mixtures of as many new
// pixels at a time; then each adds to the old pixels that are its own, so that none wait for each other.
extern "C" __global__ void rearrange_back(float* old_gradient, const float* gradient, const float* origins, Arrangement to,
                                          float fill_value) {
    __shared__ unsigned pixels[256][4];
    __shared__ float weights[256][4];
    unsigned picture = blockIdx.x, channels = to.channels.by, mixed = to.is_nearest ? 1 : 4;
    unsigned count = to.rows.by * to.columns.by;
    float* old = old_gradient + (Size)picture * to.from_rows * to.from_columns * channels;
    const float* from = gradient + (Size)picture * count * channels;
    for (unsigned start = 0; start < count; start += blockDim.x) {
        unsigned here = start + threadIdx.x;
        if (here < count) {
            Mixture mixture = mixture_of(picture, here / to.columns.by, here % to.columns.by, origins, fill_value, to);
            for (unsigned k = 0; k < mixed; k++) {
                pixels[threadIdx.x][k] = mixture.pixels[k];
                weights[threadIdx.x][k] = mixture.weights[k];
            }
        }
        __syncthreads();
        unsigned found = count - start < blockDim.x ? count - start : blockDim.x;
        for (unsigned i = 0; i < found; i++)
            for (unsigned k = 0; k < mixed; k++) {
                unsigned pixel = pixels[i][k];
                if (pixel % blockDim.x != threadIdx.x) continue;
                for (unsigned channel = 0; channel < channels; channel++)
                    old[(Size)pixel * channels + channel] += weights[i][k] * from[(Size)(start + i) * channels + channel];
            }
        __syncthreads();
    }
}
