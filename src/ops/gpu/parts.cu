// Rows of one tensor or another, steps in reverse, rows of a table.

// Row by row from x, or else from y.
extern "C" __global__ void choose(float* to, const float* x, const float* y, const float* chosen, Size width, Size count) {
    FOR_EACH(i, count);
    to[i] = chosen[i / width] != 0.0f ? x[i] : y[i];
}

extern "C" __global__ void choose_slope(float* to, const float* gradient, const float* chosen, int first, Size width, Size count, int fresh) {
    FOR_EACH(i, count);
    give(to + i, (chosen[i / width] != 0.0f) == (first != 0) ? gradient[i] : 0.0f, fresh);
}

extern "C" __global__ void reverse_steps(float* to, const float* from, Size steps, Size of_step, Size count, int fresh) {
    FOR_EACH(i, count);
    Size step = i / of_step % steps;
    give(to + i, from[i + (steps - 1 - 2 * step) * of_step], fresh);
}

extern "C" __global__ void embed(float* to, const float* table, const float* numbers, Size features, Size count) {
    FOR_EACH(i, count);
    to[i] = table[(Size)numbers[i / features] * features + i % features];
}

// `positions`, sorted by the row of the table that they took; those of row `rows[r]` are from `starts[r]` to `starts[r + 1]`.
extern "C" __global__ void embed_slope(float* to, const float* gradient, const float* rows, const float* starts, const float* positions,
                                       Size features, Size count) {
    FOR_EACH(i, count);
    Size r = i / features, feature = i % features;
    float sum = 0.0f;
    for (Size p = (Size)starts[r]; p < (Size)starts[r + 1]; p++) sum += gradient[(Size)positions[p] * features + feature];
    to[(Size)rows[r] * features + feature] += sum;
}
