//! Layers that change the numbers of pictures.

use serde::Deserialize;

use crate::Result;
use crate::layers::Values;
use crate::models::export::builder::{Builder, Id};
use crate::models::export::part::Part;

pub(super) fn rescaling(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct Rescaling {
        scale: Values,
        offset: Values,
    }
    let Rescaling { scale, offset } = part.read()?;
    let input = part.input()?;
    let (rank, layout) = (b.rank(input), b.layout(input));
    let y = b.each(input, |b, x| {
        // One number for all, or one for each channel, which may have come to another axis.
        let numbers = |b: &mut Builder, name: &str, values: Values| match values {
            Values::One(value) => b.number(value),
            Values::Each(values) => {
                let mut sizes = vec![1; rank];
                sizes[layout.axis(rank - 1, rank)] = values.len();
                b.floats(name, &sizes, values)
            }
        };
        let is_moved = !matches!(offset, Values::One(0.0));
        let scale = numbers(b, "scale", scale);
        let scaled = b.plain("Mul", &[x, &scale]);
        if !is_moved {
            return Ok(scaled);
        }
        let offset = numbers(b, "offset", offset);
        Ok(b.plain("Add", &[&scaled, &offset]))
    })?;
    Ok(vec![y])
}

/// `AutoContrast`: each channel of each picture is stretched over the whole range.
pub(super) fn auto_contrast(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct AutoContrast {
        value_range: [f32; 2],
    }
    let AutoContrast {
        value_range: [start, end],
    } = part.read()?;
    let input = part.input()?;
    let (layout, rank) = (b.layout(input), b.rank(input));
    let axes = (1..rank - 1).map(|axis| layout.axis(axis, rank) as i64);
    let axes: Vec<i64> = axes.collect();
    let y = b.each(input, |b, x| {
        let low = b.over_axes("ReduceMin", x, &axes, true);
        let high = b.over_axes("ReduceMax", x, &axes, true);
        let (start, width, zero) = (b.number(start), b.number(end - start), b.number(0.0));
        let range = b.plain("Sub", &[&high, &low]);
        let scale = b.plain("Div", &[&width, &range]);
        let above = b.plain("Sub", &[x, &low]);
        let scaled = b.plain("Mul", &[&above, &scale]);
        let stretched = b.plain("Add", &[&scaled, &start]);
        // A channel of one number alone stays as it is.
        let differs = b.plain("Greater", &[&range, &zero]);
        Ok(b.plain("Where", &[&differs, &stretched, x]))
    })?;
    Ok(vec![y])
}
