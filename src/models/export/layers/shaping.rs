//! Layers that arrange numbers anew.

use serde::Deserialize;

use crate::models::export::builder::{Builder, Extent, Id};
use crate::models::export::part::Part;
use crate::{Error, Result};

pub(super) fn flatten(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    let input = part.input()?;
    if b.rank(input) == 2 {
        return Ok(vec![input]);
    }
    let x = b.named(input);
    let y = b.op("Flatten", &[&x], vec![("axis", 1.into())]);
    Ok(vec![b.last(y, part.output())])
}

pub(super) fn reshape(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    let shape = part.output();
    let x = b.named(part.input()?);
    let mut sizes = vec![Extent::Of(x.clone(), 0)];
    for size in shape.sizes() {
        sizes.push(size.map_or(Extent::Rest, Extent::Fixed));
    }
    if sizes
        .iter()
        .filter(|size| matches!(size, Extent::Rest))
        .count()
        > 1
    {
        let error = "several sizes of the target depend on sizes that are open";
        return Err(Error::shape(error).remedy("tell the input its sizes"));
    }
    let y = b.reshape(&x, &sizes);
    Ok(vec![b.last(y, shape)])
}

pub(super) fn permute(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct Permute {
        dims: Vec<i64>,
    }
    let Permute { dims } = part.read()?;
    let x = b.named(part.input()?);
    let y = b.transpose(&x, [vec![0], dims].concat());
    Ok(vec![b.last(y, part.output())])
}

pub(super) fn repeat_vector(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct RepeatVector {
        n: i64,
    }
    let RepeatVector { n } = part.read()?;
    let x = b.named(part.input()?);
    let step = b.unsqueeze(&x, &[1]);
    let times = b.whole(&[1, n, 1]);
    let y = b.plain("Tile", &[&step, &times]);
    Ok(vec![b.last(y, part.output())])
}
