//! Attention.

use serde::{Deserialize, Serialize};

use super::{Given, Weighing, as_flags, check_sequences, given, is_false};
use crate::device::in_float32;
use crate::initializers::Initializer;
use crate::layers::regularization::{Seed, check_rate};
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, Weights, layer_identity, through_several};
use crate::ops::{self, Attending};
use crate::{Config, Error, Result, Shape, Tensor};

/// For every step of the query, the mean of the values, weighted by how well their keys fit.
///
/// Keras: `keras.layers.Attention`. Inputs are `[query, value]` or `[query, value, key]`; masked
/// steps of the value are not seen, masked steps of the query become 0.
///
/// Luong, Pham and Manning, "Effective approaches to attention-based neural machine translation",
/// 2015.
///
/// # Shapes
/// `(batch, queries, features)`, `(batch, keys, depth)` and `(batch, keys, features)` to
/// `(batch, queries, depth)`
///
/// # Example
/// ```
/// use kerust::layers::{Attention, Layer};
/// use kerust::Shape;
/// let shapes = [Shape::from((5, 8)), Shape::from((7, 8))];
/// assert_eq!(Attention::new().output_shapes(&shapes)?, [Shape::from((5, 8))]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Attention {
    #[serde(flatten)]
    base: LayerBase,
    use_scale: bool,
    score_mode: String,
    dropout: f32,
    seed: Seed,
    #[serde(skip_serializing_if = "is_false")]
    use_causal_mask: bool,
    #[serde(skip_serializing_if = "is_false")]
    return_attention_scores: bool,
}

impl Default for Attention {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            use_scale: false,
            score_mode: DOT.to_string(),
            dropout: 0.0,
            seed: Seed::default(),
            use_causal_mask: false,
            return_attention_scores: false,
        }
    }
}

const DOT: &str = "dot";
const CONCAT: &str = "concat";

impl Attention {
    /// With Keras's defaults: scores are products of query and key.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the scores are multiplied by a learned number; false unless set.
    #[must_use]
    pub fn use_scale(mut self, use_scale: bool) -> Self {
        self.use_scale = use_scale;
        self
    }

    /// `"dot"` for products of query and key, `"concat"` for the sum of `tanh(query + key)`; `"dot"`
    /// unless set.
    #[must_use]
    pub fn score_mode(mut self, score_mode: &str) -> Self {
        self.score_mode = score_mode.to_string();
        self
    }

    /// How much of the weights is left out while training; 0 unless set.
    #[must_use]
    pub fn dropout(mut self, dropout: f32) -> Self {
        self.dropout = dropout;
        self
    }

    /// Makes what is left out the same in every run; from the model's generator unless set.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Seed::new(seed);
        self
    }

    /// Whether steps of the query do not see later keys; false unless set. An argument of the call in
    /// Keras.
    #[must_use]
    pub fn use_causal_mask(mut self, use_causal_mask: bool) -> Self {
        self.use_causal_mask = use_causal_mask;
        self
    }

    /// Whether the weights, `(batch, queries, keys)`, are a second output; false unless set. An
    /// argument of the call in Keras.
    #[must_use]
    pub fn return_attention_scores(mut self, return_attention_scores: bool) -> Self {
        self.return_attention_scores = return_attention_scores;
        self
    }

    /// `(batch, 1, queries, keys)`.
    fn scores(&self, given: &Given<'_, Tensor>, pass: &mut Pass<'_>) -> Result<Tensor> {
        let (mut query, mut key) = (given.query.clone(), given.key.clone());
        let scale = self.use_scale.then(|| pass.weight("scale")).transpose()?;
        if self.score_mode == DOT {
            let scores = ops::attention_scores(pass.tape, &one_head(&query)?, &one_head(&key)?)?;
            return match scale {
                Some(scale) => in_float32(|| ops::multiply(pass.tape, &scores, &scale)),
                None => Ok(scores),
            };
        }
        if let Some(scale) = scale {
            query = ops::multiply(pass.tape, &query, &scale)?;
            key = ops::multiply(pass.tape, &key, &scale)?;
        }
        let scores = ops::additive_scores(pass.tape, &query, &key, None)?;
        let weight = pass.weight("concat_score_weight")?;
        let scores = in_float32(|| ops::multiply(pass.tape, &scores, &weight))?;
        scores.reshape((query.len(), 1, query.shape()[1], key.shape()[1]))
    }
}

