//! Normalizing over any axes: they go to the end, where they make rows.

use super::layout::axes_of;
use super::normalize_rows::{RowStatistics, normalize_rows};
use super::transpose;
use crate::{Error, Result, Tape, Tensor};

/// `(x - mean) / sqrt(variance + epsilon)` over `axes`, times `gamma`, plus `beta`, whose axes are
/// those that are normalized.
///
/// Keras: `keras.ops.layer_normalization`.
///
/// Ba, Kiros and Hinton, "Layer normalization", 2016.
///
/// # Errors
/// When there is no such axis, one is named twice, or `gamma` or `beta` does not fit.
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let x = Tensor::from_vec(vec![1.0, 3.0, 5.0, 9.0], (2, 2))?;
/// let y = ops::layer_normalization(&mut Tape::off(), &x, None, None, &[-1], 0.0)?;
/// assert_eq!(y.to_vec::<f32>(), [-1.0, 1.0, -1.0, 1.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn layer_normalization(
    tape: &mut Tape,
    x: &Tensor,
    gamma: Option<&Tensor>,
    beta: Option<&Tensor>,
    axes: &[isize],
    epsilon: f32,
) -> Result<Tensor> {
    let statistics = RowStatistics::MeanAndVariance;
    normalize_over(tape, x, axes, statistics, epsilon, (gamma, beta))
}

/// `x / sqrt(mean of the squares + epsilon)` over `axes`, times `scale`, whose axes are those that
/// are normalized.
///
/// Keras: `keras.ops.rms_normalization`.
///
/// Zhang and Sennrich, "Root mean square layer normalization", 2019.
///
/// # Errors
/// As [`layer_normalization`].
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let y = ops::rms_normalization(&mut Tape::off(), &Tensor::full(4, 3.0), None, &[-1], 0.0)?;
/// assert_eq!(y, Tensor::ones(4));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn rms_normalization(
    tape: &mut Tape,
    x: &Tensor,
    scale: Option<&Tensor>,
    axes: &[isize],
    epsilon: f32,
) -> Result<Tensor> {
    normalize_over(
        tape,
        x,
        axes,
        RowStatistics::MeanSquare,
        epsilon,
        (scale, None),
    )
}

/// `x` divided by the root of the sum of its squares over `axes`, which is taken for at least
/// `epsilon`.
///
/// Keras: `keras.ops.normalize`.
///
/// # Errors
/// When there is no such axis, or one is named twice.
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let x = Tensor::from_vec(vec![3.0, 4.0], 2)?;
/// let y = ops::normalize(&mut Tape::off(), &x, &[-1], 1e-7)?;
/// assert!((y.item(1)? - 0.8).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn normalize(tape: &mut Tape, x: &Tensor, axes: &[isize], epsilon: f32) -> Result<Tensor> {
    normalize_over(
        tape,
        x,
        axes,
        RowStatistics::SumOfSquares,
        epsilon,
        (None, None),
    )
}

/// Brings all that shares its place outside of `axes` to one scale, then multiplies by the first
/// weight and adds the second.
pub(crate) fn normalize_over(
    tape: &mut Tape,
    x: &Tensor,
    axes: &[isize],
    statistics: RowStatistics,
    epsilon: f32,
    (gamma, beta): (Option<&Tensor>, Option<&Tensor>),
) -> Result<Tensor> {
    let axes = axes_of(x.shape(), axes)?;
    let sizes: Vec<usize> = axes.iter().map(|&axis| x.shape()[axis]).collect();
    for (name, weight) in [("gamma", gamma), ("beta", beta)] {
        if let Some(weight) = weight.filter(|weight| weight.shape().dims() != sizes) {
            return Err(Error::shape(format!(
                "`{name}` has shape {}, but axes {axes:?} of {} are normalized",
                weight.shape(),
                x.shape()
            )));
        }
    }
    let rank = x.ndim();
    let kept = (0..rank).filter(|axis| !axes.contains(axis));
    let order: Vec<usize> = kept.chain(axes.iter().copied()).collect();
    let mut back = vec![0; rank];
    order
        .iter()
        .enumerate()
        .for_each(|(to, &from)| back[from] = to);
    let moved = transpose(tape, x, &order)?;
    let width = sizes.iter().product();
    let y = normalize_rows(tape, &moved, width, statistics, epsilon, gamma, beta)?;
    transpose(tape, &y, &back)
}
