//! What is measured after an epoch.

use std::ops::Range;

use super::arrays::Arrays;
use super::batches::{Batch, Samples, batches_of};
use super::dataset_feed::{first_samples, one_pass, require_end};
use crate::data::Dataset;
use crate::{Error, Result};

/// Samples and labels to measure, or none: `(&x_val, &y_val).into()`, with what each sample counts
/// `(&x_val, &y_val, &sample_weight).into()`, or `(&dataset).into()`.
///
/// Keras: the argument `validation_data` of `fit`.
#[derive(Clone, Debug, Default)]
pub struct ValidationData(Option<Given>);

#[derive(Clone, Debug)]
enum Given {
    Arrays(Arrays, Arrays, Arrays),
    Dataset(Dataset),
}

impl<X: Into<Arrays>, Y: Into<Arrays>> From<(X, Y)> for ValidationData {
    fn from((x, y): (X, Y)) -> Self {
        ValidationData(Some(Given::Arrays(x.into(), y.into(), Arrays::default())))
    }
}

impl<X: Into<Arrays>, Y: Into<Arrays>, W: Into<Arrays>> From<(X, Y, W)> for ValidationData {
    fn from((x, y, sample_weight): (X, Y, W)) -> Self {
        let sample_weight = sample_weight.into();
        ValidationData(Some(Given::Arrays(x.into(), y.into(), sample_weight)))
    }
}

impl From<&Dataset> for ValidationData {
    fn from(dataset: &Dataset) -> Self {
        ValidationData(Some(Given::Dataset(dataset.clone())))
    }
}

impl From<Dataset> for ValidationData {
    fn from(dataset: Dataset) -> Self {
        (&dataset).into()
    }
}

impl ValidationData {
    /// Whether there are any.
    pub(super) fn is_given(&self) -> bool {
        self.0.is_some()
    }

    /// What there is to measure, `steps` batches of it at most.
    pub(super) fn take(
        &mut self,
        batch_size: usize,
        steps: Option<usize>,
    ) -> Result<Option<Validation>> {
        let validation = self.0.take().map(|given| match given {
            Given::Arrays(x, y, sample_weight) => {
                let samples = Samples::new(&x, &y, &sample_weight)?;
                let range = 0..samples.len();
                Ok(Validation::of_samples(samples, range, batch_size, steps))
            }
            Given::Dataset(dataset) => {
                let dataset = match steps {
                    Some(steps) => dataset.take(steps),
                    None => dataset,
                };
                require_end(&dataset)?;
                let samples = first_samples(&dataset)?;
                Ok(Validation {
                    samples,
                    source: Source::Dataset(dataset),
                })
            }
        });
        validation
            .transpose()
            .map_err(|e: Error| e.at("argument `validation_data`"))
    }
}

/// Samples that are measured after an epoch.
pub(super) struct Validation {
    /// All of them, or some that are like them.
    pub(super) samples: Samples,
    source: Source,
}

enum Source {
    /// A range of the samples, in batches of so many.
    Samples(Range<usize>, usize),
    Dataset(Dataset),
}

impl Validation {
    pub(super) fn of_samples(
        samples: Samples,
        mut range: Range<usize>,
        batch_size: usize,
        steps: Option<usize>,
    ) -> Validation {
        let most = steps.map_or(range.len(), |steps| steps.saturating_mul(batch_size));
        range.end = range.end.min(range.start.saturating_add(most));
        Validation {
            samples,
            source: Source::Samples(range, batch_size),
        }
    }

    /// How many batches there are, where that is known.
    pub(super) fn steps(&self) -> Option<usize> {
        match &self.source {
            Source::Samples(range, batch_size) => Some(range.len().div_ceil(*batch_size)),
            Source::Dataset(dataset) => dataset.cardinality().finite(),
        }
    }

    /// The batches, from the first.
    pub(super) fn batches(&self) -> Box<dyn Iterator<Item = Result<Batch>> + '_> {
        match &self.source {
            Source::Samples(range, batch_size) => {
                Box::new(batches_of(&self.samples, range.clone(), *batch_size))
            }
            Source::Dataset(dataset) => Box::new(one_pass(dataset)),
        }
    }
}
