// What every operation may need.

extern "C" __global__ void add(float* to, const float* more, Size count) {
    FOR_EACH(i, count);
    to[i] += more[i];
}
