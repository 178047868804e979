//! The functions that have arguments or take more than a line.

use crate::ops::exponential::exp;
use crate::ops::{Each, elementwise, exp_m1, tanh};
use crate::{Result, Tape, Tensor};

const SELU_SCALE: f32 = 1.050_701;
const SELU_ALPHA: f32 = 1.673_263_2;

/// `x`, but not below `low` nor above `high`; NaN stays.
#[inline(always)]
pub(super) fn limited(x: f32, low: f32, high: f32) -> f32 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

pub(super) fn relu_with(
    tape: &mut Tape,
    x: &Tensor,
    negative_slope: f32,
    max_value: Option<f32>,
    threshold: f32,
) -> Result<Tensor> {
    let most = max_value.unwrap_or(f32::INFINITY);
    // Keras cuts at 0 only where it cuts above as well, or where the threshold is 0.
    let least = match max_value {
        Some(_) => 0.0,
        None => f32::NEG_INFINITY,
    };
    elementwise(
        tape,
        x,
        Each::with("relu_with", [negative_slope, least, most, threshold]),
        move |x| {
            let kept = if x <= threshold {
                0.0
            } else {
                limited(x, least, most)
            };
            let below = if x < threshold { threshold - x } else { 0.0 };
            kept - negative_slope * below
        },
        move |x, _| {
            if x < threshold {
                negative_slope
            } else {
                f32::from(x > threshold && x > least && x < most)
            }
        },
    )
}

pub(super) fn leaky_relu(tape: &mut Tape, x: &Tensor, negative_slope: f32) -> Result<Tensor> {
    elementwise(
        tape,
        x,
        Each::with("leaky_relu", [negative_slope]),
        move |x| if x < 0.0 { negative_slope * x } else { x },
        move |x, _| if x >= 0.0 { 1.0 } else { negative_slope },
    )
}

#[inline(always)]
pub(super) fn hard_sigmoid(x: f32) -> f32 {
    limited(x / 6.0 + 0.5, 0.0, 1.0)
}

#[inline(always)]
pub(super) fn hard_sigmoid_slope(x: f32, _: f32) -> f32 {
    if x > -3.0 && x < 3.0 { 1.0 / 6.0 } else { 0.0 }
}

pub(super) fn squareplus(tape: &mut Tape, x: &Tensor, b: f32) -> Result<Tensor> {
    elementwise(
        tape,
        x,
        Each::with("squareplus", [b]),
        move |x| {
            let root = (x * x + b).sqrt();
            // The same number, where the sum would cancel.
            if x < 0.0 {
                0.5 * b / (root - x)
            } else {
                0.5 * (x + root)
            }
        },
        move |x, y| {
            let root = (x * x + b).sqrt();
            if root == 0.0 { 0.5 } else { y / root }
        },
    )
}

pub(super) fn soft_shrink(tape: &mut Tape, x: &Tensor, threshold: f32) -> Result<Tensor> {
    elementwise(
        tape,
        x,
        Each::with("soft_shrink", [threshold]),
        move |x| x - limited(x, -threshold, threshold),
        move |x, _| f32::from(x > threshold || x < -threshold),
    )
}

pub(super) fn hard_shrink(tape: &mut Tape, x: &Tensor, threshold: f32) -> Result<Tensor> {
    elementwise(
        tape,
        x,
        Each::with("hard_shrink", [threshold]),
        move |x| if x.abs() <= threshold { 0.0 } else { x },
        move |x, _| f32::from(x.abs() > threshold),
    )
}

pub(super) fn elu(tape: &mut Tape, x: &Tensor, alpha: f32) -> Result<Tensor> {
    elementwise(
        tape,
        x,
        Each::with("elu", [alpha]),
        move |x| if x < 0.0 { alpha * exp_m1(x) } else { x },
        move |x, y| if x > 0.0 { 1.0 } else { y + alpha },
    )
}

pub(super) fn celu(tape: &mut Tape, x: &Tensor, alpha: f32) -> Result<Tensor> {
    elementwise(
        tape,
        x,
        Each::with("celu", [alpha]),
        move |x| {
            if x < 0.0 {
                alpha * exp_m1(x / alpha)
            } else {
                x
            }
        },
        move |x, _| if x > 0.0 { 1.0 } else { exp(x / alpha) },
    )
}

pub(super) fn selu(tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
    elementwise(
        tape,
        x,
        Each::with("selu", [SELU_SCALE, SELU_ALPHA]),
        |x| SELU_SCALE * if x < 0.0 { SELU_ALPHA * exp_m1(x) } else { x },
        |x, y| {
            if x > 0.0 {
                SELU_SCALE
            } else {
                y + SELU_SCALE * SELU_ALPHA
            }
        },
    )
}

/// `tanh(softplus(x))`.
#[inline(always)]
pub(super) fn tanh_of_softplus(x: f32) -> f32 {
    // With e = exp(x) it is ((1 + e)^2 - 1) / ((1 + e)^2 + 1). Above 20 it is 1 to the last digit.
    let e = exp(if x > 20.0 { 20.0 } else { x });
    let part = e * (e + 2.0);
    part / (part + 2.0)
}

/// The normal distribution function.
fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
}

pub(super) fn gelu(x: f32) -> f32 {
    (f64::from(x) * normal_cdf(x.into())) as f32
}

pub(super) fn gelu_slope(x: f32, _: f32) -> f32 {
    let x = f64::from(x);
    let density = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
    (normal_cdf(x) + x * density) as f32
}

/// The root of 2 / pi.
const GELU_ROOT: f32 = 0.797_884_6;
const GELU_CUBE: f32 = 0.044_715;

#[inline(always)]
pub(super) fn gelu_by_tanh(x: f32) -> f32 {
    0.5 * x * (1.0 + tanh(GELU_ROOT * (x + GELU_CUBE * x * x * x)))
}

#[inline(always)]
pub(super) fn gelu_by_tanh_slope(x: f32, _: f32) -> f32 {
    let t = tanh(GELU_ROOT * (x + GELU_CUBE * x * x * x));
    let inner = GELU_ROOT * (1.0 + 3.0 * GELU_CUBE * x * x);
    // Far out, where the slope of tanh is 0, `inner` may be infinite.
    let change = if t * t == 1.0 {
        0.0
    } else {
        (1.0 - t * t) * inner
    };
    0.5 * (1.0 + t) + 0.5 * x * change
}
