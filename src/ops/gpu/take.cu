// Rows of a tensor at positions.

extern "C" __global__ void take(float* to, const float* from, const float* positions, Size row, Size count) {
    FOR_EACH(i, count);
    to[i] = from[(Size)positions[i / row] * row + i % row];
}
