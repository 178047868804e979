//! Elements that lie elsewhere: stretched, in another order of axes, parts. On the GPU.

use crate::device::{Argument, Buffer, Gpu, Source, Table, Threads};
use crate::ops::arrangement::{Move, Repeat};
use crate::ops::einsum::Diagonal;
use crate::ops::gpu::reduction;
use crate::ops::layout::Layout;
use crate::tensor::bridge::{GpuBackpass, GpuOp, GpuWanted, Reals};
use crate::{Error, Result};

const KERNELS: Source = Source {
    name: "layout",
    text: concat!(include_str!("places.cuh"), include_str!("layout.cu")),
};

impl Layout {
    /// As [`gather_all`](Self::gather_all).
    pub(in crate::ops) fn gather_all_on(
        &self,
        gpu: &Gpu,
        from: &Buffer,
        to: &mut Buffer,
    ) -> Result<()> {
        self.gather_with(gpu, from, 1.0, to, true)
    }

    /// As [`add_all`](Self::add_all).
    pub(in crate::ops) fn gather_on(
        &self,
        gpu: &Gpu,
        from: &Buffer,
        factor: f32,
        to: &mut GpuWanted,
    ) -> Result<()> {
        self.gather_with(gpu, from, factor, &mut to.values, to.fresh)
    }

    fn gather_with(
        &self,
        gpu: &Gpu,
        from: &Buffer,
        factor: f32,
        to: &mut Buffer,
        fresh: bool,
    ) -> Result<()> {
        let count = to.len();
        let (name, to) = match to.format() == from.format() {
            true => ("gather", Argument::WriteReal(to)),
            false => ("gather_floats", Argument::Write(to)),
        };
        let arguments = [
            to,
            Argument::ReadReal(from),
            Argument::Size(self.offset),
            Argument::Table(self.table()?),
            Argument::Number(factor),
            Argument::Size(count),
            Argument::flag(fresh),
        ];
        gpu.launch(&KERNELS, name, Threads::each(count), arguments)
    }

    /// As [`scatter_add`](Self::scatter_add); or, when not `adds`, only puts elements there.
    pub(in crate::ops) fn scatter_on(
        &self,
        gpu: &Gpu,
        from: &Buffer,
        to: &mut Buffer,
        adds: bool,
    ) -> Result<()> {
        let count = from.len();
        let arguments = [
            Argument::WriteReal(to),
            Argument::ReadReal(from),
            Argument::Size(self.offset),
            Argument::Table(self.table()?),
            Argument::Size(count),
        ];
        let name = if adds { "scatter_add" } else { "scatter" };
        gpu.launch(&KERNELS, name, Threads::each(count), arguments)
    }

    /// For kernels that find places: `places.cuh`.
    pub(in crate::ops) fn table(&self) -> Result<Table> {
        let axes = || self.axes.iter();
        let numbers = [axes().len()]
            .into_iter()
            .chain(axes().map(|axis| axis.size))
            .chain(axes().map(|axis| axis.step));
        Table::new(numbers).ok_or_else(too_large)
    }
}

/// The error of a tensor that kernels cannot count.
pub(in crate::ops) fn too_large() -> Error {
    Error::shape("a tensor has more axes, or longer ones, than the GPU's kernels can count")
        .remedy("take smaller batches, or `KERUST_DEVICE=cpu`")
}

impl GpuOp for Move {
    fn reals(&self) -> Reals {
        Reals::MOVED
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        self.there.gather_all_on(gpu, inputs[0], output)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        match &mut at.wanted[0] {
            Some(x) => self.back.gather_on(gpu, at.gradient, 1.0, x),
            None => Ok(()),
        }
    }
}

impl GpuOp for Repeat {
    fn reals(&self) -> Reals {
        Reals::MOVED
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        Layout::broadcast(&self.from, &self.to).gather_all_on(gpu, inputs[0], output)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        match &mut at.wanted[0] {
            Some(x) => reduction::sum_to(gpu, at.gradient, &self.to, &self.from, x),
            None => Ok(()),
        }
    }
}

impl GpuOp for Diagonal {
    fn reals(&self) -> Reals {
        Reals::MOVED
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        self.0.gather_all_on(gpu, inputs[0], output)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let Some(x) = &mut at.wanted[0] else {
            return Ok(());
        };
        if x.fresh {
            gpu.clear(&mut x.values)?;
        }
        self.0.scatter_on(gpu, at.gradient, &mut x.values, true)
    }
}
