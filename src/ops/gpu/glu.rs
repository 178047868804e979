//! Gated linear units on the GPU.

use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source, Threads};
use crate::ops::glu::Glu;
use crate::tensor::bridge::{GpuBackpass, GpuOp, Reals};

const KERNELS: Source = Source {
    name: "glu",
    text: include_str!("glu.cu"),
};

impl GpuOp for Glu {
    fn reals(&self) -> Reals {
        Reals::ALL
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let count = output.len();
        let arguments = [
            Argument::WriteReal(output),
            Argument::ReadReal(inputs[0]),
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
            Argument::WriteReal(&mut wanted.values),
            Argument::ReadReal(at.gradient),
            Argument::ReadReal(at.inputs[0]),
            Argument::Size(self.lanes.half()),
            Argument::Size(count),
            Argument::flag(wanted.fresh),
        ];
        gpu.launch(&KERNELS, "glu_slope", Threads::each(count), arguments)
    }
}
