//! MultiHeadAttention.

use serde::{Deserialize, Serialize};

use super::heads::{Heads, check_attention_mask, projection, visible};
use super::{Given, Weighing, check_same_steps, given, is_false};
use crate::axes::sample_axis;
use crate::layers::regularization::{Seed, check_rate};
use crate::layers::weight_settings::{self, WeightSettings, weight_setters};
use crate::layers::{
    Axes, Layer, LayerBase, LayerEntry, Pass, Weights, layer_identity, require_positive,
    through_several,
};
use crate::ops::{self, Attending};
use crate::regularizers::Regularizer;
use crate::{Config, Error, Result, Setting, Shape, Tape, Tensor};

/// Several attentions side by side, each with its own projections of query, key and value.
///
/// Keras: `keras.layers.MultiHeadAttention`. Inputs are `[query, value]`, `[query, value, key]` or
/// `[query, value, key, attention_mask]`; the mask is `(batch, queries, keys)` and 0 where a query
/// must not see a key. Steps that masks of the inputs leave out are not seen, either.
///
/// Vaswani et al., "Attention is all you need", 2017.
///
/// # Shapes
/// `(batch, queries.., features)`, `(batch, keys.., features)` and `(batch, keys.., features)` to
/// `(batch, queries.., features)`, or with `output_shape` in the place of the features
///
/// # Example
/// ```
/// use kerust::layers::{Layer, MultiHeadAttention};
/// use kerust::Shape;
/// let shapes = [Shape::from((5, 8)), Shape::from((7, 6))];
/// let layer = MultiHeadAttention::new(2, 4).use_causal_mask(true);
/// assert_eq!(layer.output_shapes(&shapes)?, [Shape::from((5, 8))]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MultiHeadAttention {
    #[serde(flatten)]
    base: LayerBase,
    num_heads: usize,
    key_dim: usize,
    #[serde(default)]
    value_dim: Option<usize>,
    #[serde(default)]
    dropout: f32,
    #[serde(default = "on")]
    use_bias: bool,
    #[serde(default)]
    use_gate: bool,
    #[serde(default)]
    output_shape: Option<Vec<usize>>,
    #[serde(default)]
    attention_axes: Option<Axes>,
    #[serde(default)]
    sliding_window: Option<usize>,
    #[serde(flatten, deserialize_with = "weight_settings::kernel")]
    kernel: WeightSettings,
    #[serde(flatten, deserialize_with = "weight_settings::bias")]
    bias: WeightSettings,
    #[serde(default)]
    seed: Seed,
    /// That of the projections; that of the output is none of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    activity_regularizer: Option<Setting<Regularizer>>,
    #[serde(default, skip_serializing_if = "is_false")]
    use_causal_mask: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    return_attention_scores: bool,
}

fn on() -> bool {
    true
}

/// How the axes of a batch are arranged for an attention.
struct Arrangement {
    /// Where each axis comes from: the batch, the others, those of the attention, the features.
    order: Vec<usize>,
    /// How many axes are neither attended to nor the features: the batch, and others.
    others: usize,
}

impl MultiHeadAttention {
    /// `num_heads` heads, each with queries and keys of `key_dim` numbers.
    pub fn new(num_heads: usize, key_dim: usize) -> Self {
        Self {
            base: LayerBase::default(),
            num_heads,
            key_dim,
            value_dim: None,
            dropout: 0.0,
            use_bias: true,
            use_gate: false,
            output_shape: None,
            attention_axes: None,
            sliding_window: None,
            kernel: WeightSettings::kernel(),
            bias: WeightSettings::bias(),
            seed: Seed::default(),
            activity_regularizer: None,
            use_causal_mask: false,
            return_attention_scores: false,
        }
    }

