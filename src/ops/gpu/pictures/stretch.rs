//! Channels that are stretched over the whole range, on the GPU.

use super::{ChangeOnGpu, Pictures, block_for_each};
use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source};
use crate::ops::pictures::Stretch;
use crate::tensor::bridge::GpuWanted;

const KERNELS: Source = Source {
    name: "stretch",
    text: concat!(include_str!("exact.cuh"), include_str!("stretch.cu")),
};

impl ChangeOnGpu for Stretch {
    fn change_on(&self, gpu: &Gpu, old: Pictures<'_>, new: &mut Buffer) -> Result<()> {
        let blocks = block_for_each(old.count() * self.channels)?;
        let arguments = [
            Argument::Write(new),
            Argument::Read(old.values),
            Argument::Size(old.each / self.channels),
            Argument::Size(self.channels),
            Argument::Number(self.range.low),
            Argument::Number(self.range.high),
        ];
        gpu.launch(&KERNELS, "stretch", blocks, arguments)
    }

    fn change_back_on(
        &self,
        gpu: &Gpu,
        old: Pictures<'_>,
        gradient: &mut Buffer,
        back: &mut GpuWanted,
    ) -> Result<()> {
        let blocks = block_for_each(old.count() * self.channels)?;
        let arguments = [
            Argument::Write(&mut back.values),
            Argument::Read(old.values),
            Argument::Read(gradient),
            Argument::Size(old.each / self.channels),
            Argument::Size(self.channels),
            Argument::Number(self.range.low),
            Argument::Number(self.range.high),
            Argument::flag(back.fresh),
        ];
        gpu.launch(&KERNELS, "stretch_back", blocks, arguments)
    }
}
