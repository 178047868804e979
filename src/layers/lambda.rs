//! Lambda and Identity: small layers without weights.

use serde::{Deserialize, Serialize};

use super::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::{Config, Error, Result, Shape, Tape, Tensor};

/// A function of the user as a layer.
///
/// Keras: `keras.layers.Lambda`. The function takes a batch and the tape, and uses operations of
/// [`ops`](crate::ops) so that gradients pass; it is plain, without captured variables. Such a layer
/// cannot be saved: write a [`Layer`] for that.
///
/// # Shapes
/// `(batch, ..)` to what the function makes of it
///
/// # Example
/// ```
/// use kerust::layers::Lambda;
/// use kerust::{ops, prelude::*};
/// let mut model = Sequential::new();
/// model.add(Lambda::new(|x, tape| ops::square(tape, x)).input_shape(2))?;
/// assert_eq!(model.predict(&Tensor::full((1, 2), 3.0))?, Tensor::full((1, 2), 9.0));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Lambda {
    base: LayerBase,
    function: fn(&Tensor, &mut Tape) -> Result<Tensor>,
    output_shape: Option<fn(&Shape) -> Result<Shape>>,
}

impl Lambda {
    /// Calls `function` for every batch.
    pub fn new(function: fn(&Tensor, &mut Tape) -> Result<Tensor>) -> Self {
        Self {
            base: LayerBase::default(),
            function,
            output_shape: None,
        }
    }

    /// What the shape of a sample becomes; unless set, a batch of ones is tried.
    #[must_use]
    pub fn output_shape(mut self, output_shape: fn(&Shape) -> Result<Shape>) -> Self {
        self.output_shape = Some(output_shape);
        self
    }
}

impl Layer for Lambda {
    fn class_name(&self) -> &'static str {
        "Lambda"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn boxed_clone(&self) -> Box<dyn Layer> {
        Box::new(self.clone())
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        /// Not 1, so that what drops the batch axis is found out.
        const SAMPLES: usize = 2;
        if let Some(output_shape) = self.output_shape {
            return output_shape(input);
        }
        let ones = Tensor::ones(input.with_batch(SAMPLES));
        let y = (self.function)(&ones, &mut Tape::off())?;
        if y.ndim() == 0 || y.len() != SAMPLES {
            return Err(Error::shape(format!(
                "the function made shape {} of a batch of shape {}",
                y.shape(),
                ones.shape()
            ))
            .remedy("it must keep the first axis, which is that of the batch"));
        }
        Ok(y.shape().without_batch())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        (self.function)(x, pass.tape)
    }
}

/// Passes everything unchanged.
///
/// Keras: `keras.layers.Identity`.
///
/// # Shapes
/// `(batch, ..)` to the same
///
/// # Example
/// ```
/// use kerust::layers::Identity;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Identity::new().input_shape(3))?;
/// assert_eq!(model.predict(&Tensor::ones((2, 3)))?, Tensor::ones((2, 3)));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Identity {
    #[serde(flatten)]
    base: LayerBase,
}

impl Identity {
    /// The layer has no arguments.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Layer for Identity {
    layer_identity!("Identity");

    fn supports_masking(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, _: &mut Pass<'_>) -> Result<Tensor> {
        Ok(x.clone())
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "Lambda",
        what: "calls a function of the user",
        example: || {
            let square = Lambda::new(|x, tape| crate::ops::square(tape, x));
            (Box::new(square), Shape::from((4, 2)))
        },
        from_config: |_| {
            let error = Error::data("a `Lambda` cannot be made from its configuration");
            Err(error.remedy("the function is not in it: add the layer by `Lambda::new` again"))
        },
    },
    LayerEntry {
        class_name: "Identity",
        what: "passes everything unchanged",
        example: || (Box::new(Identity::new()), Shape::from((4, 2))),
        from_config: Config::layer::<Identity>,
    },
];
