//! Gated linear units on the GPU.

use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source, Threads};
use crate::ops::glu::Glu;
use crate::tensor::bridge::{GpuBackpass, GpuOp};

const KERNELS: Source = Source {
    name: "glu",
    text: include_str!("glu.cu"),
};

impl GpuOp for Glu {
    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let count = output.len();
        let arguments = [
            Argument::Write(output),
            Argument::Read(inputs[0]),
            Argument::Size(self.lanes.half()),
            Argument::Size(count),
        ];
        gpu.launch(&KERNELS, "glu", Threads::each(count), arguments)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let Some(wanted) = &mut at.wanted[0] else {
            return Ok(());
        };
        let count = at.output.len();
        let arguments = [
            Argument::Write(&mut wanted.values),
            Argument::Read(at.gradient),
            Argument::Read(at.inputs[0]),
            Argument::Size(self.lanes.half()),
            Argument::Size(count),
            Argument::flag(wanted.fresh),
        ];
        gpu.launch(&KERNELS, "glu_slope", Threads::each(count), arguments)
    }
}
