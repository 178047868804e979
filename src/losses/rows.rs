//! Values of a loss, one for each row of predictions, recorded with their slopes.

use super::gpu::{Kept, Kernel};
use super::targets::{common_shape, measurable};
use crate::device::on_processor;
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::ops::vectorized;
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{Error, Result, Shape, Tape, Tensor};

/// A loss of your own, from one function of a row of labels and a row of predictions, the last
/// axes of `y_true` and `y_pred`, which have the same shape.
///
/// `of_row(targets, predictions, slopes)` returns the value of the row. When `slopes` is not empty,
/// it holds zeros and is to be filled with the derivative of the value in each prediction. The
/// result has one value for each row, so the shape of `y_pred` without its last axis.
///
/// # Errors
/// When the shapes differ, or there is nothing to measure.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::values_of_rows;
/// // The square of the difference between the sums.
/// let of_row = |targets: &[f32], predictions: &[f32], slopes: &mut [f32]| {
///     let difference = predictions.iter().sum::<f32>() - targets.iter().sum::<f32>();
///     slopes.fill(2.0 * difference);
///     difference * difference
/// };
/// let (y_true, y_pred) = (Tensor::zeros((2, 3)), Tensor::ones((2, 3)));
/// let values = values_of_rows(&mut Tape::off(), &y_true, &y_pred, of_row)?;
/// assert_eq!(values.to_vec::<f32>(), [9.0, 9.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn values_of_rows(
    tape: &mut Tape,
    y_true: &Tensor,
    y_pred: &Tensor,
    of_row: impl Fn(&[f32], &[f32], &mut [f32]) -> f32 + Sync + 'static,
) -> Result<Tensor> {
    let rows = Rows::along(&common_shape(y_true, y_pred)?, &[-1])?;
    record(tape, y_true, y_pred, rows, None, of_row)
}

/// A loss of your own, from one function of a label and a prediction: the mean over the last axis.
///
/// `of_pair(target, prediction)` returns the value and its derivative in the prediction.
///
/// # Errors
/// When the shapes differ, or there is nothing to measure.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::losses::values_of_pairs;
/// let fourth_power = |target: f32, prediction: f32| {
///     let distance = prediction - target;
///     (distance.powi(4), 4.0 * distance.powi(3))
/// };
/// let (y_true, y_pred) = (Tensor::zeros((1, 3)), Tensor::full((1, 3), 2.0));
/// let values = values_of_pairs(&mut Tape::off(), &y_true, &y_pred, fourth_power)?;
/// assert_eq!(values.to_vec::<f32>(), [16.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn values_of_pairs(
    tape: &mut Tape,
    y_true: &Tensor,
    y_pred: &Tensor,
    of_pair: impl Fn(f32, f32) -> (f32, f32) + Sync + 'static,
) -> Result<Tensor> {
    let rows = Rows::along(&common_shape(y_true, y_pred)?, &[-1])?;
    record(tape, y_true, y_pred, rows, None, mean_of_pairs(of_pair))
}

/// As [`values_of_pairs`], also on a GPU.
pub(super) fn values_of_known_pairs(
    tape: &mut Tape,
    y_true: &Tensor,
    y_pred: &Tensor,
    kernel: Option<Kernel>,
    of_pair: impl Fn(f32, f32) -> (f32, f32) + Sync + 'static,
) -> Result<Tensor> {
    let rows = Rows::along(&common_shape(y_true, y_pred)?, &[-1])?;
    let of_row = mean_of_pairs(of_pair);
    record(tape, y_true, y_pred, rows, kernel, of_row)
}

/// The mean over a row of a function of label and prediction.
pub(super) fn mean_of_pairs(
    of_pair: impl Fn(f32, f32) -> (f32, f32) + Sync + 'static,
) -> impl Fn(&[f32], &[f32], &mut [f32]) -> f32 + Sync + 'static {
    move |targets, predictions, slopes| {
        let share = 1.0 / predictions.len() as f32;
        let mut sum = 0.0;
        for (i, (target, prediction)) in targets.iter().zip(predictions).enumerate() {
            let (value, slope) = of_pair(*target, *prediction);
            sum += f64::from(value);
            if let Some(to) = slopes.get_mut(i) {
                *to = slope * share;
            }
        }
        (sum / predictions.len() as f64) as f32
    }
}

