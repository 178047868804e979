//! ReversibleEmbedding.

use serde::{Deserialize, Serialize};

use super::weight_settings::{self, WeightSettings, weight_setters};
use super::{Layer, LayerBase, LayerEntry, Pass, Weights, layer_identity, require_positive};
use crate::{Activation, Config, Error, Result, Shape, Tensor, ops};

/// An [`Embedding`](super::Embedding) for language models that also leads back: from vectors to a
/// score for each index, with the same table.
///
/// Keras: `keras.layers.ReversibleEmbedding`. What is the argument `reverse` of the call there is
/// told by the samples here: those of shape `(steps,)` are indices, those of shape
/// `(steps, output_dim)` are vectors. Make it a [`SharedLayer`](crate::models::SharedLayer) to call
/// it both ways.
///
/// Press and Wolf, "Using the output embedding to improve language models", 2016.
///
/// # Shapes
/// `(batch, steps)` to `(batch, steps, output_dim)`, and `(batch, steps, output_dim)` to
/// `(batch, steps, input_dim)`
///
/// # Errors
/// When an index is no whole number from 0 to `input_dim - 1`.
///
/// # Example
/// ```
/// use kerust::layers::ReversibleEmbedding;
/// use kerust::models::SharedLayer;
/// use kerust::prelude::*;
/// let embed = SharedLayer::new(ReversibleEmbedding::new(100, 8));
/// let words = Input::new(None);
/// let x = Dense::new(8).activation("relu").on(&embed.on(&words)?)?;
/// let model = Model::new(&words, &embed.on(&x)?)?;
/// assert_eq!(model.output_shape()?, (None, 100));
/// assert_eq!(model.count_params()?, 100 * 8 + 8 * 8 + 8);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReversibleEmbedding {
    #[serde(flatten)]
    base: LayerBase,
    input_dim: usize,
    output_dim: usize,
    #[serde(default = "on")]
    tie_weights: bool,
    #[serde(default)]
    mask_zero: bool,
    #[serde(default)]
    logit_soft_cap: Option<f32>,
    #[serde(default)]
    reverse_dtype: Option<String>,
    #[serde(flatten, deserialize_with = "weight_settings::embeddings")]
    embeddings: WeightSettings,
}

fn on() -> bool {
    true
}

impl ReversibleEmbedding {
    /// `input_dim` vectors of `output_dim` numbers.
    pub fn new(input_dim: usize, output_dim: usize) -> Self {
        Self {
            base: LayerBase::default(),
            input_dim,
            output_dim,
            tie_weights: true,
            mask_zero: false,
            logit_soft_cap: None,
            reverse_dtype: None,
            embeddings: WeightSettings::embeddings(),
        }
    }

    /// Whether the way back uses the same table; true unless set.
    #[must_use]
    pub fn tie_weights(mut self, tie_weights: bool) -> Self {
        self.tie_weights = tie_weights;
        self
    }

    /// Whether index 0 means that there is nothing; false unless set. `input_dim` counts it.
    #[must_use]
    pub fn mask_zero(mut self, mask_zero: bool) -> Self {
        self.mask_zero = mask_zero;
        self
    }

    /// Keeps scores within this distance from 0, by `cap * tanh(score / cap)`; no limit unless set.
    #[must_use]
    pub fn logit_soft_cap(mut self, logit_soft_cap: f32) -> Self {
        self.logit_soft_cap = Some(logit_soft_cap);
        self
    }

    weight_setters!(embeddings);

    /// The scores for vectors.
    fn scores(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let kernel = if self.tie_weights {
            let table = pass.weight("embeddings")?;
            ops::transpose(pass.tape, &table, &[1, 0])?
        } else {
            pass.weight("reverse_embeddings")?
        };
        let scores = ops::matmul(pass.tape, x, &kernel)?;
        let Some(cap) = self.logit_soft_cap else {
            return Ok(scores);
        };
        let cap = Tensor::scalar(cap);
        let scores = ops::divide(pass.tape, &scores, &cap)?;
        let scores = Activation::Tanh.call(pass.tape, &scores)?;
        ops::multiply(pass.tape, &scores, &cap)
    }
}

impl Layer for ReversibleEmbedding {
    layer_identity!("ReversibleEmbedding");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        require_positive("input_dim", self.input_dim)?;
        require_positive("output_dim", self.output_dim)?;
        if let Some(cap) = self
            .logit_soft_cap
            .filter(|cap| !(cap.is_finite() && *cap > 0.0))
        {
            return Err(Error::argument("logit_soft_cap", "a positive number", cap));
        }
        if let Some(dtype) = self
            .reverse_dtype
            .as_ref()
            .filter(|dtype| *dtype != "float32")
        {
            return Err(Error::argument(
                "reverse_dtype",
                "\"float32\" or nothing",
                dtype,
            ));
        }
        match *input.dims() {
            [] | [_] => Ok(input.with_appended(self.output_dim)),
            [steps, features] if features == self.output_dim => {
                Ok(Shape::from((steps, self.input_dim)))
            }
            _ => Err(Error::shape(format!(
                "expected indices of shape (steps,) or vectors of shape (steps, {}) per sample, got \
                 {input}",
                self.output_dim
            ))
.remedy("give it indices, or vectors of `output_dim` numbers with `reverse`")),
        }
    }

    fn build(&self, _: &Shape, weights: &mut Weights) -> Result<()> {
        let shape = (self.input_dim, self.output_dim);
        weights.add_configured("embeddings", shape, &self.embeddings)?;
        if self.tie_weights {
            return Ok(());
        }
        let shape = (self.output_dim, self.input_dim);
        weights.add("reverse_embeddings", shape, &self.embeddings.initializer)
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        if x.ndim() > 2 {
            return self.scores(x, pass);
        }
        let table = pass.weight("embeddings")?;
        let vectors = ops::embedding(pass.tape, x, &table)?;
        Ok(match self.mask_zero {
            true => vectors.with_mask(x.map(|index| f32::from(index != 0.0))),
            false => vectors,
        })
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "ReversibleEmbedding",
    what: "gives each whole number a vector, and vectors a score for each number",
    example: || {
        let layer = ReversibleEmbedding::new(10, 4).logit_soft_cap(5.0);
        (Box::new(layer), Shape::from((6, 4)))
    },
    from_config: Config::layer::<ReversibleEmbedding>,
}];
