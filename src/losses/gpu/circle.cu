// The circle loss on the cosines of all pairs of a batch, as `circle.rs` has it on the processor; a team of threads for
// each sample.

// How a sample stands to another one.
struct Pair {
    bool is_near, is_far;
    float exponent, slope;
};

struct Circle {
    const float *cosines, *labels;
    unsigned batch, sample, first, team;
    float gamma, margin;
    bool removes_itself;

    __device__ __forceinline__ Pair pair(unsigned other) const {
        float apart = 1.0f - cosines[(Size)sample * batch + other], turn = -1.0f;
        // Nearer than equal is only rounding.
        if (apart < 0.0f) apart = turn = 0.0f;
        Pair pair = {labels[sample] == labels[other] && !(removes_itself && other == sample), labels[sample] != labels[other], 0.0f, 0.0f};
        if (pair.is_far) {
            float weight = 1.0f + margin - apart, left = 1.0f - margin - apart, growth = weight > 0.0f ? -1.0f : 0.0f;
            weight = weight > 0.0f ? weight : 0.0f;
            pair.exponent = gamma * weight * left;
            pair.slope = gamma * (growth * left - weight) * turn;
        } else if (pair.is_near) {
            float weight = margin + apart, left = margin - apart;
            pair.exponent = -gamma * weight * left;
            pair.slope = -gamma * (left - weight) * turn;
        }
        return pair;
    }

    // log(sum of exp) of the near or of the far ones; -INFINITY when there are none.
    __device__ __forceinline__ float together_of(bool near) const {
        float largest = -INFINITY, sum = 0.0f;
        for (unsigned j = first; j < batch; j += team) {
            Pair one = pair(j);
            if (near ? one.is_near : one.is_far) largest = larger(one.exponent, largest);
        }
        largest = together<true>(largest, team);
        for (unsigned j = first; j < batch; j += team) {
            Pair one = pair(j);
            if (near ? one.is_near : one.is_far) sum += expf(one.exponent - largest);
        }
        return largest + logf(together<false>(sum, team));
    }
};

// Sees `circle`, `sample` and what comes together of near and far ones.
#define CIRCLE(name, to, ...)                                                                                                       \
    extern "C" __global__ void name(float* to, const float* gradient, const float* cosines, const float* labels, unsigned batch,    \
                                    unsigned team, float gamma, float margin, int removes_itself) {                                \
        unsigned sample = blockIdx.x;                                                                                               \
        Circle circle = {cosines, labels, batch, sample, threadIdx.x, team, gamma, margin, removes_itself != 0};                    \
        float near = circle.together_of(true), far = circle.together_of(false), exponent = near + far;                              \
        bool there = !(near == -INFINITY || far == -INFINITY);                                                                          \
        __VA_ARGS__                                                                                                                 \
    }

CIRCLE(circle, values, if (threadIdx.x == 0) values[sample] =
                           there ? (exponent < 0.0f ? 0.0f : exponent) + log1pf(expf(-fabsf(exponent))) : 0.0f;)

// The gradients of the cosines.
CIRCLE(circle_back, to, float of_value = gradient[sample] / (1.0f + expf(-exponent)); for (unsigned j = threadIdx.x; j < batch; j += team) {
    Pair pair = circle.pair(j);
    bool counts = there && (pair.is_near || pair.is_far);
    to[(Size)sample * batch + j] = counts ? of_value * expf(pair.exponent - (pair.is_near ? near : far)) * pair.slope : 0.0f;
})
