//! Batch normalization on the GPU.

use super::normalization::{Columns, KERNELS, fresh};
use super::{optional, optional_real};
use crate::device::{Argument, Buffer, Format, Gpu, Threads};
use crate::ops::BatchStatistics;
use crate::ops::batch_normalization::Normalize;
use crate::tensor::bridge::{GpuBackpass, GpuOp, GpuWanted, Reals};
use crate::{Result, Shape, Tensor};

/// As [`batch_statistics`](crate::ops::batch_statistics).
pub(in crate::ops) fn statistics(
    gpu: &Gpu,
    x: &Buffer,
    channels: usize,
) -> Result<BatchStatistics> {
    let all = Columns::new(x.len() / channels, channels);
    let of_parts = || gpu.unwritten(all.parts * channels);
    let (mut means, mut variances) = (of_parts()?, of_parts()?);
    let [parts, lanes] = all.parts_and_lanes();
    let arguments = [
        Argument::Write(&mut means),
        Argument::Write(&mut variances),
        Argument::ReadReal(x),
        Argument::Size(all.rows),
        Argument::Size(channels),
        parts,
        lanes,
    ];
    gpu.launch(&KERNELS, "statistics", all.threads(), arguments)?;
    if all.parts > 1 {
        let (mut mean, mut variance) = (gpu.unwritten(channels)?, gpu.unwritten(channels)?);
        let [parts, lanes] = all.parts_and_lanes();
        let arguments = [
            Argument::Write(&mut mean),
            Argument::Write(&mut variance),
            Argument::Read(&means),
            Argument::Read(&variances),
            Argument::Size(all.rows),
            Argument::Size(channels),
            parts,
            lanes,
        ];
        let threads = all.threads_to_join();
        gpu.launch(&KERNELS, "joined_statistics", threads, arguments)?;
        (means, variances) = (mean, variance);
    }
    let [mean, variance] =
        [means, variances].map(|values| Tensor::from_buffer(values, Shape::from(channels)));
    Ok(BatchStatistics { mean, variance })
}

/// As [`moved_towards`](crate::ops::moved_towards).
pub(in crate::ops) fn moved_towards(
    gpu: &Gpu,
    averages: [&Tensor; 2],
    batch: [&Tensor; 2],
    momentum: f32,
) -> Result<[Tensor; 2]> {
    let count = averages[0].size();
    let [mut first, mut second] = [gpu.unwritten(count)?, gpu.unwritten(count)?];
    let arguments = [
        Argument::Write(&mut first),
        Argument::Write(&mut second),
        Argument::Read(averages[0].storage()?.on_gpu(gpu)?),
        Argument::Read(averages[1].storage()?.on_gpu(gpu)?),
        Argument::Read(batch[0].storage()?.on_gpu(gpu)?),
        Argument::Read(batch[1].storage()?.on_gpu(gpu)?),
        Argument::Number(momentum),
        Argument::Size(count),
    ];
    gpu.launch(&KERNELS, "moved_towards", Threads::each(count), arguments)?;
    let shape = averages[0].shape();
    Ok([first, second].map(|moved| Tensor::from_buffer(moved, shape.clone())))
}

