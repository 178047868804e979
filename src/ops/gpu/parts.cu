// Rows of one tensor or another, steps in reverse, rows of a table.

// Row by row from x, or else from y.
extern "C" __global__ void choose(Real* to, const Real* x, const Real* y, const float* chosen, Size width, Size count) {
    FOR_EACH(i, count);
    to[i] = chosen[i / width] != 0.0f ? x[i] : y[i];
}

extern "C" __global__ void choose_slope(Real* to, const Real* gradient, const float* chosen, int first, Size width, Size count, int fresh) {
    FOR_EACH(i, count);
    give(to + i, (chosen[i / width] != 0.0f) == (first != 0) ? (float)gradient[i] : 0.0f, fresh);
}

extern "C" __global__ void reverse_steps(Real* to, const Real* from, Size steps, Size of_step, Size count, int fresh) {
    FOR_EACH(i, count);
    Size step = i / of_step % steps;
    give(to + i, from[i + (steps - 1 - 2 * step) * of_step], fresh);
}

extern "C" __global__ void embed(Real* to, const float* table, const float* numbers, Size features, Size count) {
    FOR_EACH(i, count);
    to[i] = table[(Size)numbers[i / features] * features + i % features];
}

// Sums of rows of `from`: sum number s is that of `positions[starts[s]]` to `positions[starts[s + 1]]` (or of these numbers
// themselves), and is added to row `rows[s]` (or becomes row s).
extern "C" __global__ void sums_of_rows(float* to, const Real* from, const float* rows, const float* starts, const float* positions,
                                        Size features, Size count) {
    FOR_EACH(i, count);
    Size s = i / features, feature = i % features, end = (Size)starts[s + 1];
    float sum = 0.0f;
#pragma unroll 4
    for (Size p = (Size)starts[s]; p < end; p++) sum += from[(positions ? (Size)positions[p] : p) * features + feature];
    if (rows) to[(Size)rows[s] * features + feature] += sum;
    else to[i] = sum;
}
