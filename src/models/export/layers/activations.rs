//! Activation functions, and the layers that are nothing else.

use serde::Deserialize;

use crate::axes::sample_axis;
use crate::models::export::builder::{Builder, Id, Layout, permuted};
use crate::models::export::part::Part;
use crate::{Activation, Axes, Error, Result, Setting};

/// What an activation makes of a value.
pub(super) fn activate(b: &mut Builder, x: Id, activation: Activation) -> Result<Id> {
    match activation {
        Activation::Linear => Ok(x),
        Activation::Softmax => along(b, x, "Softmax", -1),
        Activation::SoftmaxWith { axis } => along(b, x, "Softmax", axis),
        Activation::LogSoftmax => along(b, x, "LogSoftmax", -1),
        Activation::LogSoftmaxWith { axis } => along(b, x, "LogSoftmax", axis),
        Activation::Sparsemax => sparsemax(b, x, -1),
        Activation::SparsemaxWith { axis } => sparsemax(b, x, axis),
        Activation::Glu => glu(b, x, -1),
        Activation::GluWith { axis } => glu(b, x, axis),
        each => b.each(x, |b, x| elementwise(b, x, each)),
    }
}

/// What a function of each number makes of `x`.
///
/// # Errors
/// When it is a function of several numbers.
pub(super) fn elementwise(b: &mut Builder, x: &str, activation: Activation) -> Result<String> {
    let alpha = |value: f32| vec![("alpha", value.into())];
    Ok(match activation {
        Activation::Linear => x.to_owned(),
        Activation::Relu => b.plain("Relu", &[x]),
        Activation::ReluWith {
            negative_slope,
            max_value,
            threshold,
        } => relu(b, x, negative_slope, max_value, threshold),
        Activation::Relu6 => clip(b, x, 0.0, 6.0),
        Activation::LeakyRelu => b.op("LeakyRelu", &[x], alpha(0.2)),
        Activation::LeakyReluWith { negative_slope } => {
            b.op("LeakyRelu", &[x], alpha(negative_slope))
        }
        Activation::Sigmoid => b.plain("Sigmoid", &[x]),
        Activation::HardSigmoid => hard_sigmoid(b, x, 1.0 / 6.0),
        Activation::SparseSigmoid => hard_sigmoid(b, x, 0.5),
        Activation::LogSigmoid => {
            let negative = b.plain("Neg", &[x]);
            let softplus = b.plain("Softplus", &[&negative]);
            b.plain("Neg", &[&softplus])
        }
        Activation::Tanh => b.plain("Tanh", &[x]),
        Activation::HardTanh => clip(b, x, -1.0, 1.0),
        Activation::TanhShrink => {
            let tanh = b.plain("Tanh", &[x]);
            b.plain("Sub", &[x, &tanh])
        }
        Activation::Softplus => b.plain("Softplus", &[x]),
        Activation::Squareplus => squareplus(b, x, 4.0),
        Activation::SquareplusWith { b: roundness } => squareplus(b, x, roundness),
        Activation::SparsePlus => {
            let one = b.number(1.0);
            let shifted = b.plain("Add", &[x, &one]);
            let root = clip(b, &shifted, 0.0, 2.0);
            let square = b.plain("Mul", &[&root, &root]);
            let quarter = b.number(0.25);
            let below = b.plain("Mul", &[&square, &quarter]);
            let above = b.plain("Greater", &[x, &one]);
            b.plain("Where", &[&above, x, &below])
        }
        Activation::Softsign => b.plain("Softsign", &[x]),
        Activation::SoftShrink => shrink(b, x, 0.5, 0.5),
        Activation::SoftShrinkWith { threshold } => shrink(b, x, threshold, threshold),
        Activation::HardShrink => shrink(b, x, 0.5, 0.0),
        Activation::HardShrinkWith { threshold } => shrink(b, x, threshold, 0.0),
        Activation::Threshold {
            threshold,
            default_value,
        } => {
            let (threshold, other) = (b.number(threshold), b.number(default_value));
            let above = b.plain("Greater", &[x, &threshold]);
            b.plain("Where", &[&above, x, &other])
        }
        Activation::Elu => b.plain("Elu", &[x]),
        Activation::EluWith { alpha: slope } => b.op("Elu", &[x], alpha(slope)),
        Activation::Celu => b.plain("Celu", &[x]),
        Activation::CeluWith { alpha: slope } => b.op("Celu", &[x], alpha(slope)),
        Activation::Selu => b.plain("Selu", &[x]),
        Activation::Gelu | Activation::GeluWith { approximate: false } => {
            let root = b.number(std::f32::consts::FRAC_1_SQRT_2);
            let scaled = b.plain("Mul", &[x, &root]);
            let erf = b.plain("Erf", &[&scaled]);
            half_of_product_with_one_more(b, x, &erf)
        }
        Activation::GeluWith { approximate: true } => {
            let square = b.plain("Mul", &[x, x]);
            let (small, one) = (b.number(0.044_715), b.number(1.0));
            let small = b.plain("Mul", &[&square, &small]);
            let factor = b.plain("Add", &[&small, &one]);
            let root = b.number((2.0 / std::f32::consts::PI).sqrt());
            let inner = b.plain("Mul", &[x, &factor]);
            let inner = b.plain("Mul", &[&inner, &root]);
            let tanh = b.plain("Tanh", &[&inner]);
            half_of_product_with_one_more(b, x, &tanh)
        }
        Activation::Silu => {
            let sigmoid = b.plain("Sigmoid", &[x]);
            b.plain("Mul", &[x, &sigmoid])
        }
        Activation::HardSilu => b.plain("HardSwish", &[x]),
        Activation::Mish => {
            let softplus = b.plain("Softplus", &[x]);
            let tanh = b.plain("Tanh", &[&softplus]);
            b.plain("Mul", &[x, &tanh])
        }
        Activation::Exponential => b.plain("Exp", &[x]),
        Activation::Softmax
        | Activation::SoftmaxWith { .. }
        | Activation::LogSoftmax
        | Activation::LogSoftmaxWith { .. }
        | Activation::Sparsemax
        | Activation::SparsemaxWith { .. }
        | Activation::Glu
        | Activation::GluWith { .. } => {
            let expected = "a function of each number by itself, for ONNX";
            let given = format!("\"{}\"", activation.name());
            return Err(Error::argument("activation", expected, given));
        }
    })
}

