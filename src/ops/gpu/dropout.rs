//! Leaving out random elements on the GPU: the same as on the processor.

use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source, Threads};
use crate::ops::dropout::{BLOCK, Dropout};
use crate::ops::philox::LANES;
use crate::tensor::bridge::{GpuBackpass, GpuOp, Reals};

const KERNELS: Source = Source {
    name: "dropout",
    text: include_str!("dropout.cu"),
};

impl GpuOp for Dropout {
    fn reals(&self) -> Reals {
        Reals::ALL
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        self.multiply_on(gpu, inputs[0], output, true)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        match &mut at.wanted[0] {
            Some(x) => self.multiply_on(gpu, at.gradient, &mut x.values, x.fresh),
            None => Ok(()),
        }
    }
}

impl Dropout {
    fn multiply_on(&self, gpu: &Gpu, from: &Buffer, to: &mut Buffer, fresh: bool) -> Result<()> {
        let (count, [first_key, second_key]) = (to.len(), self.key);
        let arguments = [
            Argument::WriteReal(to),
            Argument::ReadReal(from),
            Argument::Word(first_key),
            Argument::Word(second_key),
            Argument::Word(self.limit),
            Argument::Number(self.scale),
            Argument::Size(count),
            Argument::flag(fresh),
        ];
        let counters = count.div_ceil(BLOCK) * LANES;
        gpu.launch(&KERNELS, "dropout", Threads::each(counters), arguments)
    }
}
