//! Numbers that become equally frequent, on the GPU.

use super::{ChangeOnGpu, Pictures, block_for_each};
use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source, Threads};
use crate::ops::gpu::layout::too_large;
use crate::ops::pictures::Equalize;

const KERNELS: Source = Source {
    name: "equalize",
    text: concat!(include_str!("exact.cuh"), include_str!("equalize.cu")),
};

impl ChangeOnGpu for Equalize {
    fn change_on(&self, gpu: &Gpu, old: Pictures<'_>, new: &mut Buffer) -> Result<()> {
        /// What a thread counts, where there are more than a few numbers.
        const NUMBERS: usize = 16;
        const MOST_BLOCKS: usize = 1 << 10;
        let (channels, count) = (self.channels, new.len());
        let all_bins = channels.checked_mul(self.bins);
        let all_bins = all_bins.filter(|bins| u32::try_from(*bins).is_ok());
        let all_bins = all_bins.ok_or_else(too_large)?;
        if u32::try_from(count / channels).is_err() {
            return Err(too_large());
        }
        let range = || [self.range.low, self.range.high].map(Argument::Number);
        let mut counts = gpu.zeros(all_bins)?;
        let threads = Threads::each(count.div_ceil(NUMBERS));
        let blocks = Threads::blocks(threads.blocks[0].min(MOST_BLOCKS));
        let [low, high] = range();
        let arguments = [
            Argument::Write(&mut counts),
            Argument::Read(old.values),
            Argument::Word(channels as u32),
            Argument::Word(self.bins as u32),
            low,
            high,
            Argument::Size(count),
        ];
        gpu.launch(&KERNELS, "count_bins", blocks, arguments)?;
        let mut tables = gpu.unwritten(all_bins)?;
        let arguments = [
            Argument::Write(&mut tables),
            Argument::Read(&counts),
            Argument::Word(self.bins as u32),
        ];
        gpu.launch(
            &KERNELS,
            "make_tables",
            block_for_each(channels)?,
            arguments,
        )?;
        let [low, high] = range();
        let arguments = [
            Argument::Write(new),
            Argument::Read(old.values),
            Argument::Read(&tables),
            Argument::Word(channels as u32),
            Argument::Word(self.bins as u32),
            low,
            high,
            Argument::Size(count),
        ];
        gpu.launch(&KERNELS, "equalize", Threads::each(count), arguments)
    }
}