    /// How many numbers a value of a head has; as many as a key unless set.
    #[must_use]
    pub fn value_dim(mut self, value_dim: usize) -> Self {
        self.value_dim = Some(value_dim);
        self
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

    /// What a step of the output is, in the place of the features; as in the query unless set.
    #[must_use]
    pub fn output_shape(mut self, output_shape: impl Into<Shape>) -> Self {
        self.output_shape = Some(output_shape.into().to_vec());
        self
    }

    /// The axes along which is attended, counted from that of the batch, which is 0; all but those
    /// of the batch and the features unless set.
    #[must_use]
    pub fn attention_axes(mut self, attention_axes: impl Into<Axes>) -> Self {
        self.attention_axes = Some(attention_axes.into());
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
        let output = match self.output_shape.as_deref() {
            None | Some([]) => Shape::from(query.last()),
            Some(sizes) => Shape::from(sizes),
        };
        Heads {
            heads: self.num_heads,
            groups: self.num_heads,
            key_dim: self.key_dim,
            value_dim: self.value_dim.unwrap_or(self.key_dim),
            use_bias: self.use_bias,
            use_gate: self.use_gate,
            output,
            kernel: &self.kernel,
            bias: &self.bias,
            activity: self.activity_regularizer.as_ref(),
            samples: query.first().copied().unwrap_or(1),
        }
    }

    /// How samples of shape `input` are arranged.
    fn arrangement(&self, input: &Shape) -> Result<Arrangement> {
        let features = input.rank();
        let axes: Vec<usize> = match &self.attention_axes {
            None => (1..features).collect(),
            Some(axes) => axes
                .as_slice()
                .iter()
                .map(|&axis| sample_axis("attention_axes", axis, input))
                .collect::<Result<_>>()?,
        };
        let differ = (1..axes.len()).all(|i| !axes[..i].contains(&axes[i]));
        if axes.is_empty() || axes.contains(&features) || !differ {
            let expected = format!("different axes from 1 to {}", features.saturating_sub(1));
            let given = format!("{axes:?}");
            return Err(Error::argument("attention_axes", &expected, given));
        }
        let others: Vec<usize> = (0..features).filter(|axis| !axes.contains(axis)).collect();
        Ok(Arrangement {
            others: others.len(),
            order: [others, axes, vec![features]].concat(),
        })
    }

    fn check(&self, given: &Given<'_, Shape>) -> Result<()> {
        require_positive("num_heads", self.num_heads)?;
        require_positive("key_dim", self.key_dim)?;
        require_positive("value_dim", self.value_dim.unwrap_or(1))?;
        require_positive("sliding_window", self.sliding_window.unwrap_or(1))?;
        if self.output_shape.iter().flatten().any(|size| *size == 0) {
            let given = format!("{:?}", self.output_shape);
            return Err(Error::argument("output_shape", "positive sizes", given));
        }
        check_rate("dropout", self.dropout)?;
        if let Some(regularizer) = &self.activity_regularizer {
            regularizer.get()?.check()?;
        }
        let (query, value, key) = (given.query, given.value, given.key);
        for (name, shape) in [("query", query), ("value", value), ("key", key)] {
            if shape.rank() < 2 || shape.rank() != query.rank() {
                return Err(Error::shape(format!(
                    "expected a {name} of shape (steps, .., features) per sample with as many axes \
                     as the others, got {shape} beside a query of {query}"
                ))
.remedy("give the inputs in the order query, value, key, each with the same number of axes"));
            }
        }
        check_same_steps(value, key)?;
        let arrangement = self.arrangement(query)?;
        for &axis in &arrangement.order[1..arrangement.others] {
            if query[axis - 1] != value[axis - 1] {
                return Err(Error::shape(format!(
                    "query and value differ in axis {axis}, which is not one of the attention: got \
                     samples of shapes {query} and {value}"
                ))
                .remedy(
                    "name that axis in `attention_axes`, or make both inputs equally long there",
                ));
            }
        }
        let in_order = query.rank() == 2;
        if !in_order && (self.use_causal_mask || self.sliding_window.is_some()) {
            return Err(Error::shape(format!(
                "`use_causal_mask` and `sliding_window` need samples of shape (steps, features), \
                 got {query}"
            ))
            .remedy("leave them out, or reshape the input to (steps, features)"));
        }
        if given.attention_mask.is_some() && !in_order {
            return Err(Error::shape(format!(
                "an attention mask needs samples of shape (steps, features), got {query}"
            ))
            .remedy("leave the mask out, or reshape the input to (steps, features)"));
        }
        check_attention_mask(given.attention_mask, self.num_heads, query[0], value[0])
    }

    /// `x` as sequences, `(batch and others, steps, features)`.
    fn arranged(&self, x: &Tensor, tape: &mut Tape) -> Result<Tensor> {
        if x.ndim() == 3 {
            return Ok(x.clone());
        }
        let arrangement = self.arrangement(&x.shape().without_batch())?;
        let moved = ops::transpose(tape, x, &arrangement.order)?;
        let batch: usize = moved.shape()[..arrangement.others].iter().product();
        let features = x.shape().last();
        moved.reshape((batch, x.size() / (batch * features).max(1), features))
    }

    /// The output in the axes of the query.
    fn arranged_back(&self, y: &Tensor, query: &Shape, tape: &mut Tape) -> Result<Tensor> {
        if query.rank() == 3 {
            return Ok(y.clone());
        }
        let arrangement = self.arrangement(&query.without_batch())?;
        let mut order = arrangement.order;
        let last = order.pop().unwrap_or_default();
        let output = &y.shape()[2..];
        let front: Vec<usize> = order.iter().map(|&axis| query[axis]).collect();
        let y = y.reshape([front.as_slice(), output].concat())?;
        let mut back = vec![0; last];
        order
            .iter()
            .enumerate()
            .for_each(|(to, &from)| back[from] = to);
        back.extend(last..last + output.len());
        ops::transpose(tape, &y, &back)
    }
}

impl Layer for MultiHeadAttention {
    layer_identity!("MultiHeadAttention");
    through_several!();

