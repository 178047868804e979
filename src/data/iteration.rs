//! Going through a dataset.

use std::fmt;

use super::element::{DatasetElement, FromElement};
use super::stage::Elements;
use crate::{Error, Result, Tensor};

/// The elements of one pass through a dataset. After an error there are no more. Dropping it ends
/// its threads.
pub struct ElementIter {
    /// The elements; none after an error or the end.
    elements: Option<Elements>,
    /// Why there are none, not told yet.
    failed: Option<Error>,
}

impl ElementIter {
    pub(super) fn new(begun: Result<Elements>) -> ElementIter {
        match begun {
            Ok(elements) => ElementIter {
                elements: Some(elements),
                failed: None,
            },
            Err(error) => ElementIter {
                elements: None,
                failed: Some(error),
            },
        }
    }
}

impl Iterator for ElementIter {
    type Item = Result<DatasetElement>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.failed.take() {
            return Some(Err(error));
        }
        let next = self.elements.as_mut()?.next();
        if !matches!(next, Some(Ok(_))) {
            self.elements = None;
        }
        next
    }
}

impl fmt::Debug for ElementIter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ElementIter")
            .field("is_over", &self.elements.is_none())
            .finish_non_exhaustive()
    }
}

/// The elements `(x, y)` of one pass through a dataset. After an error there are no more. Dropping
/// it ends its threads.
#[derive(Debug)]
pub struct PairIter(pub(super) ElementIter);

impl Iterator for PairIter {
    type Item = Result<(Tensor, Tensor)>;

    fn next(&mut self) -> Option<Self::Item> {
        let pair = self.0.next()?.and_then(|element| {
            let pair = <(Tensor, Tensor)>::from_element(element);
            pair.map_err(|e| e.remedy("go through such a dataset with `dataset.elements()`"))
        });
        if pair.is_err() {
            self.0.elements = None;
        }
        Some(pair)
    }
}
