//! Data in batches: which samples, in which order.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use rand::rngs::StdRng;

use super::arrays::Arrays;
use crate::data::DatasetElement;
use crate::device::{Gpu, gpu};
use crate::ops::gpu::{is_kept_on, take_on};
use crate::{DType, Error, Result, Shape, Tensor, random};

/// What one step works on.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    /// One for each input of the model, as floats.
    pub(super) x: Vec<Tensor>,
    /// One for each output.
    pub(super) y: Vec<Tensor>,
    /// How much each sample counts, for all outputs or for each; all the same where there is none.
    sample_weight: Vec<Tensor>,
}

impl Batch {
    /// How much each sample counts for an output.
    pub(super) fn weight_of(&self, output: usize) -> Option<&Tensor> {
        match &self.sample_weight[..] {
            [for_all] => Some(for_all),
            for_each => for_each.get(output),
        }
    }

    /// The batch as users know it.
    /// Without the inputs: what is needed to measure predictions.
    pub(super) fn labels(&self) -> Batch {
        Batch {
            x: Vec::new(),
            ..self.clone()
        }
    }

    pub(super) fn element(&self) -> DatasetElement {
        let element = DatasetElement::new(&self.x, &self.y);
        element.with_sample_weight(&self.sample_weight)
    }
}

/// Samples and their labels, read batch by batch without copying the whole.
#[derive(Clone, Debug)]
pub(super) struct Samples {
    x: Arrays,
    y: Arrays,
    sample_weight: Arrays,
}

impl Samples {
    /// Fails when they do not belong together or there is nothing.
    pub(super) fn new(x: &Arrays, y: &Arrays, sample_weight: &Arrays) -> Result<Samples> {
        let Some(first) = x.as_slice().first() else {
            return Err(Error::argument("x", "at least one array", "none"));
        };
        for other in &x.as_slice()[1..] {
            if other.len() != first.len() {
                return Err(Error::shape(format!(
                    "the inputs have different numbers of samples: shapes {} and {}",
                    first.shape(),
                    other.shape()
                )));
            }
        }
        for y in y.as_slice() {
            if first.len() != y.len() {
                return Err(Error::shape(format!(
                    "`x` has {} samples and `y` has {} labels (shapes {} and {}): each sample needs \
                     one",
                    first.len(),
                    y.len(),
                    first.shape(),
                    y.shape()
                )));
            }
        }
        check_weights(sample_weight, first.len(), y.len())?;
        require_samples(x)?;
        Ok(Samples {
            x: x.clone(),
            y: y.clone(),
            sample_weight: sample_weight.clone(),
        })
    }

    pub(super) fn len(&self) -> usize {
        self.x.as_slice()[0].len()
    }

    /// The shape of one sample for each input.
    pub(super) fn shapes(&self) -> Vec<Shape> {
        sample_shapes(&self.x)
    }

    pub(super) fn labels(&self) -> &[Tensor] {
        self.y.as_slice()
    }

    /// Sets what each sample counts by its class, where classes count differently.
    ///
    /// # Errors
    /// When that is set already, or the labels are no classes.
    pub(super) fn weigh_classes(&mut self, weights: &[(usize, f32)]) -> Result<()> {
        if weights.is_empty() {
            return Ok(());
        }
        if !self.sample_weight.is_empty() {
            let error = Error::argument("class_weight", "nothing beside `sample_weight`", "both");
            return Err(error.remedy("multiply the two into `sample_weight`"));
        }
        self.sample_weight = weights_of_classes(&self.y, weights)?.into();
        Ok(())
    }

    /// The samples at `positions`.
    fn gather(&self, positions: &[usize]) -> Result<Batch> {
        self.each(
            |array| array.take(positions),
            |gpu, x| take_on(gpu, x, positions),
        )
    }

    /// The samples of a range.
    pub(super) fn range(&self, range: Range<usize>) -> Result<Batch> {
        if range == (0..self.len()) {
            return self.each(|array| Ok(array.clone()), |_, x| Ok(x.clone()));
        }
        let positions = || range.clone().collect::<Vec<usize>>();
        self.each(
            |array| array.slice(range.clone()),
            |gpu, x| take_on(gpu, x, &positions()),
        )
    }

