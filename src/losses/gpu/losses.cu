// Values of losses, one for each row of predictions, and their slopes.

// The mean of a function of target `t` and prediction `p`.
#define PAIRS(name, value_of_pair, slope_of_pair)                                     \
    ROWS(name, EACH_OF(row, i) {                                                      \
        float t = row.target(i), p = row.prediction(i);                               \
        value += value_of_pair;                                                       \
        if (row.slopes) row.slopes[i] = (slope_of_pair) / (float)row.width;           \
    } value = row_sum(row, value) / (float)row.width)

#define EPSILON 1e-7f

__device__ __forceinline__ float square(float x) { return x * x; }
__device__ __forceinline__ float sign(float x) { return (float)((x > 0.0f) - (x < 0.0f)) + (x != x ? x : 0.0f); }
__device__ __forceinline__ float above(float x, float least) { return x < least ? least : x; }
__device__ __forceinline__ float within(float x, float low, float high) { return x < low ? low : x > high ? high : x; }
__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }
__device__ __forceinline__ float softplus(float x) { return (x < 0.0f ? 0.0f : x) + log1pf(expf(-fabsf(x))); }
__device__ __forceinline__ float logarithm_plus_1(float x) { return logf(above(x, EPSILON) + 1.0f); }
__device__ __forceinline__ float huber(float distance, float delta) {
    return fabsf(distance) <= delta ? 0.5f * distance * distance : fabsf(distance) * delta - 0.5f * delta * delta;
}
__device__ __forceinline__ float huber_slope(float distance, float delta) { return fabsf(distance) <= delta ? distance : sign(distance) * delta; }
__device__ __forceinline__ float missing(float t, float p) { return 1.0f - t * p < 0.0f ? 0.0f : 1.0f - t * p; }
__device__ __forceinline__ float binary(float t, float p) {
    p = within(p, EPSILON, 1.0f - EPSILON);
    return -(t * logf(p) + (1.0f - t) * logf(1.0f - p));
}
__device__ __forceinline__ float binary_slope(float t, float p) {
    return p == within(p, EPSILON, 1.0f - EPSILON) ? (1.0f - t) / (1.0f - p) - t / p : 0.0f;
}

PAIRS(mean_squared_error, square(p - t), 2.0f * (p - t))
PAIRS(mean_absolute_error, fabsf(p - t), sign(p - t))
PAIRS(mean_absolute_percentage_error, fabsf(p - t) * (100.0f / above(fabsf(t), EPSILON)), sign(p - t) * (100.0f / above(fabsf(t), EPSILON)))
PAIRS(mean_squared_logarithmic_error, square(logarithm_plus_1(p) - logarithm_plus_1(t)),
      p > EPSILON ? 2.0f * (logarithm_plus_1(p) - logarithm_plus_1(t)) / (p + 1.0f) : 0.0f)
PAIRS(huber_loss, huber(p - t, a), huber_slope(p - t, a))
PAIRS(log_cosh, fabsf(p - t) + log1pf(expf(-2.0f * fabsf(p - t))) - 0.69314718f, tanhf(p - t))
PAIRS(poisson, p - t * logf(p + EPSILON), 1.0f - t / (p + EPSILON))
PAIRS(hinge, missing(t, p), missing(t, p) > 0.0f ? -t : 0.0f)
PAIRS(squared_hinge, square(missing(t, p)), -2.0f * t * missing(t, p))
// a keeps that much of a target and b is added to it.
PAIRS(binary_crossentropy, binary(t * a + b, p), binary_slope(t * a + b, p))
PAIRS(binary_crossentropy_of_logits, softplus(p) - p * (t * a + b), sigmoid(p) - (t * a + b))

ROWS(kl_divergence, EACH_OF(row, i) {
    float t = within(row.target(i), EPSILON, 1.0f), p = row.prediction(i), inside = within(p, EPSILON, 1.0f);
    value += t * logf(t / inside);
    if (row.slopes) row.slopes[i] = inside == p ? -t / inside : 0.0f;
} value = row_sum(row, value))

// What class `i` counts: of one true class (d not 0; c with a flag b is the class that counts nothing), or of
// a distribution, of which `a` is kept and `b` added to each.
__device__ __forceinline__ float share_of(const Compared& row, unsigned i, float a, float b, float c, float d) {
    if (d != 0.0f) return (b != 0.0f && row.target(0) == c) || (unsigned)row.target(0) != i ? 0.0f : 1.0f;
    return row.target(i) * a + b;
}

// log(sum of exp) of a row; infinite or NaN when a number is.
__device__ __forceinline__ float largest_of(const Compared& row) {
    float largest = -INFINITY;
    EACH_OF(row, i) largest = larger(row.prediction(i), largest);
    return row_max(row, largest);
}

