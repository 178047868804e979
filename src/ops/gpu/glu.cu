// Gated linear units: `half` values, then as many gates.

__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

extern "C" __global__ void glu(Real* to, const Real* from, Size half, Size count) {
    FOR_EACH(i, count);
    const Real* value = from + i / half * half + i;
    to[i] = value[0] * sigmoid(value[half]);
}

extern "C" __global__ void glu_slope(Real* to, const Real* gradient, const Real* from, Size half, Size count, int fresh) {
    FOR_EACH(i, count);
    Size at = i / half * half + i;
    float s = sigmoid(from[at + half]), g = gradient[i];
    give(to + at, g * s, fresh);
    give(to + at + half, g * from[at] * s * (1.0f - s), fresh);
}
