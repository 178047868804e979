//! Signals that go on mirrored, on the GPU.

use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source, Threads};
use crate::ops::reflection::Reflection;
use crate::tensor::bridge::{GpuBackpass, GpuOp, Reals};

const KERNELS: Source = Source {
    name: "reflection",
    text: include_str!("reflection.cu"),
};

impl GpuOp for Reflection {
    fn reals(&self) -> Reals {
        Reals::MOVED
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let count = output.len();
        let (first, period) = self.first_and_period();
        let arguments = [
            Argument::WriteReal(output),
            Argument::ReadReal(inputs[0]),
            Argument::Size(self.length),
            Argument::Size(self.pad),
            Argument::Size(first),
            Argument::Size(period),
            Argument::Size(count),
        ];
        gpu.launch(&KERNELS, "reflect", Threads::each(count), arguments)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let Some(x) = &mut at.wanted[0] else {
            return Ok(());
        };
        let count = x.values.len();
        let (first, period) = self.first_and_period();
        let arguments = [
            Argument::WriteReal(&mut x.values),
            Argument::ReadReal(at.gradient),
            Argument::Size(self.length),
            Argument::Size(self.pad),
            Argument::Size(first),
            Argument::Size(period),
            Argument::Size(count),
            Argument::flag(x.fresh),
        ];
        gpu.launch(&KERNELS, "reflect_back", Threads::each(count), arguments)
    }
}