ROWS(crossentropy_of_logits, float largest = largest_of(row); float sum = 0.0f; EACH_OF(row, i) sum += expf(row.prediction(i) - largest);
     sum = row_sum(row, sum); float log_sum = largest + logf(sum); float total = 0.0f; EACH_OF(row, i) {
         float share = share_of(row, i, a, b, c, d);
         total += share;
         // An infinite score of a class that counts nothing does no harm.
         if (share != 0.0f) value += share * (log_sum - row.prediction(i));
     } value = row_sum(row, value);
     total = row_sum(row, total); if (row.slopes) EACH_OF(row, i) row.slopes[i] =
         settled(expf(row.prediction(i) - largest)) / sum * total - share_of(row, i, a, b, c, d))

ROWS(crossentropy_of_probabilities, float sum = 0.0f; EACH_OF(row, i) sum += row.prediction(i); sum = row_sum(row, sum); float inside = 0.0f;
     EACH_OF(row, i) {
         float share = share_of(row, i, a, b, c, d), p = row.prediction(i) / sum, clipped = within(p, EPSILON, 1.0f - EPSILON);
         if (share != 0.0f) value -= share * logf(clipped);
         if (share != 0.0f && p == clipped) inside += share;
         if (row.slopes) row.slopes[i] = share != 0.0f && p == clipped ? -share / row.prediction(i) : 0.0f;
     } value = row_sum(row, value);
     inside = row_sum(row, inside); if (row.slopes) EACH_OF(row, i) row.slopes[i] += inside / sum)

// A factor `rest^gamma`, of what is missing to certainty, and its slope in `rest`.
__device__ __forceinline__ float modulation(float rest, float gamma) { return powf(above(rest, 0.0f), gamma); }
__device__ __forceinline__ float modulation_slope(float rest, float gamma) {
    // Where nothing is missing, a slope of gamma below 1 would be infinite.
    return rest > 0.0f ? gamma * powf(rest, gamma - 1.0f) : 0.0f;
}

// a is the label smoothing, b gamma, c alpha, or negative where classes are not balanced.
__device__ __forceinline__ float focal_target(float t, float a) { return t * (1.0f - a) + 0.5f * a; }
__device__ __forceinline__ float focal_weight(float t, float c) { return c < 0.0f ? 1.0f : t * c + (1.0f - t) * (1.0f - c); }
__device__ __forceinline__ float focal(float t, float p, float a, float b, float c) {
    t = focal_target(t, a);
    float right = t * p + (1.0f - t) * (1.0f - p);
    return focal_weight(t, c) * modulation(1.0f - right, b) * binary(t, p);
}
__device__ __forceinline__ float focal_slope(float t, float p, float a, float b, float c) {
    t = focal_target(t, a);
    float rest = 1.0f - (t * p + (1.0f - t) * (1.0f - p));
    float slope = modulation(rest, b) * binary_slope(t, p) - modulation_slope(rest, b) * (2.0f * t - 1.0f) * binary(t, p);
    return focal_weight(t, c) * slope;
}
PAIRS(binary_focal, focal(t, p, a, b, c), focal_slope(t, p, a, b, c))
PAIRS(binary_focal_of_logits, focal(t, sigmoid(p), a, b, c), focal_slope(t, sigmoid(p), a, b, c) * sigmoid(p) * (1.0f - sigmoid(p)))

// a is the label smoothing, b what it adds to each class, c gamma, d alpha unless there is one for each class.
__device__ __forceinline__ float focal_of_classes(const Compared& row, bool logits, float a, float b, float c, float d) {
    float largest = logits ? largest_of(row) : 0.0f, total = 0.0f;
    if (logits) {
        EACH_OF(row, i) total += expf(row.prediction(i) - largest);
        total = row_sum(row, total);
    }
    float sum = 0.0f;
    EACH_OF(row, i) sum += logits ? settled(expf(row.prediction(i) - largest)) / total : row.prediction(i);
    sum = row_sum(row, sum);
    float value = 0.0f, inner = 0.0f;
    EACH_OF(row, i) {
        float p = logits ? settled(expf(row.prediction(i) - largest)) / total : row.prediction(i);
        float share = p / sum, clipped = within(share, EPSILON, 1.0f - EPSILON);
        float weight = (row.each ? row.each[i] : d) * (row.target(i) * (1.0f - a) + b);
        float factor = modulation(1.0f - clipped, c);
        value -= weight * factor * logf(clipped);
        if (row.slopes) {
            float slope = share == clipped ? weight * (modulation_slope(1.0f - clipped, c) * logf(clipped) - factor / clipped) : 0.0f;
            row.slopes[i] = slope;
            inner += slope * share;
        }
    }
    inner = row_sum(row, inner);
    // Through the division by the sum, and through softmax, whose probabilities sum to one.
    if (row.slopes) EACH_OF(row, i) {
        float p = logits ? settled(expf(row.prediction(i) - largest)) / total : 1.0f;
        row.slopes[i] = (row.slopes[i] - inner) / sum * p;
    }
    return row_sum(row, value);
}
ROWS(categorical_focal, value = focal_of_classes(row, false, a, b, c, d))
ROWS(categorical_focal_of_logits, value = focal_of_classes(row, true, a, b, c, d))

