//! Attention: scores of queries and keys, their softmax, and the mixed values.
//!
//! The heads are multiplied where they lie, `(batch, steps, heads, width)`; nothing is transposed,
//! and heads of keys and values that several heads of queries share are not repeated.

mod additive;
mod softmax;

pub(super) use additive::Additive;
pub(crate) use additive::additive_scores;
pub(super) use softmax::Attend;
pub(crate) use softmax::{Attending, attend};

use super::batched_matmul::Matrices;
use super::products::Products;
use crate::tensor::bridge::apply;
use crate::{Error, Result, Shape, Tape, Tensor};

/// What each query sees: the mean of the values, weighted by the softmax of `query · key * scale`.
///
/// `query` is `(batch, queries, heads, width)`, `key` `(batch, keys, heads, width)` and `value`
/// `(batch, keys, heads, depth)`; the result is `(batch, queries, heads, depth)`. Keys where `mask`,
/// which broadcasts to `(batch, heads, queries, keys)`, is 0 are not seen; with `is_causal`, queries
/// do not see later keys. `scale` is 1 over the root of `width` unless given. The heads of `key` and
/// `value` may be fewer, when their number divides that of `query`.
///
/// Keras: `keras.ops.dot_product_attention`.
///
/// Vaswani et al., "Attention is all you need", 2017.
///
/// # Errors
/// When the shapes do not fit.
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let (query, key) = (Tensor::ones((2, 5, 3, 4)), Tensor::ones((2, 6, 3, 4)));
/// let value = Tensor::full((2, 6, 3, 7), 0.5);
/// let y = ops::dot_product_attention(&mut Tape::off(), &query, &key, &value, None, None, true)?;
/// assert_eq!(y.shape(), (2, 5, 3, 7));
/// assert!((y.mean() - 0.5).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn dot_product_attention(
    tape: &mut Tape,
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    mask: Option<&Tensor>,
    scale: Option<f32>,
    is_causal: bool,
) -> Result<Tensor> {
    let scores = attention_scores(tape, query, key)?;
    let width = query.shape().last().max(1) as f32;
    let rules = Attending {
        scale: scale.unwrap_or(1.0 / width.sqrt()),
        is_causal,
        ..Attending::default()
    };
    let weights = attend(tape, &scores, mask, rules)?;
    combine(tape, &weights, value)
}

/// The sizes of `(batch, steps, heads, width)`.
fn sizes(name: &str, x: &Tensor) -> Result<[usize; 4]> {
    <[usize; 4]>::try_from(x.shape().dims()).map_err(|_| {
        Error::shape(format!(
            "`{name}` of an attention has shape (batch, steps, heads, width), got {}",
            x.shape()
        ))
    })
}

fn misfit(what: &str, a: &Tensor, b: &Tensor) -> Error {
    Error::shape(format!(
        "{what} do not fit: shapes {} and {}",
        a.shape(),
        b.shape()
    ))
}

/// The products of all queries with all keys, `(batch, heads, queries, keys)`.
pub(crate) fn attention_scores(tape: &mut Tape, query: &Tensor, key: &Tensor) -> Result<Tensor> {
    let [batch, queries, heads, width] = sizes("query", query)?;
    let [batch_k, keys, groups, width_k] = sizes("key", key)?;
    if batch != batch_k || width != width_k || groups == 0 || heads % groups != 0 {
        return Err(misfit("`query` and `key` of an attention", query, key));
    }
    let shared = heads / groups;
    let op = Products {
        batches: vec![batch, groups, shared],
        a: Matrices {
            rows: queries,
            columns: width,
            row_step: heads * width,
            steps: vec![queries * heads * width, shared * width, width],
        },
        b: Matrices {
            rows: keys,
            columns: width,
            row_step: groups * width,
            steps: vec![keys * groups * width, width, 0],
        },
        b_transposed: true,
        out: of_scores(heads, shared, queries, keys),
    };
    let shape = Shape::from((batch, heads, queries, keys));
    apply(tape, op, &[query, key], shape)
}

/// The values, mixed by `weights` of shape `(batch, heads, queries, keys)`: `(batch, queries, heads,
/// depth)`.
pub(crate) fn combine(tape: &mut Tape, weights: &Tensor, value: &Tensor) -> Result<Tensor> {
    let [batch, heads, queries, keys] = sizes("weights", weights)?;
    let [batch_v, keys_v, groups, depth] = sizes("value", value)?;
    if batch != batch_v || keys != keys_v || groups == 0 || heads % groups != 0 {
        return Err(misfit(
            "weights and `value` of an attention",
            weights,
            value,
        ));
    }
    let shared = heads / groups;
    let op = Products {
        batches: vec![batch, groups, shared],
        a: of_scores(heads, shared, queries, keys),
        b: Matrices {
            rows: keys,
            columns: depth,
            row_step: groups * depth,
            steps: vec![keys * groups * depth, depth, 0],
        },
        b_transposed: false,
        out: Matrices {
            rows: queries,
            columns: depth,
            row_step: heads * depth,
            steps: vec![queries * heads * depth, shared * depth, depth],
        },
    };
    let shape = Shape::from((batch, queries, heads, depth));
    apply(tape, op, &[weights, value], shape)
}

fn of_scores(heads: usize, shared: usize, queries: usize, keys: usize) -> Matrices {
    let each = queries * keys;
    Matrices {
        rows: queries,
        columns: keys,
        row_step: keys,
        steps: vec![heads * each, shared * each, each],
    }
}
