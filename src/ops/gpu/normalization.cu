// Bringing channels (columns of all rows) and rows to one scale.

// A block for up to `lanes` columns (a power of two) of one of the parts of the rows: neighbors in
// memory to neighboring threads.
struct Columns {
    Size part, column;
    // The rows of this thread.
    Size first, end, step;
    bool is_first_of_column;
};

__device__ __forceinline__ Columns columns_of_block(Size rows, Size columns, unsigned parts, unsigned lanes) {
    Size groups = (columns + lanes - 1) / lanes;
    Columns own;
    own.part = blockIdx.x / groups;
    own.column = blockIdx.x % groups * lanes + threadIdx.x % lanes;
    own.step = blockDim.x / lanes;
    own.first = rows * own.part / parts + threadIdx.x / lanes;
    own.end = own.column < columns ? rows * (own.part + 1) / parts : 0;
    own.is_first_of_column = threadIdx.x < lanes && own.column < columns;
    return own;
}

// Sums over the threads of each column, for its first thread.
__device__ __forceinline__ float2 column_sums(float2 sums, unsigned lanes) {
    __shared__ float firsts[256], seconds[256];
    firsts[threadIdx.x] = sums.x;
    seconds[threadIdx.x] = sums.y;
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half >= lanes; half /= 2) {
        if (threadIdx.x < half) {
            firsts[threadIdx.x] += firsts[threadIdx.x + half];
            seconds[threadIdx.x] += seconds[threadIdx.x + half];
        }
        __syncthreads();
    }
    return make_float2(firsts[threadIdx.x], seconds[threadIdx.x]);
}

// How many numbers, their mean, and the sum of their squared distances from it.
struct Moments {
    float count, mean, squares;
};

// Those of both. Chan, Golub and LeVeque, 1979.
__device__ __forceinline__ Moments joined(Moments a, Moments b) {
    if (b.count == 0.0f) return a;
    float count = a.count + b.count, distance = b.mean - a.mean, share = b.count / count;
    return {count, a.mean + distance * share, a.squares + b.squares + distance * distance * a.count * share};
}

// Joins the threads of each column, and writes what they found.
__device__ __forceinline__ void give_statistics(Moments own, const Columns& columns, unsigned lanes, Size place, float* means,
                                                float* variances) {
    __shared__ Moments shared[256];
    shared[threadIdx.x] = own;
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half >= lanes; half /= 2) {
        if (threadIdx.x < half) shared[threadIdx.x] = joined(shared[threadIdx.x], shared[threadIdx.x + half]);
        __syncthreads();
    }
    if (!columns.is_first_of_column) return;
    Moments all = shared[threadIdx.x];
    means[place] = all.mean;
    variances[place] = all.squares / all.count;
}

// The mean and the variance of each column in each part of the rows.
extern "C" __global__ void statistics(float* means, float* variances, const Real* from, Size rows, Size columns, unsigned parts,
                                      unsigned lanes) {
    const int AT_ONCE = 8;
    Columns own = columns_of_block(rows, columns, parts, lanes);
    Moments all = {0.0f, 0.0f, 0.0f};
    for (Size row = own.first; row < own.end; row += AT_ONCE * own.step) {
        float x[AT_ONCE], count = 0.0f, sum = 0.0f, squares = 0.0f;
#pragma unroll
        for (int i = 0; i < AT_ONCE; i++) {
            bool is_there = row + i * own.step < own.end;
            x[i] = is_there ? (float)from[(row + i * own.step) * columns + own.column] : 0.0f;
            sum += x[i];
            count += is_there ? 1.0f : 0.0f;
        }
        float mean = sum / count;
#pragma unroll
        for (int i = 0; i < AT_ONCE; i++)
            if (row + i * own.step < own.end) squares += (x[i] - mean) * (x[i] - mean);
        all = joined(all, {count, mean, squares});
    }
    give_statistics(all, own, lanes, own.part * columns + own.column, means, variances);
}

// Those of all rows, from those of the parts.
extern "C" __global__ void joined_statistics(float* mean, float* variance, const float* means, const float* variances, Size rows,
                                             Size columns, unsigned parts, unsigned lanes) {
    Columns own = columns_of_block(parts, columns, 1, lanes);
    Moments all = {0.0f, 0.0f, 0.0f};
    for (Size part = own.first; part < own.end; part += own.step) {
        float count = (float)(rows * (part + 1) / parts - rows * part / parts);
        Size at = part * columns + own.column;
        all = joined(all, {count, means[at], variances[at] * count});
    }
    give_statistics(all, own, lanes, own.column, mean, variance);
}

