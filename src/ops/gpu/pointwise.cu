// Functions of several numbers, as `pointwise.rs` has them on the processor, of tensors that are
// stretched to one shape. `layout`: the number of axes, their sizes, then for each input its steps.

struct Places {
    Size at[3];
};

__device__ __forceinline__ Places places_of(Size i, const Table& layout, unsigned inputs) {
    unsigned axes = layout.at[0];
    Places places = {{0, 0, 0}};
    for (unsigned axis = axes; axis > 0; axis--) {
        unsigned size = layout.at[axis];
        Size index = i % size;
        i /= size;
        for (unsigned input = 0; input < inputs; input++) places.at[input] += index * layout.at[axes * (input + 1) + axis];
    }
    return places;
}

// `slope` is the slope for the input number `which`. `alike`: for tensors of one shape.
#define OF_TWO(name, value, slope)                                                                                                     \
    extern "C" __global__ void name(Real* to, const Real* first, const Real* second, Table layout, Size count) {                       \
        FOR_EACH(i, count);                                                                                                            \
        Places places = places_of(i, layout, 2);                                                                                       \
        float a = first[places.at[0]], b = second[places.at[1]];                                                                       \
        to[i] = value;                                                                                                                 \
    }                                                                                                                                  \
    extern "C" __global__ void name##_slope(Real* to, const Real* gradient, const Real* first, const Real* second, Table layout,       \
                                            int which, Size count, int fresh) {                                                        \
        FOR_EACH(i, count);                                                                                                            \
        Places places = places_of(i, layout, 2);                                                                                       \
        float a = first[places.at[0]], b = second[places.at[1]];                                                                       \
        give(to + i, gradient[i] * (slope), fresh);                                                                                    \
    }                                                                                                                                  \
    extern "C" __global__ void name##_alike(Real* to, const Real* first, const Real* second, Table, Size count) {                      \
        FOR_EACH_WIDE(i, count);                                                                                                       \
        float firsts[WIDE], seconds[WIDE];                                                                                             \
        read_some(firsts, first, i, count);                                                                                            \
        read_some(seconds, second, i, count);                                                                                          \
        _Pragma("unroll") for (int k = 0; k < WIDE; k++) {                                                                             \
            float a = firsts[k], b = seconds[k];                                                                                       \
            firsts[k] = value;                                                                                                         \
        }                                                                                                                              \
        give_some(to, firsts, i, count, 1);                                                                                            \
    }                                                                                                                                  \
    extern "C" __global__ void name##_slope_alike(Real* to, const Real* gradient, const Real* first, const Real* second, Table,        \
                                                  int which, Size count, int fresh) {                                                  \
        FOR_EACH_WIDE(i, count);                                                                                                       \
        float part[WIDE], firsts[WIDE], seconds[WIDE];                                                                                 \
        read_some(part, gradient, i, count);                                                                                           \
        read_some(firsts, first, i, count);                                                                                            \
        read_some(seconds, second, i, count);                                                                                          \
        _Pragma("unroll") for (int k = 0; k < WIDE; k++) {                                                                             \
            float a = firsts[k], b = seconds[k];                                                                                       \
            part[k] *= (slope);                                                                                                        \
        }                                                                                                                              \
        give_some(to, part, i, count, fresh);                                                                                          \
    }

__device__ __forceinline__ float share_of_larger(float a, float b) { return a == b ? 0.5f : a > b ? 1.0f : 0.0f; }
// The middle has no angle.
__device__ __forceinline__ float inverse_square(float a, float b) { return a * a + b * b == 0.0f ? 0.0f : 1.0f / (a * a + b * b); }

OF_TWO(add, a + b, 1.0f)
OF_TWO(subtract, a - b, which ? -1.0f : 1.0f)
OF_TWO(multiply, a* b, which ? a : b)
OF_TWO(divide, a / b, which ? -a / (b * b) : 1.0f / b)
OF_TWO(maximum, larger(a, b), which ? 1.0f - share_of_larger(a, b) : share_of_larger(a, b))
OF_TWO(minimum, -larger(-a, -b), which ? 1.0f - share_of_larger(-a, -b) : share_of_larger(-a, -b))
OF_TWO(arctan2, atan2f(a, b), (which ? -a : b) * inverse_square(a, b))
OF_TWO(parametric_relu, a < 0.0f ? b * a : a, which ? (a < 0.0f ? a : 0.0f) : (a < 0.0f ? b : 1.0f))

extern "C" __global__ void choice(Real* to, const Real* condition, const Real* first, const Real* second, Table layout, Size count) {
    FOR_EACH(i, count);
    Places places = places_of(i, layout, 3);
    to[i] = condition[places.at[0]] != 0.0f ? first[places.at[1]] : second[places.at[2]];
}

extern "C" __global__ void choice_slope(Real* to, const Real* gradient, const Real* condition, const Real*, const Real*, Table layout,
                                        int which, Size count, int fresh) {
    FOR_EACH(i, count);
    bool first = condition[places_of(i, layout, 3).at[0]] != 0.0f;
    give(to + i, which && first == (which == 1) ? gradient[i] : 0.0f, fresh);
}
