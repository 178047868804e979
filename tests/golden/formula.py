"""Weights, images and labels by formula, so that Rust can build the very same ones without a file.

Everything here is exact: integers modulo 2^64, then at most one correctly rounded float32 operation.

splitmix64(seed, index), all arithmetic modulo 2^64:
    z = seed + (index + 1) * 0x9E3779B97F4A7C15
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB
    z = z ^ (z >> 31)
It is output number `index` of the SplitMix64 generator started at `seed`;
splitmix64(0, 0) = 0xE220A8397B1DCDAF and splitmix64(1, 2) = 0xF893A2EEFB32555E.

unit(seed, index) = (splitmix64(seed, index) >> 40) * 2^-24
    The top 24 bits: exact in float32, 0 <= unit < 1.

Initial weights of the tutorial model, tensor number k in the order of `get_weights()` (0 to 5):
    biases are 0; kernels are limit * (2 * unit(1000 + k, i) - 1), i the index in row-major order.
    limit = float32(sqrt(6 / (fan_in + fan_out))), the root taken in float64 and rounded once;
    the product is one float32 multiplication (2 * unit - 1 is exact).

Image n, row r, column c, channel h (32 x 32 x 3, channels last):
    block q = (r / 16 * 2 + c / 16) * 3 + h     (integer division; 12 blocks: quadrant by channel)
    base    = splitmix64(2, n * 12 + q) >> 56
    noise   = splitmix64(1, ((n * 32 + r) * 32 + c) * 3 + h) >> 56
    byte    = (3 * base + noise) >> 2           (0 to 255)
    value   = float32(byte) / float32(255)

Label of image n: the block among the first ten (q = 0 to 9) whose 256 bytes have the largest sum;
    the lowest q when sums are equal.
"""

import math

import numpy as np

BASE_SEED = 2
NOISE_SEED = 1
WEIGHT_SEED = 1000
SIDE = 32
CHANNELS = 3
BLOCKS = 12
CLASSES = 10


def splitmix64(seed, indices):
    """Outputs `indices` (an array of integers) of the SplitMix64 generator started at `seed`."""
    z = np.uint64(seed) + (indices.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def unit(seed, count):
    """The first `count` uniform float32 values in [0, 1) of `seed`."""
    bits = splitmix64(seed, np.arange(count)) >> np.uint64(40)
    return bits.astype(np.float32) * np.float32(2.0**-24)


def glorot_kernel(position, shape):
    """Kernel number `position` in `get_weights()` order: Glorot's uniform range, values by formula."""
    receptive_field = math.prod(shape[:-2])
    fan_in, fan_out = receptive_field * shape[-2], receptive_field * shape[-1]
    limit = np.float32(math.sqrt(6.0 / (fan_in + fan_out)))
    values = np.float32(2.0) * unit(WEIGHT_SEED + position, math.prod(shape)) - np.float32(1.0)
    return (limit * values).reshape(shape)


def initial_weights(shapes):
    """One array for each shape in `get_weights()` order: kernels by formula, biases zero."""
    return [
        glorot_kernel(position, shape) if len(shape) > 1 else np.zeros(shape, np.float32)
        for position, shape in enumerate(shapes)
    ]


def image_bytes(start, stop):
    """Images `start` to `stop` (exclusive) as bytes of shape (stop - start, 32, 32, 3)."""
    count = stop - start
    base_index = np.arange(start * BLOCKS, stop * BLOCKS)
    base = (splitmix64(BASE_SEED, base_index) >> np.uint64(56)).astype(np.uint16)
    base = base.reshape(count, 2, 1, 2, 1, CHANNELS)
    pixels = SIDE * SIDE * CHANNELS
    noise_index = np.arange(start * pixels, stop * pixels)
    noise = (splitmix64(NOISE_SEED, noise_index) >> np.uint64(56)).astype(np.uint16)
    noise = noise.reshape(count, 2, SIDE // 2, 2, SIDE // 2, CHANNELS)
    image = (3 * base + noise) >> 2
    return image.astype(np.uint8).reshape(count, SIDE, SIDE, CHANNELS)


def labels_of(images):
    """The label of each image of bytes, int32 of shape (n,)."""
    quadrants = images.reshape(-1, 2, SIDE // 2, 2, SIDE // 2, CHANNELS)
    sums = quadrants.astype(np.int64).sum(axis=(2, 4)).reshape(-1, BLOCKS)
    return sums[:, :CLASSES].argmax(axis=1).astype(np.int32)


def pictures(start, stop):
    """Images `start` to `stop` as float32 in [0, 1] and their int32 labels."""
    images = image_bytes(start, stop)
    return images.astype(np.float32) / np.float32(255.0), labels_of(images)
