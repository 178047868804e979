// Products and sums as the processor computes them: none of them is made one operation with another, so that what
// lies near a threshold lies on the same side of it on both.

__device__ __forceinline__ float times(float a, float b) { return __fmul_rn(a, b); }
__device__ __forceinline__ float plus(float a, float b) { return __fadd_rn(a, b); }
__device__ __forceinline__ float minus(float a, float b) { return __fadd_rn(a, -b); }

// What is no number stays so.
__device__ __forceinline__ float clamped(float x, float low, float high) { return x < low ? low : x > high ? high : x; }

// Without what comes after the point; 0 for what is no number.
__device__ __forceinline__ unsigned whole(float x) { return x > 0.0f ? (unsigned)x : 0; }

// As `ValueRange`.
struct Range {
    float low, high;

    __device__ __forceinline__ float keep(float x) const { return fminf(fmaxf(x, low), high); }
    __device__ __forceinline__ bool holds(float x) const { return x >= low && x <= high; }
    __device__ __forceinline__ float width() const { return minus(high, low); }
    __device__ __forceinline__ bool is_bytes() const { return low == 0.0f && high == 255.0f; }
    __device__ __forceinline__ float to_bytes(float x) const { return is_bytes() ? x : times(minus(x, low) / width(), 255.0f); }
    __device__ __forceinline__ float of_bytes(float x) const { return is_bytes() ? x : plus(times(x / 255.0f, width()), low); }
};
