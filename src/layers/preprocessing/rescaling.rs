//! Rescaling.

use serde::{Deserialize, Serialize};

use super::Values;
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::{Config, DType, Error, Result, Shape, Tensor, ops};

/// `x * scale + offset`: brings pixels to a smaller range. Both may be one number for all, or one for
/// each place on the last axis, such as the channels of pictures.
///
/// Keras: `keras.layers.Rescaling`.
///
/// # Shapes
/// `(batch, ..)` to the same; whole numbers become floats
///
/// # Example
/// ```
/// use kerust::layers::Rescaling;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Rescaling::new(1.0 / 255.0).input_shape(2))?;
/// assert_eq!(model.predict(&Tensor::full((1, 2), 255.0))?, Tensor::ones((1, 2)));
///
/// let mut each = Sequential::new();
/// each.add(Rescaling::new([0.5, 2.0]).offset(-1.0).input_shape(2))?;
/// assert_eq!(each.predict(&Tensor::ones((1, 2)))?.to_vec::<f32>(), [-0.5, 1.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rescaling {
    #[serde(flatten)]
    base: LayerBase,
    scale: Values,
    #[serde(default = "zero")]
    offset: Values,
}

fn zero() -> Values {
    Values::One(0.0)
}

impl Rescaling {
    /// Multiplies by `scale`.
    pub fn new(scale: impl Into<Values>) -> Self {
        Self {
            base: LayerBase::default(),
            scale: scale.into(),
            offset: zero(),
        }
    }

    /// What is added; 0 unless set.
    #[must_use]
    pub fn offset(mut self, offset: impl Into<Values>) -> Self {
        self.offset = offset.into();
        self
    }
}

/// Fails unless there is one finite number, or one for each of `count` places.
fn check(name: &str, values: &Values, count: usize) -> Result<()> {
    let (numbers, fits) = match values {
        Values::One(value) => (std::slice::from_ref(value), true),
        Values::Each(values) => (&values[..], values.len() == count),
    };
    if !fits {
        let expected = format!("one number, or {count} for the last axis");
        let given = format!("{} numbers", numbers.len());
        return Err(Error::argument(name, &expected, given));
    }
    match numbers.iter().find(|value| !value.is_finite()) {
        Some(value) => Err(Error::argument(name, "a finite number", value)),
        None => Ok(()),
    }
}

/// The numbers, ready to be broadcast.
fn tensor(values: &Values) -> Result<Tensor> {
    match values {
        Values::One(value) => Ok(Tensor::scalar(*value)),
        Values::Each(values) => Tensor::from_vec(values.clone(), values.len()),
    }
}

impl Layer for Rescaling {
    layer_identity!("Rescaling");

    fn supports_masking(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let count = input.last();
        check("scale", &self.scale, count)?;
        check("offset", &self.offset, count)?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let x = x.astype(DType::Float32);
        if let (&Values::One(scale), &Values::One(offset)) = (&self.scale, &self.offset) {
            let rescale = move |x| x * scale + offset;
            return ops::elementwise(
                pass.tape,
                &x,
                ops::Each::with("rescale", [scale, offset]),
                rescale,
                move |_, _| scale,
            );
        }
        let scaled = ops::multiply(pass.tape, &x, &tensor(&self.scale)?)?;
        ops::add(pass.tape, &scaled, &tensor(&self.offset)?)
    }
}

/// The layer of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "Rescaling",
    what: "multiplies all numbers and adds to them",
    example: || {
        let layer = Rescaling::new(0.5).offset([0.1, -0.2]);
        (Box::new(layer), Shape::from((4, 2)))
    },
    from_config: Config::layer::<Rescaling>,
}];
