//! Pictures that become mixtures of two of a batch, on the GPU.

use super::word;
use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source, Threads};
use crate::ops::pictures::{Mingle, Patch, Share};
use crate::tensor::bridge::{GpuBackpass, GpuOp};

const KERNELS: Source = Source {
    name: "mingle",
    text: concat!(
        include_str!("exact.cuh"),
        include_str!("patch.cuh"),
        include_str!("mingle.cu")
    ),
};

impl Mingle {
    /// As `Mixture` in `mingle.cu`, for each picture.
    fn mixtures_on(&self, gpu: &Gpu) -> Result<Buffer> {
        let mut words = Vec::with_capacity(8 * self.shares.len());
        for (index, share) in self.shares.iter().enumerate() {
            let (patch, share) = match share {
                Share::Own(share) => (None, *share),
                Share::AllBut(patch) => (Some(patch), 1.0),
            };
            let [partner, partner_of] = [self.partners[index], self.partner_of[index]];
            let is_cut = usize::from(patch.is_some());
            words.extend([word(partner)?, word(partner_of)?, word(is_cut)?, share]);
            words.extend(Patch::words(patch)?);
        }
        gpu.upload(&words)
    }
}

impl GpuOp for Mingle {
    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let mixtures = self.mixtures_on(gpu)?;
        let count = output.len();
        let arguments = [
            Argument::Write(output),
            Argument::Read(inputs[0]),
            Argument::Read(&mixtures),
            Argument::Size(self.picture),
            Argument::Size(self.width),
            Argument::Size(self.channels),
            Argument::Size(count),
        ];
        gpu.launch(&KERNELS, "mingle", Threads::each(count), arguments)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let Some(back) = &mut at.wanted[0] else {
            return Ok(());
        };
        let mixtures = self.mixtures_on(gpu)?;
        let count = at.gradient.len();
        let arguments = [
            Argument::Write(&mut back.values),
            Argument::Read(at.gradient),
            Argument::Read(&mixtures),
            Argument::Size(self.picture),
            Argument::Size(self.width),
            Argument::Size(self.channels),
            Argument::Size(count),
            Argument::flag(back.fresh),
        ];
        gpu.launch(&KERNELS, "mingle_back", Threads::each(count), arguments)
    }
}
