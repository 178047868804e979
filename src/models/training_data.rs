//! What `fit_batches` takes: a dataset, or an iterator.

use super::arrays::Arrays;
use super::fit::{self, Fit};
use super::history::History;
use super::model::Model;
use super::train_step::OwnStep;
use crate::Result;
use crate::data::Dataset;

mod sealed {
    pub trait Sealed {}
    impl Sealed for &crate::data::Dataset {}
    impl<I, X, Y> Sealed for I where I: IntoIterator<Item = (X, Y)> {}
}

/// Batches to train on: a [`Dataset`], or anything that iterates over pairs of inputs and labels.
pub trait Batches: sealed::Sealed {
    /// Trains a model on the batches, by a step of its own where there is one.
    #[doc(hidden)]
    fn fit(self, model: &mut Model, arguments: Fit, step: Option<OwnStep<'_>>) -> Result<History>;
}

impl Batches for &Dataset {
    fn fit(self, model: &mut Model, arguments: Fit, step: Option<OwnStep<'_>>) -> Result<History> {
        fit::fit_dataset(model, self, arguments, step)
    }
}

impl<I, X, Y> Batches for I
where
    I: IntoIterator<Item = (X, Y), IntoIter: Send>,
    X: Into<Arrays>,
    Y: Into<Arrays>,
{
    fn fit(self, model: &mut Model, arguments: Fit, step: Option<OwnStep<'_>>) -> Result<History> {
        let batches = self.into_iter().map(|(x, y)| (x.into(), y.into()));
        fit::fit_batches(model, batches, arguments, step)
    }
}
