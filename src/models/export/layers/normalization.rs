//! Layers that bring numbers to a common scale.

use serde::Deserialize;

use crate::axes::sample_axis;
use crate::models::export::builder::{Builder, Extent, Id, Layout};
use crate::models::export::onnx::Attribute;
use crate::models::export::part::Part;
use crate::{Axes, Error, Result, Shape, Tensor};

/// A weight along an axis that broadcasts over a batch with `rank` axes.
fn along(b: &mut Builder, name: &str, values: Vec<f32>, axis: usize, rank: usize) -> String {
    let mut sizes = vec![1; rank - axis];
    sizes[0] = values.len();
    b.floats(name, &sizes, values)
}

pub(super) fn batch(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct BatchNormalization {
        axis: isize,
        epsilon: f32,
    }
    let BatchNormalization { axis, epsilon } = part.read()?;
    let input = part.input()?;
    let (rank, layout) = (b.rank(input), b.layout(input));
    let axis = layout.axis(sample_axis("axis", axis, b.shape(input))?, rank);
    let numbers = |weight: &Tensor| weight.to_vec::<f32>();
    let mean = numbers(part.need("moving_mean")?);
    let variance = numbers(part.need("moving_variance")?);
    let gamma = part
        .weight("gamma")
        .map_or_else(|| vec![1.0; mean.len()], numbers);
    let beta = part
        .weight("beta")
        .map_or_else(|| vec![0.0; mean.len()], numbers);
    let x = b.name(input, layout);
    let y = if axis == 1 {
        // An operation of its own, that runtimes can join with a convolution before it.
        let sizes = [mean.len()];
        let weights = [
            b.floats("gamma", &sizes, gamma),
            b.floats("beta", &sizes, beta),
            b.floats("moving_mean", &sizes, mean),
            b.floats("moving_variance", &sizes, variance),
        ];
        let [gamma, beta, mean, variance] = &weights;
        let inputs = [x.as_str(), gamma, beta, mean, variance];
        b.op(
            "BatchNormalization",
            &inputs,
            vec![("epsilon", epsilon.into())],
        )
    } else {
        let factor = gamma.iter().zip(&variance);
        let factor: Vec<f32> = factor.map(|(g, v)| g / (v + epsilon).sqrt()).collect();
        let shift = beta.iter().zip(&mean).zip(&factor);
        let shift: Vec<f32> = shift.map(|((beta, mean), f)| beta - mean * f).collect();
        let factor = along(b, "factor", factor, axis, rank);
        let shift = along(b, "shift", shift, axis, rank);
        let scaled = b.plain("Mul", &[&x, &factor]);
        b.plain("Add", &[&scaled, &shift])
    };
    Ok(vec![b.value(y, layout, part.output())])
}

/// A weight with one axis for each of `axes`, so that it broadcasts over a batch with `rank` axes.
fn over(b: &mut Builder, name: &str, weight: &Tensor, axes: &[usize], rank: usize) -> String {
    let mut sizes = vec![1; rank];
    for (&axis, &size) in axes.iter().zip(weight.shape().iter()) {
        sizes[axis] = size;
    }
    b.floats(name, &sizes, weight.to_vec())
}

fn signed(axes: &[usize]) -> Vec<i64> {
    axes.iter().map(|&axis| axis as i64).collect()
}

pub(super) fn layer(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct LayerNormalization {
        axis: Axes,
        epsilon: f32,
        rms_scaling: bool,
    }
    let LayerNormalization {
        axis,
        epsilon,
        rms_scaling,
    } = part.read()?;
    let input = part.input()?;
    let rank = b.rank(input);
    let axes = axis.of_samples(b.shape(input))?;
    let x = b.named(input);
    let (gamma, beta) = (part.weight("gamma"), part.weight("beta"));
    let is_behind = axes.iter().copied().eq(rank - axes.len()..rank);
    if let (Some(gamma), true, false) = (gamma, is_behind, rms_scaling) {
        let mut inputs = vec![x.clone(), b.weight("gamma", gamma)];
        inputs.extend(beta.map(|beta| b.weight("beta", beta)));
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let arguments: Vec<(_, Attribute)> = vec![
            ("axis", (axes[0] as i64).into()),
            ("epsilon", epsilon.into()),
        ];
        let y = b.op("LayerNormalization", &inputs, arguments);
        return Ok(vec![b.last(y, part.output())]);
    }
    let along = signed(&axes);
    let mean = b.over_axes("ReduceMean", &x, &along, true);
    let distance = b.plain("Sub", &[&x, &mean]);
    let square = b.plain("Mul", &[&distance, &distance]);
    let variance = b.over_axes("ReduceMean", &square, &along, true);
    let deviation = root_of_sum(b, &variance, epsilon);
    let from = if rms_scaling { &x } else { &distance };
    let mut y = b.plain("Div", &[from, &deviation]);
    for (op, name, weight) in [("Mul", "gamma", gamma), ("Add", "beta", beta)] {
        if let Some(weight) = weight {
            let weight = over(b, name, weight, &axes, rank);
            y = b.plain(op, &[&y, &weight]);
        }
    }
    Ok(vec![b.last(y, part.output())])
}

fn root_of_sum(b: &mut Builder, x: &str, epsilon: f32) -> String {
    let epsilon = b.number(epsilon);
    let sum = b.plain("Add", &[x, &epsilon]);
    b.plain("Sqrt", &[&sum])
}

