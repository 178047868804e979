//! Layers that mix the steps of one sequence by what another asks for.
//!
//! Inputs are `[query, value]` or `[query, value, key]`, as in Keras; without a key, the value is it
//! as well.

mod additive_attention;
mod dot_attention;
mod group_query;
mod heads;
mod multi_head;

pub use additive_attention::AdditiveAttention;
pub use dot_attention::Attention;
pub use group_query::GroupQueryAttention;
pub use multi_head::MultiHeadAttention;

use super::regularization::Seed;
use super::{LayerEntry, Pass};
use crate::ops::{self, Attending};
use crate::{Error, Result, Shape, Tape, Tensor};

/// What an attention is given.
struct Given<'a, T> {
    query: &'a T,
    value: &'a T,
    key: &'a T,
    /// The key, if it is an input of its own.
    own_key: Option<&'a T>,
    /// Which keys each query may see, if that is an input.
    attention_mask: Option<&'a T>,
}

/// Tells the inputs apart; up to `most` are allowed.
fn given<T>(inputs: &[T], most: usize) -> Result<Given<'_, T>> {
    let (query, value, rest) = match inputs {
        [query, value, rest @ ..] if inputs.len() <= most => (query, value, rest),
        _ => {
            let forms = match most {
                3 => "[query, value] or [query, value, key]",
                _ => "[query, value], [query, value, key] or [query, value, key, attention_mask]",
            };
            let error = format!("expected the inputs {forms}, got {}", inputs.len());
            return Err(Error::shape(error)
                .remedy("for self-attention, give the same tensor as query and as value"));
        }
    };
    Ok(Given {
        query,
        value,
        key: rest.first().unwrap_or(value),
        own_key: rest.first(),
        attention_mask: rest.get(1),
    })
}

/// Fails unless the inputs are sequences of features that fit together.
fn check_sequences(given: &Given<'_, Shape>) -> Result<()> {
    let (query, value, key) = (given.query, given.value, given.key);
    for (name, shape) in [("query", query), ("value", value), ("key", key)] {
        if shape.rank() != 2 {
            return Err(Error::shape(format!(
                "expected a {name} of shape (steps, features) per sample, got {shape}"
            ))
            .remedy("reshape the input to sequences of vectors, for example with Reshape"));
        }
    }
    if query.last() != key.last() {
        return Err(Error::shape(format!(
            "query and key must have as many features: got samples of shapes {query} and {key}"
        ))
        .remedy("add a Dense layer in front of one of them"));
    }
    check_same_steps(value, key)
}

/// Fails unless there is a value for every key.
fn check_same_steps(value: &Shape, key: &Shape) -> Result<()> {
    let steps = |shape: &Shape| shape[..shape.rank() - 1].to_vec();
    if steps(value) != steps(key) {
        return Err(Error::shape(format!(
            "value and key must have as many steps: got samples of shapes {value} and {key}"
        ))
        .remedy("give the inputs in the order query, value, key"));
    }
    Ok(())
}

/// 1 where a mask is not 0.
fn as_flags(mask: &Tensor) -> Tensor {
    mask.map(|v| if v == 0.0 { 0.0 } else { 1.0 })
}

/// Both masks at once.
fn both(a: Option<Tensor>, b: Option<Tensor>) -> Result<Option<Tensor>> {
    match (a, b) {
        (Some(a), Some(b)) => ops::multiply(&mut Tape::off(), &a, &b).map(Some),
        (a, b) => Ok(a.or(b)),
    }
}

/// How attention weights come from scores.
struct Weighing<'a> {
    rules: Attending,
    dropout: f32,
    seed: &'a Seed,
}

impl Weighing<'_> {
    /// The weights, and the values that they mix. Scores are `(batch, heads, queries, keys)`, values
    /// `(batch, keys, heads, depth)`.
    fn weigh(
        &self,
        scores: &Tensor,
        value: &Tensor,
        mask: Option<&Tensor>,
        pass: &mut Pass<'_>,
    ) -> Result<[Tensor; 2]> {
        let weights = ops::attend(pass.tape, scores, mask, self.rules)?;
        let mut used = weights.clone();
        if pass.training && self.dropout > 0.0 {
            let draw = |from: &mut _| ops::dropout(pass.tape, &weights, self.dropout, from);
            used = self.seed.draw(pass.generator, draw)?;
        }
        Ok([ops::combine(pass.tape, &used, value)?, weights])
    }
}

/// For arguments that are not written down while they are off: Keras gives them when it calls.
fn is_false(flag: &bool) -> bool {
    !flag
}

/// The layers of this family.
pub(super) const ENTRIES: &[LayerEntry] = &[
    dot_attention::ENTRY,
    additive_attention::ENTRY,
    multi_head::ENTRY,
    group_query::ENTRY,
];
