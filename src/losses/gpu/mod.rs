//! Losses on the GPU. What belongs to them on the host is in `rows.rs`, `reduction.rs` and
//! `regularizers.rs`.

use super::reduction::WeightedSum;
use super::rows::RowWise;
use crate::device::{Argument, Buffer, Gpu, Source, Threads};
use crate::ops::gpu::upload_places;
use crate::regularizers::{Penalty, Regularizer};
use crate::tensor::bridge::{GpuBackpass, GpuOp};
use crate::{DType, Result};

const KERNELS: Source = Source {
    name: "losses",
    text: include_str!("losses.cu"),
};

/// A kernel in `losses.cu` that computes values and slopes of rows, and the numbers that it takes.
#[derive(Clone, Copy)]
pub(super) struct Kernel {
    name: &'static str,
    numbers: [f32; 4],
}

impl Kernel {
    pub(super) fn new<const N: usize>(name: &'static str, given: [f32; N]) -> Option<Kernel> {
        let mut numbers = [0.0; 4];
        numbers[..N].copy_from_slice(&given);
        Some(Kernel { name, numbers })
    }
}

/// What the kernels leave for the way back.
pub(super) struct Kept {
    slopes: Option<Buffer>,
    starts: Option<Buffer>,
    steps: Option<Buffer>,
}

impl<F: Fn(&[f32], &[f32], &mut [f32]) -> f32 + Sync + 'static> GpuOp for RowWise<F> {
    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let Some(Kernel { name, numbers }) = self.kernel else {
            return Ok(());
        };
        let [starts, steps] = match &self.rows.scattered {
            Some((starts, steps)) => {
                [starts, steps].map(|places| upload_places(gpu, places.iter().copied()).map(Some))
            }
            None => [Ok(None), Ok(None)],
        };
        let mut kept = Kept {
            slopes: match self.slopes.is_empty() {
                true => None,
                false => Some(gpu.unwritten(inputs[0].len())?),
            },
            starts: starts?,
            steps: steps?,
        };
        let targets = self.targets.astype(DType::Float32);
        let rows = output.len();
        let [a, b, c, d] = numbers.map(Argument::Number);
        let arguments = [
            Argument::Write(output),
            kept.slopes
                .as_mut()
                .map_or(Argument::Maybe(None), Argument::Write),
            Argument::Read(inputs[0]),
            Argument::Read(targets.storage()?.on_gpu(gpu)?),
            Argument::Maybe(kept.starts.as_ref()),
            Argument::Maybe(kept.steps.as_ref()),
            Argument::Size(rows),
            Argument::Word(self.rows.width as u32),
            Argument::Word(self.target_width as u32),
            a,
            b,
            c,
            d,
        ];
        gpu.launch(&KERNELS, name, Threads::warps(rows), arguments)?;
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
        let count = inputs[0].len();
        let weights = self.weights_on(gpu)?;
        let arguments = [
            Argument::Write(output),
            Argument::Read(inputs[0]),
            Argument::Maybe(weights.as_ref()),
            Argument::Number(self.share()),
            Argument::Size(count),
        ];
        gpu.launch(&KERNELS, "weighted_sum", Threads::blocks(1), arguments)
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

/// How strong the sums of sizes and of squares are, of a penalty that has kernels.
fn strengths(regularizer: Regularizer) -> Option<[f32; 2]> {
    match regularizer {
        Regularizer::L1 { l1 } => Some([l1, 0.0]),
        Regularizer::L2 { l2 } => Some([0.0, l2]),
        Regularizer::L1L2 { l1, l2 } => Some([l1, l2]),
        Regularizer::Orthogonal { .. } => None,
    }
}

impl Penalty {
    /// Whether there are kernels for it.
    pub(crate) fn has_kernels(&self) -> bool {
        strengths(self.regularizer).is_some()
    }
}

impl GpuOp for Penalty {
    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let [l1, l2] = strengths(self.regularizer).unwrap_or_default();
        let threads = Threads {
            threads: 1024,
            ..Threads::blocks(1)
        };
        let arguments = [
            Argument::Write(output),
            Argument::Read(inputs[0]),
            Argument::Number(l1),
            Argument::Number(l2),
            Argument::Size(inputs[0].len()),
        ];
        gpu.launch(&KERNELS, "penalty", threads, arguments)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let Some(wanted) = &mut at.wanted[0] else {
            return Ok(());
        };
        let [l1, l2] = strengths(self.regularizer).unwrap_or_default();
        let count = wanted.values.len();
        let arguments = [
            Argument::Write(&mut wanted.values),
            Argument::Read(at.gradient),
            Argument::Read(at.inputs[0]),
            Argument::Number(l1),
            Argument::Number(l2),
            Argument::Size(count),
            Argument::flag(wanted.fresh),
        ];
        gpu.launch(&KERNELS, "penalty_slope", Threads::each(count), arguments)
    }
}
