// What brings weights back to where they may be. No weight moves once the flag is set.

// NaN stays: it must show.
extern "C" __global__ void non_neg(float* weight, const float* flag, Size count) {
    FOR_EACH(i, count);
    if (*flag == 0.0f && weight[i] < 0.0f) weight[i] = 0.0f;
}

// From sums of squares to what brings the norms between `least` and `most`, as far as `rate` says.
extern "C" __global__ void factors_of_norms(float* sums, float least, float most, float rate, Size count) {
    FOR_EACH(i, count);
    float norm = sqrtf(sums[i]), inside = norm < least ? least : norm > most ? most : norm;
    sums[i] = (rate * inside + (1.0f - rate) * norm) / (1e-7f + norm);
}

extern "C" __global__ void take_over(float* weight, const float* others, const float* flag, Size count) {
    FOR_EACH(i, count);
    if (*flag == 0.0f) weight[i] = others[i];
}
