// Numbers that change each on their own. `settings`: for each picture what its change needs.

// What is added, and from where on numbers are turned over.
extern "C" __global__ void solarize(float* to, const float* from, const float* settings, Size picture, float low, float high,
                                    Size count) {
    FOR_EACH(i, count);
    Range range = {low, high};
    float addition = settings[2 * (i / picture)], threshold = settings[2 * (i / picture) + 1];
    float value = clamped(plus(range.to_bytes(from[i]), addition), 0.0f, 255.0f);
    to[i] = range.of_bytes(value < threshold ? value : minus(255.0f, value));
}

extern "C" __global__ void solarize_back(float* to, const float* from, const float* gradient, const float* settings, Size picture,
                                         float low, float high, Size count, int fresh) {
    FOR_EACH(i, count);
    Range range = {low, high};
    float addition = settings[2 * (i / picture)], threshold = settings[2 * (i / picture) + 1];
    float value = plus(range.to_bytes(from[i]), addition);
    float part = value < threshold ? gradient[i] : -gradient[i];
    give(to + i, value >= 0.0f && value <= 255.0f ? part : 0.0f, fresh);
}

// Whether the picture is turned over.
extern "C" __global__ void invert(float* to, const float* from, const float* settings, Size picture, float low, float high,
                                  Size count) {
    FOR_EACH(i, count);
    to[i] = settings[i / picture] != 0.0f ? minus(plus(low, high), from[i]) : from[i];
}

extern "C" __global__ void invert_back(float* to, const float*, const float* gradient, const float* settings, Size picture, float,
                                       float, Size count, int fresh) {
    FOR_EACH(i, count);
    give(to + i, settings[i / picture] != 0.0f ? -gradient[i] : gradient[i], fresh);
}

// Which of eight bits are kept.
extern "C" __global__ void posterize(float* to, const float* from, const float* settings, Size picture, float low, float high,
                                     Size count) {
    FOR_EACH(i, count);
    Range range = {low, high};
    unsigned byte = whole(clamped(range.to_bytes(from[i]), 0.0f, 255.0f));
    to[i] = range.of_bytes((float)(byte & whole(settings[i / picture])));
}