pub(super) fn group(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct GroupNormalization {
        groups: isize,
        axis: isize,
        epsilon: f32,
    }
    let GroupNormalization {
        groups,
        axis,
        epsilon,
    } = part.read()?;
    let input = part.input()?;
    let (rank, shape) = (b.rank(input), b.shape(input).clone());
    let axis = sample_axis("axis", axis, &shape)?;
    if axis + 1 != rank {
        return Err(Error::argument("axis", "the last axis, for ONNX", axis));
    }
    let channels = shape.last();
    let groups = usize::try_from(groups).unwrap_or(channels);
    let x = b.name(input, Layout::First);
    let batch = Extent::Of(x.clone(), 0);
    let grouped = b.reshape(&x, &[batch, Extent::Fixed(groups), Extent::Rest]);
    let ones = b.floats("ones", &[groups], vec![1.0; groups]);
    let zeros = b.floats("zeros", &[groups], vec![0.0; groups]);
    let arguments = vec![("epsilon", epsilon.into())];
    let y = b.op(
        "InstanceNormalization",
        &[&grouped, &ones, &zeros],
        arguments,
    );
    let sizes = b.plain("Shape", &[&x]);
    let mut y = b.plain("Reshape", &[&y, &sizes]);
    for (op, name) in [("Mul", "gamma"), ("Add", "beta")] {
        if let Some(weight) = part.weight(name) {
            let weight = along(b, name, weight.to_vec(), 1, rank);
            y = b.plain(op, &[&y, &weight]);
        }
    }
    Ok(vec![b.value(y, Layout::First, part.output())])
}

#[derive(Deserialize)]
struct OverAxes {
    axis: Axes,
    #[serde(default)]
    epsilon: f32,
}

pub(super) fn rms(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    let OverAxes { axis, epsilon } = part.read()?;
    let input = part.input()?;
    let rank = b.rank(input);
    let axes = axis.of_samples(b.shape(input))?;
    let x = b.named(input);
    let square = b.plain("Mul", &[&x, &x]);
    let mean = b.over_axes("ReduceMean", &square, &signed(&axes), true);
    let root = root_of_sum(b, &mean, epsilon);
    let y = b.plain("Div", &[&x, &root]);
    let scale = over(b, "scale", part.need("scale")?, &axes, rank);
    let y = b.plain("Mul", &[&y, &scale]);
    Ok(vec![b.last(y, part.output())])
}

pub(super) fn unit(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    let OverAxes { axis, .. } = part.read()?;
    let axes = axis.of_samples(b.shape(part.input()?))?;
    let x = b.named(part.input()?);
    let y = to_length_one(b, &x, &signed(&axes), 1e-12);
    Ok(vec![b.last(y, part.output())])
}

/// `x` divided by the root of the sum of its squares, which counts as `epsilon` when it is less.
pub(super) fn to_length_one(b: &mut Builder, x: &str, axes: &[i64], epsilon: f32) -> String {
    let square = b.plain("Mul", &[x, x]);
    let sum = b.over_axes("ReduceSum", &square, axes, true);
    let epsilon = b.number(epsilon);
    let sum = b.plain("Max", &[&sum, &epsilon]);
    let length = b.plain("Sqrt", &[&sum]);
    b.plain("Div", &[x, &length])
}

/// `Normalization`, which knows the mean and variance beforehand.
pub(super) fn known(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Values {
        One(f32),
        Each(Vec<f32>),
    }
    #[derive(Deserialize)]
    struct Normalization {
        axis: Vec<isize>,
        mean: Option<Values>,
        variance: Option<Values>,
        invert: bool,
    }
    let layer: Normalization = part.read()?;
    let input = part.input()?;
    let (rank, shape) = (b.rank(input), b.shape(input).with_batch(1));
    let mut axes = Vec::new();
    for &axis in &layer.axis {
        axes.push(shape.axis(axis)?);
    }
    axes.sort_unstable();
    axes.dedup();
    let kept = Shape::from(axes.iter().map(|&axis| shape[axis]).collect::<Vec<_>>());
    let numbers = |name: &str, given: Option<Values>| -> Result<Vec<f32>> {
        Ok(match given {
            Some(Values::One(value)) => vec![value; kept.elements()],
            Some(Values::Each(values)) => values,
            None => part.need(name)?.to_vec(),
        })
    };
    let mean = numbers("mean", layer.mean)?;
    let variance = numbers("variance", layer.variance)?;
    let deviation = variance.iter().map(|variance| variance.sqrt().max(1e-7));
    let mean = over(
        b,
        "mean",
        &Tensor::from_vec(mean, kept.clone())?,
        &axes,
        rank,
    );
    let deviation = Tensor::from_vec(deviation.collect::<Vec<f32>>(), kept)?;
    let deviation = over(b, "deviation", &deviation, &axes, rank);
    let x = b.named(input);
    let y = match layer.invert {
        true => {
            let scaled = b.plain("Mul", &[&x, &deviation]);
            b.plain("Add", &[&scaled, &mean])
        }
        false => {
            let shifted = b.plain("Sub", &[&x, &mean]);
            b.plain("Div", &[&shifted, &deviation])
        }
    };
    Ok(vec![b.last(y, part.output())])
}
