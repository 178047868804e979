//! What is measured after an epoch.

use std::ops::Range;

use super::arrays::Arrays;
use super::batches::{Batch, Samples, batches_of, check_batch_size};
use super::dataset_feed::{first_samples, one_pass, require_end};
use crate::data::Dataset;
use crate::{Error, Result};

/// Samples and labels to measure, or none: `(&x_val, &y_val).into()` or `(&dataset).into()`.
///
/// Keras: the argument `validation_data` of `fit`.
#[derive(Clone, Debug, Default)]
pub struct ValidationData(Option<Given>);

#[derive(Clone, Debug)]
enum Given {
    Arrays(Arrays, Arrays),
    Dataset(Dataset),
}

impl<X: Into<Arrays>, Y: Into<Arrays>> From<(X, Y)> for ValidationData {
    fn from((x, y): (X, Y)) -> Self {
        ValidationData(Some(Given::Arrays(x.into(), y.into())))
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

    /// What there is to measure.
    pub(super) fn take(&mut self, batch_size: usize) -> Result<Option<Validation>> {
        let validation = self.0.take().map(|given| match given {
            Given::Arrays(x, y) => {
                check_batch_size(batch_size)?;
                let samples = Samples::new(&x, &y, None)?;
                let range = 0..samples.len();
                Ok(Validation::of_samples(samples, range, batch_size))
            }
            Given::Dataset(dataset) => {
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
        range: Range<usize>,
        batch_size: usize,
    ) -> Validation {
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
