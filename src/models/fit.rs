//! `fit`: the training loop.

use std::time::Instant;

use rand::rngs::StdRng;

use super::batches::{Samples, batches, check_batch_size};
use super::compile::Compiled;
use super::evaluate::{Measured, measure_all};
use super::history::History;
use super::network::{Flow, Network};
use super::saving::{Checkpoints, Moment};
use crate::display::Progress;
use crate::{Error, ErrorKind, Result, Tape, Tensor, notebook, random};

/// The arguments of `fit`, with Keras's defaults.
///
/// Keras: `keras.Model.fit`.
#[derive(Clone, Debug)]
pub struct Fit {
    /// How many times all samples are gone through; 1 unless set.
    pub epochs: usize,
    /// How many samples go into one step; 32 unless set.
    pub batch_size: usize,
    /// 0 shows nothing, 1 a progress bar, 2 one line an epoch; 1 unless set.
    pub verbose: usize,
    /// The share of the samples, taken from the end before shuffling, that is not trained on but
    /// measured after every epoch; 0 unless set.
    pub validation_split: f64,
    /// Samples and labels that are measured after every epoch, instead of a split.
    pub validation_data: Option<(Tensor, Tensor)>,
    /// Whether each epoch goes through the samples in another order; true unless set.
    pub shuffle: bool,
    /// The number of the first epoch, to continue a run: epochs count up to `epochs`; 0 unless set.
    pub initial_epoch: usize,
}

impl Default for Fit {
    fn default() -> Self {
        Self {
            epochs: 1,
            batch_size: 32,
            verbose: 1,
            validation_split: 0.0,
            validation_data: None,
            shuffle: true,
            initial_epoch: 0,
        }
    }
}

/// What is trained on, and what is measured after every epoch.
struct Split<'a> {
    training: Samples<'a>,
    /// How many of the samples are trained on; the rest is validation.
    trained: usize,
    validation: Option<(Samples<'a>, std::ops::Range<usize>)>,
}

impl<'a> Split<'a> {
    fn new(x: &'a Tensor, y: &'a Tensor, fit: &'a Fit) -> Result<Split<'a>> {
        let training = Samples::new(x, y)?;
        if let Some((x_val, y_val)) = &fit.validation_data {
            let validation =
                Samples::new(x_val, y_val).map_err(|e| e.at("argument `validation_data`"))?;
            return Ok(Split {
                training,
                trained: x.len(),
                validation: Some((validation, 0..x_val.len())),
            });
        }
        let share = fit.validation_split;
        if !(0.0..1.0).contains(&share) {
            return Err(Error::argument(
                "validation_split",
                "a share of at least 0, below 1",
                share,
            )
            .remedy("0.2 keeps the last fifth of the samples for validation"));
        }
        if share == 0.0 {
            return Ok(Split {
                training,
                trained: x.len(),
                validation: None,
            });
        }
        let trained = (x.len() as f64 * (1.0 - share)).floor() as usize;
        if trained == 0 || trained == x.len() {
            let expected = format!(
                "a share that leaves some of the {} samples on both sides",
                x.len()
            );
            return Err(Error::argument("validation_split", &expected, share)
                .remedy("0.2 keeps the last fifth of the samples for validation"));
        }
        Ok(Split {
            training,
            trained,
            validation: Some((training, trained..x.len())),
        })
    }
}

/// Trains `network` and returns what happened, also when the user interrupts.
pub(super) fn fit(
    network: &mut dyn Network,
    compiled: &mut Compiled,
    x: &Tensor,
    y: &Tensor,
    fit: &Fit,
) -> Result<History> {
    check_batch_size(fit.batch_size)?;
    let split = Split::new(x, y, fit)?;
    prepare(network, compiled, x, y, fit.validation_data.as_ref())?;

    let mut generator = random::stream();
    let mut history = History::default();
    let steps = split.trained.div_ceil(fit.batch_size);
    let epochs = fit.epochs;
    let mut progress = Progress::fit(epochs, steps, split.trained, fit.batch_size, fit.verbose);
    let mut checkpoints = Checkpoints::begin(network, compiled);
    for epoch in fit.initial_epoch..epochs {
        let moment = |batch| Moment {
            epoch: epoch + 1,
            epochs,
            batch,
            batches: steps,
        };
        let started = Instant::now();
        progress.begin_epoch(epoch);
        compiled.reset_metrics();
        let order = order(split.trained, fit.shuffle, &mut generator);
        for (step, batch) in batches(0..split.trained, fit.batch_size).enumerate() {
            let (x, y) = split.training.gather(&order[batch])?;
            match train_step(network, compiled, &x, &y, &mut generator) {
                Err(error) if error.kind() == ErrorKind::NotFinite => {
                    progress.diverged(step + 1, &error.to_string());
                    return Err(error.at(format!("epoch {}, step {}", epoch + 1, step + 1)));
                }
                result => result?,
            }
            if progress.is_due() || step + 1 == steps {
                progress.step(step + 1, &compiled.sorted_results());
            }
            if notebook::interrupted() {
                progress.interrupted(epoch, step + 1);
                history.push(epoch, seconds(started), &compiled.sorted_results());
                return Ok(history.interrupted());
            }
            checkpoints.at(moment(step + 1), network, compiled);
        }
        let mut results = compiled.sorted_results();
        if let Some((samples, range)) = &split.validation {
            let validation_steps = range.len().div_ceil(fit.batch_size);
            let measured = measure_all(
                network,
                compiled,
                *samples,
                range.clone(),
                fit.batch_size,
                |step, _| {
                    progress.validation_step(step, validation_steps);
                },
            )?;
            if let Measured::Steps(_) = measured {
                progress.interrupted(epoch, steps);
                history.push(epoch, seconds(started), &results);
                return Ok(history.interrupted());
            }
            let measured = compiled.sorted_results();
            results.extend(
                measured
                    .into_iter()
                    .map(|(name, value)| (format!("val_{name}"), value)),
            );
        }
        progress.end_epoch(&results);
        history.push(epoch, seconds(started), &results);
        if epoch + 1 < epochs {
            checkpoints.at(moment(steps), network, compiled);
        } else {
            checkpoints.at_end(moment(steps), network, compiled);
        }
    }
    if epochs > fit.initial_epoch {
        let weights = network.weights_mut().filter(|weight| weight.trainable);
        compiled.optimizer.finish(weights);
    }
    progress.finish();
    Ok(history)
}

fn seconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64()
}