fn clip(b: &mut Builder, x: &str, low: f32, high: f32) -> String {
    let (low, high) = (b.number(low), b.number(high));
    b.plain("Clip", &[x, &low, &high])
}

fn hard_sigmoid(b: &mut Builder, x: &str, slope: f32) -> String {
    let arguments = vec![("alpha", slope.into()), ("beta", 0.5.into())];
    b.op("HardSigmoid", &[x], arguments)
}

fn shrink(b: &mut Builder, x: &str, threshold: f32, less: f32) -> String {
    let arguments = vec![("lambd", threshold.into()), ("bias", less.into())];
    b.op("Shrink", &[x], arguments)
}

fn squareplus(b: &mut Builder, x: &str, roundness: f32) -> String {
    let square = b.plain("Mul", &[x, x]);
    let (roundness, half) = (b.number(roundness), b.number(0.5));
    let sum = b.plain("Add", &[&square, &roundness]);
    let root = b.plain("Sqrt", &[&sum]);
    let sum = b.plain("Add", &[x, &root]);
    b.plain("Mul", &[&sum, &half])
}

/// `x (1 + y) / 2`
fn half_of_product_with_one_more(b: &mut Builder, x: &str, y: &str) -> String {
    let (one, half) = (b.number(1.0), b.number(0.5));
    let more = b.plain("Add", &[y, &one]);
    let half = b.plain("Mul", &[x, &half]);
    b.plain("Mul", &[&half, &more])
}

fn relu(
    b: &mut Builder,
    x: &str,
    negative_slope: f32,
    max_value: Option<f32>,
    threshold: f32,
) -> String {
    let y = if threshold == 0.0 && negative_slope == 0.0 {
        b.plain("Relu", &[x])
    } else if threshold == 0.0 {
        b.op("LeakyRelu", &[x], vec![("alpha", negative_slope.into())])
    } else {
        let (threshold, slope) = (b.number(threshold), b.number(negative_slope));
        let above = b.plain("GreaterOrEqual", &[x, &threshold]);
        let over = b.plain("Sub", &[x, &threshold]);
        let below = b.plain("Mul", &[&over, &slope]);
        b.plain("Where", &[&above, x, &below])
    };
    match max_value {
        Some(most) => {
            let most = b.number(most);
            b.plain("Min", &[&y, &most])
        }
        None => y,
    }
}

/// An operation along an axis, in the layout in which the value is.
fn along(b: &mut Builder, x: Id, op: &'static str, axis: isize) -> Result<Id> {
    let axis = own_axis(b, x, axis)?;
    b.each(x, |b, x| Ok(b.op(op, &[x], vec![("axis", axis.into())])))
}

/// Where an axis of a batch is in the layout in which a value is.
fn own_axis(b: &Builder, x: Id, axis: isize) -> Result<i64> {
    let rank = b.rank(x);
    let axis = b.shape(x).with_batch(1).axis(axis)?;
    Ok(b.layout(x).axis(axis, rank) as i64)
}

