"""Samples and first weights of the workloads by formula: each side has the same numbers without a file.

Pictures are those of `tests/golden/formula.py`. The samples of `mlp`, with its splitmix64:

    sample n, feature j of 784: block q = j / 79 (integer division; ten blocks)
    base  = splitmix64(4, n * 10 + q) >> 56
    noise = splitmix64(3, n * 784 + j) >> 56
    value = float32((3 * base + noise) >> 2) / float32(255)
    label = the block with the largest base, the lowest q when they are equal

The words and labels of `lstm`, with its splitmix64:

    sample n, word j of 200: splitmix64(5, n * 200 + j) modulo 10,000
    label = splitmix64(6, n) >> 63

Kernels have the values of `formula.initial_weights`, as if the model had no other weights; biases,
and the weights of BatchNormalization, are as new. `samples.rs` is the same in Rust.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "golden"))

import formula

FEATURES = 784
FEATURES_PER_BLOCK = 79
BLOCKS = 10
BASE_SEED = 4
NOISE_SEED = 3

PICTURES = {"tutorial": 8000, "cnn": 640, "inference": 10_000, "tutorial-512": 40_960, "cnn-512": 10_240}
MLP_SAMPLES = 12_800

TEXTS = 640
WORDS_PER_TEXT = 200
KNOWN_WORDS = 10_000
WORD_SEED = 5
LABEL_SEED = 6


def vectors(count):
    """`count` samples of `mlp` as float32 of shape (count, 784), and their int32 labels."""
    bases = formula.splitmix64(BASE_SEED, np.arange(count * BLOCKS)) >> np.uint64(56)
    bases = bases.astype(np.uint16).reshape(count, BLOCKS)
    noise = formula.splitmix64(NOISE_SEED, np.arange(count * FEATURES)) >> np.uint64(56)
    noise = noise.astype(np.uint16).reshape(count, FEATURES)
    spread = bases[:, np.arange(FEATURES) // FEATURES_PER_BLOCK]
    values = ((3 * spread + noise) >> 2).astype(np.float32) / np.float32(255.0)
    return values, bases.argmax(axis=1).astype(np.int32)


def texts(count):
    """`count` samples of `lstm` as int32 of shape (count, 200), and their int32 labels of shape (count, 1)."""
    words = formula.splitmix64(WORD_SEED, np.arange(count * WORDS_PER_TEXT)) % np.uint64(KNOWN_WORDS)
    labels = formula.splitmix64(LABEL_SEED, np.arange(count)) >> np.uint64(63)
    return words.astype(np.int32).reshape(count, WORDS_PER_TEXT), labels.astype(np.int32).reshape(count, 1)


def of(workload):
    """The samples and labels of a workload."""
    if workload == "lstm":
        return texts(TEXTS)
    if workload == "mlp":
        return vectors(MLP_SAMPLES)
    return formula.pictures(0, PICTURES[workload])


def kernels(shapes):
    """The kernels of a model, in the layout of Keras; `shapes` are theirs alone, in order."""
    return formula.initial_weights(shapes)


def mean_square(predictions):
    """The check of predictions."""
    return float(np.square(predictions).mean())
