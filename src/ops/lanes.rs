//! Functions of all numbers along one axis.

use crate::{Error, Result, Tensor};

/// The numbers along one axis of a tensor: lanes of equal length.
#[derive(Clone, Copy)]
pub(super) struct Lanes {
    /// How many numbers a lane has.
    pub(super) length: usize,
    /// How far they are apart; 1 on the last axis.
    pub(super) inner: usize,
}

impl Lanes {
    /// Those of `axis`; negative ones count from the end.
    pub(super) fn new(what: &str, x: &Tensor, axis: isize) -> Result<Lanes> {
        if x.ndim() == 0 {
            return Err(Error::shape(format!("{what} needs an axis, got a scalar"))
                .remedy("reshape it to (1,)"));
        }
        let axis = x.shape().axis(axis)?;
        let dims = x.shape().dims();
        Ok(Lanes {
            length: dims[axis].max(1),
            inner: dims[axis + 1..].iter().product::<usize>().max(1),
        })
    }

    /// How many numbers lie together that belong to the first half of the axis.
    pub(super) fn half(self) -> usize {
        self.length / 2 * self.inner
    }

    /// Whether each lane is one piece of memory.
    pub(super) fn are_rows(self) -> bool {
        self.inner == 1
    }

    /// The lanes of `values`, one after the other, in new memory.
    pub(super) fn to_rows(self, values: &[f32]) -> Vec<f32> {
        let mut rows = vec![0.0; values.len()];
        self.each(|at, row| rows[row] = values[at], values.len());
        rows
    }

    /// Puts lanes that lie one after the other to where they belong.
    pub(super) fn put_rows(self, rows: &[f32], values: &mut [f32]) {
        self.each(|at, row| values[at] = rows[row], rows.len());
    }

    /// Calls `visit` with the place of every number in the tensor, and among the rows.
    fn each(self, mut visit: impl FnMut(usize, usize), count: usize) {
        let block = self.length * self.inner;
        for at in 0..count {
            let (outer, rest) = (at / block, at % block);
            let (position, lane) = (rest / self.inner, rest % self.inner);
            visit(at, (outer * self.inner + lane) * self.length + position);
        }
    }
}
