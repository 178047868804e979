//! `predict`: outputs for given inputs.

use super::arrays::Arrays;
use super::batches::{Samples, batches, check_batch_size};
use super::graph::Graph;
use super::node::Flow;
use crate::display::Progress;
use crate::{Error, Result, Shape, Tape, Tensor, notebook, random};

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

/// The outputs, one array for each.
pub(super) fn predict(graph: &mut Graph, x: &Arrays, predict: &Predict) -> Result<Vec<Tensor>> {
    check_batch_size(predict.batch_size)?;
    let samples = Samples::new(x, &Arrays::default(), None)?;
    graph.take_samples(&samples.shapes())?;
    let steps = samples.len().div_ceil(predict.batch_size);
    let mut progress = Progress::predict(steps, predict.verbose);
    let mut generator = random::stream();
    let shapes = graph.output_shapes_for(&samples.shapes())?.into_iter();
    let mut outputs: Vec<(Shape, Vec<f32>)> = shapes
        .map(|shape| shape.with_batch(samples.len()))
        .map(|shape| (shape.clone(), Vec::with_capacity(shape.elements())))
        .collect();
    for (step, batch) in batches(0..samples.len(), predict.batch_size).enumerate() {
        let batch = samples.range(batch)?;
        let mut tape = Tape::off();
        let y = graph.forward(&batch.x, &mut Flow::new(&mut tape, false, &mut generator))?;
        for ((_, values), y) in outputs.iter_mut().zip(&y) {
            // Layers that sort or number things make whole numbers.
            values.extend_from_slice(&y.as_floats());
        }
        if progress.is_due() || step + 1 == steps {
            progress.step(step + 1, &[]);
        }
        if notebook::interrupted() && step + 1 < steps {
            progress.interrupted(0, step + 1);
            return Err(Error::interrupted("predicting"));
        }
    }
    progress.finish();
    let outputs = outputs.into_iter();
    outputs
        .map(|(shape, values)| Tensor::from_vec(values, shape))
        .collect()
}
