//! CategoryEncoding.

use serde::{Deserialize, Serialize};

use super::encoding::OutputMode;
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity, require_positive};
use crate::{Config, Error, Result, Setting, Shape, Tensor};

/// A place for each category, from the numbers of categories.
///
/// Keras: `keras.layers.CategoryEncoding` (without `count_weights`).
///
/// # Shapes
/// `(batch, categories)` to `(batch, num_tokens)`; with the mode `"one_hot"` `(batch, ..)` to
/// `(batch, .., num_tokens)`, without a last axis of size 1
///
/// # Errors
/// When a category is negative or not below `num_tokens`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(CategoryEncoding::new(4).input_shape(2))?;
/// let categories = Tensor::from_vec(vec![0, 1, 3, 3], (2, 2))?;
/// let y = model.predict(&categories)?;
/// assert_eq!(y.to_vec::<f32>(), [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CategoryEncoding {
    #[serde(flatten)]
    base: LayerBase,
    num_tokens: usize,
    output_mode: Setting<OutputMode>,
}

impl CategoryEncoding {
    /// For `num_tokens` categories.
    pub fn new(num_tokens: usize) -> Self {
        Self {
            base: LayerBase::default(),
            num_tokens,
            output_mode: OutputMode::MultiHot.into(),
        }
    }

    /// `"multi_hot"` (unless set), `"one_hot"` or `"count"`.
    #[must_use]
    pub fn output_mode(mut self, output_mode: impl Into<Setting<OutputMode>>) -> Self {
        self.output_mode = output_mode.into();
        self
    }
}

impl Layer for CategoryEncoding {
    layer_identity!("CategoryEncoding");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        require_positive("num_tokens", self.num_tokens)?;
        let mode = *self.output_mode.get()?;
        mode.require(&[OutputMode::OneHot, OutputMode::MultiHot, OutputMode::Count])?;
        Ok(mode.output_shape(input, self.num_tokens))
    }

    fn call(&self, x: &Tensor, _: &mut Pass<'_>) -> Result<Tensor> {
        let categories = x.to_vec::<i64>();
        let wrong = |&&c: &&i64| c < 0 || c as usize >= self.num_tokens;
        if let Some(category) = categories.iter().find(wrong) {
            let given = format!(
                "expected categories from 0 to {}, got {category}",
                self.num_tokens - 1
            );
            return Err(Error::data(given)
                .remedy("make `num_tokens` larger, or number the categories with IntegerLookup"));
        }
        let mode = *self.output_mode.get()?;
        mode.encode(categories, &x.shape().without_batch(), self.num_tokens)
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "CategoryEncoding",
    what: "makes a place for each category",
    example: || (Box::new(CategoryEncoding::new(4)), Shape::from(3)),
    from_config: Config::layer::<CategoryEncoding>,
}];
