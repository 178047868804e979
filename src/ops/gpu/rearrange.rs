//! Pictures whose pixels come from other places, on the GPU.

use super::layout::too_large;
use super::windows::{countable, divisor};
use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source, Table, Threads};
use crate::ops::Interpolation;
use crate::ops::pixel_sources::{Between, Origin, Rearrange};
use crate::tensor::bridge::{GpuBackpass, GpuOp};

const KERNELS: Source = Source {
    name: "rearrange",
    text: concat!(include_str!("windows.cuh"), include_str!("rearrange.cu")),
};

/// What stands for a pixel that is not there.
const NO_PIXEL: u32 = u32::MAX;

/// Appends a kind and its numbers, as `rearrange.cu` reads them; whole numbers travel as the bits of
/// floats.
fn append(origin: &Origin, to: &mut Vec<f32>) {
    let kind = |kind: u32| f32::from_bits(kind);
    match origin {
        Origin::Axes { rows, columns } => {
            to.push(kind(0));
            for Between { pixels, weights } in rows.iter().chain(columns) {
                to.extend(pixels.map(|pixel| f32::from_bits(pixel.unwrap_or(NO_PIXEL))));
                to.extend(weights);
            }
        }
        Origin::Affine(numbers) => {
            to.push(kind(1));
            to.extend(numbers);
        }
        Origin::Perspective(numbers) => {
            to.push(kind(2));
            to.extend(numbers);
        }
        Origin::Shifted { right, down } => {
            to.push(kind(3));
            to.extend(right);
            to.extend(down);
        }
    }
}

impl Rearrange {
    /// Where each origin begins, then the origins.
    fn upload(&self, gpu: &Gpu) -> Result<Buffer> {
        let count = self.origins.len();
        let mut numbers = vec![0.0; count];
        for (i, origin) in self.origins.iter().enumerate() {
            let start = u32::try_from(numbers.len()).map_err(|_| too_large())?;
            numbers[i] = f32::from_bits(start);
            append(origin, &mut numbers);
        }
        gpu.upload(&numbers)
    }

    fn table(&self) -> Result<Table> {
        let mut numbers = Vec::new();
        for by in [self.size.0, self.size.1, self.channels] {
            numbers.extend(divisor(by)?);
        }
        numbers.extend([
            self.from.0,
            self.from.1,
            usize::from(self.look.interpolation == Interpolation::Nearest),
            self.look.fill_mode as usize,
            self.origins.len(),
        ]);
        Table::new(numbers).ok_or_else(too_large)
    }

    /// Numbers in a new picture.
    fn result(&self) -> usize {
        self.size.0 * self.size.1 * self.channels
    }
}

impl GpuOp for Rearrange {
    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let origins = self.upload(gpu)?;
        let picture = (self.from.0 * self.from.1 * self.channels).max(self.result());
        for piece in countable(output.len() / self.result(), picture)? {
            let count = piece.len() * self.result();
            let arguments = [
                Argument::Write(output),
                Argument::Read(inputs[0]),
                Argument::Read(&origins),
                Argument::Table(self.table()?),
                Argument::Word(piece.start as u32),
                Argument::Number(self.look.fill_value),
                Argument::Word(count as u32),
            ];
            gpu.launch(&KERNELS, "rearrange", Threads::each(count), arguments)?;
        }
        self.on_gpu = Some(origins);
        Ok(())
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let (Some(x), Some(origins)) = (&mut at.wanted[0], &self.on_gpu) else {
            return Ok(());
        };
        if x.fresh {
            gpu.clear(&mut x.values)?;
        }
        let threads = Threads::blocks(at.output.len() / self.result());
        let arguments = [
            Argument::Write(&mut x.values),
            Argument::Read(at.gradient),
            Argument::Read(origins),
            Argument::Table(self.table()?),
            Argument::Number(self.look.fill_value),
        ];
        gpu.launch(&KERNELS, "rearrange_back", threads, arguments)
    }
}
