// What comes before and after the matrix products of a dense layer. Rows of `columns` numbers.

extern "C" __global__ void bias_and_relu(Real* rows, const Real* bias, Size count, unsigned columns, int relu) {
    FOR_EACH_WIDE(i, count);
    float x[WIDE];
    read_some(x, rows, i, count);
    unsigned column = i % columns;
#pragma unroll
    for (int k = 0; k < WIDE; k++) {
        if (bias) x[k] += bias[column];
        if (relu && x[k] < 0.0f) x[k] = 0.0f;
        column = column + 1 < columns ? column + 1 : 0;
    }
    give_some(rows, x, i, count, 1);
}

extern "C" __global__ void mask_by_relu(Real* gradient, const Real* output, Size count) {
    FOR_EACH_WIDE(i, count);
    float g[WIDE], y[WIDE];
    read_some(g, gradient, i, count);
    read_some(y, output, i, count);
#pragma unroll
    for (int k = 0; k < WIDE; k++)
        if (!(y[k] > 0.0f)) g[k] = 0.0f;
    give_some(gradient, g, i, count, 1);
}
