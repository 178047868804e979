// Gated linear units: `half` values, then as many gates.

__device__ __forceinline__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

extern "C" __global__ void glu(float* to, const float* from, Size half, Size count) {
    FOR_EACH(i, count);
    const float* value = from + i / half * half + i;
    to[i] = value[0] * sigmoid(value[half]);
}

extern "C" __global__ void glu_slope(float* to, const float* gradient, const float* from, Size half, Size count, int fresh) {
    FOR_EACH(i, count);
    Size at = i / half * half + i;
    float s = sigmoid(from[at + half]), g = gradient[i];
    give(to + at, g * s, fresh);
    give(to + at + half, g * from[at] * s * (1.0f - s), fresh);
}
