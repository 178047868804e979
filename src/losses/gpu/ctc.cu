// Connectionist temporal classification, as `ctc.rs` has it on the processor; a block for each sequence. Sums of
// probabilities are kept as logarithms, in double precision: a few hundred steps multiply as many of them.

#define NEVER -1e5

// What all ways of spelling the labels up to one amount to: those that end in a blank, and those that end in it.
struct Spelled {
    double *blank, *label;
};

// A sequence of a block. `work`: for each step and one more `2 * longest + 1` numbers, then as many twice, then one for
// each step.
struct Sequence {
    const float *labels, *scores;
    double* work;
    unsigned steps, classes, longest, length;

    __device__ __forceinline__ Spelled spelled(unsigned step) const {
        double* at = work + (Size)step * (2 * longest + 1);
        return {at, at + longest + 1};
    }
    __device__ __forceinline__ double* totals() const { return work + (Size)(steps + 3) * (2 * longest + 1); }
    __device__ __forceinline__ unsigned label(unsigned i) const { return (unsigned)labels[i]; }
    __device__ __forceinline__ double logarithm(unsigned step, unsigned of_class) const {
        return (double)scores[(Size)step * classes + of_class] - totals()[step];
    }
    __device__ __forceinline__ bool repeats(unsigned i) const { return i + 1 < length && label(i + 1) == label(i); }
};

__device__ __forceinline__ double either(double a, double b) {
    double high = a > b ? a : b, low = a > b ? b : a;
    return high + log1p(exp(low - high));
}

__device__ __forceinline__ double unless(bool forbidden) { return forbidden ? NEVER : 0.0; }

// From where the label after the first `i` can start.
__device__ __forceinline__ double start_of(const Sequence& all, const Spelled& before, unsigned i) {
    return i == 0 ? before.blank[0] : either(before.blank[i], before.label[i - 1] + unless(all.repeats(i - 1)));
}

__device__ __forceinline__ void spell(const Sequence& all, unsigned step) {
    Spelled before = all.spelled(step), after = all.spelled(step + 1);
    double blank = all.logarithm(step, 0);
    for (unsigned i = threadIdx.x; i <= all.length; i += blockDim.x) {
        double start = start_of(all, before, i);
        if (i < all.length) after.label[i] = all.logarithm(step, all.label(i)) + either(start, before.label[i]);
        after.blank[i] = start + blank;
        if (i > 0) after.blank[i] = either(after.blank[i], before.label[i - 1] + blank + unless(!all.repeats(i - 1)));
    }
}

// What the start of label `i` hands back.
__device__ __forceinline__ double slope_of_start(const Sequence& all, const Spelled& before, const Spelled& after,
                                                 const Spelled& slopes, unsigned step, unsigned i) {
    double start = start_of(all, before, i);
    double slope = i == 0 ? slopes.blank[0] : slopes.blank[i] * exp(start + all.logarithm(step, 0) - after.blank[i]);
    if (i < all.length) slope += slopes.label[i] * exp(start - (after.label[i] - all.logarithm(step, all.label(i))));
    return slope;
}

__device__ __forceinline__ void unspell(const Sequence& all, unsigned step, const Spelled& slopes, const Spelled& to) {
    Spelled before = all.spelled(step), after = all.spelled(step + 1);
    double blank = all.logarithm(step, 0);
    for (unsigned i = threadIdx.x; i <= all.length; i += blockDim.x) {
        double of_start = slope_of_start(all, before, after, slopes, step, i);
        to.blank[i] = i == 0 ? of_start : of_start * exp(before.blank[i] - start_of(all, before, i));
        if (i == all.length) continue;
        double stayed = before.label[i] + blank + unless(!all.repeats(i));
        double slope = slopes.blank[i + 1] * exp(stayed - after.blank[i + 1]);
        slope += slopes.label[i] * exp(before.label[i] - (after.label[i] - all.logarithm(step, all.label(i))));
        double next = slope_of_start(all, before, after, slopes, step, i + 1);
        to.label[i] = slope + next * exp(before.label[i] + unless(all.repeats(i)) - start_of(all, before, i + 1));
    }
}

extern "C" __global__ void __launch_bounds__(128) ctc(float* values, float* slopes, const float* scores, const float* labels, float* work, Size of_sequence,
                               unsigned steps, unsigned classes, unsigned longest) {
    Size number = blockIdx.x, size = (Size)steps * classes;
    Sequence all = {labels + number * longest, scores + number * size, (double*)work + number * of_sequence, steps, classes, longest, 0};
    for (unsigned i = 0; i < longest; i++) all.length += all.labels[i] != 0.0f;
    for (unsigned step = threadIdx.x; step < steps; step += blockDim.x) {
        const float* at = all.scores + (Size)step * classes;
        float largest = -INFINITY;
        for (unsigned i = 0; i < classes; i++) largest = larger(at[i], largest);
        float sum = 0.0f;
        for (unsigned i = 0; i < classes; i++) sum += expf(at[i] - largest);
        all.totals()[step] = (double)(largest + logf(sum));
    }
    Spelled first = all.spelled(0);
    for (unsigned i = threadIdx.x; i <= all.length; i += blockDim.x) {
        first.blank[i] = i == 0 ? 0.0 : NEVER;
        if (i < all.length) first.label[i] = NEVER;
    }
    __syncthreads();
    for (unsigned step = 0; step < steps; step++) {
        spell(all, step);
        __syncthreads();
    }
    // The last step is a blank or the last label.
    Spelled last = all.spelled(steps);
    double value = last.blank[all.length];
    if (all.length > 0) value = either(value, last.label[all.length - 1]);
    if (threadIdx.x == 0) values[number] = (float)-value;
    if (!slopes) return;
    Spelled now = all.spelled(steps + 1), next = all.spelled(steps + 2);
    for (unsigned i = threadIdx.x; i <= all.length; i += blockDim.x) {
        now.blank[i] = i == all.length ? -exp(last.blank[i] - value) : 0.0;
        if (i < all.length) now.label[i] = i + 1 == all.length ? -exp(last.label[i] - value) : 0.0;
    }
    __syncthreads();
    for (unsigned step = steps; step-- > 0;) {
        double of_blank = 0.0, total = 0.0;
        for (unsigned i = 0; i <= all.length; i++) of_blank += now.blank[i];
        for (unsigned i = 0; i < all.length; i++) total += now.label[i];
        total += of_blank;
        for (unsigned i = threadIdx.x; i < classes; i += blockDim.x) {
            double own = i == 0 ? of_blank : 0.0;
            for (unsigned j = 0; j < all.length; j++) own += all.label(j) == i ? now.label[j] : 0.0;
            double share = exp(all.logarithm(step, i));
            slopes[number * size + (Size)step * classes + i] = (float)(own - total * share);
        }
        unspell(all, step, now, next);
        __syncthreads();
        Spelled done = now;
        now = next;
        next = done;
    }
}
