//! Samples and first weights of the workloads by the formulas of `samples.py`.

use kerust::prelude::*;

use crate::formula::{self, splitmix64};

const MLP_SAMPLES: u64 = 12_800;
const FEATURES: u64 = 784;
const FEATURES_PER_BLOCK: u64 = 79;
const BLOCKS: u64 = 10;
const TEXTS: u64 = 640;
const WORDS_PER_TEXT: u64 = 200;
pub(crate) const KNOWN_WORDS: u64 = 10_000;

/// The samples and labels of a workload.
pub(crate) fn of(workload: &str) -> (Tensor, Tensor) {
    let pictures = |count| {
        let (x, y) = formula::pictures(0, count);
        (&x / 255.0, y)
    };
    match workload {
        "tutorial" => pictures(8000),
        "cnn" => pictures(640),
        "tutorial-512" => pictures(40_960),
        "cnn-512" => pictures(10_240),
        "inference" => pictures(10_000),
        "lstm" => texts(TEXTS),
        _ => vectors(MLP_SAMPLES),
    }
}

/// Samples of `mlp` of shape (count, 784), and their labels of shape (count,).
fn vectors(count: u64) -> (Tensor, Tensor) {
    let mut values = Vec::new();
    let mut labels = Vec::new();
    for n in 0..count {
        let base = |block| splitmix64(4, n * BLOCKS + block) >> 56;
        for feature in 0..FEATURES {
            let noise = splitmix64(3, n * FEATURES + feature) >> 56;
            let byte = (3 * base(feature / FEATURES_PER_BLOCK) + noise) >> 2;
            values.push(byte as f32 / 255.0);
        }
        let first_largest = |best, block| {
            if base(block) > base(best) {
                block
            } else {
                best
            }
        };
        labels.push((1..BLOCKS).fold(0, first_largest) as i64);
    }
    let count = count as usize;
    let x = Tensor::from_vec(values, (count, FEATURES as usize)).expect("the sizes agree");
    (x, Tensor::from_vec(labels, count).expect("the sizes agree"))
}

/// Samples of `lstm` of shape (count, 200), and their labels of shape (count, 1).
fn texts(count: u64) -> (Tensor, Tensor) {
    let word = |i| (splitmix64(5, i) % KNOWN_WORDS) as i64;
    let words = (0..count * WORDS_PER_TEXT).map(word).collect();
    let labels = (0..count)
        .map(|n| (splitmix64(6, n) >> 63) as i64)
        .collect();
    let count = count as usize;
    let x = Tensor::from_vec(words, (count, WORDS_PER_TEXT as usize)).expect("the sizes agree");
    (
        x,
        Tensor::from_vec(labels, (count, 1)).expect("the sizes agree"),
    )
}

/// The kernels of a model, in the layout of Keras; `shapes` are theirs alone, in order.
pub(crate) fn kernels(shapes: &[Shape]) -> Vec<Tensor> {
    formula::initial_weights(shapes)
}
