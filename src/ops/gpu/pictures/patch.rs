//! Pictures that lose a part of themselves, on the GPU.

use super::{ChangeOnGpu, Pictures, word};
use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source, Threads};
use crate::ops::pictures::{Erase, Filling, Patch};
use crate::ops::shared_work::{Parallel, ParallelJobs};
use crate::tensor::bridge::GpuWanted;

const KERNELS: Source = Source {
    name: "patch",
    text: concat!(include_str!("patch.cuh"), include_str!("patch.cu")),
};

impl Patch {
    /// As `Patch` in `patch.cuh`; an empty one for none.
    pub(super) fn words(patch: Option<&Patch>) -> Result<[f32; 4]> {
        let Some(Patch { rows, columns }) = patch else {
            return Ok([0.0; 4]);
        };
        Ok([
            word(rows.start)?,
            word(rows.end)?,
            word(columns.start)?,
            word(columns.end)?,
        ])
    }
}

impl Erase {
    /// Each patch and where its filling begins, then, if `filled`, all fillings.
    fn patches_on(&self, gpu: &Gpu, filled: bool) -> Result<Buffer> {
        let count = self.patches.len();
        let fillings = match &self.filling {
            _ if !filled => Vec::new(),
            Filling::Color(color) => vec![self.color(color)],
            Filling::Noise { height, seeds } => {
                let noise = |index: usize| match &self.patches[index] {
                    Some(patch) => self.noise(patch, *height, seeds[index]).collect(),
                    None => Vec::new(),
                };
                (0..count).collect::<Vec<_>>().into_par_iter().map(noise)
            }
        };
        let mut words = Vec::with_capacity(5 * count);
        let mut start = 5 * count;
        for (index, patch) in self.patches.iter().enumerate() {
            words.extend(Patch::words(patch.as_ref())?);
            words.push(word(start)?);
            if let Filling::Noise { .. } = self.filling {
                start += fillings.get(index).map_or(0, Vec::len);
            }
        }
        words.extend(fillings.into_iter().flatten());
        gpu.upload(&words)
    }
}

impl ChangeOnGpu for Erase {
    fn change_on(&self, gpu: &Gpu, old: Pictures<'_>, new: &mut Buffer) -> Result<()> {
        let patches = self.patches_on(gpu, true)?;
        let count = new.len();
        let arguments = [
            Argument::Write(new),
            Argument::Read(old.values),
            Argument::Read(&patches),
            Argument::Size(old.each),
            Argument::Size(self.width),
            Argument::Size(self.channels),
            Argument::flag(matches!(self.filling, Filling::Noise { .. })),
            Argument::Size(count),
        ];
        gpu.launch(&KERNELS, "erase", Threads::each(count), arguments)
    }

    fn change_back_on(
        &self,
        gpu: &Gpu,
        old: Pictures<'_>,
        gradient: &mut Buffer,
        back: &mut GpuWanted,
    ) -> Result<()> {
        let patches = self.patches_on(gpu, false)?;
        let count = gradient.len();
        let arguments = [
            Argument::Write(&mut back.values),
            Argument::Read(gradient),
            Argument::Read(&patches),
            Argument::Size(old.each),
            Argument::Size(self.width),
            Argument::Size(self.channels),
            Argument::Size(count),
            Argument::flag(back.fresh),
        ];
        gpu.launch(&KERNELS, "erase_back", Threads::each(count), arguments)
    }
}
