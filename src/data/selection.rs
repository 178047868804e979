//! Stages that leave elements out: take, skip, shard, filter, the parts of a split.

use std::collections::{HashMap, HashSet};
use std::iter::Enumerate;
use std::sync::Arc;

use super::element::DatasetElement;
use super::spec::Cardinality;
use super::stage::{Elements, Pass, Stage, caught};
use crate::Result;

/// Some of the elements, by their positions: `count` from `first` on, every `step`-th.
pub(super) struct Positions {
    pub(super) of: Arc<dyn Stage>,
    pub(super) first: usize,
    pub(super) step: usize,
    pub(super) count: Option<usize>,
}

impl Stage for Positions {
    fn begin(&self, pass: Pass) -> Result<Elements> {
        let elements = ErrorsCount(self.of.begin(pass)?);
        let chosen = elements.skip(self.first).step_by(self.step);
        Ok(match self.count {
            Some(count) => Box::new(chosen.take(count)),
            None => Box::new(chosen),
        })
    }

    fn cardinality(&self) -> Cardinality {
        let rest = self.of.cardinality().map(|count| {
            let rest = count.saturating_sub(self.first);
            rest.div_ceil(self.step)
        });
        match self.count {
            Some(0) => Cardinality::Finite(0),
            Some(most) => Cardinality::Finite(most).min(rest),
            None => rest,
        }
    }

    fn batches_are_open(&self) -> bool {
        self.of.batches_are_open()
    }
}

/// Elements of which none is skipped before one that failed.
struct ErrorsCount(Elements);

impl Iterator for ErrorsCount {
    type Item = Result<DatasetElement>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }

    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        for _ in 0..n {
            if let failed @ Err(_) = self.0.next()? {
                return Some(failed);
            }
        }
        self.0.next()
    }
}

/// Whether an element stays.
pub(super) type Predicate = dyn Fn(DatasetElement) -> Result<bool> + Send + Sync;

/// The elements that a function wants.
pub(super) struct Filtered {
    pub(super) of: Arc<dyn Stage>,
    pub(super) stays: Arc<Predicate>,
}

impl Stage for Filtered {
    fn begin(&self, pass: Pass) -> Result<Elements> {
        let stays = Arc::clone(&self.stays);
        let elements = self.of.begin(pass)?.enumerate();
        let chosen = elements.filter_map(move |(position, element)| {
            let chosen = element.and_then(|element| {
                let stays = caught("the function", || stays(element.clone()))
                    .map_err(|e| e.at(format!("`filter`, element {position}")))?;
                Ok(stays.then_some(element))
            });
            chosen.transpose()
        });
        Ok(Box::new(chosen))
    }

    fn cardinality(&self) -> Cardinality {
        match self.of.cardinality() {
            Cardinality::Finite(0) => Cardinality::Finite(0),
            _ => Cardinality::Unknown,
        }
    }

    fn batches_are_open(&self) -> bool {
        self.of.batches_are_open()
    }
}

/// The elements at some positions, in the order of these. They are those of one pass, whose order and
/// random numbers come from `seed`, in every pass.
pub(super) struct Chosen {
    of: Arc<dyn Stage>,
    positions: Arc<[usize]>,
    seed: u64,
}

impl Chosen {
    pub(super) fn new(of: Arc<dyn Stage>, positions: &[usize], seed: u64) -> Chosen {
        Chosen {
            of,
            positions: positions.into(),
            seed,
        }
    }
}

impl Stage for Chosen {
    fn begin(&self, pass: Pass) -> Result<Elements> {
        let elements = self.of.begin(Pass {
            number: 0,
            seed: self.seed,
            ..pass
        })?;
        if pass.is_glance {
            return Ok(elements);
        }
        Ok(Box::new(InTurn {
            elements: elements.enumerate(),
            positions: Arc::clone(&self.positions),
            given: 0,
            wanted: self.positions.iter().copied().collect(),
            early: HashMap::new(),
        }))
    }

    fn cardinality(&self) -> Cardinality {
        Cardinality::Finite(self.positions.len())
    }

    fn batches_are_open(&self) -> bool {
        self.of.batches_are_open()
    }
}

/// Elements in the order of their positions in a list.
struct InTurn {
    elements: Enumerate<Elements>,
    positions: Arc<[usize]>,
    /// How many have been given.
    given: usize,
    wanted: HashSet<usize>,
    /// Those that came before their turn.
    early: HashMap<usize, DatasetElement>,
}

impl Iterator for InTurn {
    type Item = Result<DatasetElement>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = *self.positions.get(self.given)?;
        self.given += 1;
        if let Some(element) = self.early.remove(&next) {
            return Some(Ok(element));
        }
        for (position, element) in self.elements.by_ref() {
            match element {
                Ok(element) if position == next => return Some(Ok(element)),
                Ok(element) if self.wanted.contains(&position) => {
                    self.early.insert(position, element);
                }
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
        }
        None
    }
}
