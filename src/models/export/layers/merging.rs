//! Layers that make one value of several.

use serde::Deserialize;

use super::normalization::to_length_one;
use crate::Axes;
use crate::axes::sample_axis;
use crate::models::export::builder::{Builder, Id, Layout};
use crate::models::export::part::Part;
use crate::{Error, Result};

/// The layout in which all inputs are, or that of kerust.
fn common_layout(b: &Builder, inputs: &[Id]) -> Layout {
    let ranks_agree = inputs
        .iter()
        .all(|&input| b.rank(input) == b.rank(inputs[0]));
    match inputs.iter().all(|&input| b.layout(input) == Layout::First) && ranks_agree {
        true => Layout::First,
        false => Layout::Last,
    }
}

/// The names of all inputs in `layout`, with as many axes each: new ones stand behind that of the
/// batch.
fn aligned(b: &mut Builder, inputs: &[Id], layout: Layout) -> Vec<String> {
    let rank = inputs
        .iter()
        .map(|&input| b.rank(input))
        .max()
        .unwrap_or_default();
    let mut names = Vec::new();
    for &input in inputs {
        let name = b.name(input, layout);
        let missing: Vec<i64> = (1..=rank - b.rank(input)).map(|axis| axis as i64).collect();
        names.push(match missing.as_slice() {
            [] => name,
            missing => b.unsqueeze(&name, missing),
        });
    }
    names
}

/// `Add`, `Subtract`, `Multiply`, `Average`, `Maximum` and `Minimum`.
pub(super) fn elementwise(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    let masks: Vec<Option<String>> = part
        .inputs
        .iter()
        .map(|&input| b.mask(input).map(str::to_owned))
        .collect();
    let (op, by_steps) = match part.class {
        "Add" => ("Add", false),
        "Subtract" => ("Sub", false),
        "Average" => ("Mean", false),
        "Multiply" => ("Mul", true),
        "Maximum" => ("Max", true),
        _ => ("Min", true),
    };
    if by_steps && masks.iter().any(Option::is_some) {
        return Err(super::no_masks());
    }
    part.input()?;
    let layout = common_layout(b, part.inputs);
    let names = aligned(b, part.inputs, layout);
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    let y = match op {
        "Mean" | "Max" | "Min" => b.plain(op, &all),
        _ => {
            let mut y = names[0].clone();
            for other in &names[1..] {
                y = b.plain(op, &[&y, other]);
            }
            y
        }
    };
    let y = b.value(y, layout, part.output());
    // Where any of them holds; none when an input has none.
    if let Some(masks) = masks.into_iter().collect::<Option<Vec<String>>>() {
        let mut masks = masks.into_iter();
        let mut any = masks.next();
        for mask in masks {
            any = any.map(|any| b.plain("Or", &[&any, &mask]));
        }
        b.set_mask(y, any);
    }
    Ok(vec![y])
}

pub(super) fn concatenate(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct Concatenate {
        axis: isize,
    }
    let Concatenate { axis } = part.read()?;
    if part.inputs.iter().any(|&input| b.mask(input).is_some()) {
        return Err(super::no_masks());
    }
    let first = part.input()?;
    let layout = common_layout(b, part.inputs);
    let axis = sample_axis("axis", axis, b.shape(first))?;
    let axis = layout.axis(axis, b.rank(first)) as i64;
    let names = aligned(b, part.inputs, layout);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let y = b.op("Concat", &names, vec![("axis", axis.into())]);
    Ok(vec![b.value(y, layout, part.output())])
}

pub(super) fn dot(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct Dot {
        axes: Axes,
        normalize: bool,
    }
    /// As kerust, and Keras.
    const EPSILON: f32 = 1e-7;
    let Dot { axes, normalize } = part.read()?;
    let &[first, second] = part.inputs else {
        return Err(Error::shape(format!(
            "expected two inputs, got {}",
            part.inputs.len()
        )));
    };
    let (of_first, of_second) = match *axes.as_slice() {
        [first, second] => (first, second),
        [both] => (both, both),
        _ => return Err(Error::argument("axes", "one axis or two", &axes)),
    };
    let axes = [
        sample_axis("axes", of_first, b.shape(first))?,
        sample_axis("axes", of_second, b.shape(second))?,
    ];
    let ranks = [b.rank(first), b.rank(second)];
    let mut names = [b.named(first), b.named(second)];
    if normalize {
        for (name, axis) in names.iter_mut().zip(axes) {
            *name = to_length_one(b, name, &[axis as i64], EPSILON);
        }
    }
    // `a` is the batch, `b` what is summed over.
    let mut letters = 'c'..='z';
    let (mut sides, mut kept) = ([String::new(), String::new()], String::from("a"));
    for (which, side) in sides.iter_mut().enumerate() {
        side.push('a');
        for axis in 1..ranks[which] {
            let letter = match axis == axes[which] {
                true => 'b',
                false => letters.next().unwrap_or('z'),
            };
            side.push(letter);
            if letter != 'b' {
                kept.push(letter);
            }
        }
    }
    let [first, second] = &sides;
    let equation = format!("{first},{second}->{kept}");
    let equation = vec![("equation", equation.as_str().into())];
    let mut y = b.op("Einsum", &[&names[0], &names[1]], equation);
    if kept.len() == 1 {
        y = b.unsqueeze(&y, &[1]);
    }
    Ok(vec![b.last(y, part.output())])
}
