// The sum of single numbers, each in memory of its own. `parts`: for each its address in two words, its
// factor, and whether it is a fresh gradient.

__device__ __forceinline__ float* address_of(const Table& parts, unsigned part) {
    return (float*)(parts.at[4 * part] | (Size)parts.at[4 * part + 1] << 32);
}
__device__ __forceinline__ float factor_of(const Table& parts, unsigned part) { return __uint_as_float(parts.at[4 * part + 2]); }

extern "C" __global__ void weighted_sum(float* to, Table parts, unsigned count, int fresh) {
    float sum = fresh ? 0.0f : *to;
    for (unsigned part = 0; part < count; part++) sum += *address_of(parts, part) * factor_of(parts, part);
    *to = sum;
}

extern "C" __global__ void weighted_sum_slope(const float* gradient, Table parts, unsigned count) {
    FOR_EACH(part, count);
    give(address_of(parts, part), *gradient * factor_of(parts, part), parts.at[4 * part + 3]);
}
