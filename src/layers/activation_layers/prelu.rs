//! PReLU.

use serde::{Deserialize, Serialize};

use crate::axes::sample_axis;
use crate::layers::weight_settings::{self, WeightSettings, weight_setters};
use crate::layers::{Axes, Layer, LayerBase, LayerEntry, Pass, Weights, layer_identity};
use crate::{Config, Result, Shape, Tensor, ops};

/// `x` where positive, `alpha * x` elsewhere, with a learned `alpha` for every number of a sample.
///
/// Keras: `keras.layers.PReLU`.
///
/// He et al., "Delving deep into rectifiers", 2015.
///
/// # Shapes
/// `(batch, ..)` to the same
///
/// # Example
/// ```
/// use kerust::layers::PReLU;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(PReLU::new().shared_axes([1, 2]).input_shape((8, 8, 3)))?;
/// assert_eq!(model.count_params()?, 3);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct PReLU {
    #[serde(flatten)]
    base: LayerBase,
    #[serde(flatten, deserialize_with = "weight_settings::alpha")]
    alpha: WeightSettings,
    shared_axes: Option<Axes>,
}

impl Default for PReLU {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            alpha: WeightSettings::alpha(),
            shared_axes: None,
        }
    }
}

impl PReLU {
    /// An `alpha` for every number of a sample.
    pub fn new() -> Self {
        Self::default()
    }

    /// Axes along which all numbers have the same `alpha`, counted from that of the batch, which is
    /// 0; none unless set.
    #[must_use]
    pub fn shared_axes(mut self, shared_axes: impl Into<Axes>) -> Self {
        self.shared_axes = Some(shared_axes.into());
        self
    }

    weight_setters!(alpha);

    /// The shape of `alpha`.
    fn weight_shape(&self, input: &Shape) -> Result<Shape> {
        let mut sizes = input.to_vec();
        for &axis in self.shared_axes.iter().flat_map(|axes| axes.as_slice()) {
            sizes[sample_axis("shared_axes", axis, input)? - 1] = 1;
        }
        Ok(Shape::from(sizes))
    }
}

impl Layer for PReLU {
    layer_identity!("PReLU");

    fn supports_masking(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.weight_shape(input)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        weights.add_configured("alpha", self.weight_shape(input)?, &self.alpha)
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let alpha = pass.weight("alpha")?;
        ops::parametric_relu(pass.tape, x, &alpha)
    }
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "PReLU",
    what: "keeps positive numbers, learns what others become",
    example: || (Box::new(PReLU::new()), Shape::from((4, 2))),
    from_config: Config::layer::<PReLU>,
};