// Moves two averages towards a batch.
extern "C" __global__ void moved_towards(float* first, float* second, const float* first_average, const float* second_average,
                                         const float* first_batch, const float* second_batch, float momentum, Size count) {
    FOR_EACH(i, count);
    first[i] = first_average[i] * momentum + first_batch[i] * (1.0f - momentum);
    second[i] = second_average[i] * momentum + second_batch[i] * (1.0f - momentum);
}

// What normalizing does to the numbers of a column.
struct Line {
    float scale, factor, shift;
};

__device__ __forceinline__ Line line_of(float mean, float variance, float gamma, float beta, float epsilon) {
    float scale = 1.0f / sqrtf(variance + epsilon);
    return {scale, scale * gamma, beta - mean * (scale * gamma)};
}

// Those of neighboring columns.
template <int COUNT>
struct Lines {
    Line of[COUNT];
    float mean[COUNT];
};

template <int COUNT>
__device__ __forceinline__ Lines<COUNT> lines_of(unsigned column, const float* mean, const float* variance, const float* gamma,
                                                 const float* beta, float epsilon) {
    Lines<COUNT> lines;
    float variances[COUNT], gammas[COUNT], betas[COUNT];
#pragma unroll
    for (int k = 0; k < COUNT; k++) {
        gammas[k] = 1.0f;
        betas[k] = 0.0f;
    }
    read_floats(lines.mean, mean + column);
    read_floats(variances, variance + column);
    if (gamma) read_floats(gammas, gamma + column);
    if (beta) read_floats(betas, beta + column);
#pragma unroll
    for (int k = 0; k < COUNT; k++) lines.of[k] = line_of(lines.mean[k], variances[k], gammas[k], betas[k], epsilon);
    return lines;
}

// A thread for COUNT neighboring numbers of some rows, which goes on with the other rows: `stride` numbers further.
template <int COUNT>
__device__ __forceinline__ void normalize(Real* to, const Real* from, const float* mean, const float* variance, const float* gamma,
                                          const float* beta, float epsilon, int relu, unsigned columns, Size stride, Size count) {
    const int AT_ONCE = 2;
    Size i = ((Size)blockIdx.x * blockDim.x + threadIdx.x) * COUNT;
    if (i >= stride) return;
    Lines<COUNT> lines = lines_of<COUNT>(i % columns, mean, variance, gamma, beta, epsilon);
    for (; i < count; i += AT_ONCE * stride) {
        float x[AT_ONCE][COUNT];
#pragma unroll
        for (int ahead = 0; ahead < AT_ONCE; ahead++)
            if (i + ahead * stride < count) read(x[ahead], from + i + ahead * stride);
#pragma unroll
        for (int ahead = 0; ahead < AT_ONCE; ahead++) {
            if (i + ahead * stride >= count) break;
#pragma unroll
            for (int k = 0; k < COUNT; k++) {
                float y = x[ahead][k] * lines.of[k].factor + lines.of[k].shift;
                x[ahead][k] = relu && y < 0.0f ? 0.0f : y;
            }
            write(to + i + ahead * stride, x[ahead]);
        }
    }
}

#define NORMALIZE_BATCH(name, COUNT)                                                                                                   \
    extern "C" __global__ void name(Real* to, const Real* from, const float* mean, const float* variance, const float* gamma,          \
                                    const float* beta, float epsilon, int relu, unsigned columns, Size stride, Size count) {           \
        normalize<COUNT>(to, from, mean, variance, gamma, beta, epsilon, relu, columns, stride, count);                                \
    }

NORMALIZE_BATCH(normalize_batch, 1)
NORMALIZE_BATCH(normalize_batch_wide, WIDE)

// The gradient before a relu, if there is one behind `line`.
__device__ __forceinline__ float before_relu(float gradient, float x, const Line& line, int relu) {
    return relu && !(x * line.factor + line.shift > 0.0f) ? 0.0f : gradient;
}

