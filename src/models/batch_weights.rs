//! How much the samples of one batch count.

use crate::Tensor;

/// How much samples count in one step: each by itself, or by its class; all alike unless set.
///
/// Keras: the arguments `sample_weight` and `class_weight` of `model.train_on_batch` and
/// `model.test_on_batch`.
#[derive(Clone, Debug, Default)]
pub struct BatchWeights {
    /// How much each sample counts.
    pub sample_weight: Option<Tensor>,
    /// How much each class counts: `vec![(0, 1.0), (1, 5.0)]`; classes that are not named count 1.
    pub class_weight: Vec<(usize, f32)>,
}
