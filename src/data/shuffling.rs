//! The stage that brings elements into another order.

use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::element::DatasetElement;
use super::spec::Cardinality;
use super::stage::{Elements, Pass, Stage};
use crate::{Error, Result, random};

/// The arguments of [`Dataset::shuffle`](super::Dataset::shuffle); a number is the size of the
/// buffer alone.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let samples = Dataset::from_tensor_slices(Tensor::arange(100))?;
/// let shuffled = samples.shuffle(Shuffle::new(100).seed(7).reshuffle_each_iteration(false));
/// let first = || shuffled.elements().next().expect("not empty")?.parts::<Tensor>();
/// assert_eq!(first()?, first()?);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shuffle {
    buffer_size: usize,
    seed: Option<u64>,
    reshuffle_each_iteration: bool,
}

impl Shuffle {
    /// Draws among the next `buffer_size` elements each time. For a perfect shuffle, as many as
    /// there are.
    pub fn new(buffer_size: usize) -> Self {
        Self {
            buffer_size,
            seed: None,
            reshuffle_each_iteration: true,
        }
    }

    /// What the order comes from; unless set, [`set_random_seed`](crate::set_random_seed) decides.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Whether the order is another one each time that the dataset is gone through; true unless set.
    #[must_use]
    pub fn reshuffle_each_iteration(mut self, reshuffle: bool) -> Self {
        self.reshuffle_each_iteration = reshuffle;
        self
    }
}

impl From<usize> for Shuffle {
    fn from(buffer_size: usize) -> Self {
        Shuffle::new(buffer_size)
    }
}

pub(super) struct Shuffled {
    of: Arc<dyn Stage>,
    shuffle: Shuffle,
    /// What an order comes from that stays and has no seed.
    fixed: u64,
}

impl Shuffled {
    pub(super) fn new(of: Arc<dyn Stage>, shuffle: Shuffle) -> Shuffled {
        Shuffled {
            of,
            shuffle,
            fixed: random::fresh_seed(),
        }
    }

    fn seed(&self, pass: Pass) -> u64 {
        match (self.shuffle.seed, self.shuffle.reshuffle_each_iteration) {
            (Some(seed), true) => random::mixed(seed, pass.number),
            (Some(seed), false) => seed,
            (None, true) => pass.seed,
            (None, false) => self.fixed,
        }
    }
}

impl Stage for Shuffled {
    fn begin(&self, pass: Pass) -> Result<Elements> {
        let size = self.shuffle.buffer_size;
        if size == 0 {
            return Err(Error::argument("buffer_size", "a positive whole number", 0));
        }
        let elements = self.of.begin(pass.below(0))?;
        if pass.is_glance {
            return Ok(elements);
        }
        Ok(Box::new(Drawn {
            elements,
            size,
            buffer: Vec::new(),
            is_over: false,
            generator: StdRng::seed_from_u64(self.seed(pass)),
        }))
    }

    fn cardinality(&self) -> Cardinality {
        self.of.cardinality()
    }

    fn batches_are_open(&self) -> bool {
        self.of.batches_are_open()
    }
}

/// Elements drawn from a buffer that is filled up again.
struct Drawn {
    elements: Elements,
    size: usize,
    buffer: Vec<DatasetElement>,
    is_over: bool,
    generator: StdRng,
}

impl Iterator for Drawn {
    type Item = Result<DatasetElement>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_over && self.buffer.len() < self.size {
            match self.elements.next() {
                Some(Ok(element)) => self.buffer.push(element),
                Some(Err(error)) => return Some(Err(error)),
                None => self.is_over = true,
            }
        }
        if self.buffer.is_empty() {
            return None;
        }
        let drawn = self.generator.gen_range(0..self.buffer.len());
        Some(Ok(self.buffer.swap_remove(drawn)))
    }
}
