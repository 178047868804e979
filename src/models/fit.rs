//! `fit`: the training loop.

use std::time::Instant;

use rand::RngCore;

use super::arrays::Arrays;
use super::batches::{ArrayFeed, Feed, IteratorFeed, Samples, check_positive};
use super::compile::Compiled;
use super::dataset_feed::{DatasetFeed, first_samples, require_end};
use super::evaluate::{Measured, measure_all};
use super::graph::Graph;
use super::history::{Ending, History};
use super::model::Model;
use super::pending::Pending;
use super::progression::Progression;
use super::saving::{Checkpoints, Moment};
use super::train_step::{OwnStep, train_step};
use super::validation::{Validation, ValidationData};
use crate::callbacks::{Callback, Logs, SharedCallback, Training};
use crate::data::Dataset;
use crate::display::Progress;
use crate::{Error, ErrorKind, Result, notebook, random};

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
    /// Samples and labels that are measured after every epoch, instead of a split:
    /// `(&x_val, &y_val).into()`, `(&x_val, &y_val, &sample_weight).into()` or `(&dataset).into()`.
    pub validation_data: ValidationData,
    /// Whether each epoch goes through the samples in another order; true unless set.
    pub shuffle: bool,
    /// How much each class counts: `vec![(0, 1.0), (1, 5.0)]`; classes that are not named count 1.
    pub class_weight: Vec<(usize, f32)>,
    /// How much each sample counts: `(&weights).into()`; 1 unless set. A model with several outputs
    /// may have weights for each of them, in their order: `[&a, &b].into()`.
    pub sample_weight: Arrays,
    /// The number of the first epoch, to continue a run: epochs count up to `epochs`; 0 unless set.
    pub initial_epoch: usize,
    /// How many batches make an epoch; all there are unless set. Fewer than there are go on in the
    /// next epoch where this one ended.
    pub steps_per_epoch: Option<usize>,
    /// How many batches are measured in a validation; all there are unless set.
    pub validation_steps: Option<usize>,
    /// How many samples are measured at once in a validation; as many as `batch_size` unless set.
    pub validation_batch_size: Option<usize>,
    /// After how many epochs the validation is measured; 1 unless set.
    pub validation_freq: usize,
    /// What happens between batches and epochs, see [`callbacks`](crate::callbacks).
    pub callbacks: Vec<SharedCallback>,
}

impl Default for Fit {
    fn default() -> Self {
        Self {
            epochs: 1,
            batch_size: 32,
            verbose: 1,
            validation_split: 0.0,
            validation_data: ValidationData::default(),
            shuffle: true,
            class_weight: Vec::new(),
            sample_weight: Arrays::default(),
            initial_epoch: 0,
            steps_per_epoch: None,
            validation_steps: None,
            validation_batch_size: None,
            validation_freq: 1,
            callbacks: Vec::new(),
        }
    }
}

/// How many of the samples are trained on when `share` of them is kept for validation.
fn trained_on(samples: usize, share: f64) -> Result<usize> {
    if !(0.0..1.0).contains(&share) {
        return Err(
            Error::argument("validation_split", "a share of at least 0, below 1", share)
                .remedy("0.2 keeps the last fifth of the samples for validation"),
        );
    }
    if share == 0.0 {
        return Ok(samples);
    }
    let trained = (samples as f64 * (1.0 - share)).floor() as usize;
    if trained == 0 || trained == samples {
        let expected = format!("a share that leaves some of the {samples} samples on both sides");
        return Err(Error::argument("validation_split", &expected, share)
            .remedy("0.2 keeps the last fifth of the samples for validation"));
    }
    Ok(trained)
}

/// Fails when a number that says how often or how much is 0; looks at no data.
fn check_numbers(fit: &Fit) -> Result<()> {
    let positive = [
        ("batch_size", Some(fit.batch_size)),
        ("validation_freq", Some(fit.validation_freq)),
        ("steps_per_epoch", fit.steps_per_epoch),
        ("validation_steps", fit.validation_steps),
        ("validation_batch_size", fit.validation_batch_size),
    ];
    let mut given = positive.iter();
    given.try_for_each(|(name, number)| check_positive(name, number.unwrap_or(1)))
}