fn order(samples: usize, shuffle: bool, generator: &mut StdRng) -> Vec<usize> {
    if shuffle {
        random::permutation(samples, generator)
    } else {
        (0..samples).collect()
    }
}

/// Builds the network if need be. Fails unless it takes such samples and the loss such labels; a
/// network that was not built yet then stays so, because the samples are the wrong ones.
pub(super) fn prepare(
    network: &mut dyn Network,
    compiled: &Compiled,
    x: &Tensor,
    y: &Tensor,
    validation_data: Option<&(Tensor, Tensor)>,
) -> Result<()> {
    let built = network.take_samples(&x.shape().without_batch())?;
    let checked = check_samples(network, compiled, x, y).and_then(|()| {
        let Some((x, y)) = validation_data else {
            return Ok(());
        };
        check_samples(network, compiled, x, y).map_err(|e| e.at("argument `validation_data`"))
    });
    if checked.is_err() && built {
        network.forget_samples();
    }
    checked
}

fn check_samples(
    network: &mut dyn Network,
    compiled: &Compiled,
    x: &Tensor,
    y: &Tensor,
) -> Result<()> {
    network.take_samples(&x.shape().without_batch())?;
    let loss = &compiled.loss;
    loss.check(y, &network.output_shape()?)
        .map_err(|e| e.at(format!("loss `{}`", loss.name())))
}

/// One step: forward, backward, update. A step that fails, or whose loss is not finite, leaves all
/// weights as they were, moving averages too.
pub(super) fn train_step(
    network: &mut dyn Network,
    compiled: &mut Compiled,
    x: &Tensor,
    y: &Tensor,
    generator: &mut StdRng,
) -> Result<()> {
    let weights = network.weights_mut().filter(|weight| !weight.trainable);
    let before: Vec<Tensor> = weights.map(|weight| weight.value.clone()).collect();
    let result = try_step(network, compiled, x, y, generator);
    if result.is_err() {
        let weights = network.weights_mut().filter(|weight| !weight.trainable);
        for (weight, before) in weights.zip(before) {
            weight.value = before;
        }
    }
    result
}

fn try_step(
    network: &mut dyn Network,
    compiled: &mut Compiled,
    x: &Tensor,
    y: &Tensor,
    generator: &mut StdRng,
) -> Result<()> {
    let mut tape = Tape::recording();
    let y_pred = network.forward(x, &mut Flow::new(&mut tape, true, generator))?;
    let loss = compiled.loss.call(&mut tape, y, &y_pred)?;
    let value = loss.item(0)?;
    if !value.is_finite() {
        return Err(not_finite(format!("the loss became {value}")));
    }
    let mut gradients = tape.backward(&loss, compiled.optimizer.loss_scale())?;
    if !compiled.optimizer.gradients_are_finite(&gradients) {
        return Err(not_finite("a gradient became infinite or NaN".to_string()));
    }
    // Before the update, because a metric may refuse the labels.
    compiled.measure(value, y, &y_pred)?;
    let weights = network.weights_mut().filter(|weight| weight.trainable);
    compiled.optimizer.step(weights, &mut gradients)
}

fn not_finite(what: String) -> Error {
    Error::new(ErrorKind::NotFinite, what).remedy(
        "the weights are those before this step; lower the learning rate, or look for NaN, \
         infinite or very large numbers in the data (divide pixels by 255)",
    )
}
