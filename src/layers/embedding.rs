//! Embedding.

use serde::{Deserialize, Serialize};

use super::weight_settings::{self, WeightSettings, weight_setters};
use super::{Layer, LayerBase, LayerEntry, Pass, Weights, layer_identity, require_positive};
use crate::{Config, Error, Result, Shape, Tensor, ops};

/// A vector for each whole number: for words, characters, or anything else that is counted.
///
/// Keras: `keras.layers.Embedding`. The input holds indices from 0 to `input_dim - 1`, as integers
/// or floats. With `mask_zero`, index 0 fills up short sequences: layers behind leave these steps
/// out.
///
/// # Shapes
/// `(batch, ..)` to `(batch, .., output_dim)`
///
/// # Errors
/// When an index is no whole number in that range.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Embedding::new(1000, 8).mask_zero(true).input_shape(5))?;
/// model.add(LSTM::new(4))?;
/// let words = Tensor::from_vec(vec![11, 12, 13, 0, 0, 7, 8, 0, 0, 0], (2, 5))?;
/// assert_eq!(model.predict(&words)?.shape(), (2, 4));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Embedding {
    #[serde(flatten)]
    base: LayerBase,
    input_dim: usize,
    output_dim: usize,
    #[serde(default)]
    mask_zero: bool,
    #[serde(flatten, deserialize_with = "weight_settings::embeddings")]
    embeddings: WeightSettings,
    /// The vectors to begin with, where they are given.
    #[serde(skip)]
    weights: Option<Tensor>,
}

impl Embedding {
    /// `input_dim` vectors of `output_dim` numbers.
    pub fn new(input_dim: usize, output_dim: usize) -> Self {
        Self {
            base: LayerBase::default(),
            input_dim,
            output_dim,
            mask_zero: false,
            embeddings: WeightSettings::embeddings(),
            weights: None,
        }
    }

    /// Whether index 0 means that there is nothing; false unless set. `input_dim` counts it.
    #[must_use]
    pub fn mask_zero(mut self, mask_zero: bool) -> Self {
        self.mask_zero = mask_zero;
        self
    }

    /// The vectors to begin with, of shape `(input_dim, output_dim)`: those of words that somebody
    /// has trained, for example. Drawn by the `embeddings_initializer` unless set.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let vectors = Tensor::from_vec(vec![0.0, 0.0, 1.0, 2.0, 3.0, 4.0], (3, 2))?;
    /// let mut model = Sequential::new();
    /// model.add(Embedding::new(3, 2).weights(&vectors).trainable(false).input_shape(1))?;
    /// let words = Tensor::from_vec(vec![2, 1], (2, 1))?;
    /// assert_eq!(model.predict(&words)?.to_vec::<f32>(), [3.0, 4.0, 1.0, 2.0]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    #[must_use]
    pub fn weights(mut self, weights: &Tensor) -> Self {
        self.weights = Some(weights.clone());
        self
    }

    weight_setters!(embeddings);
}

impl Layer for Embedding {
    layer_identity!("Embedding");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        require_positive("input_dim", self.input_dim)?;
        require_positive("output_dim", self.output_dim)?;
        let mut sizes = input.to_vec();
        sizes.push(self.output_dim);
        Ok(Shape::from(sizes))
    }

    fn build(&self, _: &Shape, weights: &mut Weights) -> Result<()> {
        let shape = Shape::from((self.input_dim, self.output_dim));
        weights.add_configured("embeddings", &shape, &self.embeddings)?;
        let Some(given) = &self.weights else {
            return Ok(());
        };
        if *given.shape() != shape {
            let expected = format!("shape {shape}, as `input_dim` and `output_dim` say");
            let given = format!("shape {}", given.shape());
            return Err(Error::argument("weights", &expected, given));
        }
        // As a tensor of its own: layers that begin with the same one go on alone.
        weights.set(
            "embeddings",
            Tensor::from_vec(given.to_vec::<f32>(), shape)?,
        )
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
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
    class_name: "Embedding",
    what: "gives each whole number a vector",
    example: || (Box::new(Embedding::new(10, 4)), Shape::from(6)),
    from_config: Config::layer::<Embedding>,
}];
