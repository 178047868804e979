// Softmax, its logarithm and sparsemax of rows, as `softmax.rs` has them on the processor.

extern "C" __global__ void softmax(float* to, const float* from, Size rows, Size length, Size inner, unsigned team) {
    Row row = row_of_team(rows, length, inner, team);
    float largest = -INFINITY, sum = 0.0f;
    EACH_OF(row, k, at) largest = larger(largest, from[at]);
    largest = team_max(largest, row);
    EACH_OF(row, k, at) sum += settled(expf(from[at] - largest));
    sum = team_sum(sum, row);
    EACH_OF(row, k, at) to[at] = settled(expf(from[at] - largest)) / sum;
}

extern "C" __global__ void softmax_slope(float* to, const float* gradient, const float* result, Size rows, Size length, Size inner,
                                         unsigned team, int fresh) {
    Row row = row_of_team(rows, length, inner, team);
    float dot = 0.0f;
    EACH_OF(row, k, at) dot += result[at] * gradient[at];
    dot = team_sum(dot, row);
    EACH_OF(row, k, at) give(to + at, result[at] * (gradient[at] - dot), fresh);
}

extern "C" __global__ void log_softmax(float* to, const float* from, Size rows, Size length, Size inner, unsigned team) {
    Row row = row_of_team(rows, length, inner, team);
    float largest = -INFINITY, sum = 0.0f;
    EACH_OF(row, k, at) largest = larger(largest, from[at]);
    largest = team_max(largest, row);
    // All minus infinity, or an infinity or NaN: let it show.
    bool is_finite = fabsf(largest) < INFINITY;
    EACH_OF(row, k, at) sum += is_finite ? expf(from[at] - largest) : from[at];
    sum = team_sum(sum, row);
    float log_sum = is_finite ? largest + logf(sum) : sum;
    EACH_OF(row, k, at) to[at] = from[at] - log_sum;
}

extern "C" __global__ void log_softmax_slope(float* to, const float* gradient, const float* result, Size rows, Size length, Size inner,
                                             unsigned team, int fresh) {
    Row row = row_of_team(rows, length, inner, team);
    float sum = 0.0f;
    EACH_OF(row, k, at) sum += gradient[at];
    sum = team_sum(sum, row);
    EACH_OF(row, k, at) give(to + at, gradient[at] - expf(result[at]) * sum, fresh);
}

// Without sorting: what is not above the level that would bring the sum to 1 is left out, which raises
// the level, until nothing more is left out (Michelot, 1986).
extern "C" __global__ void sparsemax(float* to, const float* from, Size rows, Size length, Size inner, unsigned team) {
    Row row = row_of_team(rows, length, inner, team);
    float kept = (float)length, sum = 0.0f;
    EACH_OF(row, k, at) sum += from[at];
    float level = (team_sum(sum, row) - 1.0f) / kept;
    // All teams of a warp go on until the last is done.
    for (bool goes_on = true; goes_on;) {
        float above = 0.0f;
        sum = 0.0f;
        EACH_OF(row, k, at) {
            // Not `>`, so that NaN shows.
            if (from[at] <= level) continue;
            above += 1.0f;
            sum += from[at];
        }
        above = team_sum(above, row);
        sum = team_sum(sum, row);
        bool changed = above < kept && above > 0.0f;
        if (changed) {
            level = (sum - 1.0f) / above;
            kept = above;
        }
        goes_on = together<true>(changed ? 1.0f : 0.0f, team > 32 ? team : 32) > 0.0f;
    }
    EACH_OF(row, k, at) {
        float share = from[at] - level;
        to[at] = share < 0.0f ? 0.0f : share;
    }
}

extern "C" __global__ void sparsemax_slope(float* to, const float* gradient, const float* result, Size rows, Size length, Size inner,
                                           unsigned team, int fresh) {
    Row row = row_of_team(rows, length, inner, team);
    float above = 0.0f, sum = 0.0f;
    EACH_OF(row, k, at) {
        if (!(result[at] > 0.0f)) continue;
        above += 1.0f;
        sum += gradient[at];
    }
    above = team_sum(above, row);
    float mean = team_sum(sum, row) / (above > 0.0f ? above : 1.0f);
    EACH_OF(row, k, at) give(to + at, result[at] > 0.0f ? gradient[at] - mean : 0.0f, fresh);
}
