//! ActivityRegularization.

use serde::{Deserialize, Serialize};

use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::{Config, Error, Result, Shape, Tensor, ops};

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
        for (name, price) in [("l1", self.l1), ("l2", self.l2)] {
            if !price.is_finite() || price < 0.0 {
                return Err(Error::argument(name, "a finite number from 0 on", price));
            }
        }
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let (l1, l2) = (self.l1, self.l2);
        if (l1, l2) == (0.0, 0.0) || x.is_empty() {
            return Ok(x.clone());
        }
        let prices = ops::elementwise(
            pass.tape,
            x,
            move |x| l1 * x.abs() + l2 * x * x,
            move |x, _| {
                let sign = if x == 0.0 { 0.0 } else { 1.0f32.copysign(x) };
                l1 * sign + 2.0 * l2 * x
            },
        )?;
        let sum = ops::sum(pass.tape, &prices, &[], false)?;
        let share = Tensor::scalar(1.0 / x.len() as f32);
        let loss = ops::multiply(pass.tape, &sum, &share)?;
        pass.losses.push(loss);
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
