// What comes before and after the matrix products of a dense layer. Rows of `columns` numbers.

extern "C" __global__ void bias_and_relu(float* rows, const float* bias, Size count, unsigned columns, int relu) {
    FOR_EACH(i, count);
    float value = bias ? rows[i] + bias[i % columns] : rows[i];
    rows[i] = relu && value < 0.0f ? 0.0f : value;
}

extern "C" __global__ void mask_by_relu(float* gradient, const float* output, Size count) {
    FOR_EACH(i, count);
    if (!(output[i] > 0.0f)) gradient[i] = 0.0f;
}
