// Pictures that become mixtures of two of a batch; with a thread for each number.

struct Mixture {
    // The other picture, and the one that this is the other of.
    unsigned partner, partner_of;
    // Whether the partner has the patch, and the picture the rest of it; else how much of each number is its own.
    bool is_cut;
    float share;
    Patch patch;
};

__device__ __forceinline__ Mixture mixture_of(const unsigned* mixtures, Size picture) {
    const unsigned* own = mixtures + 8 * picture;
    return {own[0], own[1], own[2] != 0, __uint_as_float(own[3]), patch_at(own + 4)};
}

extern "C" __global__ void mingle(float* to, const float* from, const unsigned* mixtures, Size picture, Size width, Size channels,
                                  Size count) {
    FOR_EACH(i, count);
    Mixture mixture = mixture_of(mixtures, i / picture);
    Size place = i % picture, pixel = place / channels;
    float own = from[i], other = from[mixture.partner * picture + place];
    if (mixture.is_cut)
        to[i] = mixture.patch.holds(pixel / width, pixel % width) ? other : own;
    else
        to[i] = plus(times(mixture.share, own), times(minus(1.0f, mixture.share), other));
}

extern "C" __global__ void mingle_back(float* to, const float* gradient, const unsigned* mixtures, Size picture, Size width,
                                       Size channels, Size count, int fresh) {
    FOR_EACH(i, count);
    Mixture own = mixture_of(mixtures, i / picture), other = mixture_of(mixtures, own.partner_of);
    Size place = i % picture, pixel = place / channels, row = pixel / width, column = pixel % width;
    float of_other = gradient[own.partner_of * picture + place];
    float part = !own.is_cut ? own.share * gradient[i] : own.patch.holds(row, column) ? 0.0f : gradient[i];
    part += !other.is_cut ? (1.0f - other.share) * of_other : other.patch.holds(row, column) ? of_other : 0.0f;
    give(to + i, part, fresh);
}
