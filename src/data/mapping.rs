//! The stages that work ahead on other threads: map and prefetch.

use std::sync::Arc;

use super::element::DatasetElement;
use super::spec::Cardinality;
use super::stage::{Elements, Pass, Stage, caught};
use super::workers::{Ahead, MadeAhead, Work};
use crate::{Result, random};

/// What is made of an element.
pub(super) type Change = dyn Fn(DatasetElement) -> Result<DatasetElement> + Send + Sync;

/// What a function makes of the elements.
pub(super) struct Mapped {
    pub(super) of: Arc<dyn Stage>,
    pub(super) change: Arc<Change>,
    pub(super) threads: usize,
}

impl Mapped {
    /// The function, with what it draws depending on the position of the element alone.
    fn work(&self, pass: Pass) -> Arc<Work> {
        let change = Arc::clone(&self.change);
        Arc::new(move |position, element| {
            let seed = random::mixed(pass.seed, position);
            let changed =
                random::seeded_on_this_thread(seed, || caught("the function", || change(element)));
            changed.map_err(|e| e.at(format!("`map`, element {position}")))
        })
    }
}

impl Stage for Mapped {
    fn begin(&self, pass: Pass) -> Result<Elements> {
        /// How many elements are passed on at once at most.
        const CHUNK: usize = 64;
        let elements = self.of.begin(pass.below(0))?;
        let work = self.work(pass);
        if pass.is_glance {
            let changed = elements
                .zip(0..)
                .map(move |(element, position)| work(position, element?));
            return Ok(Box::new(changed));
        }
        let ahead = Ahead {
            threads: self.threads,
            chunks: 2 * self.threads,
            chunk: CHUNK,
        };
        Ok(Box::new(MadeAhead::new(elements, work, ahead)?))
    }

    fn cardinality(&self) -> Cardinality {
        self.of.cardinality()
    }

    fn batches_are_open(&self) -> bool {
        self.of.batches_are_open()
    }
}

/// The elements, so many of them ready before they are asked for.
pub(super) struct Prefetched {
    pub(super) of: Arc<dyn Stage>,
    pub(super) buffer_size: usize,
}

impl Stage for Prefetched {
    fn begin(&self, pass: Pass) -> Result<Elements> {
        let elements = self.of.begin(pass)?;
        if pass.is_glance || self.buffer_size == 0 {
            return Ok(elements);
        }
        let ahead = Ahead {
            threads: 1,
            chunks: self.buffer_size,
            chunk: 1,
        };
        let as_it_is: Arc<Work> = Arc::new(|_, element| Ok(element));
        Ok(Box::new(MadeAhead::new(elements, as_it_is, ahead)?))
    }

    fn cardinality(&self) -> Cardinality {
        self.of.cardinality()
    }

    fn batches_are_open(&self) -> bool {
        self.of.batches_are_open()
    }
}
