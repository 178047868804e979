// Pictures that lose their colors. `shares`: how much of each picture becomes gray.

// How much red, green and blue count for the brightness that is seen.
__device__ __forceinline__ float gray_of(const float* pixel) {
    return plus(plus(times(pixel[0], 0.2989f), times(pixel[1], 0.5870f)), times(pixel[2], 0.1140f));
}

__device__ __forceinline__ float faded(float value, float gray, float share) {
    return plus(times(value, minus(1.0f, share)), times(gray, share));
}

// With a thread for each pixel.
extern "C" __global__ void fade(float* to, const float* from, const float* shares, Size picture, float low, float high, Size count) {
    FOR_EACH(i, count);
    Range range = {low, high};
    const float* pixel = from + 3 * i;
    float gray = gray_of(pixel), share = shares[i / picture];
    for (int channel = 0; channel < 3; channel++) to[3 * i + channel] = range.keep(faded(pixel[channel], gray, share));
}

extern "C" __global__ void fade_back(float* to, const float* from, const float* gradient, const float* shares, Size picture, float low,
                                     float high, Size count, int fresh) {
    FOR_EACH(i, count);
    Range range = {low, high};
    const float weights[3] = {0.2989f, 0.5870f, 0.1140f};
    const float* pixel = from + 3 * i;
    float gray = gray_of(pixel), share = shares[i / picture], inside[3];
    for (int channel = 0; channel < 3; channel++)
        inside[channel] = range.holds(faded(pixel[channel], gray, share)) ? gradient[3 * i + channel] : 0.0f;
    float of_gray = share * (inside[0] + inside[1] + inside[2]);
    for (int channel = 0; channel < 3; channel++)
        give(to + 3 * i + channel, inside[channel] * (1.0f - share) + of_gray * weights[channel], fresh);
}

// Pictures that are gray already, with a thread for each number.
extern "C" __global__ void keep(float* to, const float* from, const float*, Size, float low, float high, Size count) {
    FOR_EACH(i, count);
    to[i] = Range{low, high}.keep(from[i]);
}

extern "C" __global__ void keep_back(float* to, const float* from, const float* gradient, const float*, Size, float low, float high,
                                     Size count, int fresh) {
    FOR_EACH(i, count);
    give(to + i, Range{low, high}.holds(from[i]) ? gradient[i] : 0.0f, fresh);
}
