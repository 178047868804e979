//! ActivityRegularization.

use serde::{Deserialize, Serialize};

use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::regularizers::Regularizer;
use crate::{Config, Result, Shape, Tensor};

/// Adds a price of large inputs to the loss: `l1 * sum(|x|) + l2 * sum(x * x)`, per sample.
///
/// Keras: `keras.layers.ActivityRegularization`.
///
/// # Shapes
/// `(batch, ..)` to the same
///
/// # Example
/// ```
/// use kerust::layers::ActivityRegularization;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(ActivityRegularization::new().l2(0.01).input_shape(4))?;
/// assert_eq!(model.predict(&Tensor::ones((2, 4)))?, Tensor::ones((2, 4)));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ActivityRegularization {
    #[serde(flatten)]
    base: LayerBase,
    l1: f32,
    l2: f32,
}

impl ActivityRegularization {
    /// Without a price, until one is set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The price of absolute values; 0 unless set.
    #[must_use]
    pub fn l1(mut self, l1: f32) -> Self {
        self.l1 = l1;
        self
    }

    /// The price of squares; 0 unless set.
    #[must_use]
    pub fn l2(mut self, l2: f32) -> Self {
        self.l2 = l2;
        self
    }
}

impl Layer for ActivityRegularization {
    layer_identity!("ActivityRegularization");

    fn supports_masking(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let (l1, l2) = (self.l1, self.l2);
        Regularizer::L1L2 { l1, l2 }.check()?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let (l1, l2) = (self.l1, self.l2);
        pass.add_activity_loss(&Regularizer::L1L2 { l1, l2 }, x, x.len())?;
        Ok(x.clone())
    }
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "ActivityRegularization",
    what: "adds a price of large inputs to the loss",
    example: || {
        (
            Box::new(ActivityRegularization::new().l2(0.01)),
            Shape::from(8),
        )
    },
    from_config: Config::layer::<ActivityRegularization>,
};
