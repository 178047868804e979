//! Functions of single elements on the GPU.

use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source, Threads};
use crate::ops::Each;
use crate::tensor::bridge::{GpuBackpass, GpuOp};

const KERNELS: Source = Source {
    name: "each",
    text: include_str!("each.cu"),
};

impl GpuOp for Each {
    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let (count, [a, b, c, d]) = (output.len(), self.numbers.map(Argument::Number));
        let (x, size) = (Argument::Read(inputs[0]), Argument::Size(count));
        let arguments = [Argument::Write(output), x, a, b, c, d, size];
        gpu.launch(&KERNELS, self.name, Threads::each(count), arguments)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let Some(wanted) = &mut at.wanted[0] else {
            return Ok(());
        };
        let (count, [a, b, c, d]) = (at.output.len(), self.numbers.map(Argument::Number));
        let arguments = [
            Argument::Write(&mut wanted.values),
            Argument::Read(at.gradient),
            Argument::Read(at.inputs[0]),
            Argument::Read(at.output),
            a,
            b,
            c,
            d,
            Argument::Size(count),
            Argument::flag(wanted.fresh),
        ];
        let name = format!("{}_slope", self.name);
        gpu.launch(&KERNELS, &name, Threads::each(count), arguments)
    }
}