/// Trains on arrays.
pub(super) fn fit(model: &mut Model, x: &Arrays, y: &Arrays, mut fit: Fit) -> Result<History> {
    check_numbers(&fit)?;
    let mut samples = Samples::new(x, y, &fit.sample_weight)?;
    samples.weigh_classes(&fit.class_weight)?;
    let trained = match fit.validation_data.is_given() {
        true => samples.len(),
        false => trained_on(samples.len(), fit.validation_split)?,
    };
    let validation = match take_validation(&mut fit)? {
        None if trained < samples.len() => {
            let (range, batch_size) = (trained..samples.len(), validation_batch_size(&fit));
            let steps = fit.validation_steps;
            Some(Validation::of_samples(
                samples.clone(),
                range,
                batch_size,
                steps,
            ))
        }
        given => given,
    };
    let steps = fit.steps_per_epoch;
    let mut feed = ArrayFeed::new(&samples, trained, fit.batch_size, fit.shuffle, steps);
    let trained = feed
        .steps()
        .map_or(trained, |steps| trained.min(steps * fit.batch_size));
    run(model, &mut feed, None, &samples, trained, validation, fit)
}

/// Trains on batches that somebody makes one after the other.
pub(super) fn fit_batches(
    model: &mut Model,
    batches: impl Iterator<Item = (Arrays, Arrays)> + Send,
    mut fit: Fit,
    step: Option<OwnStep<'_>>,
) -> Result<History> {
    check_numbers(&fit)?;
    no_arrays(&fit, "batches")?;
    let class_weight = std::mem::take(&mut fit.class_weight);
    let mut feed = IteratorFeed::new(batches, fit.steps_per_epoch, class_weight)?;
    let validation = take_validation(&mut fit)?;
    let first = feed.first().cloned();
    let (x, y) = first.map_or_else(Default::default, |first| (first.x, first.y));
    let samples = Samples::new(&x.into(), &y.into(), &Arrays::default())?;
    fit.batch_size = samples.len();
    let count = fit.steps_per_epoch.unwrap_or(0) * fit.batch_size;
    run(model, &mut feed, step, &samples, count, validation, fit)
}

/// Trains on the batches of a dataset.
pub(super) fn fit_dataset(
    model: &mut Model,
    dataset: &Dataset,
    mut fit: Fit,
    step: Option<OwnStep<'_>>,
) -> Result<History> {
    check_numbers(&fit)?;
    no_arrays(&fit, "a dataset")?;
    if fit.steps_per_epoch.is_none() {
        require_end(dataset)
            .map_err(|e| e.remedy("say how long an epoch is: `steps_per_epoch`"))?;
    }
    let samples = first_samples(dataset)?;
    let validation = take_validation(&mut fit)?;
    let class_weight = std::mem::take(&mut fit.class_weight);
    let mut feed = DatasetFeed::new(dataset, class_weight, fit.steps_per_epoch);
    fit.batch_size = samples.len();
    let count = feed.steps().unwrap_or(0).saturating_mul(fit.batch_size);
    run(model, &mut feed, step, &samples, count, validation, fit)
}

/// Fails when an argument is given that makes sense for arrays only.
fn no_arrays(fit: &Fit, for_what: &str) -> Result<()> {
    if fit.validation_split != 0.0 {
        let expected = format!("0 for {for_what}");
        let error = Error::argument("validation_split", &expected, fit.validation_split);
        return Err(error.remedy("give `validation_data`, a dataset's from its `take` and `skip`"));
    }
    if !fit.sample_weight.is_empty() {
        let expected = format!("none beside {for_what}");
        let error = Error::argument("sample_weight", &expected, "a tensor");
        return Err(error.remedy("let a dataset give `(x, y, sample_weight)`"));
    }
    Ok(())
}

/// How many samples are measured at once in a validation.
fn validation_batch_size(fit: &Fit) -> usize {
    fit.validation_batch_size.unwrap_or(fit.batch_size)
}

