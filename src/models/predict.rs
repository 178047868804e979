//! `predict`: outputs for given inputs.

use std::collections::VecDeque;

use super::arrays::{Arrays, Inputs};
use super::batches::{Batch, Samples, batches_of, check_positive, first_of};
use super::dataset_feed::{first_batches, first_samples, one_pass};
use super::graph::Graph;
use super::node::Flow;
use super::pending::send_ahead;
use crate::display::Progress;
use crate::{Error, ErrorKind, Result, Shape, Tape, Tensor, notebook, random};

/// The arguments of `predict_with`, with Keras's defaults.
///
/// Keras: `keras.Model.predict`.
#[derive(Clone, Debug)]
pub struct Predict {
    /// How many samples are computed at once, unless they come in batches; 32 unless set.
    pub batch_size: usize,
    /// 0 shows nothing, 1 a progress bar; 1 unless set.
    pub verbose: usize,
    /// For how many batches outputs are computed; for all there are unless set.
    pub steps: Option<usize>,
}

impl Default for Predict {
    fn default() -> Self {
        Self {
            batch_size: 32,
            verbose: 1,
            steps: None,
        }
    }
}

/// The outputs, one array for each.
pub(super) fn predict(graph: &mut Graph, x: &Inputs, predict: &Predict) -> Result<Vec<Tensor>> {
    match x {
        Inputs::Arrays(x) => {
            check_positive("batch_size", predict.batch_size)?;
            let samples = Samples::new(x, &Arrays::default(), &Arrays::default())?;
            graph.take_samples(&samples.shapes())?;
            let count = first_of(samples.len(), predict.batch_size, predict.steps)?;
            let steps = count.div_ceil(predict.batch_size);
            let batches = batches_of(&samples, 0..count, predict.batch_size);
            predict_all(graph, batches, Some(steps), count, predict.verbose)
        }
        Inputs::Dataset(dataset) => {
            let dataset = first_batches(dataset, predict.steps)?;
            let first = first_samples(&dataset)?;
            graph.take_samples(&first.shapes())?;
            let steps = dataset.cardinality().finite();
            predict_all(graph, one_pass(&dataset), steps, 0, predict.verbose)
        }
    }
}

/// The outputs for batches, `steps` of them, where that is known, and of `count` samples.
fn predict_all(
    graph: &mut Graph,
    batches: impl Iterator<Item = Result<Batch>>,
    steps: Option<usize>,
    count: usize,
    verbose: usize,
) -> Result<Vec<Tensor>> {
    let mut progress = Progress::predict(steps.unwrap_or(0), verbose);
    let mut generator = random::stream();
    let mut outputs = Outputs::new(count);
    let mut done = 0;
    for batch in batches {
        let batch = match batch {
            Err(error) if error.kind() == ErrorKind::Interrupted => {
                progress.interrupted(0, done);
                return Err(error);
            }
            batch => batch?,
        };
        let mut tape = Tape::off();
        let y = graph.forward(&batch.x, &mut Flow::new(&mut tape, false, &mut generator))?;
        let ahead = send_ahead(&y)?;
        outputs.pending.push_back(y);
        done += 1;
        outputs.settle(if Some(done) == steps { 0 } else { ahead })?;
        if progress.is_due() || Some(done) == steps {
            progress.step(done, &[]);
        }
        if notebook::interrupted() && Some(done) != steps {
            progress.interrupted(0, done);
            return Err(Error::interrupted("predicting"));
        }
    }
    outputs.settle(0)?;
    if steps != Some(done) {
        // Only now it is known which step was the last.
        progress.step(done, &[]);
    }
    progress.finish();
    outputs.whole.into_iter().map(Output::whole).collect()
}

/// All outputs, as far as they are computed.
struct Outputs {
    whole: Vec<Output>,
    /// Those of batches that a GPU was given; the host has not looked at them yet.
    pending: VecDeque<Vec<Tensor>>,
    /// Of how many samples, where that is known.
    count: usize,
}

impl Outputs {
    fn new(count: usize) -> Self {
        Self {
            whole: Vec::new(),
            pending: VecDeque::new(),
            count,
        }
    }

    /// Takes what was computed, but for the last `left` batches.
    fn settle(&mut self, left: usize) -> Result<()> {
        while self.pending.len() > left {
            let Some(y) = self.pending.pop_front() else {
                break;
            };
            self.whole.resize_with(y.len(), Output::default);
            for (output, y) in self.whole.iter_mut().zip(&y) {
                output.add(y, self.count)?;
            }
        }
        Ok(())
    }
}

/// One output, as far as it is computed.
#[derive(Default)]
struct Output {
    sample: Shape,
    samples: usize,
    values: Vec<f32>,
}

impl Output {
    /// Adds the output for a batch, of `count` samples in all, where that is known.
    fn add(&mut self, y: &Tensor, count: usize) -> Result<()> {
        let sample = y.shape().without_batch();
        if self.samples == 0 {
            self.values.reserve_exact(count * sample.elements());
            self.sample = sample;
        } else if self.sample != sample {
            return Err(Error::shape(format!(
                "the outputs of two batches differ in shape: {} and {sample}",
                self.sample
            ))
            .remedy("give samples of one shape, or predict batch by batch"));
        }
        self.samples += y.len();
        // Layers that sort or number things make whole numbers.
        self.values.extend_from_slice(&y.as_floats());
        Ok(())
    }

    fn whole(self) -> Result<Tensor> {
        Tensor::from_vec(self.values, self.sample.with_batch(self.samples))
    }
}
