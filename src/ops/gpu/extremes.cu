// The gradient of the largest and the smallest over axes. `layout`: of the results under all numbers.

extern "C" __global__ void chosen(float* to, const float* from, const float* result, Table layout, Size count) {
    FOR_EACH(i, count);
    to[i] = from[i] == result[place_of(i, layout)] ? 1.0f : 0.0f;
}

// Equals share what their result gets.
extern "C" __global__ void chosen_slope(float* to, const float* gradient, const float* is_chosen, const float* counts, Table layout,
                                        Size count, int fresh) {
    FOR_EACH(i, count);
    Size result = place_of(i, layout);
    give(to + i, is_chosen[i] * (gradient[result] / counts[result]), fresh);
}