// One less the share of what overlaps. a weighs what is missed, b what is predicted in vain; c is added to the total.
ROWS(tversky, float overlap = 0.0f, of_targets = 0.0f, of_predictions = 0.0f; EACH_OF(row, i) {
    overlap += row.target(i) * row.prediction(i);
    of_targets += row.target(i);
    of_predictions += row.prediction(i);
} overlap = row_sum(row, overlap);
     of_targets = row_sum(row, of_targets); of_predictions = row_sum(row, of_predictions);
     float apart = a * (of_targets - overlap) + b * (of_predictions - overlap) + c, total = overlap + apart, share = overlap / total;
     value = apart / total; if (row.slopes) EACH_OF(row, i) {
         float t = row.target(i);
         row.slopes[i] = (share * (t - a * t + b * (1.0f - t)) - t) / total;
     })

__device__ __forceinline__ float scale_of(float squares) {
    float scale = 1.0f / sqrtf(squares);
    return scale < 1.0f / EPSILON ? scale : 1.0f / EPSILON;
}
ROWS(cosine_similarity, float of_target = 0.0f, of_prediction = 0.0f; EACH_OF(row, i) {
    of_target += square(row.target(i));
    of_prediction += square(row.prediction(i));
} of_target = scale_of(row_sum(row, of_target));
     of_prediction = scale_of(row_sum(row, of_prediction)); float cosine = 0.0f; EACH_OF(row, i) cosine +=
     row.target(i) * of_target * (row.prediction(i) * of_prediction);
     cosine = row_sum(row, cosine); value = -cosine;
     // A vector that is too short has a scale that does not depend on it.
     float turned = of_prediction < 1.0f / EPSILON ? cosine : 0.0f; if (row.slopes) EACH_OF(row, i) row.slopes[i] =
         -(row.target(i) * of_target - turned * row.prediction(i) * of_prediction) * of_prediction)

ROWS(categorical_hinge, float right = 0.0f, wrong = -INFINITY; EACH_OF(row, i) {
    float t = row.target(i), p = row.prediction(i);
    right += t * p;
    wrong = larger((1.0f - t) * p, wrong);
} right = row_sum(row, right);
     wrong = row_max(row, wrong); float first = -INFINITY; EACH_OF(row, i) {
         // Of several the first; negative, because there is the largest alone.
         if ((1.0f - row.target(i)) * row.prediction(i) == wrong) first = larger(-(float)i, first);
     } first = row_max(row, first);
     value = wrong - right + 1.0f; bool misses = !(value <= 0.0f); if (!misses) value = 0.0f; if (row.slopes) EACH_OF(row, i) {
         float t = row.target(i);
         row.slopes[i] = !misses ? 0.0f : -(float)i == first ? 1.0f - 2.0f * t : -t;
     })

// a is q.
ROWS(generalized_crossentropy, if (row.width > 0) {
    unsigned class_of_row = (unsigned)row.target(0);
    float p = row.prediction(class_of_row);
    value = (1.0f - powf(p, a)) / a;
    if (row.slopes) EACH_OF(row, i) row.slopes[i] = i == class_of_row ? -powf(p, a - 1.0f) : 0.0f;
})

// Slopes times the gradient of their row, to where they belong.
extern "C" __global__ void give_rows(float* to, const float* slopes, const float* gradient, const float* starts, const float* steps,
                                     unsigned width, Size count, int fresh) {
    FOR_EACH(i, count);
    Size row = i / width, place = starts ? (Size)starts[row] + (Size)steps[i % width] : i;
    give(to + place, slopes[i] * gradient[row], fresh);
}

// For each block the sum of some values, each times its weight if there are any, times `share`.
extern "C" __global__ void weighted_sum(float* to, const float* values, const float* weights, float share, Size count) {
    float sum = 0.0f;
    for (Size i = (Size)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += (Size)gridDim.x * blockDim.x)
        sum += weights ? values[i] * weights[i] : values[i];
    sum = together<false>(sum, blockDim.x);
    if (threadIdx.x == 0) to[blockIdx.x] = share == 0.0f ? 0.0f : sum * share;
}

extern "C" __global__ void weighted_sum_slope(float* to, const float* gradient, const float* weights, float share, Size count, int fresh) {
    FOR_EACH(i, count);
    give(to + i, (weights ? weights[i] : 1.0f) * share * *gradient, fresh);
}
