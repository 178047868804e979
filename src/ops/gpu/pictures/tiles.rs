//! Contrast that is made the same everywhere, on the GPU.

use super::{ChangeOnGpu, Pictures, block_for_each};
use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source, Threads};
use crate::ops::pictures::EqualizeTiles;

const KERNELS: Source = Source {
    name: "tiles",
    text: concat!(include_str!("exact.cuh"), include_str!("tiles.cu")),
};

impl EqualizeTiles {
    /// As `Tiles` in `tiles.cu`.
    fn on_gpu(&self) -> [u64; 7] {
        let [height, width, channels] = self.sizes;
        let [rows, columns] = self.grid;
        let [tile_height, tile_width] = [self.tile(0), self.tile(1)];
        let all = [
            height,
            width,
            channels,
            rows,
            columns,
            tile_height,
            tile_width,
        ];
        all.map(|size| size as u64)
    }
}

impl ChangeOnGpu for EqualizeTiles {
    fn change_on(&self, gpu: &Gpu, old: Pictures<'_>, new: &mut Buffer) -> Result<()> {
        let of_picture = self.grid[0] * self.grid[1] * self.sizes[2];
        let blocks = block_for_each(old.count() * of_picture)?;
        let mut tables = gpu.unwritten(old.count() * of_picture * Self::VALUES)?;
        let (tiles, count) = (self.on_gpu(), new.len());
        let arguments = [
            Argument::Write(&mut tables),
            Argument::Read(old.values),
            Argument::Words(&tiles),
            Argument::Number(self.clip_limit),
            Argument::Number(self.range.low),
            Argument::Number(self.range.high),
        ];
        gpu.launch(&KERNELS, "equalize_tiles", blocks, arguments)?;
        let arguments = [
            Argument::Write(new),
            Argument::Read(old.values),
            Argument::Read(&tables),
            Argument::Words(&tiles),
            Argument::Number(self.range.low),
            Argument::Number(self.range.high),
            Argument::Size(count),
        ];
        gpu.launch(&KERNELS, "mix_tiles", Threads::each(count), arguments)
    }
}
