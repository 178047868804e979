//! SpatialDropout1D, SpatialDropout2D, SpatialDropout3D.

use serde::{Deserialize, Serialize};

use super::dropout::drop_out;
use super::noise::{Seed, check_rate};
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::{Config, Error, Result, Shape, Tensor};

/// Leaves out random features of sequences while training, at all steps alike.
///
/// Keras: `keras.layers.SpatialDropout1D`.
///
/// Tompson et al., "Efficient object localization using convolutional networks", 2015.
///
/// # Shapes
/// `(batch, steps, channels)` to the same
///
/// # Example
/// ```
/// use kerust::layers::SpatialDropout1D;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(SpatialDropout1D::new(0.5).input_shape((4, 3)))?;
/// assert_eq!(model.predict(&Tensor::ones((2, 4, 3)))?, Tensor::ones((2, 4, 3)));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SpatialDropout1D {
    #[serde(flatten)]
    base: LayerBase,
    rate: f32,
    #[serde(default)]
    seed: Seed,
}

/// Leaves out random channels of pictures while training, each as a whole.
///
/// Keras: `keras.layers.SpatialDropout2D`.
///
/// Tompson et al., "Efficient object localization using convolutional networks", 2015.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same
///
/// # Example
/// ```
/// use kerust::layers::SpatialDropout2D;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(SpatialDropout2D::new(0.5).input_shape((4, 4, 3)))?;
/// assert_eq!(model.predict(&Tensor::ones((2, 4, 4, 3)))?, Tensor::ones((2, 4, 4, 3)));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SpatialDropout2D {
    #[serde(flatten)]
    base: LayerBase,
    rate: f32,
    #[serde(default)]
    seed: Seed,
}

/// Leaves out random channels of volumes while training, each as a whole.
///
/// Keras: `keras.layers.SpatialDropout3D`.
///
/// Tompson et al., "Efficient object localization using convolutional networks", 2015.
///
/// # Shapes
/// `(batch, depth, height, width, channels)` to the same
///
/// # Example
/// ```
/// use kerust::layers::SpatialDropout3D;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(SpatialDropout3D::new(0.5).input_shape((2, 4, 4, 3)))?;
/// assert_eq!(model.predict(&Tensor::ones((2, 2, 4, 4, 3)))?, Tensor::ones((2, 2, 4, 4, 3)));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SpatialDropout3D {
    #[serde(flatten)]
    base: LayerBase,
    rate: f32,
    #[serde(default)]
    seed: Seed,
}

/// Writes what the three have in common: all but the number of axes over which a channel goes.
macro_rules! spatial_dropout {
    ($layer:ident, $class_name:literal, $axes:literal, $expected:literal) => {
        impl $layer {
            /// Leaves out each channel with probability `rate`.
            pub fn new(rate: f32) -> Self {
                Self {
                    base: LayerBase::default(),
                    rate,
                    seed: Seed::default(),
                }
            }

            /// Makes what is left out the same in every run; from the model's generator unless set.
            #[must_use]
            pub fn seed(mut self, seed: u64) -> Self {
                self.seed = Seed::new(seed);
                self
            }
        }

        impl Layer for $layer {
            layer_identity!($class_name);

            fn supports_masking(&self) -> bool {
                true
            }

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                check_rate("rate", self.rate)?;
                if input.rank() != $axes + 1 {
                    return Err(Error::shape(format!(
                        "expected samples of shape {}, got {input}",
                        $expected
                    ))
                    .remedy(
                        "take the spatial dropout of as many axes as the data has, or Dropout",
                    ));
                }
                Ok(input.clone())
            }

            fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
                if !pass.training || self.rate == 0.0 {
                    return Ok(x.clone());
                }
                let mut noise_shape = [Some(1); $axes + 2];
                (noise_shape[0], noise_shape[$axes + 1]) = (None, None);
                drop_out(x, self.rate, Some(&noise_shape), &self.seed, pass)
            }
        }
    };
}

spatial_dropout!(SpatialDropout1D, "SpatialDropout1D", 1, "(steps, channels)");
spatial_dropout!(
    SpatialDropout2D,
    "SpatialDropout2D",
    2,
    "(height, width, channels)"
);
spatial_dropout!(
    SpatialDropout3D,
    "SpatialDropout3D",
    3,
    "(depth, height, width, channels)"
);

pub(super) const ENTRY_1D: LayerEntry = LayerEntry {
    class_name: "SpatialDropout1D",
    what: "leaves out random features of sequences while training",
    example: || (Box::new(SpatialDropout1D::new(0.3)), Shape::from((4, 8))),
    from_config: Config::layer::<SpatialDropout1D>,
};

pub(super) const ENTRY_2D: LayerEntry = LayerEntry {
    class_name: "SpatialDropout2D",
    what: "leaves out random channels of pictures while training",
    example: || (Box::new(SpatialDropout2D::new(0.3)), Shape::from((2, 3, 8))),
    from_config: Config::layer::<SpatialDropout2D>,
};

pub(super) const ENTRY_3D: LayerEntry = LayerEntry {
    class_name: "SpatialDropout3D",
    what: "leaves out random channels of volumes while training",
    example: || {
        (
            Box::new(SpatialDropout3D::new(0.3)),
            Shape::from((2, 1, 2, 8)),
        )
    },
    from_config: Config::layer::<SpatialDropout3D>,
};
