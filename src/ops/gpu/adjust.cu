// The brightness and the contrast of pictures. `adjustments`: for each picture what distances from the
// mean of their channel are multiplied by, and what is added.

extern "C" __global__ void adjust(float* to, const float* from, const float* means, const float* adjustments, Size picture,
                                  unsigned channels, float low, float high, Size count) {
    FOR_EACH(i, count);
    Size which = i / picture;
    float contrast = adjustments[2 * which], brightness = adjustments[2 * which + 1];
    float mean = means && contrast != 1.0f ? means[which * channels + i % channels] : 0.0f;
    to[i] = fminf(fmaxf((from[i] - mean) * contrast + (mean + brightness), low), high);
}

// Where a number was cut off, nothing comes back.
extern "C" __global__ void cut_off(float* gradient, const float* result, float low, float high, Size count) {
    FOR_EACH(i, count);
    if (result[i] <= low || result[i] >= high) gradient[i] = 0.0f;
}

extern "C" __global__ void adjust_slope(float* to, const float* gradient, const float* means, const float* adjustments, Size picture,
                                        unsigned channels, Size count, int fresh) {
    FOR_EACH(i, count);
    Size which = i / picture;
    float contrast = adjustments[2 * which];
    give(to + i, gradient[i] * contrast + means[which * channels + i % channels] * (1.0f - contrast), fresh);
}
