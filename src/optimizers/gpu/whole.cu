// Rules for which a weight's numbers belong together. `begin` of `rules.cu` came before: weights have decayed, gradients
// are clipped. What a weight is to lose takes the place of its gradient. Nothing moves once the flag is set.

#define FOR_ALL(i, count) for (Size i = (Size)blockIdx.x * blockDim.x + threadIdx.x; i < (count); i += (Size)gridDim.x * blockDim.x)

// For each block the sums of squares of a weight and of its change.
extern "C" __global__ void measure(float* sums, const float* weight, const float* change, Size count) {
    float of_weight = 0.0f, of_change = 0.0f;
    FOR_ALL(i, count) {
        of_weight += weight[i] * weight[i];
        of_change += change[i] * change[i];
    }
    of_weight = together<false>(of_weight, blockDim.x);
    of_change = together<false>(of_change, blockDim.x);
    if (threadIdx.x == 0) {
        sums[2 * blockIdx.x] = of_weight;
        sums[2 * blockIdx.x + 1] = of_change;
    }
}

__device__ __forceinline__ float total(const float* sums, unsigned parts, unsigned which) {
    float sum = 0.0f;
    for (unsigned i = 0; i < parts; i++) sum += sums[2 * i + which];
    return sum;
}

extern "C" __global__ void lose(float* weight, const float* change, const float* flag, float rate, Size count) {
    if (*flag != 0.0f) return;
    FOR_ALL(i, count) weight[i] -= rate * change[i];
}

// Lamb. a and b are the gradient's parts of the moments, c and d what is left of them, e epsilon.
extern "C" __global__ void lamb(float* gradient, float* m, float* v, const float* flag, float a, float b, float c, float d, float e,
                                Size count) {
    if (*flag != 0.0f) return;
    FOR_ALL(i, count) {
        m[i] = settled(m[i] + (gradient[i] - m[i]) * a);
        v[i] = settled(v[i] + (settled_square(gradient[i]) - v[i]) * b);
        gradient[i] = m[i] / c / (sqrtf(v[i] / d) + e);
    }
}

extern "C" __global__ void lamb_lose(float* weight, const float* change, const float* sums, unsigned parts, const float* flag, float rate,
                                     Size count) {
    if (*flag != 0.0f) return;
    float of_weight = total(sums, parts, 0), of_change = total(sums, parts, 1);
    float ratio = of_weight > 0.0f && of_change > 0.0f ? sqrtf(of_weight / of_change) : 1.0f;
    FOR_ALL(i, count) weight[i] -= ratio * rate * change[i];
}

// Adafactor of a matrix: the means of the squares of its rows, of its columns, and of its rows' means. A block for each
// row; a thread for each column; a block for each matrix.
extern "C" __global__ void adafactor_rows(float* means, const float* gradient, const float* flag, float beta, float epsilon, Size columns) {
    const float* row = gradient + (Size)blockIdx.x * columns;
    float sum = 0.0f;
    for (Size i = threadIdx.x; i < columns; i += blockDim.x) sum += row[i] * row[i] + epsilon;
    sum = together<false>(sum, blockDim.x);
    if (threadIdx.x == 0 && *flag == 0.0f) means[blockIdx.x] = beta * means[blockIdx.x] + (1.0f - beta) * (sum / (float)columns);
}

extern "C" __global__ void adafactor_columns(float* means, const float* gradient, const float* flag, float beta, float epsilon, Size rows,
                                             Size columns, Size count) {
    FOR_EACH(i, count);
    if (*flag != 0.0f) return;
    const float* column = gradient + i / columns * rows * columns + i % columns;
    float sum = 0.0f;
    for (Size row = 0; row < rows; row++) sum += column[row * columns] * column[row * columns] + epsilon;
    means[i] = beta * means[i] + (1.0f - beta) * (sum / (float)rows);
}

extern "C" __global__ void adafactor_mean(float* means, const float* of_rows, Size rows) {
    float sum = 0.0f;
    for (Size i = threadIdx.x; i < rows; i += blockDim.x) sum += of_rows[(Size)blockIdx.x * rows + i];
    sum = together<false>(sum, blockDim.x);
    if (threadIdx.x == 0) means[blockIdx.x] = sum / (float)rows;
}

extern "C" __global__ void adafactor_matrix(float* gradient, const float* of_rows, const float* of_columns, const float* means, Size rows,
                                            Size columns, Size count) {
    FOR_ALL(i, count) {
        Size row = i / columns, matrix = row / rows;
        gradient[i] /= sqrtf(of_rows[row] / means[matrix] * of_columns[matrix * columns + i % columns]);
    }
}

extern "C" __global__ void adafactor_vector(float* gradient, float* mean, const float* flag, float beta, float epsilon, Size count) {
    if (*flag != 0.0f) return;
    FOR_ALL(i, count) {
        mean[i] = beta * mean[i] + (1.0f - beta) * (gradient[i] * gradient[i] + epsilon);
        gradient[i] /= sqrtf(mean[i]);
    }
}

// `least` is that of the weight's size, `most` that of the change's.
extern "C" __global__ void adafactor_lose(float* weight, const float* change, const float* sums, unsigned parts, const float* flag, float rate,
                                          float least, float most, Size count) {
    if (*flag != 0.0f) return;
    float size = sqrtf(total(sums, parts, 0) / (float)count), excess = sqrtf(total(sums, parts, 1) / (float)count) / most;
    rate *= size > least ? size : least;
    if (excess > 1.0f) rate /= excess;
    FOR_ALL(i, count) weight[i] -= rate * change[i];
}

// Muon. The gradient becomes that of the momentum, one step ahead where `nesterov`.
extern "C" __global__ void muon(float* gradient, float* m, const float* flag, float momentum, int nesterov, Size count) {
    if (*flag != 0.0f) return;
    FOR_ALL(i, count) {
        m[i] = settled(momentum * m[i] + gradient[i]);
        gradient[i] = nesterov ? gradient[i] + momentum * m[i] : m[i];
    }
}

extern "C" __global__ void muon_normalize(float* x, const float* sums, unsigned parts, Size count) {
    float norm = sqrtf(total(sums, parts, 1)) + 1e-7f;
    FOR_ALL(i, count) x[i] /= norm;
}

// to = a * x + b * to
extern "C" __global__ void muon_mix(float* to, const float* x, float a, float b, Size count) {
    FOR_ALL(i, count) to[i] = a * x[i] + b * to[i];
}
