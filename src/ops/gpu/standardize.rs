//! Numbers in standard deviations from their mean, on the GPU.

use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source, Threads};
use crate::ops::standardize::Standardize;
use crate::tensor::bridge::{GpuBackpass, GpuOp};

const KERNELS: Source = Source {
    name: "standardize",
    text: include_str!("standardize.cu"),
};

impl GpuOp for Standardize {
    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let (mean, deviation) = (&self.mean[..self.period], &self.deviation[..self.period]);
        let measures = gpu.upload(&[mean, deviation].concat())?;
        let count = output.len();
        let arguments = [
            Argument::Write(output),
            Argument::Read(inputs[0]),
            Argument::Read(&measures),
            Argument::Size(self.period),
            Argument::flag(self.invert),
            Argument::Size(count),
        ];
        gpu.launch(&KERNELS, "standardize", Threads::each(count), arguments)?;
        self.measures = Some(measures);
        Ok(())
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let (Some(x), Some(measures)) = (&mut at.wanted[0], &self.measures) else {
            return Ok(());
        };
        let count = at.output.len();
        let arguments = [
            Argument::Write(&mut x.values),
            Argument::Read(at.gradient),
            Argument::Read(measures),
            Argument::Size(self.period),
            Argument::flag(self.invert),
            Argument::Size(count),
            Argument::flag(x.fresh),
        ];
        let name = "standardize_slope";
        gpu.launch(&KERNELS, name, Threads::each(count), arguments)
    }
}
