//! AdditiveAttention.

use serde::{Deserialize, Serialize};

use super::dot_attention::{outputs, shapes};
use super::{Weighing, given, is_false};
use crate::initializers::Initializer;
use crate::layers::regularization::{Seed, check_rate};
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, Weights, layer_identity, through_several};
use crate::ops::{self, Attending};
use crate::{Config, Result, Shape, Tensor};

/// As [`Attention`](super::Attention), with the scores `sum(scale * tanh(query + key))`.
///
/// Keras: `keras.layers.AdditiveAttention`.
///
/// Bahdanau, Cho and Bengio, "Neural machine translation by jointly learning to align and
/// translate", 2015.
///
/// # Shapes
/// `(batch, queries, features)`, `(batch, keys, depth)` and `(batch, keys, features)` to
/// `(batch, queries, depth)`
///
/// # Example
/// ```
/// use kerust::layers::{AdditiveAttention, Layer};
/// use kerust::Shape;
/// let shapes = [Shape::from((5, 8)), Shape::from((7, 8))];
/// assert_eq!(AdditiveAttention::new().output_shapes(&shapes)?, [Shape::from((5, 8))]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct AdditiveAttention {
    #[serde(flatten)]
    base: LayerBase,
    use_scale: bool,
    dropout: f32,
    seed: Seed,
    #[serde(skip_serializing_if = "is_false")]
    use_causal_mask: bool,
    #[serde(skip_serializing_if = "is_false")]
    return_attention_scores: bool,
}

impl Default for AdditiveAttention {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            use_scale: true,
            dropout: 0.0,
            seed: Seed::default(),
            use_causal_mask: false,
            return_attention_scores: false,
        }
    }
}

impl AdditiveAttention {
    /// With Keras's defaults: a learned scale for every feature.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether every feature has a learned scale; true unless set.
    #[must_use]
    pub fn use_scale(mut self, use_scale: bool) -> Self {
        self.use_scale = use_scale;
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
}

impl Layer for AdditiveAttention {
    layer_identity!("AdditiveAttention");
    through_several!();

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        check_rate("dropout", self.dropout)?;
        shapes(&given(inputs, 3)?, self.return_attention_scores)
    }

    fn build_for(&self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
        if self.use_scale {
            let features = given(inputs, 3)?.query.last();
            weights.add("scale", features, &Initializer::GlorotUniform.into())?;
        }
        Ok(())
    }

    fn call_for(&self, inputs: &[Tensor], pass: &mut Pass<'_>) -> Result<Vec<Tensor>> {
        let given = given(inputs, 3)?;
        let scale = self.use_scale.then(|| pass.weight("scale")).transpose()?;
        let (query, key) = (given.query, given.key);
        let scores = ops::additive_scores(pass.tape, query, key, scale.as_ref())?;
        let scores = scores.reshape((query.len(), 1, query.shape()[1], key.shape()[1]))?;
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
    class_name: "AdditiveAttention",
    what: "mixes values by scores that a small network gives",
    example: || (Box::new(AdditiveAttention::new()), Shape::from((4, 3))),
    from_config: Config::layer::<AdditiveAttention>,
};
