//! `evaluate`: loss and metrics on given data.

use rand::rngs::StdRng;

use super::arrays::Arrays;
use super::batches::{Batch, Samples, batches_of, check_positive, first_of};
use super::compile::{BatchLoss, Compiled};
use super::dataset_feed::{first_batches, first_samples, one_pass};
use super::fit::prepare;
use super::graph::Graph;
use super::node::Flow;
use super::pending::{Begun, Pending};
use crate::data::Dataset;
use crate::device::on_processor;
use crate::display::Progress;
use crate::{Error, ErrorKind, Result, Tape, Tensor, notebook, random};

/// The arguments of `evaluate`, with Keras's defaults.
///
/// Keras: `keras.Model.evaluate`.
#[derive(Clone, Debug)]
pub struct Evaluate {
    /// How many samples are computed at once; 32 unless set.
    pub batch_size: usize,
    /// 0 shows nothing, 1 a progress bar, 2 one line; 1 unless set.
    pub verbose: usize,
    /// How much each sample counts; 1 unless set. As in [`Fit`](super::Fit::sample_weight).
    pub sample_weight: Arrays,
    /// How many batches are measured; all there are unless set.
    pub steps: Option<usize>,
}

impl Default for Evaluate {
    fn default() -> Self {
        Self {
            batch_size: 32,
            verbose: 1,
            sample_weight: Arrays::default(),
            steps: None,
        }
    }
}

pub(super) fn evaluate(
    graph: &mut Graph,
    compiled: &mut Compiled,
    x: &Arrays,
    y: &Arrays,
    evaluate: &Evaluate,
) -> Result<Vec<f64>> {
    check_positive("batch_size", evaluate.batch_size)?;
    let samples = Samples::new(x, y, &evaluate.sample_weight)?;
    prepare(graph, compiled, &samples, None)?;
    let count = first_of(samples.len(), evaluate.batch_size, evaluate.steps)?;
    let steps = count.div_ceil(evaluate.batch_size);
    let batches = batches_of(&samples, 0..count, evaluate.batch_size);
    evaluate_all(graph, compiled, batches, Some(steps), evaluate.verbose)
}

/// As `evaluate`, on the batches of a dataset.
pub(super) fn evaluate_dataset(
    graph: &mut Graph,
    compiled: &mut Compiled,
    dataset: &Dataset,
    evaluate: &Evaluate,
) -> Result<Vec<f64>> {
    if !evaluate.sample_weight.is_empty() {
        let error = Error::argument("sample_weight", "none beside a dataset", "a tensor");
        return Err(error.remedy("let the dataset give `(x, y, sample_weight)`"));
    }
    let dataset = first_batches(dataset, evaluate.steps)?;
    prepare(graph, compiled, &first_samples(&dataset)?, None)?;
    let steps = dataset.cardinality().finite();
    evaluate_all(graph, compiled, one_pass(&dataset), steps, evaluate.verbose)
}

fn evaluate_all(
    graph: &mut Graph,
    compiled: &mut Compiled,
    batches: impl Iterator<Item = Result<Batch>>,
    steps: Option<usize>,
    verbose: usize,
) -> Result<Vec<f64>> {
    let mut progress = Progress::evaluate(steps.unwrap_or(0), verbose);
    let mut last = 0;
    let measured = measure_all(graph, compiled, batches, steps, |step, compiled| {
        last = step;
        if progress.is_due() || Some(step) == steps {
            progress.step(step, &compiled.sorted_results());
        }
    })?;
    if let Measured::Steps(steps) = measured {
        progress.interrupted(0, steps);
        return Err(Error::interrupted("evaluating"));
    }
    if steps != Some(last) {
        // Only now it is known which step was the last.
        progress.step(last, &compiled.sorted_results());
    }
    progress.finish();
    Ok(compiled.values())
}

/// How much was measured.
pub(super) enum Measured {
    /// All samples.
    Whole,
    /// So many steps: then the user interrupted.
    Steps(usize),
}

/// Measures batches from scratch, `steps` of them, where that is known; `after(step, so far)` is
/// called after each.
pub(super) fn measure_all(
    graph: &mut Graph,
    compiled: &mut Compiled,
    batches: impl Iterator<Item = Result<Batch>>,
    steps: Option<usize>,
    mut after: impl FnMut(usize, &Compiled),
) -> Result<Measured> {
    compiled.reset_metrics();
    let mut generator = random::stream();
    let mut pending = Pending::default();
    for (step, batch) in batches.enumerate() {
        let batch = match batch {
            Err(error) if error.kind() == ErrorKind::Interrupted => {
                return Ok(Measured::Steps(step));
            }
            batch => batch?,
        };
        let begun = begin(graph, compiled, &batch, &mut generator)?;
        pending.add(begun, graph, compiled)?;
        if steps == Some(step + 1) {
            pending.settle(0, graph, compiled)?;
        }
        after(step + 1, compiled);
        if notebook::interrupted() && steps != Some(step + 1) {
            return Ok(Measured::Steps(step + 1));
        }
    }
    pending.settle(0, graph, compiled)?;
    Ok(Measured::Whole)
}

/// Measures one batch, together with those before it.
pub(super) fn measure(
    graph: &mut Graph,
    compiled: &mut Compiled,
    batch: &Batch,
    generator: &mut StdRng,
) -> Result<()> {
    let begun = begin(graph, compiled, batch, generator)?;
    on_processor(|| compiled.measure(&begun.loss, &begun.batch, &begun.y_pred))
}

fn begin(
    graph: &mut Graph,
    compiled: &Compiled,
    batch: &Batch,
    generator: &mut StdRng,
) -> Result<Begun> {
    let mut tape = Tape::off();
    let (y_pred, loss) = forward(graph, compiled, batch, &mut tape, false, generator)?;
    Ok(Begun {
        batch: batch.labels(),
        y_pred,
        loss,
        trained: None,
    })
}

/// The outputs for a batch, and their loss on the tape with what layers and weights add to it.
pub(super) fn forward(
    graph: &mut Graph,
    compiled: &Compiled,
    batch: &Batch,
    tape: &mut Tape,
    training: bool,
    generator: &mut StdRng,
) -> Result<(Vec<Tensor>, BatchLoss)> {
    let mut flow = Flow::new(tape, training, generator);
    let y_pred = graph.forward(&batch.x, &mut flow)?;
    let mut added = flow.losses;
    added.extend(graph.penalties(tape)?);
    let loss = compiled.loss(tape, batch, &y_pred, added)?;
    Ok((y_pred, loss))
}
