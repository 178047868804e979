//! Functions of single elements on the GPU.

use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source, Threads};
use crate::ops::Each;
use crate::tensor::bridge::{GpuBackpass, GpuOp, Reals};

const KERNELS: Source = Source {
    name: "each",
    text: include_str!("each.cu"),
};

impl GpuOp for Each {
    fn reals(&self) -> Reals {
        Reals::ALL
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let (count, [a, b, c, d]) = (output.len(), self.numbers.map(Argument::Number));
        let threads = Threads::wide(count, output.format());
        let (x, size) = (Argument::ReadReal(inputs[0]), Argument::Size(count));
        let arguments = [Argument::WriteReal(output), x, a, b, c, d, size];
        gpu.launch(&KERNELS, self.name, threads, arguments)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let Some(wanted) = &mut at.wanted[0] else {
            return Ok(());
        };
        let (count, [a, b, c, d]) = (at.output.len(), self.numbers.map(Argument::Number));
        let threads = Threads::wide(count, at.output.format());
        let arguments = [
            Argument::WriteReal(&mut wanted.values),
            Argument::ReadReal(at.gradient),
            Argument::ReadReal(at.inputs[0]),
            Argument::ReadReal(at.output),
            a,
            b,
            c,
            d,
            Argument::Size(count),
            Argument::flag(wanted.fresh),
        ];
        let name = format!("{}_slope", self.name);
        gpu.launch(&KERNELS, &name, threads, arguments)
    }
}
