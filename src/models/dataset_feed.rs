//! Batches of a dataset, for `fit`, `evaluate` and `predict`.

use rand::RngCore;
use rand::rngs::StdRng;

use super::arrays::Arrays;
use super::batches::{Batch, Feed, Samples, check_positive};
use crate::data::{Cardinality, Dataset, DatasetElement, ElementIter};
use crate::{Error, Result, random};

/// The batches of a dataset, in a new pass each epoch.
pub(super) struct DatasetFeed {
    /// With the next batch made while a step computes.
    dataset: Dataset,
    class_weight: Vec<(usize, f32)>,
    /// How many batches make an epoch; a pass through the dataset where that is not said.
    steps: Option<usize>,
    elements: Option<ElementIter>,
    /// How many passes have begun, unless each epoch is one.
    passes: u64,
    /// What the pass of this epoch draws from.
    seed: u64,
    done: usize,
    /// Why no more can be had, not told yet.
    failed: Option<Error>,
}

impl DatasetFeed {
    pub(super) fn new(
        dataset: &Dataset,
        class_weight: Vec<(usize, f32)>,
        steps: Option<usize>,
    ) -> DatasetFeed {
        DatasetFeed {
            dataset: dataset.prefetch(1),
            class_weight,
            steps,
            elements: None,
            passes: 0,
            seed: 0,
            done: 0,
            failed: None,
        }
    }

    fn begin_pass(&mut self) {
        self.elements = Some(self.dataset.pass(self.passes, self.seed));
        self.passes += 1;
    }

    fn pull(&mut self) -> Option<Result<DatasetElement>> {
        let element = self.elements.as_mut()?.next();
        if element.is_none() {
            self.elements = None;
        }
        element
    }
}

impl Feed for DatasetFeed {
    /// Where the length of an epoch is said, it goes on where the last one ended, as in Keras.
    fn begin_epoch(&mut self, epoch: usize, generators: &dyn Fn(usize) -> StdRng) {
        self.done = 0;
        self.seed = generators(epoch).next_u64();
        if self.steps.is_none() {
            self.passes = epoch as u64;
            self.begin_pass();
        }
    }

    fn steps(&self) -> Option<usize> {
        self.steps.or(self.dataset.cardinality().finite())
    }

    /// They are made again, because what comes after may depend on them.
    fn skip(&mut self, batches: usize) {
        for _ in 0..batches {
            if let Err(error) = self.next() {
                self.failed = Some(error);
                return;
            }
        }
    }

    fn next(&mut self) -> Result<Option<Batch>> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if self.steps.is_some_and(|steps| self.done >= steps) {
            return Ok(None);
        }
        let mut element = self.pull();
        if element.is_none() && self.steps.is_some() && self.done == 0 {
            self.begin_pass();
            element = self.pull();
        }
        let Some(element) = element.transpose()? else {
            return Ok(None);
        };
        self.done += 1;
        let mut samples = samples_of(&element)?;
        samples.weigh_classes(&self.class_weight)?;
        samples.range(0..samples.len()).map(Some)
    }
}

/// The samples of a batch that a dataset gave.
pub(super) fn samples_of(element: &DatasetElement) -> Result<Samples> {
    let (x, y): (Arrays, Arrays) = (element.x().into(), element.y().into());
    let samples = Samples::new(&x, &y, &element.sample_weight().into());
    samples.map_err(|e| e.remedy("a model takes batches: end the dataset with `.batch(32)`"))
}

/// Samples like those of the dataset, which tell their shapes and labels.
///
/// # Errors
/// When the dataset is empty, or fails.
pub(super) fn first_samples(dataset: &Dataset) -> Result<Samples> {
    let first = dataset.glance()?;
    let empty = || Error::argument("dataset", "at least one batch", "none");
    samples_of(&first.ok_or_else(empty)?)
}

/// Fails when one pass through the dataset would never end.
pub(super) fn require_end(dataset: &Dataset) -> Result<()> {
    if dataset.cardinality() == Cardinality::Infinite {
        let error = Error::argument("dataset", "one that ends", "one that repeats without end");
        return Err(error.remedy("take a part of it: `&dataset.take(100)`"));
    }
    Ok(())
}

/// The first `steps` batches of a dataset, or all, of which there must be an end then.
pub(super) fn first_batches(dataset: &Dataset, steps: Option<usize>) -> Result<Dataset> {
    let dataset = match steps {
        Some(steps) => {
            check_positive("steps", steps)?;
            dataset.take(steps)
        }
        None => dataset.clone(),
    };
    require_end(&dataset)?;
    Ok(dataset)
}

/// The batches of one pass, the next one made while somebody works on the last.
pub(super) fn one_pass(dataset: &Dataset) -> impl Iterator<Item = Result<Batch>> {
    let elements = dataset.prefetch(1).pass(0, random::fresh_seed());
    elements.map(|element| {
        let samples = samples_of(&element?)?;
        samples.range(0..samples.len())
    })
}
