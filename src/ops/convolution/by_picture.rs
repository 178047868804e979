//! How the threads share the pictures of a batch.

use std::ops::Range;

use crate::ops::dense::{mask_by_relu, sum_rows};
use crate::ops::pieces;
use crate::ops::shared_work::{Parallel, ParallelJobs};
use crate::tensor::bridge::{Backpass, Wanted};

/// Numbers in one picture, and in what is made of it.
#[derive(Clone, Copy)]
pub(super) struct PictureSizes {
    pub(super) input: usize,
    pub(super) output: usize,
    /// The last axis of the output.
    pub(super) filters: usize,
}

/// The part of a backward pass that one picture has.
pub(super) struct PictureGradient<'a> {
    pub(super) x: &'a [f32],
    pub(super) gradient: &'a [f32],
    /// Where the gradient of the kernel is added up, if it is wanted.
    pub(super) kernel: Option<&'a mut [f32]>,
    /// Where the gradient of `x` goes, if it is wanted.
    pub(super) to_x: Option<Wanted<'a>>,
}

/// Calls `forward(picture, result, room)` for every picture; `room` is what a thread works in.
pub(super) fn forward_by_picture(
    x: &[f32],
    output: &mut [f32],
    sizes: PictureSizes,
    room: impl Fn() -> Vec<f32> + Sync,
    forward: impl Fn(&[f32], &mut [f32], &mut [f32]) + Sync,
) {
    let ranges = pieces(output.len() / sizes.output.max(1), 1);
    split_mut(output, &ranges, sizes.output)
        .into_par_iter()
        .for_each(|(range, outputs)| {
            let mut room = room();
            for (n, y) in range.zip(outputs.chunks_exact_mut(sizes.output)) {
                forward(&x[n * sizes.input..(n + 1) * sizes.input], y, &mut room);
            }
        });
}

/// Calls `backward(picture, room)` for every picture, behind a relu if the operation ends in one,
/// and adds up the gradients of kernel (input 1) and bias (input 2).
pub(super) fn backward_by_picture(
    at: Backpass<'_>,
    sizes: PictureSizes,
    relu: bool,
    room: impl Fn() -> Vec<f32> + Sync,
    backward: impl Fn(PictureGradient<'_>, &mut [f32]) + Sync,
) {
    let Backpass {
        inputs,
        output,
        gradient,
        wanted,
    } = at;
    let (x, kernel) = (inputs[0], inputs[1]);
    let ranges = pieces(gradient.len() / sizes.output.max(1), 1);
    let (wanted_x, wanted_weights) = wanted.split_at_mut(1);
    let x_pieces: Vec<Option<Wanted>> = match &mut wanted_x[0] {
        Some(Wanted { values, fresh }) => split_mut(values, &ranges, sizes.input)
            .into_iter()
            .map(|(_, values)| {
                Some(Wanted {
                    values,
                    fresh: *fresh,
                })
            })
            .collect(),
        None => ranges.iter().map(|_| None).collect(),
    };
    let kernel_len = wanted_weights[0].as_ref().map_or(0, |_| kernel.len());
    let work: Vec<_> = split_mut(gradient, &ranges, sizes.output)
        .into_iter()
        .zip(x_pieces)
        .collect();
    let sums: Vec<(Vec<f32>, Vec<f32>)> =
        work.into_par_iter().map(|((range, gradients), mut to_x)| {
            let mut room = room();
            let mut kernel_sum = vec![0.0; kernel_len];
            let mut bias_sum = vec![0.0; sizes.filters];
            for (i, n) in range.enumerate() {
                let gradient = &mut gradients[i * sizes.output..(i + 1) * sizes.output];
                if relu {
                    mask_by_relu(gradient, &output[n * sizes.output..(n + 1) * sizes.output]);
                }
                sum_rows(gradient, &mut bias_sum);
                let picture = PictureGradient {
                    x: &x[n * sizes.input..(n + 1) * sizes.input],
                    gradient,
                    kernel: (!kernel_sum.is_empty()).then_some(kernel_sum.as_mut_slice()),
                    to_x: to_x.as_mut().map(|Wanted { values, fresh }| Wanted {
                        values: &mut values[i * sizes.input..(i + 1) * sizes.input],
                        fresh: *fresh,
                    }),
                };
                backward(picture, &mut room);
            }
            (kernel_sum, bias_sum)
        });
    add_sums(wanted_weights, &sums);
}

/// Gives kernel and bias, as far as they are wanted, the sums that each thread made for them.
pub(super) fn add_sums(wanted: &mut [Option<Wanted>], sums: &[(Vec<f32>, Vec<f32>)]) {
    for (wanted, part) in wanted.iter_mut().zip([0, 1]) {
        let Some(wanted) = wanted else { continue };
        for (kernel_sum, bias_sum) in sums {
            let sum = if part == 0 { kernel_sum } else { bias_sum };
            wanted.add_each(|i| sum[i]);
            wanted.fresh = false;
        }
    }
}

/// The slices of `values` that belong to each range of pictures.
pub(super) fn split_mut<'a, T>(
    mut values: &'a mut [T],
    ranges: &[Range<usize>],
    size: usize,
) -> Vec<(Range<usize>, &'a mut [T])> {
    let mut parts = Vec::with_capacity(ranges.len());
    for range in ranges {
        let (part, rest) = std::mem::take(&mut values).split_at_mut(range.len() * size);
        parts.push((range.clone(), part));
        values = rest;
    }
    parts
}
