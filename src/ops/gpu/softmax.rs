//! Softmax and its relatives on the GPU.

use super::teams::teams;
use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source};
use crate::ops::lanes::Lanes;
use crate::ops::softmax::{Along, Rowwise};
use crate::tensor::bridge::{GpuBackpass, GpuOp};

const KERNELS: Source = Source {
    name: "softmax",
    text: concat!(include_str!("teams.cuh"), include_str!("softmax.cu")),
};

impl<R: Rowwise> GpuOp for Along<R> {
    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let Lanes { length, inner } = self.lanes;
        let rows = output.len() / length;
        let (threads, team) = teams(rows, length, inner);
        let arguments = [
            Argument::Write(output),
            Argument::Read(inputs[0]),
            Argument::Size(rows),
            Argument::Size(length),
            Argument::Size(inner),
            Argument::Word(team),
        ];
        gpu.launch(&KERNELS, R::KERNEL, threads, arguments)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let Some(wanted) = &mut at.wanted[0] else {
            return Ok(());
        };
        let Lanes { length, inner } = self.lanes;
        let rows = at.output.len() / length;
        let (threads, team) = teams(rows, length, inner);
        let arguments = [
            Argument::Write(&mut wanted.values),
            Argument::Read(at.gradient),
            Argument::Read(at.output),
            Argument::Size(rows),
            Argument::Size(length),
            Argument::Size(inner),
            Argument::Word(team),
            Argument::flag(wanted.fresh),
        ];
        gpu.launch(
            &KERNELS,
            &format!("{}_slope", R::KERNEL),
            threads,
            arguments,
        )
    }
}
