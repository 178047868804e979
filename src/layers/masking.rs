//! Masking.

use serde::{Deserialize, Serialize};

use super::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::{Config, Error, Result, Shape, Tensor, ops};

/// Marks the steps of sequences whose features are all `mask_value`: layers behind leave them out.
///
/// Keras: `keras.layers.Masking`. The features of these steps become 0.
///
/// # Shapes
/// `(batch, steps, features)` to the same.
///
/// # Errors
/// When the input has another number of axes.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Masking::new(-1.0).input_shape((3, 2)))?;
/// model.add(LSTM::new(4))?;
/// let x = Tensor::from_vec(vec![0.5, 0.1, 0.2, 0.3, -1.0, -1.0], (1, 3, 2))?;
/// let short = model.predict(&x)?;
/// assert_eq!(short.shape(), (1, 4));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Masking {
    #[serde(flatten)]
    base: LayerBase,
    mask_value: f32,
}

impl Masking {
    /// Marks steps of nothing but `mask_value`; Keras's default is 0.
    pub fn new(mask_value: f32) -> Self {
        Self {
            base: LayerBase::default(),
            mask_value,
        }
    }
}

impl Layer for Masking {
    layer_identity!("Masking");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        if input.rank() != 2 {
            return Err(Error::shape(format!(
                "expected sequences of shape (steps, features) per sample, got {input}"
            ))
            .remedy("words as numbers are masked by `Embedding` with `mask_zero(true)`"));
        }
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let &[batch, steps, features] = x.shape().dims() else {
            let error = format!("expected (batch, steps, features), got {}", x.shape());
            return Err(Error::shape(error).remedy("reshape the data to sequences of vectors"));
        };
        let values = x.floats()?;
        let counts = |step: &[f32]| step.iter().any(|&value| value != self.mask_value);
        let mask: Vec<f32> = values
            .chunks_exact(features.max(1))
            .map(|step| f32::from(counts(step)))
            .collect();
        let each: Vec<f32> = mask
            .iter()
            .flat_map(|&counts| std::iter::repeat_n(counts, features))
            .collect();
        let each = Tensor::from_floats(each, x.shape().clone());
        let masked = ops::multiply(pass.tape, x, &each)?;
        Ok(masked.with_mask(Tensor::from_floats(mask, Shape::from((batch, steps)))))
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "Masking",
    what: "marks steps of sequences that are left out",
    example: || (Box::new(Masking::new(0.0)), Shape::from((4, 3))),
    from_config: Config::layer::<Masking>,
}];
