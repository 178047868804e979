//! Convolutions of each channel on its own, on the GPU.

use super::dense::before_the_products;
use super::layout::too_large;
use super::reduction::{How, reduce_middle};
use super::windows::{Channels, Rows, countable, table};
use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source, Table, Threads};
use crate::ops::convolution::Depthwise;
use crate::ops::window::WindowAxis;
use crate::tensor::bridge::{GpuBackpass, GpuOp, GpuWanted, Reals};

const KERNELS: Source = Source {
    name: "depthwise",
    text: concat!(include_str!("windows.cuh"), include_str!("depthwise.cu")),
};

impl Depthwise {
    fn table(&self) -> Result<Table> {
        let channels = Channels {
            all: self.channels,
            share: self.multiplier,
            groups: 1,
        };
        let axes = [WindowAxis::NONE, self.rows, self.columns];
        table(&axes, &channels, Rows::default())
    }

    fn picture(&self) -> usize {
        self.rows.input * self.columns.input * self.channels
    }

    fn result(&self) -> usize {
        self.rows.output * self.columns.output * self.wide()
    }

    /// Gives the kernel its gradient.
    fn kernel_gradient(
        &self,
        gpu: &Gpu,
        x: &Buffer,
        gradient: &Buffer,
        kernel: &mut GpuWanted,
    ) -> Result<()> {
        /// So many numbers are worth a block of their own.
        const WORTH: usize = 1 << 11;
        /// More blocks than a GPU has room for at once gain nothing.
        const MANY: usize = 1 << 10;
        let (wide, cells) = (self.wide(), self.rows.size * self.columns.size);
        let places = gradient.len() / wide;
        let lanes = wide.next_power_of_two().min(32);
        let blocks = cells * wide.div_ceil(lanes);
        let parts = (places * lanes / WORTH).min(MANY / blocks).max(1);
        let mut sums = gpu.unwritten(parts * cells * wide)?;
        let count = u32::try_from(places).ok().filter(|count| *count < 1 << 31);
        let arguments = [
            Argument::Write(&mut sums),
            Argument::ReadReal(x),
            Argument::ReadReal(gradient),
            Argument::Table(self.table()?),
            Argument::Word(count.ok_or_else(too_large)?),
            Argument::Word(parts as u32),
            Argument::Word(lanes as u32),
        ];
        let threads = Threads::blocks(blocks * parts);
        gpu.launch(&KERNELS, "depthwise_kernel", threads, arguments)?;
        let all = [1, parts, cells * wide];
        let fresh = kernel.fresh;
        reduce_middle(gpu, &sums, all, How::Sum, 1.0, &mut kernel.values, fresh)
    }
}

impl GpuOp for Depthwise {
    fn reals(&self) -> Reals {
        Reals::WITH_WEIGHTS
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let pictures = output.len() / self.result();
        for piece in countable(pictures, self.result())? {
            let count = piece.len() * self.result();
            let arguments = [
                Argument::WriteReal(output),
                Argument::ReadReal(inputs[0]),
                Argument::ReadReal(inputs[1]),
                Argument::MaybeReal(inputs.get(2).copied()),
                Argument::Table(self.table()?),
                Argument::Size(piece.start * self.picture()),
                Argument::Size(piece.start * self.result()),
                Argument::Word(count as u32),
                Argument::flag(self.relu),
            ];
            gpu.launch(&KERNELS, "depthwise", Threads::each(count), arguments)?;
        }
        Ok(())
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let GpuBackpass {
            inputs,
            gradient,
            wanted,
            ..
        } = before_the_products(gpu, at, self.relu)?;
        if let Some(kernel) = &mut wanted[1] {
            self.kernel_gradient(gpu, inputs[0], gradient, kernel)?;
        }
        let Some(x) = &mut wanted[0] else {
            return Ok(());
        };
        for piece in countable(gradient.len() / self.result(), self.picture())? {
            let count = piece.len() * self.picture();
            let arguments = [
                Argument::WriteReal(&mut x.values),
                Argument::ReadReal(gradient),
                Argument::ReadReal(inputs[1]),
                Argument::Table(self.table()?),
                Argument::Size(piece.start * self.picture()),
                Argument::Size(piece.start * self.result()),
                Argument::Word(count as u32),
                Argument::flag(x.fresh),
            ];
            gpu.launch(&KERNELS, "depthwise_back", Threads::each(count), arguments)?;
        }
        Ok(())
    }
}
