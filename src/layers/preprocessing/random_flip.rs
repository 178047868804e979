//! RandomFlip.

use rand::Rng;
use serde::{Deserialize, Serialize};

use super::factor::{Seed, seed_setter};
use super::picture;
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::ops::{Between, Look, Origin, rearrange};
use crate::{Config, Error, Result, Setting, Shape, Tensor};

/// In which direction pictures are flipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlipMode {
    /// Left becomes right.
    Horizontal,
    /// Top becomes bottom.
    Vertical,
    /// Both.
    #[default]
    HorizontalAndVertical,
}

impl std::str::FromStr for FlipMode {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "horizontal" => Ok(Self::Horizontal),
            "vertical" => Ok(Self::Vertical),
            "horizontal_and_vertical" => Ok(Self::HorizontalAndVertical),
            _ => {
                let known = ["horizontal", "vertical", "horizontal_and_vertical"];
                Err(Error::unknown_name("flip mode", name, &known))
            }
        }
    }
}

impl From<FlipMode> for Setting<FlipMode> {
    fn from(mode: FlipMode) -> Self {
        Setting::value(mode)
    }
}

/// Flips every second picture or so while training. As in Keras, the mode
/// `"horizontal_and_vertical"` flips a picture in both directions or in none.
///
/// Keras: `keras.layers.RandomFlip`.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(RandomFlip::new("horizontal").input_shape((32, 32, 3)))?;
/// let pictures = Tensor::random_uniform((2, 32, 32, 3), 0.0, 1.0);
/// assert_eq!(model.predict(&pictures)?, pictures);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RandomFlip {
    #[serde(flatten)]
    base: LayerBase,
    mode: Setting<FlipMode>,
    #[serde(flatten)]
    seed: Seed,
}

impl Default for RandomFlip {
    fn default() -> Self {
        Self::new(FlipMode::default())
    }
}

impl RandomFlip {
    /// `"horizontal"`, `"vertical"` or `"horizontal_and_vertical"`.
    pub fn new(mode: impl Into<Setting<FlipMode>>) -> Self {
        Self {
            base: LayerBase::default(),
            mode: mode.into(),
            seed: Seed::default(),
        }
    }

    seed_setter!();
}

impl Layer for RandomFlip {
    layer_identity!("RandomFlip");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        picture(input)?;
        self.mode.get()?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        if !pass.training {
            return Ok(x.clone());
        }
        let [height, width, _] = picture(&x.shape().without_batch())?;
        let mode = *self.mode.get()?;
        let mut generator = self.seed.generator(pass);
        let axis = |size: usize, flip: bool| -> Vec<Between> {
            let pixel = |i| if flip { size - 1 - i } else { i };
            (0..size).map(pixel).map(Between::one).collect()
        };
        let origin = |_| {
            let flip = generator.gen_bool(0.5);
            Origin::Axes {
                rows: axis(height, flip && mode != FlipMode::Horizontal),
                columns: axis(width, flip && mode != FlipMode::Vertical),
            }
        };
        let origins = (0..x.len()).map(origin).collect();
        rearrange(pass.tape, x, (height, width), origins, Look::at_pixels())
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "RandomFlip",
    what: "flips random pictures while training",
    example: || (Box::new(RandomFlip::default()), Shape::from((4, 5, 2))),
    from_config: Config::layer::<RandomFlip>,
}];