/// Sequences of features as those of a single head.
pub(super) fn one_head(x: &Tensor) -> Result<Tensor> {
    let (batch, steps) = (x.len(), x.shape()[1]);
    x.reshape((batch, steps, 1, x.shape().last()))
}

/// What Attention and AdditiveAttention do with their scores.
pub(super) fn outputs(
    given: &Given<'_, Tensor>,
    scores: &Tensor,
    weighing: &Weighing<'_>,
    return_attention_scores: bool,
    pass: &mut Pass<'_>,
) -> Result<Vec<Tensor>> {
    let (batch, queries) = (given.query.len(), given.query.shape()[1]);
    let keys = given.value.shape()[1];
    let mask = given
        .value
        .mask()
        .map(|mask| as_flags(mask).reshape((batch, 1, 1, keys)));
    let mask = mask.transpose()?;
    let value = one_head(given.value)?;
    let [y, weights] = weighing.weigh(scores, &value, mask.as_ref(), pass)?;
    let mut y = y.reshape((batch, queries, given.value.shape().last()))?;
    if let Some(mask) = given.query.mask() {
        let flags = as_flags(mask).reshape((batch, queries, 1))?;
        y = ops::where_(pass.tape, &flags, &y, &Tensor::scalar(0.0))?.with_mask(mask.clone());
    }
    let mut outputs = vec![y];
    if return_attention_scores {
        outputs.push(weights.reshape((batch, queries, keys))?);
    }
    Ok(outputs)
}

/// The shapes of what [`outputs`] makes.
pub(super) fn shapes(
    given: &Given<'_, Shape>,
    return_attention_scores: bool,
) -> Result<Vec<Shape>> {
    check_sequences(given)?;
    let (queries, keys) = (given.query[0], given.value[0]);
    let mut shapes = vec![Shape::from((queries, given.value.last()))];
    if return_attention_scores {
        shapes.push(Shape::from((queries, keys)));
    }
    Ok(shapes)
}

impl Layer for Attention {
    layer_identity!("Attention");
    through_several!();

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        check_rate("dropout", self.dropout)?;
        if ![DOT, CONCAT].contains(&self.score_mode.as_str()) {
            return Err(Error::unknown_name(
                "score_mode",
                &self.score_mode,
                &[DOT, CONCAT],
            ));
        }
        shapes(&given(inputs, 3)?, self.return_attention_scores)
    }

    fn build_for(&self, _: &[Shape], weights: &mut Weights) -> Result<()> {
        if self.use_scale {
            weights.add("scale", (), &Initializer::Ones.into())?;
        }
        if self.score_mode == CONCAT {
            weights.add("concat_score_weight", (), &Initializer::Ones.into())?;
        }
        Ok(())
    }

    fn call_for(&self, inputs: &[Tensor], pass: &mut Pass<'_>) -> Result<Vec<Tensor>> {
        let given = given(inputs, 3)?;
        let scores = self.scores(&given, pass)?;
        let weighing = Weighing {
            rules: Attending {
                is_causal: self.use_causal_mask,
                ..Attending::default()
            },
            dropout: self.dropout,
            seed: &self.seed,
        };
        outputs(
            &given,
            &scores,
            &weighing,
            self.return_attention_scores,
            pass,
        )
    }
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "Attention",
    what: "mixes values by how well their keys fit a query",
    example: || {
        (
            Box::new(Attention::new().use_scale(true)),
            Shape::from((4, 3)),
        )
    },
    from_config: Config::layer::<Attention>,
};