    /// A batch of what is picked; of inputs that a GPU keeps, it picks by itself.
    fn each(
        &self,
        pick: impl Fn(&Tensor) -> Result<Tensor>,
        pick_on: impl Fn(&'static Gpu, &Tensor) -> Result<Tensor>,
    ) -> Result<Batch> {
        let of_input = |x: &Tensor| match gpu().filter(|gpu| is_kept_on(gpu, x)) {
            Some(gpu) => pick_on(gpu, x),
            None => Ok(pick(x)?.astype(DType::Float32)),
        };
        Ok(Batch {
            x: self
                .x
                .as_slice()
                .iter()
                .map(of_input)
                .collect::<Result<_>>()?,
            y: self.y.as_slice().iter().map(&pick).collect::<Result<_>>()?,
            sample_weight: self
                .sample_weight
                .as_slice()
                .iter()
                .map(&pick)
                .collect::<Result<_>>()?,
        })
    }
}

/// Fails unless there are weights for all outputs, for each, or none, one number for each sample.
fn check_weights(sample_weight: &Arrays, samples: usize, outputs: usize) -> Result<()> {
    let given = sample_weight.as_slice();
    if given.len() > 1 && given.len() != outputs {
        let expected = format!("one array, or one for each of the {outputs} outputs");
        return Err(Error::argument("sample_weight", &expected, given.len()));
    }
    if let Some(weight) = given.iter().find(|weight| weight.len() != samples) {
        let expected = format!("one number for each of the {samples} samples");
        let given = format!("shape {}", weight.shape());
        return Err(Error::argument("sample_weight", &expected, given));
    }
    match given {
        [for_all] if outputs > 1 && for_all.size() != samples => {
            let given = format!("shape {}", for_all.shape());
            Err(
                Error::argument("sample_weight", "one number for each sample", given).remedy(
                    "several numbers a sample: give one array for each output, `[&a, &b].into()`",
                ),
            )
        }
        _ => Ok(()),
    }
}

/// The shape of one sample for each array.
pub(super) fn sample_shapes(arrays: &Arrays) -> Vec<Shape> {
    let arrays = arrays.as_slice().iter();
    arrays.map(|array| array.shape().without_batch()).collect()
}

/// Fails when there is nothing in `x`.
pub(super) fn require_samples(x: &Arrays) -> Result<()> {
    for x in x.as_slice() {
        if x.is_empty() || x.ndim() == 0 {
            let given = format!("shape {}", x.shape());
            return Err(Error::argument("x", "at least one sample", given));
        }
    }
    Ok(())
}

/// Where the batches of an epoch come from.
pub(super) trait Feed: Send {
    /// A new epoch begins, counted from 0. What is random in an epoch comes from its generator, which
    /// `generators` makes, also of others than this one.
    fn begin_epoch(&mut self, epoch: usize, generators: &dyn Fn(usize) -> StdRng);

    /// How many batches this epoch has, where that is known.
    fn steps(&self) -> Option<usize>;

    /// The first `batches` of the epoch were trained on before the run was taken up again.
    fn skip(&mut self, batches: usize);

    /// Makes the next batch of the epoch, if there is one: called while a step computes on the last.
    /// What only copies memory may do so when it is asked.
    fn prepare(&mut self) {}

    /// The next batch; none when the epoch is over.
    fn next(&mut self) -> Result<Option<Batch>>;
}

/// The first samples of arrays, in a new order each epoch.
pub(super) struct ArrayFeed<'a> {
    samples: &'a Samples,
    /// How many of the samples are used.
    count: usize,
    batch_size: usize,
    shuffle: bool,
    /// How many batches make an epoch at most; all there are where that is not said.
    steps: Option<usize>,
    /// The order of this pass through the samples, and what of it this epoch has still to use.
    order: Vec<usize>,
    left: Range<usize>,
}

impl<'a> ArrayFeed<'a> {
    /// The first `count` samples.
    pub(super) fn new(
        samples: &'a Samples,
        count: usize,
        batch_size: usize,
        shuffle: bool,
        steps: Option<usize>,
    ) -> ArrayFeed<'a> {
        let mut feed = ArrayFeed {
            samples,
            count,
            batch_size,
            shuffle,
            steps,
            order: Vec::new(),
            left: 0..0,
        };
        feed.left = feed.part(0);
        feed
    }

    /// How many samples an epoch uses at most.
    fn most(&self) -> usize {
        let batches = self
            .steps
            .map(|steps| steps.saturating_mul(self.batch_size));
        batches.map_or(self.count, |most| most.min(self.count))
    }

    /// How many epochs share a pass through the samples.
    fn epochs_of_a_pass(&self) -> usize {
        self.count.div_ceil(self.most().max(1)).max(1)
    }

    /// What an epoch uses of its pass.
    fn part(&self, epoch: usize) -> Range<usize> {
        let begin = epoch % self.epochs_of_a_pass() * self.most();
        begin..(begin + self.most()).min(self.count)
    }
}

impl Feed for ArrayFeed<'_> {
    /// An epoch of fewer batches than there are goes on where the last one ended, as in Keras; what
    /// remains of a pass in the end is an epoch of its own.
    fn begin_epoch(&mut self, epoch: usize, generators: &dyn Fn(usize) -> StdRng) {
        let first = epoch - epoch % self.epochs_of_a_pass();
        self.order = if self.shuffle {
            random::permutation(self.count, &mut generators(first))
        } else {
            (0..self.count).collect()
        };
        self.left = self.part(epoch);
    }

    fn steps(&self) -> Option<usize> {
        Some(self.left.len().div_ceil(self.batch_size))
    }

    fn skip(&mut self, batches: usize) {
        let skipped = batches.saturating_mul(self.batch_size);
        self.left.start = self.left.start.saturating_add(skipped).min(self.left.end);
    }

    fn next(&mut self) -> Result<Option<Batch>> {
        let begin = self.left.start;
        self.skip(1);
        let positions = &self.order[begin..self.left.start];
        if positions.is_empty() {
            return Ok(None);
        }
        self.samples.gather(positions).map(Some)
    }
}

