//! Padding, cropping and up-sampling on the GPU.

use super::layout::too_large;
use super::windows::{countable, divisor};
use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source, Table, Threads};
use crate::ops::resample::{Parts, Resample};
use crate::tensor::bridge::{GpuBackpass, GpuOp, Reals};

const KERNELS: Source = Source {
    name: "resample",
    text: concat!(include_str!("windows.cuh"), include_str!("resample.cu")),
};

/// The parts of an axis as `resample.cu` reads them; whole numbers travel as the bits of floats.
fn as_table(parts: &Parts) -> Result<Vec<f32>> {
    let mut at = parts.len() + 1;
    let mut numbers = vec![at];
    numbers.extend(parts.iter().map(|parts| {
        at += 2 * parts.len();
        at
    }));
    if u32::try_from(at).is_err() {
        return Err(too_large());
    }
    let bits = |number: usize| f32::from_bits(number as u32);
    let all = parts.iter().flatten();
    let mixed = all.flat_map(|&(place, weight)| [bits(place), weight]);
    Ok(numbers.into_iter().map(bits).chain(mixed).collect())
}

impl Resample {
    /// As `mix` on the host.
    fn mix_on(
        &self,
        gpu: &Gpu,
        (from, from_sizes): (&Buffer, [usize; 3]),
        parts: &[Parts; 3],
        (to, fresh): (&mut Buffer, bool),
    ) -> Result<()> {
        let [planes, rows, columns] = parts;
        let tables = [as_table(planes)?, as_table(rows)?, as_table(columns)?];
        let starts = [tables[0].len(), tables[0].len() + tables[1].len()];
        let picture = from_sizes.iter().product::<usize>() * self.channels;
        let result = planes.len() * rows.len() * columns.len() * self.channels;
        if result == 0 {
            return Ok(());
        }
        let mut numbers = Vec::new();
        for by in [planes.len(), rows.len(), columns.len(), self.channels] {
            numbers.extend(divisor(by)?);
        }
        let numbers = numbers.into_iter().chain(from_sizes).chain(starts);
        let mixing = Table::new(numbers).ok_or_else(too_large)?;
        let table = gpu.upload(&tables.concat())?;
        for piece in countable(to.len() / result, result)? {
            let count = piece.len() * result;
            let arguments = [
                Argument::WriteReal(to),
                Argument::ReadReal(from),
                Argument::Read(&table),
                Argument::Table(mixing),
                Argument::Size(piece.start * picture),
                Argument::Size(piece.start * result),
                Argument::Word(count as u32),
                Argument::flag(fresh),
            ];
            gpu.launch(&KERNELS, "mix", Threads::each(count), arguments)?;
        }
        Ok(())
    }
}

impl GpuOp for Resample {
    fn reals(&self) -> Reals {
        Reals::MOVED
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        self.mix_on(gpu, (inputs[0], self.input), &self.parts, (output, true))
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let Some(x) = &mut at.wanted[0] else {
            return Ok(());
        };
        let to = (&mut x.values, x.fresh);
        self.mix_on(gpu, (at.gradient, self.output), &self.parts_back(), to)
    }
}