/// What `of_row` gives for labels and predictions along an axis, without a gradient.
pub(crate) fn values_along(
    y_true: &Tensor,
    y_pred: &Tensor,
    axis: isize,
    of_row: impl Fn(&[f32], &[f32]) -> f32 + Sync + 'static,
) -> Result<Tensor> {
    let rows = Rows::along(&common_shape(y_true, y_pred)?, &[axis])?;
    let of_row =
        move |targets: &[f32], predictions: &[f32], _: &mut [f32]| of_row(targets, predictions);
    on_processor(|| record(&mut Tape::off(), y_true, y_pred, rows, None, of_row))
}

/// How a tensor falls into rows, each of which has one value.
pub(super) struct Rows {
    /// Elements in a row.
    pub(super) width: usize,
    /// The shape of the values.
    pub(super) values: Shape,
    /// Where the elements are when rows do not simply follow each other: for each row its first
    /// element, and how far from there the others are.
    pub(super) scattered: Option<(Vec<usize>, Vec<usize>)>,
}

impl Rows {
    /// Rows of all elements that differ in their places on `axes` alone.
    pub(super) fn along(shape: &Shape, axes: &[isize]) -> Result<Rows> {
        if shape.rank() == 0 && !axes.is_empty() {
            return Err(
                Error::shape("expected predictions with at least one axis, got shape ()")
                    .remedy("reshape them to (1,)"),
            );
        }
        let mut along = axes
            .iter()
            .map(|axis| shape.axis(*axis))
            .collect::<Result<Vec<_>>>()?;
        along.sort_unstable();
        along.dedup();
        let kept: Vec<usize> = (0..shape.rank()).filter(|i| !along.contains(i)).collect();
        let sizes = |axes: &[usize]| axes.iter().map(|&i| shape[i]).collect::<Vec<_>>();
        let follow = kept.iter().enumerate().all(|(i, axis)| i == *axis);
        Ok(Rows {
            width: sizes(&along).iter().product(),
            values: Shape::from(sizes(&kept)),
            scattered: (!follow).then(|| (places(shape, &kept), places(shape, &along))),
        })
    }

    /// One row of everything.
    pub(super) fn whole(shape: &Shape) -> Rows {
        Rows {
            width: shape.elements(),
            values: Shape::from(()),
            scattered: None,
        }
    }
}

/// Where the elements are that differ in their places on `axes` alone.
fn places(shape: &Shape, axes: &[usize]) -> Vec<usize> {
    let mut places = vec![0];
    for &axis in axes {
        let step: usize = shape[axis + 1..].iter().product();
        let start = std::mem::take(&mut places);
        places = start
            .iter()
            .flat_map(|at| (0..shape[axis]).map(move |i| at + i * step))
            .collect();
    }
    places
}

/// Records the value that `of_row` gives for each row of `input`.
///
/// Each row of labels is as long as the labels are spread over the rows: as a row of predictions,
/// or 1 for class numbers.
pub(super) fn record(
    tape: &mut Tape,
    targets: &Tensor,
    input: &Tensor,
    rows: Rows,
    kernel: Option<Kernel>,
    of_row: impl Fn(&[f32], &[f32], &mut [f32]) -> f32 + Sync + 'static,
) -> Result<Tensor> {
    measurable(input)?;
    let shape = rows.values.clone();
    let op = RowWise {
        compared: Compared {
            target_width: targets.size() / shape.elements(),
            targets: targets.clone(),
            wants_slopes: tape.is_recording() && input.is_tracked(),
            slopes: Vec::new(),
            // Places are exact as floats up to here.
            kernel: kernel.filter(|_| rows.scattered.is_none() || input.size() < 1 << 24),
            kept: None,
            rows,
        },
        of_row,
    };
    apply(tape, op, &[input], shape)
}

struct RowWise<F> {
    compared: Compared,
    of_row: F,
}

/// What is compared row by row, and what that leaves for the way back.
pub(super) struct Compared {
    pub(super) rows: Rows,
    pub(super) targets: Tensor,
    pub(super) target_width: usize,
    pub(super) wants_slopes: bool,
    /// The derivative of each row's value in its predictions, row by row; empty when not wanted.
    slopes: Vec<f32>,
    /// The same function on a GPU, and what it leaves for the way back.
    pub(super) kernel: Option<Kernel>,
    pub(super) kept: Option<Kept>,
}

