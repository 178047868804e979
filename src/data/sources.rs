//! Where elements come from: tensors in memory, or a function that makes an iterator.

use super::element::{DatasetElement, IntoElement};
use super::spec::Cardinality;
use super::stage::{Elements, Pass, Stage, caught};
use crate::{Error, Result};

/// The entries of tensors along their first axis.
pub(super) struct Slices {
    whole: DatasetElement,
    count: usize,
}

impl Slices {
    pub(super) fn new(whole: DatasetElement) -> Result<Slices> {
        let Some(first) = whole.tensors().next() else {
            return Err(Error::argument("tensors", "at least one tensor", "none"));
        };
        let count = first.len();
        for tensor in whole.tensors() {
            if tensor.ndim() == 0 {
                let error = Error::argument("tensors", "tensors with a first axis", "a scalar");
                return Err(error);
            }
            if tensor.len() != count {
                return Err(Error::shape(format!(
                    "all tensors need as many entries as the first, which has shape {}; one has \
                     shape {}",
                    first.shape(),
                    tensor.shape()
                )));
            }
        }
        Ok(Slices { count, whole })
    }
}

impl Stage for Slices {
    fn begin(&self, _: Pass) -> Result<Elements> {
        let whole = self.whole.clone();
        let entries = (0..self.count).map(move |i| whole.each(|tensor| tensor.index(i)));
        Ok(Box::new(entries))
    }

    fn cardinality(&self) -> Cardinality {
        Cardinality::Finite(self.count)
    }

    fn batches_are_open(&self) -> bool {
        false
    }
}

/// What the iterators give that a function makes, one for each pass.
pub(super) struct Generator<F> {
    make: F,
}

impl<F> Generator<F> {
    pub(super) fn new(make: F) -> Generator<F> {
        Generator { make }
    }
}

impl<F, I> Stage for Generator<F>
where
    F: Fn() -> I + Send + Sync,
    I: IntoIterator<Item: IntoElement, IntoIter: Send + 'static>,
{
    fn begin(&self, _: Pass) -> Result<Elements> {
        const WHAT: &str = "the generator of the dataset";
        let mut iterator = caught(WHAT, || Ok((self.make)().into_iter()))?;
        let mut position = 0;
        let next = move || {
            let next = caught(WHAT, || {
                iterator.next().map(IntoElement::into_element).transpose()
            });
            let next = next.map_err(|e| e.at(format!("`from_generator`, element {position}")));
            position += 1;
            next.transpose()
        };
        Ok(Box::new(std::iter::from_fn(next)))
    }

    fn cardinality(&self) -> Cardinality {
        Cardinality::Unknown
    }

    fn batches_are_open(&self) -> bool {
        false
    }
}
