//! `evaluate`: loss and metrics on given data.

use std::ops::Range;

use super::batches::{Samples, batches, check_batch_size};
use super::compile::Compiled;
use super::fit::prepare;
use super::network::{Flow, Network};
use crate::display::Progress;
use crate::{Error, Result, Tape, Tensor, notebook, random};

/// The arguments of `evaluate`, with Keras's defaults.
///
/// Keras: `keras.Model.evaluate`.
#[derive(Clone, Debug)]
pub struct Evaluate {
    /// How many samples are computed at once; 32 unless set.
    pub batch_size: usize,
    /// 0 shows nothing, 1 a progress bar, 2 one line; 1 unless set.
    pub verbose: usize,
}

impl Default for Evaluate {
    fn default() -> Self {
        Self {
            batch_size: 32,
            verbose: 1,
        }
    }
}

pub(super) fn evaluate(
    network: &mut dyn Network,
    compiled: &mut Compiled,
    x: &Tensor,
    y: &Tensor,
    evaluate: &Evaluate,
) -> Result<Vec<f64>> {
    check_batch_size(evaluate.batch_size)?;
    let samples = Samples::new(x, y)?;
    prepare(network, compiled, x, y, None)?;
    let steps = x.len().div_ceil(evaluate.batch_size);
    let mut progress = Progress::evaluate(steps, evaluate.verbose);
    let measured = measure_all(
        network,
        compiled,
        samples,
        0..x.len(),
        evaluate.batch_size,
        |step, compiled| {
            if progress.is_due() || step == steps {
                progress.step(step, &compiled.sorted_results());
            }
        },
    )?;
    if let Measured::Steps(steps) = measured {
        progress.interrupted(0, steps);
        return Err(Error::interrupted("evaluating"));
    }
    progress.finish();
    Ok(compiled
        .results()
        .into_iter()
        .map(|(_, value)| value)
        .collect())
}

/// How much was measured.
pub(super) enum Measured {
    /// All samples.
    Whole,
    /// So many steps: then the user interrupted.
    Steps(usize),
}

/// Measures the samples of a range from scratch; `after(step, so far)` is called after each batch.
pub(super) fn measure_all(
    network: &mut dyn Network,
    compiled: &mut Compiled,
    samples: Samples<'_>,
    range: Range<usize>,
    batch_size: usize,
    mut after: impl FnMut(usize, &Compiled),
) -> Result<Measured> {
    compiled.reset_metrics();
    let steps = range.len().div_ceil(batch_size);
    let mut generator = random::stream();
    for (step, batch) in batches(range, batch_size).enumerate() {
        let (x, y) = samples.range(batch)?;
        let mut tape = Tape::off();
        let y_pred = network.forward(&x, &mut Flow::new(&mut tape, false, &mut generator))?;
        let loss = compiled.loss.call(&mut tape, &y, &y_pred)?;
        compiled.measure(loss.item(0)?, &y, &y_pred)?;
        after(step + 1, compiled);
        if notebook::interrupted() && step + 1 < steps {
            return Ok(Measured::Steps(step + 1));
        }
    }
    Ok(Measured::Whole)
}
