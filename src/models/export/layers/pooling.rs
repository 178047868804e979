//! Pooling: of windows, of everything, and to so many windows.

use serde::Deserialize;

use super::window::{Window, whole};
use crate::models::export::builder::{Builder, Id, Layout};
use crate::models::export::part::Part;
use crate::ops::Padding;
use crate::{Error, Result};

/// ONNX's name of a pooling, by how the class is called.
fn operation(class: &str) -> &'static str {
    match class.contains("Max") {
        true => "MaxPool",
        false => "AveragePool",
    }
}

/// `MaxPooling2D` and so on.
pub(super) fn windows(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct Pooling {
        pool_size: Vec<usize>,
        strides: Option<Vec<usize>>,
        padding: Padding,
    }
    let layer: Pooling = part.read()?;
    let input = part.input()?;
    let window = Window {
        size: &layer.pool_size,
        strides: layer.strides.as_ref().unwrap_or(&layer.pool_size),
        dilation: &vec![1; layer.pool_size.len()],
        padding: layer.padding,
    };
    let arguments = window.arguments(b.shape(input));
    let x = b.name(input, Layout::First);
    let y = b.op(operation(part.class), &[&x], arguments);
    Ok(vec![b.value(y, Layout::First, part.output())])
}

/// `GlobalMaxPooling2D` and so on.
pub(super) fn global(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct Global {
        keepdims: bool,
    }
    let Global { keepdims } = part.read()?;
    let input = part.input()?;
    if let (Some(mask), "GlobalAveragePooling1D") = (b.mask(input), part.class) {
        let mask = mask.to_owned();
        let y = mean_of_steps(b, input, &mask, keepdims);
        return Ok(vec![b.last(y, part.output())]);
    }
    let (layout, rank) = (b.layout(input), b.rank(input));
    let axes = (1..rank - 1).map(|axis| layout.axis(axis, rank) as i64);
    let axes: Vec<i64> = axes.collect();
    let x = b.name(input, layout);
    let op = match operation(part.class) {
        "MaxPool" => "ReduceMax",
        _ => "ReduceMean",
    };
    let y = b.over_axes(op, &x, &axes, keepdims);
    Ok(vec![b.value(y, layout, part.output())])
}

/// The mean of the steps that count.
fn mean_of_steps(b: &mut Builder, input: Id, mask: &str, keepdims: bool) -> String {
    let x = b.named(input);
    let mask = b.as_floats(mask);
    let mask = b.unsqueeze(&mask, &[2]);
    let counting = b.plain("Mul", &[&x, &mask]);
    let sum = b.over_axes("ReduceSum", &counting, &[1], keepdims);
    let count = b.over_axes("ReduceSum", &mask, &[1], keepdims);
    b.plain("Div", &[&sum, &count])
}

/// `AdaptiveMaxPooling2D` and so on.
pub(super) fn adaptive(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct Adaptive {
        output_size: Vec<usize>,
    }
    let Adaptive { output_size } = part.read()?;
    let input = part.input()?;
    let shape = b.shape(input).clone();
    let mut sizes = Vec::new();
    for (size, &wanted) in shape.sizes().zip(&output_size) {
        sizes.push(
            size.filter(|size| size % wanted == 0)
                .map(|size| size / wanted),
        );
    }
    let Some(sizes) = sizes.into_iter().collect::<Option<Vec<usize>>>() else {
        return Err(Error::shape(format!(
            "ONNX has windows of one size alone: the sizes of samples of shape {shape} must be \
             multiples of {output_size:?}"
        ))
        .remedy("resize the pictures, or use MaxPooling or AveragePooling"));
    };
    let arguments = vec![("kernel_shape", whole(&sizes)), ("strides", whole(&sizes))];
    let x = b.name(input, Layout::First);
    let y = b.op(operation(part.class), &[&x], arguments);
    Ok(vec![b.value(y, Layout::First, part.output())])
}
