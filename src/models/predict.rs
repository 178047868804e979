//! `predict`: outputs for given inputs.

use super::batches::{Samples, batches, check_batch_size};
use super::network::Network;
use crate::display::Progress;
use crate::{Result, Tape, Tensor, random};

/// The arguments of `predict_with`, with Keras's defaults.
///
/// Keras: `keras.Model.predict`.
#[derive(Clone, Debug)]
pub struct Predict {
    /// How many samples are computed at once; 32 unless set.
    pub batch_size: usize,
    /// 0 shows nothing, 1 a progress bar; 1 unless set.
    pub verbose: usize,
}

impl Default for Predict {
    fn default() -> Self {
        Self {
            batch_size: 32,
            verbose: 1,
        }
    }
}

pub(super) fn predict(network: &mut dyn Network, x: &Tensor, predict: &Predict) -> Result<Tensor> {
    check_batch_size(predict.batch_size)?;
    let samples = Samples::unlabeled(x)?;
    network.take_samples(&x.shape().without_batch())?;
    let steps = x.len().div_ceil(predict.batch_size);
    let mut progress = Progress::predict(steps, predict.verbose);
    let mut generator = random::stream();
    let mut values = Vec::new();
    for (step, batch) in batches(0..x.len(), predict.batch_size).enumerate() {
        let (x, _) = samples.range(batch)?;
        let y = network.forward(&x, &mut Tape::off(), false, &mut generator)?;
        values.extend_from_slice(y.floats()?);
        if progress.is_due() || step + 1 == steps {
            progress.step(step + 1, &[]);
        }
    }
    progress.finish();
    Tensor::from_vec(values, network.output_shape()?.with_batch(x.len()))
}
