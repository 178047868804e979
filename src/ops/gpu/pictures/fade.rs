//! Pictures that lose their colors, on the GPU.

use super::each::Each;
use super::{ChangeOnGpu, Pictures};
use crate::Result;
use crate::device::{Buffer, Gpu, Source};
use crate::ops::pictures::Fade;
use crate::tensor::bridge::GpuWanted;

const KERNELS: Source = Source {
    name: "fade",
    text: concat!(include_str!("exact.cuh"), include_str!("fade.cu")),
};

impl Fade {
    fn kernel(&self) -> Each {
        let (name, numbers) = match self.channels {
            3 => ("fade", 3),
            _ => ("keep", 1),
        };
        Each {
            source: &KERNELS,
            name,
            numbers,
            settings: self.shares.clone(),
            range: self.range,
        }
    }
}

impl ChangeOnGpu for Fade {
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
