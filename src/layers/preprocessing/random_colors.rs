//! RandomContrast and RandomBrightness.

use serde::{Deserialize, Serialize};

use super::factor::{Factor, Seed, bytes, check_range, range_setter, seed_setter};
use super::picture;
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::ops::{Adjustment, adjust};
use crate::{Config, Result, Shape, Tensor};

/// Gives pictures more or less contrast while training, and keeps them within `value_range`.
///
/// Keras: `keras.layers.RandomContrast`.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(RandomContrast::new((0.3, 0.3)).value_range(0.0, 1.0).input_shape((32, 32, 3)))?;
/// assert_eq!(model.output_shape()?, (32, 32, 3));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RandomContrast {
    #[serde(flatten)]
    base: LayerBase,
    factor: Factor,
    #[serde(default = "bytes")]
    value_range: (f32, f32),
    #[serde(flatten)]
    seed: Seed,
}

impl RandomContrast {
    /// Contrast from `1 - low` to `1 + high` times that of the picture, for a `factor` of
    /// `(low, high)`. As in Keras, one number stands for `(0, high)`: the contrast only grows.
    pub fn new(factor: impl Into<Factor>) -> Self {
        Self {
            base: LayerBase::default(),
            factor: factor.into().as_bounds(0.0),
            value_range: bytes(),
            seed: Seed::default(),
        }
    }

    range_setter!();
    seed_setter!();
}

impl Layer for RandomContrast {
    layer_identity!("RandomContrast");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        picture(input)?;
        let expected = "one or two numbers from 0 to 1";
        let (low, high) = self.factor.bounds();
        // What Keras takes as well: the lower bound may be negative, for contrast that only grows.
        let factor = Factor::Between(low.max(0.0), high);
        let checked = if low >= -1.0 { factor } else { self.factor };
        checked.require("factor", expected, |f| (0.0..=1.0).contains(&f))?;
        check_range(self.value_range)?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let (low, high) = self.factor.bounds();
        let factor = Factor::Between(1.0 - low, 1.0 + high);
        let draw = |drawn| Adjustment {
            contrast: drawn,
            brightness: 0.0,
        };
        change(x, pass, &self.seed, factor, self.value_range, draw)
    }
}

/// Makes pictures brighter or darker while training, and keeps them within `value_range`.
///
/// Keras: `keras.layers.RandomBrightness`.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(RandomBrightness::new(0.2).value_range(0.0, 1.0).input_shape((32, 32, 3)))?;
/// assert_eq!(model.output_shape()?, (32, 32, 3));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RandomBrightness {
    #[serde(flatten)]
    base: LayerBase,
    factor: Factor,
    #[serde(default = "bytes")]
    value_range: (f32, f32),
    #[serde(flatten)]
    seed: Seed,
}

impl RandomBrightness {
    /// `factor` is the share of the value range that is added: `0.2` is from -20% to 20%.
    pub fn new(factor: impl Into<Factor>) -> Self {
        Self {
            base: LayerBase::default(),
            factor: factor.into().as_bounds(-1.0),
            value_range: bytes(),
            seed: Seed::default(),
        }
    }

    range_setter!();
    seed_setter!();
}

impl Layer for RandomBrightness {
    layer_identity!("RandomBrightness");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        picture(input)?;
        let expected = "one or two numbers from -1 to 1";
        self.factor
            .require("factor", expected, |f| (-1.0..=1.0).contains(&f))?;
        check_range(self.value_range)?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let (low, high) = self.value_range;
        let draw = |drawn| Adjustment {
            contrast: 1.0,
            brightness: drawn * (high - low),
        };
        change(x, pass, &self.seed, self.factor, self.value_range, draw)
    }
}

/// Each picture as `draw` says, while training.
fn change(
    x: &Tensor,
    pass: &mut Pass<'_>,
    seed: &Seed,
    factor: Factor,
    range: (f32, f32),
    draw: impl Fn(f32) -> Adjustment,
) -> Result<Tensor> {
    if !pass.training {
        return Ok(x.clone());
    }
    let mut generator = seed.generator(pass);
    let adjustments = (0..x.len()).map(|_| draw(factor.draw(&mut generator)));
    adjust(pass.tape, x, adjustments.collect(), range)
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "RandomContrast",
        what: "changes the contrast of pictures while training",
        example: || {
            let layer = RandomContrast::new(0.2).value_range(-1.0, 1.0);
            (Box::new(layer), Shape::from((4, 5, 2)))
        },
        from_config: Config::layer::<RandomContrast>,
    },
    LayerEntry {
        class_name: "RandomBrightness",
        what: "changes the brightness of pictures while training",
        example: || {
            let layer = RandomBrightness::new(0.2).value_range(-1.0, 1.0);
            (Box::new(layer), Shape::from((4, 5, 2)))
        },
        from_config: Config::layer::<RandomBrightness>,
    },
];