/// What was given to be measured after an epoch.
fn take_validation(fit: &mut Fit) -> Result<Option<Validation>> {
    let batch_size = validation_batch_size(fit);
    fit.validation_data.take(batch_size, fit.validation_steps)
}

/// Builds the model if need be. Fails unless it takes such samples and the losses such labels; a
/// model that was not built yet then stays so, because the samples are the wrong ones.
pub(super) fn prepare(
    graph: &mut Graph,
    compiled: &Compiled,
    samples: &Samples,
    validation: Option<&Samples>,
) -> Result<()> {
    let built = graph.take_samples(&samples.shapes())?;
    let checked = check_samples(graph, compiled, samples).and_then(|()| {
        let Some(validation) = validation else {
            return Ok(());
        };
        check_samples(graph, compiled, validation).map_err(|e| e.at("argument `validation_data`"))
    });
    if checked.is_err() && built {
        graph.forget_samples();
    }
    checked
}

fn check_samples(graph: &mut Graph, compiled: &Compiled, samples: &Samples) -> Result<()> {
    graph.take_samples(&samples.shapes())?;
    let outputs = graph.output_shapes_for(&samples.shapes())?;
    compiled.check_labels(samples.labels(), &outputs)
}

/// How an epoch ended.
enum EpochEnd {
    /// After all of its batches.
    Whole,
    /// The user interrupted it after so many.
    Interrupted(usize),
    /// A callback ended the run.
    Stopped,
    /// There were no batches left.
    NoData,
}

/// The course of one call of `fit`.
struct Course<'a, 's> {
    model: &'a mut Model,
    /// The step of somebody else, where it is not the usual one.
    step: Option<OwnStep<'s>>,
    callbacks: Vec<SharedCallback>,
    progression: Progression,
    progress: Progress,
    checkpoints: Checkpoints,
    /// The epoch and the step, from 1, at which a callback ended the run because the numbers were
    /// not finite.
    diverged_at: Option<(usize, usize)>,
    /// What a GPU has been given and not answered yet.
    pending: Pending,
}

/// Trains and returns what happened, also when the user interrupts. The model is made for `samples`
/// like these; an epoch has `count` of them, as far as known.
fn run(
    model: &mut Model,
    feed: &mut dyn Feed,
    step: Option<OwnStep<'_>>,
    samples: &Samples,
    count: usize,
    validation: Option<Validation>,
    fit: Fit,
) -> Result<History> {
    let (graph, compiled) = model.parts("fit")?;
    let measured = validation.as_ref().map(|validation| &validation.samples);
    match (&step, measured) {
        (None, _) => prepare(graph, compiled, samples, measured)?,
        // Only the step knows what becomes of its batches.
        (Some(_), Some(measured)) => prepare(graph, compiled, measured, None)
            .map_err(|e| e.at("argument `validation_data`"))?,
        (Some(_), None) => {}
    }
    let progression = Progression {
        epoch: fit.initial_epoch,
        epochs: fit.epochs,
        steps: feed.steps(),
        seed: random::stream().next_u64(),
        batch: 0,
        stopped: None,
        history: History::default(),
        epoch_begun: Instant::now(),
    };
    let steps = progression.steps.unwrap_or(0);
    let progress = Progress::fit(fit.epochs, steps, count, fit.batch_size, fit.verbose);
    let (graph, compiled) = model.parts("fit")?;
    let checkpoints = Checkpoints::begin(graph, compiled);
    let mut callbacks = fit.callbacks;
    callbacks.sort_by_key(|callback| callback.with(|callback| callback.is_last()));
    let mut course = Course {
        model,
        step,
        callbacks,
        progression,
        progress,
        checkpoints,
        diverged_at: None,
        pending: Pending::default(),
    };
    course.each(|callback, training| callback.on_train_begin(training))?;
    while course.progression.epoch < fit.epochs && course.progression.stopped.is_none() {
        let epoch = course.progression.epoch;
        let measured = validation
            .as_ref()
            .filter(|_| (epoch + 1).is_multiple_of(fit.validation_freq));
        if !course.epoch(feed, measured)? {
            break;
        }
        course.progression.epoch += 1;
    }
    if course.progression.epoch > fit.initial_epoch {
        let (graph, compiled) = course.model.parts("fit")?;
        let trained = graph.trained_mut().map(|(_, weight)| weight);
        compiled.optimizer.finish(trained);
    }
    course.each(|callback, training| callback.on_train_end(training))?;
    let Course {
        mut progression,
        mut progress,
        diverged_at,
        ..
    } = course;
    if progression.history.ending == Ending::Finished {
        match (progression.stopped, diverged_at) {
            (Some(what), Some((epoch, step))) => {
                progress.diverged(step, &what);
                let place = format!("epoch {}, step {step}", epoch + 1);
                progression.history.ending = Ending::Diverged(format!("{place}: {what}"));
            }
            (stopped, _) => {
                if let Some(reason) = stopped {
                    progression.history.ending = Ending::Stopped(reason);
                }
                progress.finish();
            }
        }
    }
    Ok(progression.history)
}

