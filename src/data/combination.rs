//! Stages that go through datasets several times, one after the other, or side by side.

use std::sync::Arc;

use super::element::DatasetElement;
use super::spec::Cardinality;
use super::stage::{Elements, Pass, Stage};
use crate::{Error, Result};

/// The elements several times, or again and again.
pub(super) struct Repeated {
    pub(super) of: Arc<dyn Stage>,
    pub(super) count: Option<usize>,
}

impl Stage for Repeated {
    fn begin(&self, pass: Pass) -> Result<Elements> {
        Ok(Box::new(Repetitions {
            of: Arc::clone(&self.of),
            pass,
            begun: 0,
            most: self.count.map(|count| count as u64),
            elements: None,
            gave_something: true,
        }))
    }

    fn cardinality(&self) -> Cardinality {
        match (self.count, self.of.cardinality()) {
            (Some(0), _) | (_, Cardinality::Finite(0)) => Cardinality::Finite(0),
            (Some(times), once) => once.map(|once| once.saturating_mul(times)),
            (None, Cardinality::Unknown) => Cardinality::Unknown,
            (None, _) => Cardinality::Infinite,
        }
    }

    fn batches_are_open(&self) -> bool {
        self.of.batches_are_open()
    }
}

struct Repetitions {
    of: Arc<dyn Stage>,
    pass: Pass,
    /// How many repetitions have begun, and how many there are.
    begun: u64,
    most: Option<u64>,
    elements: Option<Elements>,
    /// Whether the last repetition had any elements: otherwise none would ever have.
    gave_something: bool,
}

impl Iterator for Repetitions {
    type Item = Result<DatasetElement>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(elements) = &mut self.elements {
                if let Some(element) = elements.next() {
                    self.gave_something = true;
                    return Some(element);
                }
                self.elements = None;
            }
            if !self.gave_something || self.most.is_some_and(|most| self.begun >= most) {
                return None;
            }
            self.gave_something = false;
            match self.of.begin(self.pass.again(self.begun)) {
                Ok(elements) => self.elements = Some(elements),
                Err(error) => return Some(Err(error)),
            }
            self.begun += 1;
        }
    }
}

/// The elements of one dataset, then those of another.
pub(super) struct Concatenated {
    pub(super) first: Arc<dyn Stage>,
    pub(super) second: Arc<dyn Stage>,
}

impl Stage for Concatenated {
    fn begin(&self, pass: Pass) -> Result<Elements> {
        let first = self.first.begin(pass.below(0))?;
        let second = Arc::clone(&self.second);
        // Not begun before it is needed: it may have threads and a buffer of its own.
        let second = std::iter::once_with(move || match second.begin(pass.below(1)) {
            Ok(elements) => elements,
            Err(error) => Box::new(std::iter::once(Err(error))) as Elements,
        });
        Ok(Box::new(first.chain(second.flatten())))
    }

    fn cardinality(&self) -> Cardinality {
        self.first.cardinality().plus(self.second.cardinality())
    }

    fn batches_are_open(&self) -> bool {
        self.first.batches_are_open()
    }
}

/// The elements of two datasets side by side: the one gives inputs, the other labels.
pub(super) struct Zipped {
    pub(super) x: Arc<dyn Stage>,
    pub(super) y: Arc<dyn Stage>,
}

impl Stage for Zipped {
    fn begin(&self, pass: Pass) -> Result<Elements> {
        let x = self.x.begin(pass.below(0))?;
        let y = self.y.begin(pass.below(1))?;
        let pairs = x.zip(y).map(|(x, y)| {
            let (x, y) = (x?, y?);
            for part in [&x, &y] {
                if !part.y().is_empty() || !part.sample_weight().is_empty() {
                    let expected = "elements (x) on both sides";
                    let given = format!("{} and {}", x.kind(), y.kind());
                    let error = Error::shape(format!("`zip`: expected {expected}, got {given}"));
                    return Err(error.remedy("map each side to one tensor first"));
                }
            }
            Ok(DatasetElement::new(x.x(), y.x()))
        });
        Ok(Box::new(pairs))
    }

    fn cardinality(&self) -> Cardinality {
        self.x.cardinality().min(self.y.cardinality())
    }

    fn batches_are_open(&self) -> bool {
        self.x.batches_are_open()
    }
}
