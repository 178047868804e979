//! CategoryEncoding.

use serde::{Deserialize, Serialize};

use super::encoding::OutputMode;
use crate::layers::{
    Layer, LayerBase, LayerEntry, Pass, first_input, layer_identity, require_positive,
    through_several,
};
use crate::{Config, Error, Result, Setting, Shape, Tensor};

/// A place for each category, from the numbers of categories.
///
/// Keras: `keras.layers.CategoryEncoding`. With the mode `"count"` it takes a second input: how much
/// each category counts, `count_weights` in Keras.
///
/// # Shapes
/// `(batch, categories)` to `(batch, num_tokens)`; with the mode `"one_hot"` `(batch, ..)` to
/// `(batch, .., num_tokens)`, without a last axis of size 1. Weights have the shape of the categories.
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
///
/// let (x, weights) = (Input::new(2), Input::new(2));
/// let counts = CategoryEncoding::new(4).output_mode("count").on([&x, &weights])?;
/// let mut model = Model::new([&x, &weights], [&counts])?;
/// let y = model.predict([categories, Tensor::full((2, 2), 0.5)])?;
/// assert_eq!(y.to_vec::<f32>(), [0.5, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
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
    through_several!(without_weights);

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        require_positive("num_tokens", self.num_tokens)?;
        let mode = *self.output_mode.get()?;
        mode.require(&[OutputMode::OneHot, OutputMode::MultiHot, OutputMode::Count])?;
        let categories = first_input(inputs)?;
        match inputs {
            [_] => {}
            [_, weights] if mode != OutputMode::Count => {
                let what = format!("expected categories alone, got weights of shape {weights} too");
                let remedy = "set `output_mode` to \"count\", or leave the weights out";
                return Err(Error::shape(what).remedy(remedy));
            }
            [_, weights] if weights == categories => {}
            [_, weights] => {
                let what = format!("expected weights of shape {categories}, got {weights}");
                return Err(Error::shape(what).remedy("give each category one weight"));
            }
            _ => {
                let what = format!(
                    "expected categories and weights, got {} inputs",
                    inputs.len()
                );
                return Err(Error::shape(what).remedy("join the categories with Concatenate"));
            }
        }
        Ok(vec![mode.output_shape(categories, self.num_tokens)])
    }

    fn call_for(&self, inputs: &[Tensor], _: &mut Pass<'_>) -> Result<Vec<Tensor>> {
        let x = first_input(inputs)?;
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
        let sample = x.shape().without_batch();
        let encoded = match inputs {
            [_, weights] => {
                let weights = weights.to_vec::<f32>();
                let weights = move |i: usize| weights.get(i).copied().unwrap_or(0.0);
                mode.encode_weighted(categories, weights, &sample, self.num_tokens)
            }
            _ => mode.encode(categories, &sample, self.num_tokens),
        };
        Ok(vec![encoded?])
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "CategoryEncoding",
    what: "makes a place for each category",
    example: || (Box::new(CategoryEncoding::new(4)), Shape::from(3)),
    from_config: Config::layer::<CategoryEncoding>,
}];
