// What every operation may need.

extern "C" __global__ void add(Real* to, const Real* more, Size count) {
    FOR_EACH_WIDE(i, count);
    float part[WIDE];
    read_some(part, more, i, count);
    give_some(to, part, i, count, 0);
}

// Both are for numbers of 16 bits.
extern "C" __global__ void widen(float* to, const Real* from, Size count) {
    FOR_EACH_WIDE(i, count);
    float x[WIDE];
    read_some(x, from, i, count);
    if (i + WIDE <= count) {
#pragma unroll
        for (int k = 0; k < WIDE; k += 4) *(float4*)(to + i + k) = make_float4(x[k], x[k + 1], x[k + 2], x[k + 3]);
    } else {
#pragma unroll
        for (int k = 0; k < WIDE; k++)
            if (i + k < count) to[i + k] = x[k];
    }
}

extern "C" __global__ void narrow(Real* to, const float* from, Size count) {
    FOR_EACH_WIDE(i, count);
    float x[WIDE] = {};
    if (i + WIDE <= count) {
        read_floats(x, from + i);
    } else {
#pragma unroll
        for (int k = 0; k < WIDE; k++)
            if (i + k < count) x[k] = from[i + k];
    }
    give_some(to, x, i, count, 1);
}
