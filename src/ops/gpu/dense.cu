// What comes before and after the matrix products of a dense layer. Rows of `columns` numbers.

extern "C" __global__ void bias_and_relu(Real* rows, const Real* bias, Size count, unsigned columns, int relu) {
    FOR_EACH(i, count);
    float value = rows[i];
    if (bias) value += bias[i % columns];
    rows[i] = relu && value < 0.0f ? 0.0f : value;
}

extern "C" __global__ void mask_by_relu(Real* gradient, const Real* output, Size count) {
    FOR_EACH(i, count);
    if (!(output[i] > 0.0f)) gradient[i] = 0.0f;
}
