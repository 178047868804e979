//! Kernels that change each number on its own, or each pixel.

use super::{ChangeOnGpu, Pictures};
use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source, Threads};
use crate::ops::pictures::ValueRange;
use crate::tensor::bridge::GpuWanted;

/// A change of numbers or pixels that do not depend on one another.
pub(super) trait ChangesEach {
    fn kernel(&self) -> Each;
}

impl<C: ChangesEach> ChangeOnGpu for C {
    fn change_on(&self, gpu: &Gpu, old: Pictures<'_>, new: &mut Buffer) -> Result<()> {
        self.kernel().change(gpu, old, new)
    }

    fn change_back_on(
        &self,
        gpu: &Gpu,
        old: Pictures<'_>,
        gradient: &mut Buffer,
        back: &mut GpuWanted,
    ) -> Result<()> {
        self.kernel().change_back(gpu, old, gradient, back)
    }
}

/// A kernel, and `<name>_back` for the way back.
pub(super) struct Each {
    pub(super) source: &'static Source,
    pub(super) name: &'static str,
    /// How many numbers a thread changes: 1, or 3 for a pixel.
    pub(super) numbers: usize,
    /// What the kernel has to know of each picture.
    pub(super) settings: Vec<f32>,
    pub(super) range: ValueRange,
}

impl Each {
    pub(super) fn change(&self, gpu: &Gpu, old: Pictures<'_>, new: &mut Buffer) -> Result<()> {
        let count = old.values.len() / self.numbers;
        let settings = gpu.upload(&self.settings)?;
        let arguments = [
            Argument::Write(new),
            Argument::Read(old.values),
            Argument::Read(&settings),
            Argument::Size(old.each / self.numbers),
            Argument::Number(self.range.low),
            Argument::Number(self.range.high),
            Argument::Size(count),
        ];
        gpu.launch(self.source, self.name, Threads::each(count), arguments)
    }

    fn change_back(
        &self,
        gpu: &Gpu,
        old: Pictures<'_>,
        gradient: &Buffer,
        back: &mut GpuWanted,
    ) -> Result<()> {
        let name = format!("{}_back", self.name);
        let count = old.values.len() / self.numbers;
        let settings = gpu.upload(&self.settings)?;
        let arguments = [
            Argument::Write(&mut back.values),
            Argument::Read(old.values),
            Argument::Read(gradient),
            Argument::Read(&settings),
            Argument::Size(old.each / self.numbers),
            Argument::Number(self.range.low),
            Argument::Number(self.range.high),
            Argument::Size(count),
            Argument::flag(back.fresh),
        ];
        gpu.launch(self.source, &name, Threads::each(count), arguments)
    }
}
