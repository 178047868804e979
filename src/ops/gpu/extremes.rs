//! The largest and the smallest over axes on the GPU.

use super::reduction::{How, reduce};
use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source, Threads};
use crate::ops::extremes::Extreme;
use crate::ops::layout::Layout;
use crate::ops::reduction::runs;
use crate::tensor::bridge::{GpuBackpass, GpuOp};

const KERNELS: Source = Source {
    name: "extremes",
    text: concat!(include_str!("places.cuh"), include_str!("extremes.cu")),
};

impl<F> GpuOp for Extreme<F> {
    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let runs = runs(&self.shape, &self.kept);
        reduce(gpu, &runs, inputs[0], self.how, 1.0, output, true)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let Some(wanted) = &mut at.wanted[0] else {
            return Ok(());
        };
        let (x, threads) = (at.inputs[0], Threads::each(at.inputs[0].len()));
        let layout = Layout::broadcast(&self.kept, &self.shape).table()?;
        let mut chosen = gpu.unwritten(x.len())?;
        let arguments = [
            Argument::Write(&mut chosen),
            Argument::Read(x),
            Argument::Read(at.output),
            Argument::Table(layout),
            Argument::Size(x.len()),
        ];
        gpu.launch(&KERNELS, "chosen", threads, arguments)?;
        let mut counts = gpu.unwritten(at.output.len())?;
        let runs = runs(&self.shape, &self.kept);
        reduce(gpu, &runs, &chosen, How::Sum, 1.0, &mut counts, true)?;
        let arguments = [
            Argument::Write(&mut wanted.values),
            Argument::Read(at.gradient),
            Argument::Read(&chosen),
            Argument::Read(&counts),
            Argument::Table(layout),
            Argument::Size(x.len()),
            Argument::flag(wanted.fresh),
        ];
        gpu.launch(&KERNELS, "chosen_slope", threads, arguments)
    }
}
