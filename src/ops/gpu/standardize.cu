// Numbers in standard deviations from their mean. `measures`: `period` means, then as many deviations.

extern "C" __global__ void standardize(float* to, const float* from, const float* measures, Size period, int invert, Size count) {
    FOR_EACH(i, count);
    float mean = measures[i % period], deviation = measures[period + i % period];
    to[i] = invert ? mean + from[i] * deviation : (from[i] - mean) / deviation;
}

extern "C" __global__ void standardize_slope(float* to, const float* gradient, const float* measures, Size period, int invert,
                                             Size count, int fresh) {
    FOR_EACH(i, count);
    float deviation = measures[period + i % period];
    give(to + i, invert ? gradient[i] * deviation : gradient[i] / deviation, fresh);
}
