// Colors that go around the color wheel, or become stronger or weaker; with a thread for each pixel. As `hue.rs` of
// the processor, which says why.

struct Color {
    // The channels of the largest and the smallest number.
    int largest, smallest;
    // The largest number and how far it is from the smallest.
    float value, spread;
};

__device__ __forceinline__ Color color_of(float r, float g, float b) {
    Color color;
    color.largest = r >= g && r >= b ? 0 : g >= b ? 1 : 2;
    color.smallest = r < g && r < b ? 0 : g < b ? 1 : 2;
    color.value = fmaxf(fmaxf(r, g), b);
    // What is black has no color.
    color.spread = color.value > 0.0f ? minus(color.value, fminf(fminf(r, g), b)) : 0.0f;
    return color;
}

// How far around the wheel the color is, where six is the whole wheel, and what is left or right of the largest
// channel's place.
__device__ __forceinline__ float place_of(const Color& color, float r, float g, float b, float* beside) {
    *beside = 0.0f;
    if (!(color.spread > 0.0f)) return 0.0f;
    float difference = color.largest == 0 ? minus(g, b) : color.largest == 1 ? minus(b, r) : minus(r, g);
    *beside = difference / color.spread;
    return plus(2.0f * color.largest, *beside);
}

__device__ __forceinline__ float around(float place) { return minus(place, times(floorf(place / 6.0f), 6.0f)); }

// The part of the spread that a channel has at a place of the wheel.
__device__ __forceinline__ float part_of(int channel, float place) {
    if (channel == 0) return clamped(minus(fabsf(minus(place, 3.0f)), 1.0f), 0.0f, 1.0f);
    return clamped(minus(2.0f, fabsf(minus(place, 2.0f * channel))), 0.0f, 1.0f);
}

// How this part grows with the place.
__device__ __forceinline__ float slope_of(int channel, float place) {
    float away = minus(place, channel == 0 ? 3.0f : 2.0f * channel), distance = fabsf(away);
    if (!(distance > 1.0f && distance < 2.0f)) return 0.0f;
    return (away > 0.0f) == (channel == 0) ? 1.0f : -1.0f;
}

// `turns`: how far the colors of each picture go.
extern "C" __global__ void turn(float* to, const float* from, const float* turns, Size picture, float low, float high, Size count) {
    FOR_EACH(i, count);
    Range range = {low, high};
    float old[3], beside;
    for (int channel = 0; channel < 3; channel++) old[channel] = minus(from[3 * i + channel], low) / range.width();
    Color color = color_of(old[0], old[1], old[2]);
    float place = around(plus(place_of(color, old[0], old[1], old[2], &beside), turns[i / picture]));
    float base = minus(color.value, color.spread);
    for (int channel = 0; channel < 3; channel++) {
        float value = plus(base, times(color.spread, part_of(channel, place)));
        to[3 * i + channel] = plus(times(clamped(value, 0.0f, 1.0f), range.width()), low);
    }
}

extern "C" __global__ void turn_back(float* to, const float* from, const float* gradients, const float* turns, Size picture, float low,
                                     float high, Size count, int fresh) {
    FOR_EACH(i, count);
    Range range = {low, high};
    float old[3], back[3] = {0.0f, 0.0f, 0.0f}, beside;
    for (int channel = 0; channel < 3; channel++) old[channel] = minus(from[3 * i + channel], low) / range.width();
    Color color = color_of(old[0], old[1], old[2]);
    float place = around(plus(place_of(color, old[0], old[1], old[2], &beside), turns[i / picture]));
    float base = minus(color.value, color.spread);
    for (int channel = 0; channel < 3; channel++) {
        float part = part_of(channel, place), slope = slope_of(channel, place), gradient = gradients[3 * i + channel];
        float value = plus(base, times(color.spread, part));
        if (!(value >= 0.0f && value <= 1.0f)) continue;
        if (color.spread <= 0.0f) {
            back[color.largest] += gradient;
            continue;
        }
        float of_spread = part - slope * beside;
        back[color.smallest] += gradient * (1.0f - of_spread);
        back[color.largest] += gradient * of_spread;
        // The channels whose difference tells what is left or right.
        back[(color.largest + 1) % 3] += gradient * slope;
        back[(color.largest + 2) % 3] -= gradient * slope;
    }
    for (int channel = 0; channel < 3; channel++) give(to + 3 * i + channel, back[channel], fresh);
}

// What the distance from the largest number is multiplied by, and whether the saturation was cut off.
__device__ __forceinline__ float factor_for(const Color& color, float factor, const Range& range, bool* cut) {
    *cut = false;
    if (color.spread <= 0.0f) return 0.0f;
    float saturation = color.spread / color.value, wanted = times(saturation, factor);
    *cut = !range.holds(wanted);
    return *cut ? range.keep(wanted) / saturation : factor;
}

// `factors`: what the saturation of each picture is multiplied by.
extern "C" __global__ void saturate(float* to, const float* from, const float* factors, Size picture, float low, float high,
                                    Size count) {
    FOR_EACH(i, count);
    Range range = {low, high};
    const float* old = from + 3 * i;
    Color color = color_of(old[0], old[1], old[2]);
    bool cut;
    float factor = factor_for(color, factors[i / picture], range, &cut);
    for (int channel = 0; channel < 3; channel++)
        to[3 * i + channel] = range.keep(plus(color.value, times(minus(old[channel], color.value), factor)));
}

extern "C" __global__ void saturate_back(float* to, const float* from, const float* gradients, const float* factors, Size picture,
                                         float low, float high, Size count, int fresh) {
    FOR_EACH(i, count);
    Range range = {low, high};
    const float* old = from + 3 * i;
    Color color = color_of(old[0], old[1], old[2]);
    bool cut;
    float factor = factor_for(color, factors[i / picture], range, &cut), back[3] = {0.0f, 0.0f, 0.0f};
    for (int channel = 0; channel < 3; channel++) {
        float distance = minus(old[channel], color.value), gradient = gradients[3 * i + channel];
        if (!range.holds(plus(color.value, times(distance, factor)))) continue;
        back[channel] += gradient * factor;
        back[color.largest] += gradient * (1.0f - factor);
        if (cut) {
            // A saturation that was cut off stays; what leads to it follows the pixel.
            float by_spread = gradient * distance * factor / color.spread;
            back[color.largest] += gradient * distance * factor / color.value - by_spread;
            back[color.smallest] += by_spread;
        }
    }
    for (int channel = 0; channel < 3; channel++) give(to + 3 * i + channel, back[channel], fresh);
}
