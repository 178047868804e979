//! The sum of single numbers on the GPU.

use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source, Table, Threads};
use crate::ops::weighted_sum::WeightedSum;
use crate::tensor::bridge::{GpuBackpass, GpuOp, GpuWanted};

const KERNELS: Source = Source {
    name: "weighted_sum",
    text: include_str!("weighted_sum.cu"),
};

/// How many numbers a launch takes: four words of its table tell about each.
const AT_ONCE: usize = Table::LENGTH / 4;

const ONE: Threads = Threads {
    blocks: [1; 3],
    threads: 1,
};

/// The table for some numbers: where each is, its factor, whether it is fresh.
fn table(parts: &[[u32; 4]]) -> Table {
    let mut table = [0; Table::LENGTH];
    table[..4 * parts.len()].copy_from_slice(parts.as_flattened());
    Table(table)
}

fn part(gpu: &Gpu, number: &Buffer, factor: f32, fresh: bool) -> [u32; 4] {
    let address = gpu.address(number);
    let [low, high] = [address as u32, (address >> 32) as u32];
    [low, high, factor.to_bits(), fresh.into()]
}

impl GpuOp for WeightedSum {
    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let parts = inputs.iter().zip(&self.factors);
        let parts: Vec<[u32; 4]> = parts
            .map(|(number, factor)| part(gpu, number, *factor, false))
            .collect();
        if parts.is_empty() {
            return gpu.clear(output);
        }
        for (which, parts) in parts.chunks(AT_ONCE).enumerate() {
            let arguments = [
                Argument::Write(output),
                Argument::Table(table(parts)),
                Argument::Word(parts.len() as u32),
                Argument::flag(which == 0),
            ];
            gpu.launch(&KERNELS, "weighted_sum", ONE, arguments)?;
        }
        Ok(())
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let wanted = at.wanted.iter_mut().zip(&self.factors);
        let parts: Vec<[u32; 4]> = wanted
            .filter_map(|(wanted, factor)| {
                let GpuWanted { values, fresh } = wanted.as_mut()?;
                Some(part(gpu, values, *factor, *fresh))
            })
            .collect();
        for parts in parts.chunks(AT_ONCE) {
            let arguments = [
                Argument::Read(at.gradient),
                Argument::Table(table(parts)),
                Argument::Word(parts.len() as u32),
            ];
            let threads = Threads::each(parts.len());
            gpu.launch(&KERNELS, "weighted_sum_slope", threads, arguments)?;
        }
        Ok(())
    }
}
