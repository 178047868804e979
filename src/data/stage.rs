//! The stages that a dataset is built of.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::element::DatasetElement;
use super::spec::Cardinality;
use crate::{Error, Result, notebook, random};

/// The elements of one pass, one after the other. After an error, nothing is asked for any more.
pub(super) type Elements = Box<dyn Iterator<Item = Result<DatasetElement>> + Send>;

/// One time that a dataset is gone through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pass {
    /// Which time it is: what has a seed of its own and changes from time to time depends on it.
    pub(super) number: u64,
    /// What everything random comes from that has no seed of its own.
    pub(super) seed: u64,
    /// Whether the first element alone is wanted, to see what it is made of: in any order, without
    /// threads, and nothing is kept.
    pub(super) is_glance: bool,
}

impl Pass {
    /// The pass of what a stage is made of, so that two stages do not draw the same. A stage with
    /// several counts them.
    pub(super) fn below(self, which: u64) -> Pass {
        Pass {
            seed: random::mixed(self.seed, which),
            ..self
        }
    }

    /// The `time`-th pass within this one.
    pub(super) fn again(self, time: u64) -> Pass {
        if time == 0 {
            return self;
        }
        Pass {
            number: random::mixed(self.number, time),
            seed: random::mixed(self.seed, time),
            ..self
        }
    }
}

/// One step of a pipeline. Nothing is read or computed before a pass asks for it.
pub(super) trait Stage: Send + Sync {
    /// Begins to go through the elements.
    fn begin(&self, pass: Pass) -> Result<Elements>;

    /// How many there are.
    fn cardinality(&self) -> Cardinality;

    /// Whether elements are batches of which the last may be smaller.
    fn batches_are_open(&self) -> bool;
}

/// What `body` gives, or its panic as an error. The kernel's interrupt is a panic, too.
pub(super) fn caught<R>(what: &str, body: impl FnOnce() -> Result<R>) -> Result<R> {
    // What unwinding may have left in a strange state is not used any more: the pass ends.
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        if notebook::interrupted() {
            return Err(Error::interrupted("reading the dataset"));
        }
        Err(Error::state(format!(
            "{what} panicked: {}",
            message(&*panic)
        )))
    })
}

/// What a panic says.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a message")
}