impl GpuOp for Normalize {
    fn reals(&self) -> Reals {
        Reals::activations(1)
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let (count, channels) = (output.len(), inputs[Normalize::MEAN].len());
        let shares = Shares::new(count, channels, output.format());
        let weight = |which: Option<usize>| Argument::Maybe(which.map(|which| inputs[which]));
        let arguments = [
            Argument::WriteReal(output),
            Argument::ReadReal(inputs[0]),
            Argument::Read(inputs[Normalize::MEAN]),
            Argument::Read(inputs[Normalize::VARIANCE]),
            weight(self.gamma),
            weight(self.beta),
            Argument::Number(self.how.epsilon),
            Argument::flag(self.how.relu),
            Argument::Word(channels as u32),
            Argument::Size(shares.stride),
            Argument::Size(count),
        ];
        let name = shares.name("normalize_batch", "normalize_batch_wide");
        gpu.launch(&KERNELS, name, shares.threads, arguments)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let [x, mean, variance] = [0, Normalize::MEAN, Normalize::VARIANCE].map(|i| at.inputs[i]);
        let (count, channels, gradient) = (x.len(), mean.len(), &*at.gradient);
        let weight = |which: Option<usize>| Argument::Maybe(which.map(|which| at.inputs[which]));
        let all = Columns::new(count / channels, channels);
        let mut sums = fresh(gpu, channels)?;
        let mut products = fresh(gpu, channels)?;
        let sum = |sums: Option<&mut GpuWanted>, products: Option<&mut GpuWanted>| {
            let ([sums, _], [products, _]) = (optional(sums), optional(products));
            let [parts, lanes] = all.parts_and_lanes();
            let arguments = [
                sums,
                products,
                Argument::ReadReal(gradient),
                Argument::ReadReal(x),
                Argument::Read(mean),
                Argument::Read(variance),
                weight(self.gamma),
                weight(self.beta),
                Argument::Number(self.how.epsilon),
                Argument::flag(self.how.relu),
                Argument::Size(all.rows),
                Argument::Size(channels),
                parts,
                lanes,
            ];
            gpu.launch(&KERNELS, "batch_sums", all.threads(), arguments)
        };
        all.sum(gpu, Some(&mut sums), Some(&mut products), sum)?;

        // A batch is moved back to its mean, whatever is added to all of it.
        let is_alone = at.wanted[0].as_ref().is_some_and(|x| x.fresh);
        *at.gives_balanced = (self.how.of_this_batch && is_alone).then_some(channels);
        let (of_x, of_weights) = at.wanted.split_at_mut(Normalize::VARIANCE + 1);
        let mut weights = of_weights.iter_mut().map(Option::as_mut);
        let mut next = |which: Option<usize>| which.and_then(|_| weights.next()).flatten();
        let [to, fresh] = optional_real(of_x[0].as_mut());
        let [of_gamma, fresh_gamma] = optional(next(self.gamma));
        let [of_beta, fresh_beta] = optional(next(self.beta));
        let share = match self.how.of_this_batch {
            true => 1.0 / all.rows as f32,
            false => 0.0,
        };
        let shares = Shares::new(count, channels, x.format());
        let arguments = [
            to,
            fresh,
            of_gamma,
            fresh_gamma,
            of_beta,
            fresh_beta,
            Argument::ReadReal(gradient),
            Argument::ReadReal(x),
            Argument::Read(mean),
            Argument::Read(variance),
            weight(self.gamma),
            weight(self.beta),
            Argument::Read(&sums.values),
            Argument::Read(&products.values),
            Argument::Number(self.how.epsilon),
            Argument::flag(self.how.relu),
            Argument::Number(share),
            Argument::Word(channels as u32),
            Argument::Size(shares.stride),
            Argument::Size(count),
        ];
        let name = shares.name("batch_slopes", "batch_slopes_wide");
        gpu.launch(&KERNELS, name, shares.threads, arguments)
    }
}

/// How threads share rows of numbers.
struct Shares {
    /// Whether each takes as many neighboring numbers as 16 bytes hold, or one.
    is_wide: bool,
    /// Numbers of the rows that the threads begin with, all of them together; each goes on so much
    /// further, with the same channels.
    stride: usize,
    threads: Threads,
}

impl Shares {
    fn new(count: usize, channels: usize, format: Format) -> Shares {
        /// Threads that keep a GPU busy.
        const MANY: usize = 1 << 17;
        /// Rows that are worth what a thread computes for its channels, and more of them gain little.
        const MOST: usize = 16;
        let (rows, is_wide) = (count / channels, channels.is_multiple_of(format.wide()));
        let together = if is_wide { format.wide() } else { 1 };
        let times = (count / together / MANY).clamp(1, MOST);
        let stride = rows.div_ceil(times) * channels;
        Shares {
            is_wide,
            stride,
            threads: Threads::each(stride / together),
        }
    }

    /// What a kernel is called.
    fn name(&self, narrow: &'static str, wide: &'static str) -> &'static str {
        if self.is_wide { wide } else { narrow }
    }
}