/// So many predictions are worth handing to another thread.
const PIECE: usize = 1 << 12;

impl<F: Fn(&[f32], &[f32], &mut [f32]) -> f32 + Sync + 'static> Op for RowWise<F> {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        match self.compared.kernel {
            Some(_) => Some(&mut self.compared),
            None => None,
        }
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let (of_row, compared) = (&self.of_row, &mut self.compared);
        let (width, target_width) = (compared.rows.width, compared.target_width);
        let targets = compared.targets.as_floats();
        if compared.wants_slopes {
            compared.slopes = vec![0.0; inputs[0].len()];
        }
        if let Some((starts, steps)) = &compared.rows.scattered {
            let gather = |from: &[f32], start: usize, row: &mut Vec<f32>| {
                row.clear();
                row.extend(steps.iter().map(|step| from[start + step]));
            };
            let (mut row, mut target_row) = (Vec::new(), Vec::new());
            for (i, (value, &start)) in output.iter_mut().zip(starts).enumerate() {
                gather(inputs[0], start, &mut row);
                if target_width == width {
                    gather(&targets, start, &mut target_row);
                } else {
                    target_row = targets[i * target_width..(i + 1) * target_width].to_vec();
                }
                let slopes = own_slopes(&mut compared.slopes, i, width);
                *value = of_row(&target_row, &row, slopes);
            }
            return;
        }
        let count = (PIECE / width).max(1);
        let of_piece = |values: &mut [f32], targets: &[f32], x: &[f32], slopes: &mut [f32]| {
            vectorized(
                #[inline(always)]
                || {
                    for (i, value) in values.iter_mut().enumerate() {
                        let slopes = own_slopes(slopes, i, width);
                        let targets = &targets[i * target_width..(i + 1) * target_width];
                        *value = of_row(targets, &x[i * width..(i + 1) * width], slopes);
                    }
                },
            );
        };
        let pieces = output
            .par_chunks_mut(count)
            .zip(targets.par_chunks(count * target_width))
            .zip(inputs[0].par_chunks(count * width));
        if compared.slopes.is_empty() {
            pieces.for_each(|((values, targets), x)| of_piece(values, targets, x, &mut []));
        } else {
            pieces
                .zip(compared.slopes.par_chunks_mut(count * width))
                .for_each(|(((values, targets), x), slopes)| of_piece(values, targets, x, slopes));
        }
    }

    fn backward(&self, at: Backpass<'_>) {
        self.compared.give_slopes(at);
    }
}

impl Compared {
    /// The same for all losses: compiled once.
    fn give_slopes(&self, at: Backpass<'_>) {
        let Some(wanted) = &mut at.wanted[0] else {
            return;
        };
        let (width, gradient) = (self.rows.width, &*at.gradient);
        if let Some((starts, steps)) = &self.rows.scattered {
            wanted.clear_if_fresh();
            for (row, (start, gradient)) in starts.iter().zip(gradient).enumerate() {
                let slopes = &self.slopes[row * width..(row + 1) * width];
                for (step, slope) in steps.iter().zip(slopes) {
                    wanted.values[start + step] += slope * gradient;
                }
            }
            return;
        }
        let (count, fresh) = ((PIECE / width).max(1), wanted.fresh);
        wanted
            .values
            .par_chunks_mut(count * width)
            .zip(self.slopes.par_chunks(count * width))
            .zip(gradient.par_chunks(count))
            .for_each(|((to, slopes), gradient)| {
                vectorized(
                    #[inline(always)]
                    || {
                        let rows = to.chunks_exact_mut(width).zip(slopes.chunks_exact(width));
                        for ((to, slopes), gradient) in rows.zip(gradient) {
                            for (to, slope) in to.iter_mut().zip(slopes) {
                                let part = slope * gradient;
                                *to = if fresh { part } else { *to + part };
                            }
                        }
                    },
                );
            });
    }
}

/// The slopes of row `i`, or nothing where none are wanted.
#[inline(always)]
fn own_slopes(slopes: &mut [f32], i: usize, width: usize) -> &mut [f32] {
    if slopes.is_empty() {
        slopes
    } else {
        &mut slopes[i * width..(i + 1) * width]
    }
}
