//! GroupQueryAttention.

use serde::{Deserialize, Serialize};

use super::heads::{Heads, check_attention_mask, projection, visible};
use super::{Weighing, check_same_steps, given, is_false};
use crate::layers::regularization::{Seed, check_rate};
use crate::layers::weight_settings::{self, WeightSettings, weight_setters};
use crate::layers::{
    Layer, LayerBase, LayerEntry, Pass, Weights, layer_identity, require_positive, through_several,
};
use crate::ops::Attending;
use crate::{Config, Error, Result, Shape, Tensor};

/// As [`MultiHeadAttention`](super::MultiHeadAttention), with fewer heads of keys and values than of
/// queries: groups of queries share them.
///
/// Keras: `keras.layers.GroupQueryAttention`.
///
/// Ainslie et al., "GQA: training generalized multi-query transformer models from multi-head
/// checkpoints", 2023.
///
/// # Shapes
/// `(batch, queries, features)`, `(batch, keys, features)` and `(batch, keys, features)` to
/// `(batch, queries, features)`
///
/// # Example
/// ```
/// use kerust::layers::{GroupQueryAttention, Layer};
/// use kerust::Shape;
/// let shapes = [Shape::from((5, 8)), Shape::from((7, 6))];
/// let layer = GroupQueryAttention::new(4, 6, 2);
/// assert_eq!(layer.output_shapes(&shapes)?, [Shape::from((5, 8))]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GroupQueryAttention {
    #[serde(flatten)]
    base: LayerBase,
    head_dim: usize,
    num_query_heads: usize,
    num_key_value_heads: usize,
    #[serde(default)]
    dropout: f32,
    #[serde(default = "on")]
    use_bias: bool,
    #[serde(default)]
    use_gate: bool,
    #[serde(default)]
    sliding_window: Option<usize>,
    #[serde(flatten, deserialize_with = "weight_settings::kernel")]
    kernel: WeightSettings,
    #[serde(flatten, deserialize_with = "weight_settings::bias")]
    bias: WeightSettings,
    #[serde(default)]
    seed: Seed,
    #[serde(default, skip_serializing_if = "is_false")]
    use_causal_mask: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    return_attention_scores: bool,
}

fn on() -> bool {
    true
}

impl GroupQueryAttention {
    /// Heads of `head_dim` numbers: `num_query_heads` of queries, and `num_key_value_heads`, which
    /// must divide those, of keys and values.
    pub fn new(head_dim: usize, num_query_heads: usize, num_key_value_heads: usize) -> Self {
        Self {
            base: LayerBase::default(),
            head_dim,
            num_query_heads,
            num_key_value_heads,
            dropout: 0.0,
            use_bias: true,
            use_gate: false,
            sliding_window: None,
            kernel: WeightSettings::kernel(),
            bias: WeightSettings::bias(),
            seed: Seed::default(),
            use_causal_mask: false,
            return_attention_scores: false,
        }
    }

    /// How much of the weights is left out while training; 0 unless set.
    #[must_use]
    pub fn dropout(mut self, dropout: f32) -> Self {
        self.dropout = dropout;
        self
    }

    /// Whether the projections add a bias; true unless set.
    #[must_use]
    pub fn use_bias(mut self, use_bias: bool) -> Self {
        self.use_bias = use_bias;
        self
    }

    /// Whether what the heads found is multiplied by a gate that the query opens; false unless set.
    #[must_use]
    pub fn use_gate(mut self, use_gate: bool) -> Self {
        self.use_gate = use_gate;
        self
    }

    /// How far before and behind of itself a query sees: less than so many steps; without limit
    /// unless set.
    #[must_use]
    pub fn sliding_window(mut self, sliding_window: usize) -> Self {
        self.sliding_window = Some(sliding_window);
        self
    }

    weight_setters!(kernel);
    weight_setters!(bias);

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

    /// Whether the weights, `(batch, heads, queries, keys)`, are a second output; false unless set.
    /// An argument of the call in Keras.
    #[must_use]
    pub fn return_attention_scores(mut self, return_attention_scores: bool) -> Self {
        self.return_attention_scores = return_attention_scores;
        self
    }

    fn heads(&self, query: &Shape) -> Heads<'_> {
        Heads {
            heads: self.num_query_heads,
            groups: self.num_key_value_heads,
            key_dim: self.head_dim,
            value_dim: self.head_dim,
            use_bias: self.use_bias,
            use_gate: self.use_gate,
            output: Shape::from(query.last()),
            kernel: &self.kernel,
            bias: &self.bias,
            activity: self.base.activity_regularizer.as_ref(),
            samples: query.first().copied().unwrap_or(1),
        }
    }
}

impl Layer for GroupQueryAttention {
    layer_identity!("GroupQueryAttention");
    through_several!();

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let given = given(inputs, 4)?;
        require_positive("head_dim", self.head_dim)?;
        require_positive("num_query_heads", self.num_query_heads)?;
        require_positive("num_key_value_heads", self.num_key_value_heads)?;
        require_positive("sliding_window", self.sliding_window.unwrap_or(1))?;
        if !self
            .num_query_heads
            .is_multiple_of(self.num_key_value_heads)
        {
            let expected = format!("a divisor of the {} heads of queries", self.num_query_heads);
            let given = self.num_key_value_heads;
            return Err(Error::argument("num_key_value_heads", &expected, given));
        }
        check_rate("dropout", self.dropout)?;
        let (query, value, key) = (given.query, given.value, given.key);
        for (name, shape) in [("query", query), ("value", value), ("key", key)] {
            if shape.rank() != 2 {
                return Err(Error::shape(format!(
                    "expected a {name} of shape (steps, features) per sample, got {shape}"
                ))
                .remedy("reshape the input to sequences of vectors, for example with Reshape"));
            }
        }
        check_same_steps(value, key)?;
        let heads = self.num_query_heads;
        check_attention_mask(given.attention_mask, heads, query[0], value[0])?;
        let mut shapes = vec![query.clone()];
        if self.return_attention_scores {
            shapes.push(Shape::from((heads, query[0], value[0])));
        }
        Ok(shapes)
    }

    fn groups_in_file(&self, weight: &str) -> Vec<String> {
        vec![format!("_{}", projection(weight))]
    }

    fn build_for(&self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
        let given = given(inputs, 4)?;
        self.heads(given.query).build(&given, weights)
    }

    fn call_for(&self, inputs: &[Tensor], pass: &mut Pass<'_>) -> Result<Vec<Tensor>> {
        let given = given(inputs, 4)?;
        let mask = visible(&given)?;
        let weighing = Weighing {
            rules: Attending {
                is_causal: self.use_causal_mask,
                window: self.sliding_window,
                // Keras has two ways through, which differ in what a query does that sees nothing.
                zero_when_blind: self.dropout > 0.0 || self.return_attention_scores,
                ..Attending::default()
            },
            dropout: self.dropout,
            seed: &self.seed,
        };
        let heads = self.heads(given.query.shape());
        let [mut y, weights] = heads.attend(&given, mask.as_ref(), &weighing, pass)?;
        if let Some(mask) = given.query.mask() {
            y = y.with_mask(mask.clone());
        }
        let mut outputs = vec![y];
        if self.return_attention_scores {
            outputs.push(weights);
        }
        Ok(outputs)
    }
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "GroupQueryAttention",
    what: "attends with fewer heads of keys than of queries",
    example: || {
        (
            Box::new(GroupQueryAttention::new(3, 4, 2)),
            Shape::from((4, 6)),
        )
    },
    from_config: Config::layer::<GroupQueryAttention>,
};
