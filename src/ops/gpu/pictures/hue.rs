//! Colors that go around the color wheel, or become stronger or weaker, on the GPU.

use super::each::Each;
use super::{ChangeOnGpu, Pictures};
use crate::Result;
use crate::device::{Buffer, Gpu, Source};
use crate::ops::pictures::{Saturate, Turn};
use crate::tensor::bridge::GpuWanted;

const KERNELS: Source = Source {
    name: "hue",
    text: concat!(include_str!("exact.cuh"), include_str!("hue.cu")),
};

impl Turn {
    fn kernel(&self) -> Each {
        Each {
            source: &KERNELS,
            name: "turn",
            numbers: 3,
            settings: self.turns.iter().map(|turn| turn * 6.0).collect(),
            range: self.range,
        }
    }
}

impl ChangeOnGpu for Turn {
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

impl Saturate {
    fn kernel(&self) -> Each {
        Each {
            source: &KERNELS,
            name: "saturate",
            numbers: 3,
            settings: self.factors.clone(),
            range: self.range,
        }
    }
}

impl ChangeOnGpu for Saturate {
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