/// The first half of an axis times the sigmoid of the second.
fn glu(b: &mut Builder, x: Id, axis: isize) -> Result<Id> {
    let shape = Activation::GluWith { axis }.output_shape(b.shape(x))?;
    let (layout, axis) = (b.layout(x), own_axis(b, x, axis)?);
    let x = b.name(x, layout);
    let halves = vec![("axis", axis.into()), ("num_outputs", 2.into())];
    let halves = b.ops("Split", &[&x], 2, halves);
    let gate = b.plain("Sigmoid", &[&halves[1]]);
    let y = b.plain("Mul", &[&halves[0], &gate]);
    Ok(b.value(y, layout, shape))
}

/// What is above a threshold that makes the sum 1.
fn sparsemax(b: &mut Builder, x: Id, axis: isize) -> Result<Id> {
    let along = b.shape(x).with_batch(1).axis(axis)?;
    let size = b.shape(x).sizes().nth(along.saturating_sub(1)).flatten();
    let Some(size) = size.filter(|_| along > 0) else {
        return Err(Error::shape("sparsemax needs an axis whose size is known"));
    };
    let axis = own_axis(b, x, axis)?;
    let rank = b.rank(x);
    b.each(x, |b, x| {
        let count = b.whole(&[size as i64]);
        let order = vec![("axis", axis.into())];
        let sorted = b.ops("TopK", &[x, &count], 2, order).swap_remove(0);
        let at = b.whole_number(axis);
        let sums = b.plain("CumSum", &[&sorted, &at]);
        let mut sizes = vec![1; rank];
        sizes[axis as usize] = size;
        let places: Vec<f32> = (1..=size).map(|place| place as f32).collect();
        let places = b.floats("places", &sizes, places);
        let one = b.number(1.0);
        let scaled = b.plain("Mul", &[&sorted, &places]);
        let scaled = b.plain("Add", &[&scaled, &one]);
        // Which of them are above the threshold.
        let counting = b.plain("Greater", &[&scaled, &sums]);
        let counting = b.as_floats(&counting);
        let kept = b.plain("Mul", &[&sorted, &counting]);
        let sum = b.over_axes("ReduceSum", &kept, &[axis], true);
        let sum = b.plain("Sub", &[&sum, &one]);
        let count = b.over_axes("ReduceSum", &counting, &[axis], true);
        let threshold = b.plain("Div", &[&sum, &count]);
        let over = b.plain("Sub", &[x, &threshold]);
        Ok(b.plain("Relu", &[&over]))
    })
}

/// `Activation`, `ReLU`, `LeakyReLU` and `ELU`.
pub(super) fn activation(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct Of {
        activation: Setting<Activation>,
    }
    #[derive(Deserialize)]
    struct Relu {
        negative_slope: f32,
        max_value: Option<f32>,
        threshold: f32,
    }
    #[derive(Deserialize)]
    struct Leaky {
        negative_slope: f32,
    }
    #[derive(Deserialize)]
    struct Elu {
        alpha: f32,
    }
    let activation = match part.class {
        "ReLU" => {
            let Relu {
                negative_slope,
                max_value,
                threshold,
            } = part.read()?;
            Activation::ReluWith {
                negative_slope,
                max_value,
                threshold,
            }
        }
        "LeakyReLU" => {
            let Leaky { negative_slope } = part.read()?;
            Activation::LeakyReluWith { negative_slope }
        }
        "ELU" => {
            let Elu { alpha } = part.read()?;
            Activation::EluWith { alpha }
        }
        _ => *part.read::<Of>()?.activation.get()?,
    };
    Ok(vec![activate(b, part.input()?, activation)?])
}

pub(super) fn softmax(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct Softmax {
        axis: Axes,
    }
    let x = part.input()?;
    let Softmax { axis } = part.read()?;
    let &[axis] = axis.as_slice() else {
        return Err(Error::argument("axis", "one axis, for ONNX", &axis));
    };
    if b.mask(x).is_some() {
        return Err(super::no_masks());
    }
    let axis = sample_axis("axis", axis, b.shape(x))?;
    Ok(vec![along(b, x, "Softmax", axis as isize)?])
}

pub(super) fn prelu(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    let x = part.input()?;
    let alpha = part.need("alpha")?;
    let y = match b.layout(x) {
        Layout::Last => {
            let alpha = b.weight("alpha", alpha);
            let x = b.named(x);
            b.plain("PRelu", &[&x, &alpha])
        }
        Layout::First => {
            let last = alpha.ndim() - 1;
            let order: Vec<usize> = [last].into_iter().chain(0..last).collect();
            let (sizes, alpha) = permuted(alpha, &order);
            let alpha = b.floats("alpha", &sizes, alpha);
            let x = b.name(x, Layout::First);
            b.plain("PRelu", &[&x, &alpha])
        }
    };
    let (layout, shape) = (b.layout(x), part.output());
    Ok(vec![b.value(y, layout, shape)])
}