// The sums of each column over a part of the rows: of the gradient, and of its products with
// normalized numbers; each to its place, unless that is null. `numbers` gives both at a place.
template <class Numbers>
__device__ __forceinline__ void gradient_sums(float* sums, int fresh, float* products, int fresh_products, Size columns, unsigned lanes,
                                              const Columns& own, Numbers numbers) {
    const int AT_ONCE = 4;
    float2 all = make_float2(0.0f, 0.0f);
    for (Size row = own.first; row < own.end; row += AT_ONCE * own.step) {
        float2 both[AT_ONCE];
#pragma unroll
        for (int k = 0; k < AT_ONCE; k++) {
            Size at = row + k * own.step;
            both[k] = at < own.end ? numbers(at, at * columns + own.column) : make_float2(0.0f, 0.0f);
        }
#pragma unroll
        for (int k = 0; k < AT_ONCE; k++) {
            all.x += both[k].x;
            all.y += both[k].x * both[k].y;
        }
    }
    all = column_sums(all, lanes);
    if (!own.is_first_of_column) return;
    Size place = own.part * columns + own.column;
    if (sums) give(sums + place, all.x, fresh);
    if (products) give(products + place, all.y, fresh_products);
}

extern "C" __global__ void batch_sums(float* sums, float* products, const Real* gradient, const Real* from, const float* mean,
                                      const float* variance, const float* gamma, const float* beta, float epsilon, int relu, Size rows,
                                      Size columns, unsigned parts, unsigned lanes) {
    Columns own = columns_of_block(rows, columns, parts, lanes);
    Lines<1> lines = lines_of<1>(own.column < columns ? own.column : 0, mean, variance, gamma, beta, epsilon);
    Line line = lines.of[0];
    float center = lines.mean[0];
    gradient_sums(sums, 1, products, 1, columns, lanes, own, [=](Size, Size at) {
        float x = from[at];
        return make_float2(before_relu(gradient[at], x, line, relu), (x - center) * line.scale);
    });
}

// `measured`: for each row its origin and its scale; see `measure`.
extern "C" __global__ void row_sums(float* sums, int fresh, float* products, int fresh_products, const Real* gradient,
                                    const Real* from, const float* measured, int is_centered, Size rows, Size columns, unsigned parts,
                                    unsigned lanes) {
    Columns own = columns_of_block(rows, columns, parts, lanes);
    gradient_sums(sums, fresh, products, fresh_products, columns, lanes, own, [=](Size row, Size at) {
        float normalized = products ? (from[at] - (is_centered ? measured[2 * row] : 0.0f)) * measured[2 * row + 1] : 0.0f;
        return make_float2(gradient[at], normalized);
    });
}

// The sums over all parts: blocks with y = 0 those of the gradient, with y = 1 those of products.
extern "C" __global__ void joined_sums(float* sums, int fresh, float* products, int fresh_products, const float* parts_of_sums,
                                       const float* parts_of_products, Size columns, unsigned parts, unsigned lanes) {
    float* to = blockIdx.y ? products : sums;
    const float* from = blockIdx.y ? parts_of_products : parts_of_sums;
    if (!to) return;
    Columns own = columns_of_block(parts, columns, 1, lanes);
    float2 all = make_float2(0.0f, 0.0f);
    for (Size part = own.first; part < own.end; part += own.step) all.x += from[part * columns + own.column];
    all = column_sums(all, lanes);
    if (own.is_first_of_column) give(to + own.column, all.x, blockIdx.y ? fresh_products : fresh);
}

// The gradients of what went into `normalize_batch`, each unless it is null. `share`: of a number in the
// statistics of its column.
template <int COUNT>
__device__ __forceinline__ void slopes(Real* to, int fresh, float* of_gamma, int fresh_gamma, float* of_beta, int fresh_beta,
                                       const Real* gradient, const Real* from, const float* mean, const float* variance,
                                       const float* gamma, const float* beta, const float* sums, const float* products, float epsilon,
                                       int relu, float share, unsigned columns, Size stride, Size count) {
    Size i = ((Size)blockIdx.x * blockDim.x + threadIdx.x) * COUNT;
    if (i >= stride) return;
    unsigned column = i % columns;
    float shift[COUNT], slope[COUNT];
    read_floats(shift, sums + column);
    read_floats(slope, products + column);
    if (i < columns) {
#pragma unroll
        for (int k = 0; k < COUNT; k++) {
            if (of_gamma) give(of_gamma + i + k, slope[k], fresh_gamma);
            if (of_beta) give(of_beta + i + k, shift[k], fresh_beta);
        }
    }
    if (!to) return;
    Lines<COUNT> lines = lines_of<COUNT>(column, mean, variance, gamma, beta, epsilon);
#pragma unroll
    for (int k = 0; k < COUNT; k++) {
        shift[k] *= share;
        slope[k] *= share * lines.of[k].scale;
    }
    for (; i < count; i += stride) {
        float x[COUNT], part[COUNT];
        read(x, from + i);
        read(part, gradient + i);
#pragma unroll
        for (int k = 0; k < COUNT; k++) {
            float g = before_relu(part[k], x[k], lines.of[k], relu);
            part[k] = lines.of[k].factor * (g - shift[k] - (x[k] - lines.mean[k]) * slope[k]);
        }
        give(to + i, part, fresh);
    }
}

