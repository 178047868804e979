//! Dense, EinsumDense, Embedding.

use serde::Deserialize;

use super::activations::activate;
use crate::models::export::builder::{Builder, Id, permuted};
use crate::models::export::part::Part;
use crate::{Activation, Result, Setting};

#[derive(Deserialize)]
struct Dense {
    activation: Setting<Activation>,
}

pub(super) fn dense(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    let Dense { activation } = part.read()?;
    let x = part.input()?;
    let name = b.named(x);
    let kernel = b.weight("kernel", part.need("kernel")?);
    let bias = part.weight("bias").map(|bias| b.weight("bias", bias));
    let y = match (b.rank(x), bias) {
        (2, Some(bias)) => b.plain("Gemm", &[&name, &kernel, &bias]),
        (_, Some(bias)) => {
            let product = b.plain("MatMul", &[&name, &kernel]);
            b.plain("Add", &[&product, &bias])
        }
        (_, None) => b.plain("MatMul", &[&name, &kernel]),
    };
    let shape = b.shape(x).with_last(part.need("kernel")?.shape().last());
    let y = b.last(y, shape);
    Ok(vec![activate(b, y, *activation.get()?)?])
}

pub(super) fn einsum_dense(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct EinsumDense {
        equation: String,
        activation: Setting<Activation>,
    }
    let EinsumDense {
        equation,
        activation,
    } = part.read()?;
    let x = b.named(part.input()?);
    let kernel = b.weight("kernel", part.need("kernel")?);
    let equation = vec![("equation", equation.as_str().into())];
    let mut y = b.op("Einsum", &[&x, &kernel], equation);
    if let Some(bias) = part.weight("bias") {
        let bias = b.weight("bias", bias);
        y = b.plain("Add", &[&y, &bias]);
    }
    let y = b.last(y, part.output());
    Ok(vec![activate(b, y, *activation.get()?)?])
}

pub(super) fn embedding(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct Embedding {
        mask_zero: bool,
    }
    const INT64: i64 = 7;
    let Embedding { mask_zero } = part.read()?;
    let x = b.named(part.input()?);
    let places = b.op("Cast", &[&x], vec![("to", INT64.into())]);
    let table = b.weight("embeddings", part.need("embeddings")?);
    let y = b.plain("Gather", &[&table, &places]);
    let y = b.last(y, part.output());
    if mask_zero {
        let zero = b.number(0.0);
        let is_zero = b.plain("Equal", &[&x, &zero]);
        let mask = b.plain("Not", &[&is_zero]);
        b.set_mask(y, Some(mask));
    }
    Ok(vec![y])
}

/// Vectors of whole numbers, and scores of each number for vectors.
pub(super) fn reversible_embedding(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct ReversibleEmbedding {
        logit_soft_cap: Option<f32>,
    }
    let input = part.input()?;
    if b.rank(input) < 3 {
        return embedding(b, part);
    }
    let ReversibleEmbedding { logit_soft_cap } = part.read()?;
    let x = b.named(input);
    let kernel = match part.weight("reverse_embeddings") {
        Some(kernel) => b.weight("reverse_embeddings", kernel),
        None => {
            let (sizes, kernel) = permuted(part.need("embeddings")?, &[1, 0]);
            b.floats("reverse_embeddings", &sizes, kernel)
        }
    };
    let mut scores = b.plain("MatMul", &[&x, &kernel]);
    if let Some(cap) = logit_soft_cap {
        let cap = b.number(cap);
        scores = b.plain("Div", &[&scores, &cap]);
        scores = b.plain("Tanh", &[&scores]);
        scores = b.plain("Mul", &[&scores, &cap]);
    }
    Ok(vec![b.last(scores, part.output())])
}
