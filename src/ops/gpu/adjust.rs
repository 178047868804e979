//! The brightness and the contrast of pictures on the GPU.

use super::reduction::{How, reduce_middle};
use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source, Threads};
use crate::ops::adjust::Adjust;
use crate::tensor::bridge::{GpuBackpass, GpuOp};

const KERNELS: Source = Source {
    name: "adjust",
    text: include_str!("adjust.cu"),
};

impl Adjust {
    /// The mean of each channel of each picture.
    fn means_on(&self, gpu: &Gpu, pictures: &Buffer) -> Result<Buffer> {
        let pixels = self.picture / self.channels;
        let sizes = [pictures.len() / self.picture, pixels, self.channels];
        let mut means = gpu.unwritten(sizes[0] * self.channels)?;
        let share = 1.0 / pixels as f32;
        reduce_middle(gpu, pictures, sizes, How::Sum, share, &mut means, true)?;
        Ok(means)
    }

    fn adjustments_on(&self, gpu: &Gpu) -> Result<Buffer> {
        let each = self.adjustments.iter();
        let numbers: Vec<f32> = each.flat_map(|to| [to.contrast, to.brightness]).collect();
        gpu.upload(&numbers)
    }
}

impl GpuOp for Adjust {
    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let changes_contrast = self.adjustments.iter().any(|to| to.contrast != 1.0);
        let means = changes_contrast.then(|| self.means_on(gpu, inputs[0]));
        let means = means.transpose()?;
        let adjustments = self.adjustments_on(gpu)?;
        let (count, (low, high)) = (output.len(), self.range);
        let arguments = [
            Argument::Write(output),
            Argument::Read(inputs[0]),
            Argument::Maybe(means.as_ref()),
            Argument::Read(&adjustments),
            Argument::Size(self.picture),
            Argument::Word(self.channels as u32),
            Argument::Number(low),
            Argument::Number(high),
            Argument::Size(count),
        ];
        gpu.launch(&KERNELS, "adjust", Threads::each(count), arguments)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let Some(x) = &mut at.wanted[0] else {
            return Ok(());
        };
        let (count, (low, high)) = (at.output.len(), self.range);
        let arguments = [
            Argument::Write(at.gradient),
            Argument::Read(at.output),
            Argument::Number(low),
            Argument::Number(high),
            Argument::Size(count),
        ];
        gpu.launch(&KERNELS, "cut_off", Threads::each(count), arguments)?;
        let means = self.means_on(gpu, at.gradient)?;
        let adjustments = self.adjustments_on(gpu)?;
        let arguments = [
            Argument::Write(&mut x.values),
            Argument::Read(at.gradient),
            Argument::Read(&means),
            Argument::Read(&adjustments),
            Argument::Size(self.picture),
            Argument::Word(self.channels as u32),
            Argument::Size(count),
            Argument::flag(x.fresh),
        ];
        gpu.launch(&KERNELS, "adjust_slope", Threads::each(count), arguments)
    }
}
