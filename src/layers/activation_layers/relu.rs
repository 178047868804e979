//! ReLU.

use serde::{Deserialize, Serialize};

use super::require_not_negative;
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::{Config, Result, Shape, Tensor, ops};

/// The rectified linear function: `x` from `threshold` on but not above `max_value`, and
/// `negative_slope * (x - threshold)` below.
///
/// Keras: `keras.layers.ReLU`.
///
/// # Shapes
/// `(batch, ..)` to the same
///
/// # Example
/// ```
/// use kerust::layers::ReLU;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(ReLU::new().max_value(10.0).negative_slope(0.5).input_shape(3))?;
/// let x = Tensor::from_vec(vec![-4.0, 5.0, 12.0], (1, 3))?;
/// assert_eq!(model.predict(&x)?.to_vec::<f32>(), [-2.0, 5.0, 10.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReLU {
    #[serde(flatten)]
    base: LayerBase,
    max_value: Option<f32>,
    negative_slope: f32,
    threshold: f32,
}

impl ReLU {
    /// `max(x, 0)`.
    pub fn new() -> Self {
        Self::default()
    }

    /// The largest value of the output; without limit unless set.
    #[must_use]
    pub fn max_value(mut self, max_value: f32) -> Self {
        self.max_value = Some(max_value);
        self
    }

    /// The slope below the threshold; 0 unless set.
    #[must_use]
    pub fn negative_slope(mut self, negative_slope: f32) -> Self {
        self.negative_slope = negative_slope;
        self
    }

    /// Below this, numbers are damped; 0 unless set.
    #[must_use]
    pub fn threshold(mut self, threshold: f32) -> Self {
        self.threshold = threshold;
        self
    }
}

impl Layer for ReLU {
    layer_identity!("ReLU");

    fn supports_masking(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        require_not_negative("max_value", self.max_value.unwrap_or_default())?;
        require_not_negative("negative_slope", self.negative_slope)?;
        require_not_negative("threshold", self.threshold)?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let (slope, threshold) = (self.negative_slope, self.threshold);
        let largest = self.max_value.unwrap_or(f32::INFINITY);
        let value = move |x: f32| {
            let above = if x > threshold { x } else { 0.0 };
            let above = if above > largest { largest } else { above };
            let below = if x < threshold {
                slope * (x - threshold)
            } else {
                0.0
            };
            // NaN must show.
            if x.is_nan() { x } else { above + below }
        };
        let derivative = move |x: f32, _| {
            if x < threshold {
                slope
            } else if x > threshold && x < largest {
                1.0
            } else {
                0.0
            }
        };
        let each = ops::Each::with("relu_layer", [slope, largest, threshold]);
        ops::elementwise(pass.tape, x, each, value, derivative)
    }

    fn is_relu(&self) -> bool {
        let plain = (None, 0.0, 0.0);
        (self.max_value, self.negative_slope, self.threshold) == plain
    }
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "ReLU",
    what: "keeps positive numbers, sets others to 0",
    example: || (Box::new(ReLU::new()), Shape::from((4, 2))),
    from_config: Config::layer::<ReLU>,
};
