//! Losses on the GPU. What belongs to them on the host is in `rows.rs` and `reduction.rs`.

mod circle;
mod ctc;

use super::reduction::WeightedSum;
use super::rows::Compared;
use crate::device::{Argument, Buffer, Gpu, Source, Threads};
use crate::ops::gpu::{teams, upload_places};
use crate::tensor::bridge::{GpuBackpass, GpuOp};
use crate::{DType, Result};

const KERNELS: Source = Source {
    name: "losses",
    text: concat!(include_str!("compared.cuh"), include_str!("losses.cu")),
};

/// Kernels that compute values and slopes of rows.
pub(super) enum Kernel {
    /// One in `losses.cu`, the numbers that it takes, and one for each class.
    OfRows {
        name: &'static str,
        numbers: [f32; 4],
        each: Vec<f32>,
    },
    /// That in `ctc.cu`; with so many classes.
    OfSequences { classes: usize },
}

impl Kernel {
    pub(super) fn new<const N: usize>(name: &'static str, given: [f32; N]) -> Option<Kernel> {
        Kernel::with_each(name, given, &[])
    }

    /// As [`new`](Self::new), with a number for each class; or with none.
    pub(super) fn with_each<const N: usize>(
        name: &'static str,
        given: [f32; N],
        each: &[f32],
    ) -> Option<Kernel> {
        let mut numbers = [0.0; 4];
        numbers[..N].copy_from_slice(&given);
        let each = each.to_vec();
        Some(Kernel::OfRows {
            name,
            numbers,
            each,
        })
    }
}

/// What the kernels leave for the way back.
pub(super) struct Kept {
    slopes: Option<Buffer>,
    starts: Option<Buffer>,
    steps: Option<Buffer>,
}

impl GpuOp for Compared {
    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let Some(kernel) = &self.kernel else {
            return Ok(());
        };
        let [starts, steps] = match &self.rows.scattered {
            Some((starts, steps)) => {
                [starts, steps].map(|places| upload_places(gpu, places.iter().copied()).map(Some))
            }
            None => [Ok(None), Ok(None)],
        };
        let mut kept = Kept {
            slopes: match self.wants_slopes {
                true => Some(gpu.unwritten(inputs[0].len())?),
                false => None,
            },
            starts: starts?,
            steps: steps?,
        };
        let targets = self.targets.astype(DType::Float32);
        let targets = targets.storage()?.on_gpu(gpu)?;
        match kernel {
            Kernel::OfRows {
                name,
                numbers,
                each,
            } => {
                let each = match each.is_empty() {
                    true => None,
                    false => Some(gpu.upload(each)?),
                };
                let (rows, width) = (output.len(), self.rows.width);
                let (threads, team) = teams(rows, width, 1);
                let [a, b, c, d] = numbers.map(Argument::Number);
                let arguments = [
                    Argument::Write(output),
                    kept.slopes
                        .as_mut()
                        .map_or(Argument::Maybe(None), Argument::Write),
                    Argument::Read(inputs[0]),
                    Argument::Read(targets),
                    Argument::Maybe(kept.starts.as_ref()),
                    Argument::Maybe(kept.steps.as_ref()),
                    Argument::Maybe(each.as_ref()),
                    Argument::Size(rows),
                    Argument::Word(width as u32),
                    Argument::Word(self.target_width as u32),
                    Argument::Word(team),
                    a,
                    b,
                    c,
                    d,
                ];
                gpu.launch(&KERNELS, name, threads, arguments)?;
            }
            Kernel::OfSequences { classes } => {
                let sizes = [self.rows.width / classes, *classes, self.target_width];
                let slopes = kept.slopes.as_mut();
                ctc::of_sequences(gpu, sizes, [inputs[0], targets], output, slopes)?;
            }
        }
        self.kept = Some(kept);
        Ok(())
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let (Some(wanted), Some(kept)) = (&mut at.wanted[0], &self.kept) else {
            return Ok(());
        };
        let count = wanted.values.len();
        let arguments = [
            Argument::Write(&mut wanted.values),
            Argument::Maybe(kept.slopes.as_ref()),
            Argument::Read(at.gradient),
            Argument::Maybe(kept.starts.as_ref()),
            Argument::Maybe(kept.steps.as_ref()),
            Argument::Word(self.rows.width as u32),
            Argument::Size(count),
            Argument::flag(wanted.fresh),
        ];
        gpu.launch(&KERNELS, "give_rows", Threads::each(count), arguments)
    }
}

impl GpuOp for WeightedSum {
    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let weights = self.weights_on(gpu)?;
        let sum = |to: &mut Buffer, values: &Buffer, weights: Option<&Buffer>, share, threads| {
            let arguments = [
                Argument::Write(to),
                Argument::Read(values),
                Argument::Maybe(weights),
                Argument::Number(share),
                Argument::Size(values.len()),
            ];
            gpu.launch(&KERNELS, "weighted_sum", threads, arguments)
        };
        let threads = Threads::some(inputs[0].len());
        let weights = weights.as_ref();
        if threads.blocks[0] == 1 {
            return sum(output, inputs[0], weights, self.share(), threads);
        }
        let mut parts = gpu.unwritten(threads.blocks[0])?;
        sum(&mut parts, inputs[0], weights, 1.0, threads)?;
        sum(output, &parts, None, self.share(), Threads::blocks(1))
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let Some(wanted) = &mut at.wanted[0] else {
            return Ok(());
        };
        let count = wanted.values.len();
        let weights = self.weights_on(gpu)?;
        let arguments = [
            Argument::Write(&mut wanted.values),
            Argument::Read(at.gradient),
            Argument::Maybe(weights.as_ref()),
            Argument::Number(self.share()),
            Argument::Size(count),
            Argument::flag(wanted.fresh),
        ];
        let threads = Threads::each(count);
        gpu.launch(&KERNELS, "weighted_sum_slope", threads, arguments)
    }
}

impl WeightedSum {
    fn weights_on(&self, gpu: &Gpu) -> Result<Option<Buffer>> {
        let weights = self.weights.as_ref();
        weights.map(|weights| gpu.upload(weights)).transpose()
    }

    /// What the sum is multiplied by; nothing where nothing weighs anything.
    fn share(&self) -> f32 {
        match self.divisor {
            0.0 => 0.0,
            divisor => (1.0 / divisor) as f32,
        }
    }
}
