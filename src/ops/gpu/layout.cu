// Elements gathered from their places and scattered to them.

extern "C" __global__ void gather(Real* to, const Real* from, Size offset, Table layout, float factor, Size count, int fresh) {
    FOR_EACH(i, count);
    give(to + i, from[offset + place_of(i, layout)] * factor, fresh);
}

extern "C" __global__ void gather_floats(float* to, const Real* from, Size offset, Table layout, float factor, Size count, int fresh) {
    FOR_EACH(i, count);
    give(to + i, from[offset + place_of(i, layout)] * factor, fresh);
}

// No two elements have the same place.
extern "C" __global__ void scatter_add(Real* to, const Real* from, Size offset, Table layout, Size count) {
    FOR_EACH(i, count);
    Size place = offset + place_of(i, layout);
    to[place] = (float)to[place] + from[i];
}

extern "C" __global__ void scatter(Real* to, const Real* from, Size offset, Table layout, Size count) {
    FOR_EACH(i, count);
    to[offset + place_of(i, layout)] = from[i];
}
