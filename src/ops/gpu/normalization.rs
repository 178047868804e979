//! Sums over rows for each column, on which the normalizations of batches and of rows rest.

use super::optional;
use super::reduction::{lanes_of, parts_of};
use crate::Result;
use crate::device::{Argument, Gpu, Source, Threads};
use crate::tensor::bridge::GpuWanted;

pub(super) const KERNELS: Source = Source {
    name: "normalization",
    text: concat!(include_str!("teams.cuh"), include_str!("normalization.cu")),
};

/// How kernels on columns share the work.
pub(super) struct Columns {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) parts: usize,
    pub(super) lanes: usize,
}

impl Columns {
    pub(super) fn new(rows: usize, columns: usize) -> Columns {
        Columns {
            rows,
            columns,
            parts: parts_of([1, rows, columns]),
            lanes: lanes_of(columns),
        }
    }

    /// A block for each group of columns in each part.
    pub(super) fn threads(&self) -> Threads {
        Threads::blocks(self.parts * self.columns.div_ceil(self.lanes))
    }

    /// A block for each group of columns.
    pub(super) fn threads_to_join(&self) -> Threads {
        Threads::blocks(self.columns.div_ceil(self.lanes))
    }

    pub(super) fn parts_and_lanes<'a>(&self) -> [Argument<'a>; 2] {
        [self.parts, self.lanes].map(|number| Argument::Word(number as u32))
    }

    /// Lets `sum` give sums of the gradient and of its products with normalized numbers, and joins
    /// those of parts.
    pub(super) fn sum(
        &self,
        gpu: &Gpu,
        sums: Option<&mut GpuWanted>,
        products: Option<&mut GpuWanted>,
        sum: impl Fn(Option<&mut GpuWanted>, Option<&mut GpuWanted>) -> Result<()>,
    ) -> Result<()> {
        if self.parts == 1 {
            return sum(sums, products);
        }
        let of_parts = |is_wanted: bool| {
            let part = is_wanted.then(|| fresh(gpu, self.parts * self.columns));
            part.transpose()
        };
        let mut first = of_parts(sums.is_some())?;
        let mut second = of_parts(products.is_some())?;
        sum(first.as_mut(), second.as_mut())?;
        let [to_sums, fresh_sums] = optional(sums);
        let [to_products, fresh_products] = optional(products);
        let [first, second] = [&first, &second].map(Option::as_ref);
        let [parts, lanes] = self.parts_and_lanes();
        let arguments = [
            to_sums,
            fresh_sums,
            to_products,
            fresh_products,
            Argument::Maybe(first.map(|part| &part.values)),
            Argument::Maybe(second.map(|part| &part.values)),
            Argument::Size(self.columns),
            parts,
            lanes,
        ];
        let threads = Threads {
            blocks: [self.threads_to_join().blocks[0], 2, 1],
            ..self.threads_to_join()
        };
        gpu.launch(&KERNELS, "joined_sums", threads, arguments)
    }
}

/// A gradient that holds nothing yet.
pub(super) fn fresh(gpu: &Gpu, len: usize) -> Result<GpuWanted> {
    Ok(GpuWanted {
        values: gpu.unwritten(len)?,
        fresh: true,
    })
}
