// Contrast that is made the same everywhere: each tile of a picture is equalized, and what neighboring tiles say is mixed.

struct Tiles {
    Size height, width, channels;
    // How many there are along height and width.
    Size rows, columns;
    // The size of one: the last ones may reach beyond the picture.
    Size tile_height, tile_width;
};

__device__ __forceinline__ unsigned byte_of(float number, const Range& range) {
    return whole(clamped(range.to_bytes(number), 0.0f, 255.0f));
}

// The pixel that is seen at `place`: beyond the picture there is its mirror image.
__device__ __forceinline__ Size seen(Size place, Size size) {
    place %= 2 * size;
    return place < size ? place : 2 * size - 1 - place;
}

// What a tile makes of each value: a block of 256 threads for each channel of each tile, a thread for each value.
extern "C" __global__ void equalize_tiles(float* tables, const float* from, Tiles tiles, float clip_limit, float low, float high) {
    __shared__ unsigned counts[256];
    __shared__ float table[256], excess;
    Range range = {low, high};
    Size channel = blockIdx.x % tiles.channels, tile = blockIdx.x / tiles.channels;
    Size left = tile % tiles.columns * tiles.tile_width, row = tile / tiles.columns;
    Size top = row % tiles.rows * tiles.tile_height;
    const float* picture = from + row / tiles.rows * (tiles.height * tiles.width * tiles.channels);
    counts[threadIdx.x] = 0;
    __syncthreads();
    Size pixel_count = tiles.tile_height * tiles.tile_width;
    for (Size pixel = threadIdx.x; pixel < pixel_count; pixel += blockDim.x) {
        Size y = seen(top + pixel / tiles.tile_width, tiles.height), x = seen(left + pixel % tiles.tile_width, tiles.width);
        atomicAdd(counts + byte_of(picture[(y * tiles.width + x) * tiles.channels + channel], range), 1u);
    }
    __syncthreads();
    // One that counts in floats gets no further.
    float count = (float)min(counts[threadIdx.x], 1u << 24), pixels = (float)pixel_count;
    if (clip_limit > 0.0f) {
        float limit = times(clip_limit, pixels) / 256.0f;
        table[threadIdx.x] = count;
        __syncthreads();
        // All sums are in the order of the values.
        if (threadIdx.x == 0) {
            excess = 0.0f;
            for (unsigned k = 0; k < 256; k++) excess = plus(excess, fmaxf(minus(table[k], limit), 0.0f));
        }
        __syncthreads();
        count = plus(fminf(count, limit), excess / 256.0f);
    }
    table[threadIdx.x] = count;
    __syncthreads();
    float first = table[0];
    __syncthreads();
    if (threadIdx.x == 0) {
        float below = 0.0f;
        for (unsigned k = 0; k < 256; k++) table[k] = below = plus(below, table[k]);
    }
    __syncthreads();
    float others = pixels == first ? 1.0f : minus(pixels, first);
    tables[(Size)blockIdx.x * 256 + threadIdx.x] = clamped(times(minus(table[threadIdx.x], first), 255.0f) / others, 0.0f, 255.0f);
}

// The two tiles along an axis that a pixel lies between, and how near it is to the second.
struct Between {
    Size first, second;
    float near;
};

__device__ __forceinline__ Size tile_at(float place, Size count) {
    // The first tile is twice there: what lies before its middle has no neighbor.
    Size tile = place > 1.0f ? (Size)place - 1 : 0;
    return tile < count ? tile : count - 1;
}

__device__ __forceinline__ Between between(Size pixel, Size size, Size count) {
    float tile = (float)size, place = plus(minus((float)pixel, tile / 2.0f) / tile, 1.0f), first = floorf(place);
    return {tile_at(first, count), tile_at(plus(first, 1.0f), count), minus(place, first)};
}

// With a thread for each number.
extern "C" __global__ void mix_tiles(float* to, const float* from, const float* tables, Tiles tiles, float low, float high, Size count) {
    FOR_EACH(i, count);
    Range range = {low, high};
    Size channel = i % tiles.channels, pixel = i / tiles.channels, row = pixel / tiles.width;
    Between down = between(row % tiles.height, tiles.tile_height, tiles.rows);
    Between along = between(pixel % tiles.width, tiles.tile_width, tiles.columns);
    const float* own = tables + row / tiles.height * (tiles.rows * tiles.columns * tiles.channels * 256) + byte_of(from[i], range);
    float mixed[2];
    for (int k = 0; k < 2; k++) {
        Size line = (k ? down.second : down.first) * tiles.columns;
        float left = own[((line + along.first) * tiles.channels + channel) * 256];
        float right = own[((line + along.second) * tiles.channels + channel) * 256];
        mixed[k] = plus(times(left, minus(1.0f, along.near)), times(right, along.near));
    }
    to[i] = range.of_bytes(plus(times(mixed[0], minus(1.0f, down.near)), times(mixed[1], down.near)));
}