/// Batches that somebody makes one after the other.
pub(super) struct IteratorFeed<I> {
    iterator: I,
    /// The batch that was looked at before training began.
    first: Option<Batch>,
    /// What the iterator gave for the next step, or its panic.
    prepared: Option<thread::Result<Result<Option<Batch>>>>,
    /// How many make an epoch; all there are where that is not said.
    steps: Option<usize>,
    class_weight: Vec<(usize, f32)>,
    done: usize,
}

impl<I: Iterator<Item = (Arrays, Arrays)> + Send> IteratorFeed<I> {
    /// Takes the first batch, which tells the shapes. Fails when there is none.
    pub(super) fn new(
        iterator: I,
        steps: Option<usize>,
        class_weight: Vec<(usize, f32)>,
    ) -> Result<IteratorFeed<I>> {
        let mut feed = IteratorFeed {
            iterator,
            first: None,
            prepared: None,
            steps,
            class_weight,
            done: 0,
        };
        feed.first = feed.pull()?;
        if feed.first.is_none() {
            return Err(Error::argument("batches", "at least one batch", "none"));
        }
        Ok(feed)
    }

    /// The first batch, before training begins.
    pub(super) fn first(&self) -> Option<&Batch> {
        self.first.as_ref()
    }

    /// Whether the epoch may have another batch.
    fn goes_on(&self) -> bool {
        self.steps.is_none_or(|steps| self.done < steps)
    }

    fn pull(&mut self) -> Result<Option<Batch>> {
        let Some((x, y)) = self.iterator.next() else {
            return Ok(None);
        };
        let mut samples = Samples::new(&x, &y, &Arrays::default())?;
        samples.weigh_classes(&self.class_weight)?;
        samples.range(0..samples.len()).map(Some)
    }
}

impl<I: Iterator<Item = (Arrays, Arrays)> + Send> Feed for IteratorFeed<I> {
    fn begin_epoch(&mut self, _: usize, _: &dyn Fn(usize) -> StdRng) {
        self.done = 0;
    }

    fn steps(&self) -> Option<usize> {
        self.steps
    }

    /// Somebody else makes the batches: the run goes on with what the iterator gives.
    fn skip(&mut self, batches: usize) {
        self.done = batches;
    }

    /// Not beyond the epoch, after which training may end: what the iterator gave would be lost. A
    /// panic is kept until its batch is asked for, because an interrupt may end the run before.
    fn prepare(&mut self) {
        if self.goes_on() {
            self.prepared = Some(catch_unwind(AssertUnwindSafe(|| self.pull())));
        }
    }

    fn next(&mut self) -> Result<Option<Batch>> {
        if !self.goes_on() {
            return Ok(None);
        }
        self.done += 1;
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        match self.prepared.take() {
            Some(Ok(batch)) => batch,
            Some(Err(panic)) => resume_unwind(panic),
            None => self.pull(),
        }
    }
}

/// The samples of `range` in batches of `batch_size`; the last one may be smaller.
pub(super) fn batches_of(
    samples: &Samples,
    range: Range<usize>,
    batch_size: usize,
) -> impl Iterator<Item = Result<Batch>> + '_ {
    let end = range.end;
    range.step_by(batch_size).map(move |start| {
        let batch = start..start.saturating_add(batch_size).min(end);
        samples.range(batch)
    })
}

/// How many of `count` samples are in the first `steps` batches; all where that is not said.
pub(super) fn first_of(count: usize, batch_size: usize, steps: Option<usize>) -> Result<usize> {
    let Some(steps) = steps else {
        return Ok(count);
    };
    check_positive("steps", steps)?;
    Ok(count.min(steps.saturating_mul(batch_size)))
}

/// How much each sample counts by its class.
fn weights_of_classes(y: &Arrays, weights: &[(usize, f32)]) -> Result<Tensor> {
    let [y] = y.as_slice() else {
        let given = format!("a model with {} outputs", y.len());
        let error = Error::argument("class_weight", "a model with one output", given);
        return Err(error.remedy("use `sample_weight`"));
    };
    let one_hot = y.ndim() > 1 && y.shape().last() > 1;
    let classes = if one_hot { y.argmax(-1)? } else { y.clone() };
    if classes.size() != y.len() {
        let given = format!("labels of shape {}", y.shape());
        let error = Error::argument("class_weight", "one class for each sample", given);
        return Err(error.remedy("use `sample_weight`"));
    }
    let weight_of = |class: f32| {
        let mut known = weights.iter();
        let found = known.find(|(of, _)| *of as f32 == class);
        found.map_or(1.0, |(_, weight)| *weight)
    };
    classes.map(weight_of).reshape(y.len())
}

/// Fails with the argument's name unless it is positive.
pub(super) fn check_positive(name: &str, number: usize) -> Result<()> {
    if number == 0 {
        return Err(Error::argument(name, "a positive whole number", number));
    }
    Ok(())
}
