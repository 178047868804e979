// What every operation may need.

extern "C" __global__ void add(Real* to, const Real* more, Size count) {
    FOR_EACH(i, count);
    to[i] = (float)to[i] + more[i];
}

extern "C" __global__ void widen(float* to, const Real* from, Size count) {
    FOR_EACH(i, count);
    to[i] = from[i];
}

extern "C" __global__ void narrow(Real* to, const float* from, Size count) {
    FOR_EACH(i, count);
    to[i] = from[i];
}
