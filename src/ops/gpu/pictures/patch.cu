// Pictures that lose a part of themselves. `patches`: for each picture its patch and where in `patches` its filling
// begins; then the fillings.

// The filling of a patch: numbers for all of its pixels, or, when it is not `each`, one color.
extern "C" __global__ void erase(float* to, const float* from, const unsigned* patches, Size picture, Size width, Size channels, int each,
                                 Size count) {
    FOR_EACH(i, count);
    const unsigned* own = patches + 5 * (i / picture);
    Patch patch = patch_at(own);
    Size place = i % picture, channel = place % channels, column = place / channels % width, row = place / channels / width;
    if (!patch.holds(row, column)) {
        to[i] = from[i];
        return;
    }
    Size pixel = each ? (row - patch.top) * (patch.right - patch.left) + (column - patch.left) : 0;
    to[i] = __uint_as_float(patches[own[4] + pixel * channels + channel]);
}

extern "C" __global__ void erase_back(float* to, const float* gradient, const unsigned* patches, Size picture, Size width, Size channels,
                                      Size count, int fresh) {
    FOR_EACH(i, count);
    Patch patch = patch_at(patches + 5 * (i / picture));
    Size pixel = i % picture / channels;
    give(to + i, patch.holds(pixel / width, pixel % width) ? 0.0f : gradient[i], fresh);
}