#define BATCH_SLOPES(name, COUNT)                                                                                                      \
    extern "C" __global__ void name(Real* to, int fresh, float* of_gamma, int fresh_gamma, float* of_beta, int fresh_beta,             \
                                    const Real* gradient, const Real* from, const float* mean, const float* variance,                  \
                                    const float* gamma, const float* beta, const float* sums, const float* products, float epsilon,    \
                                    int relu, float share, unsigned columns, Size stride, Size count) {                                \
        slopes<COUNT>(to, fresh, of_gamma, fresh_gamma, of_beta, fresh_beta, gradient, from, mean, variance, gamma, beta, sums,        \
                      products, epsilon, relu, share, columns, stride, count);                                                         \
    }

BATCH_SLOPES(batch_slopes, 1)
BATCH_SLOPES(batch_slopes_wide, WIDE)

// As `RowStatistics`.
enum { MEAN_AND_VARIANCE, VARIANCE, MEAN_SQUARE, SUM_OF_SQUARES };

// What a row is measured from, and what it is multiplied by: for `measured`.
__device__ __forceinline__ float2 measure(const Real* from, const Row& row, int how, float epsilon) {
    float origin = 0.0f, squares = 0.0f, count = (float)row.length;
    if (how == MEAN_AND_VARIANCE || how == VARIANCE) {
        EACH_OF(row, k, at) origin += from[at];
        origin = team_sum(origin, row) / count;
    }
    EACH_OF(row, k, at) squares += (from[at] - origin) * (from[at] - origin);
    squares = team_sum(squares, row);
    float scale = how == SUM_OF_SQUARES ? fminf(1.0f / sqrtf(squares), 1.0f / epsilon) : 1.0f / sqrtf(squares / count + epsilon);
    return make_float2(origin, scale);
}

extern "C" __global__ void normalize_rows(Real* to, float* measured, const Real* from, const float* gamma, const float* beta, int how,
                                          float epsilon, Size rows, Size length, unsigned team) {
    Row row = row_of_team(rows, length, 1, team);
    float2 own = measure(from, row, how, epsilon);
    float center = how == MEAN_AND_VARIANCE ? own.x : 0.0f;
    if (row.first == 0 && row.length > 0) {
        measured[2 * row.number] = own.x;
        measured[2 * row.number + 1] = own.y;
    }
    EACH_OF(row, k, at) {
        float y = (from[at] - center) * own.y;
        if (gamma) y *= gamma[k];
        if (beta) y += beta[k];
        to[at] = y;
    }
}

extern "C" __global__ void row_slopes(Real* to, const Real* gradient, const Real* from, const float* measured, const float* gamma,
                                      int how, float epsilon, Size rows, Size length, unsigned team, int fresh) {
    Row row = row_of_team(rows, length, 1, team);
    bool is_there = row.length > 0;
    float origin = is_there ? measured[2 * row.number] : 0.0f, scale = is_there ? measured[2 * row.number + 1] : 0.0f;
    float center = how == MEAN_AND_VARIANCE ? origin : 0.0f, count = (float)length;
    // How the scale depends on the numbers, and the center.
    float product = 0.0f, sum = 0.0f;
    EACH_OF(row, k, at) {
        float g = gamma ? gradient[at] * gamma[k] : (float)gradient[at];
        product += g * (from[at] - center);
        sum += g;
    }
    product = team_sum(product, row);
    sum = team_sum(sum, row);
    float share = how != SUM_OF_SQUARES ? 1.0f / count : scale >= 1.0f / epsilon ? 0.0f : 1.0f;
    float slope = scale * scale * scale * product * share;
    float shift = how == MEAN_AND_VARIANCE ? scale * sum / count : 0.0f;
    EACH_OF(row, k, at) {
        float g = gamma ? gradient[at] * gamma[k] : (float)gradient[at];
        give(to + at, scale * g - (from[at] - origin) * slope - shift, fresh);
    }
}