    /// As Keras, for every projection: of query, key and value, and the output.
    fn activity_regularizer(mut self, regularizer: impl Into<Setting<Regularizer>>) -> Self {
        self.activity_regularizer = Some(regularizer.into());
        self
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let given = given(inputs, 4)?;
        self.check(&given)?;
        let query = given.query;
        let steps = &query[..query.rank() - 1];
        let output = self.heads(query).output;
        let mut shapes = vec![Shape::from([steps, output.dims()].concat())];
        if self.return_attention_scores {
            let arrangement = self.arrangement(query)?;
            let sizes = |input: &Shape, range: std::ops::Range<usize>| -> Vec<usize> {
                arrangement.order[range]
                    .iter()
                    .map(|&axis| input[axis - 1])
                    .collect()
            };
            let (others, last) = (arrangement.others, query.rank());
            let front = [sizes(query, 1..others), vec![self.num_heads]].concat();
            let back = [sizes(query, others..last), sizes(given.value, others..last)].concat();
            shapes.push(Shape::from([front, back].concat()));
        }
        Ok(shapes)
    }

    fn groups_in_file(&self, weight: &str) -> Vec<String> {
        vec![match projection(weight) {
            // It has no public name.
            gate if gate == "gate_dense" => format!("_{gate}"),
            other => other,
        }]
    }

    fn build_for(&self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
        let given = given(inputs, 4)?;
        self.heads(given.query).build(&given, weights)
    }

    fn call_for(&self, inputs: &[Tensor], pass: &mut Pass<'_>) -> Result<Vec<Tensor>> {
        let all = given(inputs, 4)?;
        let query = all.query.shape();
        let masked = [all.query, all.value, all.key]
            .iter()
            .any(|x| x.mask().is_some());
        if masked && query.rank() != 3 {
            return Err(Error::shape(format!(
                "masks need input of shape (batch, steps, features), got {query}"
            ))
            .remedy(
                "take the mask away before this layer, or reshape the input to (steps, features)",
            ));
        }
        let mask = visible(&all)?;
        let arranged = [
            self.arranged(all.query, pass.tape)?,
            self.arranged(all.value, pass.tape)?,
            self.arranged(all.key, pass.tape)?,
        ];
        let weighing = Weighing {
            rules: Attending {
                is_causal: self.use_causal_mask,
                window: self.sliding_window,
                // Keras has two ways through, which differ in what a query does that sees nothing.
                zero_when_blind: self.dropout > 0.0
                    || self.return_attention_scores
                    || query.rank() != 3,
                ..Attending::default()
            },
            dropout: self.dropout,
            seed: &self.seed,
        };
        let heads = self.heads(query);
        let [y, weights] = heads.attend(&given(&arranged, 3)?, mask.as_ref(), &weighing, pass)?;
        let mut y = self.arranged_back(&y, query, pass.tape)?;
        if let Some(mask) = all.query.mask() {
            y = y.with_mask(mask.clone());
        }
        let mut outputs = vec![y];
        if self.return_attention_scores {
            let shapes: Vec<Shape> = inputs.iter().map(|x| x.shape().without_batch()).collect();
            let shape = self.output_shapes(&shapes)?.swap_remove(1);
            outputs.push(weights.reshape(shape.with_batch(query[0]))?);
        }
        Ok(outputs)
    }
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "MultiHeadAttention",
    what: "attends in several ways at once",
    example: || (Box::new(MultiHeadAttention::new(2, 3)), Shape::from((4, 6))),
    from_config: Config::layer::<MultiHeadAttention>,
};