impl Course<'_, '_> {
    /// Lets every callback do something.
    fn each(
        &mut self,
        mut call: impl FnMut(&mut dyn Callback, &mut Training<'_>) -> Result<()>,
    ) -> Result<()> {
        for callback in &self.callbacks {
            let mut training = Training {
                model: self.model,
                progression: &mut self.progression,
                callbacks: &self.callbacks,
            };
            callback.with(|callback| call(callback, &mut training))?;
        }
        Ok(())
    }

    fn moment(&self, batch: usize) -> Moment {
        Moment {
            epoch: self.progression.epoch + 1,
            epochs: self.progression.epochs,
            batch,
            batches: self.progression.steps.unwrap_or(batch + 1),
        }
    }

    /// Trains one epoch and measures it; false when the run ends with it.
    fn epoch(&mut self, feed: &mut dyn Feed, validation: Option<&Validation>) -> Result<bool> {
        let epoch = self.progression.epoch;
        self.progression.epoch_begun = Instant::now();
        self.each(|callback, training| callback.on_epoch_begin(epoch, training))?;
        self.progress.begin_epoch(epoch);
        self.model.parts("fit")?.1.reset_metrics();
        if let Some(step) = &mut self.step {
            step.begin_epoch();
        }
        feed.begin_epoch(epoch, &self.progression.generators());
        self.progression.steps = feed.steps().or(self.progression.steps);
        let end = self.batches(feed)?;
        let mut results = self.results()?;
        match end {
            EpochEnd::NoData => {
                self.progression.stopped = Some("there were no batches left".to_string());
                return Ok(false);
            }
            EpochEnd::Interrupted(step) => {
                self.progress.interrupted(epoch, step);
                self.progression.interrupt(&results);
                return Ok(false);
            }
            EpochEnd::Stopped | EpochEnd::Whole => {}
        }
        let steps = self.progression.steps.unwrap_or(0);
        if let Some(validation) = validation {
            self.each(|callback, training| callback.on_test_begin(training))?;
            let measured = self.validate(validation);
            self.each(|callback, training| callback.on_test_end(training))?;
            let Some(measured) = measured? else {
                self.progress.interrupted(epoch, steps);
                self.progression.interrupt(&results);
                return Ok(false);
            };
            results.extend(measured);
        }
        let mut logs = Logs::new(results);
        self.each(|callback, training| callback.on_epoch_end(epoch, &mut logs, training))?;
        self.progress.end_epoch(logs.as_slice());
        self.progression.record(logs.as_slice());
        let last = epoch + 1 >= self.progression.epochs || self.progression.stopped.is_some();
        let moment = self.moment(steps);
        let (graph, compiled) = self.model.parts("fit")?;
        if last {
            self.checkpoints.at_end(moment, graph, compiled);
        } else {
            self.checkpoints.at(moment, graph, compiled);
        }
        Ok(true)
    }

    /// What was measured in the epoch so far, by name.
    fn results(&mut self) -> Result<Vec<(String, f64)>> {
        match &self.step {
            Some(step) => Ok(step.results()),
            None => Ok(self.model.parts("fit")?.1.sorted_results()),
        }
    }

    fn batches(&mut self, feed: &mut dyn Feed) -> Result<EpochEnd> {
        let mut done = std::mem::take(&mut self.progression.batch);
        feed.skip(done);
        let end = self.steps(feed, &mut done);
        let end = end.and_then(|end| self.settle(0).map(|()| end));
        match end {
            Err(error) if error.kind() == ErrorKind::NotFinite => {
                // On a GPU it is an earlier step whose answer came now.
                let step = self.pending.failed.take().unwrap_or(done);
                let message = error.to_string();
                let mut callbacks = self.callbacks.iter();
                if callbacks.any(|c| c.with(|c| c.on_not_finite(step))) {
                    self.progression.stopped = Some(message);
                    self.diverged_at = Some((self.progression.epoch, step + 1));
                    return Ok(EpochEnd::Stopped);
                }
                self.progress.diverged(step + 1, &message);
                let epoch = self.progression.epoch + 1;
                Err(error.at(format!("epoch {epoch}, step {}", step + 1)))
            }
            end => end,
        }
    }

    /// Waits for all steps but the last `left`, and measures them.
    fn settle(&mut self, left: usize) -> Result<()> {
        let (graph, compiled) = self.model.parts("fit")?;
        self.pending.settle(left, graph, compiled)
    }

    fn steps(&mut self, feed: &mut dyn Feed, done: &mut usize) -> Result<EpochEnd> {
        let watched = self.callbacks.iter().any(|c| c.with(|c| c.takes_batches()));
        let mut shown = false;
        loop {
            let next = match feed.next() {
                Err(error) if error.kind() == ErrorKind::Interrupted => {
                    return Ok(EpochEnd::Interrupted(*done));
                }
                next => next?,
            };
            let Some(batch) = next else {
                // Now it is known how many there are.
                self.progression.steps = Some(*done);
                return Ok(match *done {
                    0 => EpochEnd::NoData,
                    _ => EpochEnd::Whole,
                });
            };
            let step = *done;
            self.each(|callback, training| callback.on_train_batch_begin(step, training))?;
            let mut generator = self.progression.step_generator(step);
            let (model, own_step) = (&mut *self.model, &mut self.step);
            let pending = &mut self.pending;
            let (stepped, ()) = rayon::join(
                || match own_step {
                    Some(own_step) => own_step.go(model, &batch),
                    None => {
                        let (graph, compiled) = model.parts("fit")?;
                        train_step(graph, compiled, &batch, &mut generator, step, pending)
                    }
                },
                || feed.prepare(),
            );
            stepped?;
            *done += 1;
            let is_last = self.progression.steps == Some(*done);
            if self.progress.is_due() || is_last {
                if is_last || !shown {
                    // Later, a number that is a few steps old will do.
                    self.settle(0)?;
                    shown = true;
                }
                let results = self.results()?;
                self.progress.step(*done, &results);
            }
            if watched {
                self.settle(0)?;
                let logs = Logs::new(self.results()?);
                self.each(|callback, training| callback.on_train_batch_end(step, &logs, training))?;
            }
            if notebook::interrupted() {
                return Ok(EpochEnd::Interrupted(*done));
            }
            if self.progression.stopped.is_some() {
                return Ok(EpochEnd::Stopped);
            }
            let moment = self.moment(*done);
            let (graph, compiled) = self.model.parts("fit")?;
            self.checkpoints.at(moment, graph, compiled);
        }
    }

    /// The results on validation data; none when the user interrupts.
    fn validate(&mut self, validation: &Validation) -> Result<Option<Vec<(String, f64)>>> {
        let steps = validation.steps();
        let progress = &mut self.progress;
        let (graph, compiled) = self.model.parts("fit")?;
        let measured = measure_all(graph, compiled, validation.batches(), steps, |step, _| {
            progress.validation_step(step, steps.unwrap_or(0))
        })?;
        if let Measured::Steps(_) = measured {
            return Ok(None);
        }
        let results = compiled.sorted_results().into_iter();
        Ok(Some(
            results
                .map(|(name, value)| (format!("val_{name}"), value))
                .collect(),
        ))
    }
}
