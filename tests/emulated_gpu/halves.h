// Numbers of 16 bits, as a GPU has them.
#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

#include <vector>

// The numbers of the types of cuBLAS; those of cuDNN are translated.
enum Type { FLOAT32 = 0, FLOAT16 = 2, BFLOAT16_TYPE = 14 };

static inline float float_of_float16(unsigned short bits) {
    int sign = bits >> 15, exponent = bits >> 10 & 31, fraction = bits & 1023;
    float size = exponent == 31 ? (fraction ? NAN : INFINITY) : exponent ? ldexpf(1024 + fraction, exponent - 25) : ldexpf(fraction, -24);
    return sign ? -size : size;
}

// To the nearest, and to the even one of two.
static inline unsigned short float16_of(float x) {
    unsigned short sign = signbit(x) ? 0x8000 : 0;
    float size = fabsf(x);
    if (x != x) return 0x7fff;
    // Half way to what would follow on the largest.
    if (size >= 65520.0f) return sign | 0x7c00;
    if (size < ldexpf(1, -14)) return sign | (unsigned short)nearbyintf(ldexpf(size, 24));
    int exponent;
    float fraction = frexpf(size, &exponent);
    // A fraction that is rounded up to 2048 carries over into the exponent, as it should.
    return sign | (unsigned short)(((exponent + 13) << 10) + (int)nearbyintf(ldexpf(fraction, 11)));
}

static inline float float_of_bfloat16(unsigned short bits) {
    uint32_t all = (uint32_t)bits << 16;
    float x;
    memcpy(&x, &all, sizeof x);
    return x;
}

static inline unsigned short bfloat16_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return x != x ? 0x7fff : (unsigned short)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static inline size_t bytes_of(int type) { return type == FLOAT32 ? 4 : 2; }

static inline float number_at(const void* from, int type, size_t at) {
    if (type == FLOAT32) return ((const float*)from)[at];
    unsigned short bits = ((const unsigned short*)from)[at];
    return type == FLOAT16 ? float_of_float16(bits) : float_of_bfloat16(bits);
}

static inline void put_number(void* to, int type, size_t at, float x) {
    if (type == FLOAT32)
        ((float*)to)[at] = x;
    else
        ((unsigned short*)to)[at] = type == FLOAT16 ? float16_of(x) : bfloat16_of(x);
}

static inline std::vector<float> floats(const void* from, int type, size_t count) {
    std::vector<float> numbers(count);
    for (size_t i = 0; i < count; i++) numbers[i] = number_at(from, type, i);
    return numbers;
}
