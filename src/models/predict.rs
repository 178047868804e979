//! `predict`: outputs for given inputs.

use super::batches::{batches, check_batch_size, require_samples};
use super::network::{Flow, Network};
use crate::display::Progress;
use crate::{DType, Error, Result, Tape, Tensor, notebook, random};

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
    require_samples(x)?;
    network.take_samples(&x.shape().without_batch())?;
    let steps = x.len().div_ceil(predict.batch_size);
    let mut progress = Progress::predict(steps, predict.verbose);
    let mut generator = random::stream();
    let shape = network.output_shape()?.with_batch(x.len());
    let mut values = Vec::with_capacity(shape.elements());
    for (step, batch) in batches(0..x.len(), predict.batch_size).enumerate() {
        let x = x.slice(batch)?.astype(DType::Float32);
        let mut tape = Tape::off();
        let y = network.forward(&x, &mut Flow::new(&mut tape, false, &mut generator))?;
        values.extend_from_slice(y.floats()?);
        if progress.is_due() || step + 1 == steps {
            progress.step(step + 1, &[]);
        }
        if notebook::interrupted() && step + 1 < steps {
            progress.interrupted(0, step + 1);
            return Err(Error::interrupted("predicting"));
        }
    }
    progress.finish();
    Tensor::from_vec(values, shape)
}
