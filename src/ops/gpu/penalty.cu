// What regularizers add to a loss.

// For each block l1 times the sum of sizes and l2 times the sum of squares of some numbers.
extern "C" __global__ void penalty(float* to, const float* x, float l1, float l2, Size count) {
    float sum = 0.0f;
    for (Size i = (Size)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += (Size)gridDim.x * blockDim.x)
        sum += l1 * fabsf(x[i]) + l2 * x[i] * x[i];
    sum = together<false>(sum, blockDim.x);
    if (threadIdx.x == 0) to[blockIdx.x] = sum;
}

extern "C" __global__ void penalty_slope(float* to, const float* gradient, const float* x, float l1, float l2, Size count, int fresh) {
    FOR_EACH(i, count);
    float direction = (float)((x[i] > 0.0f) - (x[i] < 0.0f));
    give(to + i, (l1 * direction + 2.0f * l2 * x[i]) * *gradient, fresh);
}

// Lines of length 1, and what they were multiplied by.
extern "C" __global__ void unit_lines(float* unit, float* factors, const float* x, Size lines, Size length, Size inner, unsigned team) {
    Row row = row_of_team(lines, length, inner, team);
    float squares = 0.0f;
    EACH_OF(row, k, at) squares += x[at] * x[at];
    float norm = sqrtf(team_sum(squares, row)), factor = 1.0f / (norm < 1e-10f ? 1e-10f : norm);
    EACH_OF(row, k, at) unit[at] = x[at] * factor;
    if (row.length > 0 && row.first == 0) factors[row.number] = factor;
}

// One block: the sizes of the cosines of different lines, each pair once.
extern "C" __global__ void sum_of_cosines(float* to, const float* cosines, unsigned lines, float share) {
    float sum = 0.0f;
    for (Size i = threadIdx.x; i < (Size)lines * lines; i += blockDim.x) sum += i % lines < i / lines ? fabsf(cosines[i]) : 0.0f;
    sum = together<false>(sum, blockDim.x);
    if (threadIdx.x == 0) *to = sum * share;
}

extern "C" __global__ void signs_of_cosines(float* cosines, unsigned lines, Size count) {
    FOR_EACH(i, count);
    float cosine = i % lines == i / lines ? 0.0f : cosines[i];
    cosines[i] = (float)((cosine > 0.0f) - (cosine < 0.0f));
}

// From gradients of lines of length 1 to those of the lines: what would make one longer does nothing.
extern "C" __global__ void slopes_of_lines(float* to, const float* gradient, const float* of_unit, const float* unit, const float* factors,
                                           float share, Size lines, Size length, Size inner, unsigned team, int fresh) {
    Row row = row_of_team(lines, length, inner, team);
    float along = 0.0f;
    EACH_OF(row, k, at) along += of_unit[at] * unit[at];
    along = team_sum(along, row);
    EACH_OF(row, k, at) give(to + at, (of_unit[at] - along * unit[at]) * factors[row.number] * share * *gradient, fresh);
}
