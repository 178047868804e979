//! Solarization, RandomInvert and RandomPosterization.

use rand::Rng;
use serde::{Deserialize, Serialize};

use super::factor::{Factor, Seed, bytes, check_range, range_setter, seed_setter};
use super::picture;
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::ops::pictures::{Invert, Posterize, Solarize, change_pictures};
use crate::{Config, Error, Result, Shape, Tensor};

/// Makes pictures lighter while training, and turns over all numbers that are then as high as a
/// threshold: as film does that has seen too much light.
///
/// Keras: `keras.layers.Solarization`. Keras draws from `factor.0` to `factor.1 * 255`; here both
/// bounds are shares of the range, as its documentation has it.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let picture = Tensor::from_vec(vec![0.0, 51.0, 204.0], (1, 3, 1))?;
/// let layer = Solarization::new().threshold_factor((0.5, 0.5));
/// assert_eq!(layer.augment_images(&picture)?.to_vec::<f32>(), [0.0, 51.0, 51.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Solarization {
    #[serde(flatten)]
    base: LayerBase,
    addition_factor: Factor,
    threshold_factor: Factor,
    value_range: (f32, f32),
    #[serde(flatten)]
    seed: Seed,
}

impl Default for Solarization {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            addition_factor: Factor::Between(0.0, 0.0),
            threshold_factor: Factor::Between(0.0, 0.0),
            value_range: bytes(),
            seed: Seed::default(),
        }
    }
}

impl Solarization {
    /// Turns over all numbers, until the factors are set.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is added, as a share of the range: one number for `(0, high)`; 0 unless set.
    #[must_use]
    pub fn addition_factor(mut self, addition_factor: impl Into<Factor>) -> Self {
        self.addition_factor = addition_factor.into().as_bounds(0.0);
        self
    }

    /// From where on numbers are turned over, as a share of the range: one number for `(0, high)`;
    /// 0 unless set.
    #[must_use]
    pub fn threshold_factor(mut self, threshold_factor: impl Into<Factor>) -> Self {
        self.threshold_factor = threshold_factor.into().as_bounds(0.0);
        self
    }

    range_setter!();
    seed_setter!();
}

impl Layer for Solarization {
    layer_identity!("Solarization");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        picture(input)?;
        self.addition_factor.require_shares("addition_factor")?;
        self.threshold_factor.require_shares("threshold_factor")?;
        check_range(self.value_range)?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        if !pass.training {
            return Ok(x.clone());
        }
        let mut generator = self.seed.generator(pass);
        let mut draw = |factor: Factor| {
            let shares = factor.draw_each(x.len(), &mut generator);
            shares.into_iter().map(|share| share * 255.0).collect()
        };
        let solarize = Solarize {
            additions: draw(self.addition_factor),
            thresholds: draw(self.threshold_factor),
            range: self.value_range.into(),
        };
        change_pictures(pass.tape, x, solarize)
    }
}

/// Turns over the numbers of some pictures while training: the lowest becomes the highest.
///
/// Keras: `keras.layers.RandomInvert`. Keras subtracts from the highest number alone, which is the
/// same where the range begins at 0; here the result is always within the range.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let picture = Tensor::from_vec(vec![0.0, 55.0, 255.0], (1, 3, 1))?;
/// let layer = RandomInvert::new((1.0, 1.0));
/// assert_eq!(layer.augment_images(&picture)?.to_vec::<f32>(), [255.0, 200.0, 0.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct RandomInvert {
    #[serde(flatten)]
    base: LayerBase,
    factor: Factor,
    value_range: (f32, f32),
    #[serde(flatten)]
    seed: Seed,
}

impl Default for RandomInvert {
    fn default() -> Self {
        Self::new(1.0)
    }
}

impl RandomInvert {
    /// `factor` is how probable it is that a picture is turned over: for each picture between two
    /// numbers, or between 0 and one.
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

impl Layer for RandomInvert {
    layer_identity!("RandomInvert");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        picture(input)?;
        self.factor.require_shares("factor")?;
        check_range(self.value_range)?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        if !pass.training {
            return Ok(x.clone());
        }
        let mut generator = self.seed.generator(pass);
        let happens = |_| self.factor.happens(&mut generator);
        let invert = Invert {
            inverted: (0..x.len()).map(happens).collect(),
            range: self.value_range.into(),
        };
        change_pictures(pass.tape, x, invert)
    }
}

/// How many bits a layer keeps: `4` for 1 to 3, `(2, 6)` for 2 to 5, `(3, 3)` for always 3. As in
/// Keras, the larger number is not reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bits(u32, u32);

impl From<u32> for Bits {
    fn from(most: u32) -> Self {
        Bits(most.min(1), most)
    }
}

impl From<(u32, u32)> for Bits {
    fn from((one, other): (u32, u32)) -> Self {
        Bits(one.min(other), one.max(other))
    }
}

/// Keeps the highest of the eight bits of each number while training: pictures of few colors.
///
/// Keras: `keras.layers.RandomPosterization`. Nothing flows back through it: the new numbers go in
/// steps.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let picture = Tensor::from_vec(vec![3.0, 70.0, 255.0], (1, 3, 1))?;
/// let layer = RandomPosterization::new((2, 2));
/// assert_eq!(layer.augment_images(&picture)?.to_vec::<f32>(), [0.0, 64.0, 192.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RandomPosterization {
    #[serde(flatten)]
    base: LayerBase,
    factor: Bits,
    #[serde(default = "bytes")]
    value_range: (f32, f32),
    #[serde(flatten)]
    seed: Seed,
}

impl RandomPosterization {
    /// `factor` is how many bits are kept, from 1 to 8.
    pub fn new(factor: impl Into<Bits>) -> Self {
        Self {
            base: LayerBase::default(),
            factor: factor.into(),
            value_range: bytes(),
            seed: Seed::default(),
        }
    }

    range_setter!();
    seed_setter!();
}

impl Layer for RandomPosterization {
    layer_identity!("RandomPosterization");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        picture(input)?;
        let Bits(low, high) = self.factor;
        if low < 1 || high > 8 {
            let expected = "one or two whole numbers from 1 to 8";
            return Err(Error::argument(
                "factor",
                expected,
                format!("({low}, {high})"),
            ));
        }
        check_range(self.value_range)?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        if !pass.training {
            return Ok(x.clone());
        }
        let mut generator = self.seed.generator(pass);
        let Bits(low, high) = self.factor;
        let draw = |_| match low < high {
            true => generator.gen_range(low..high),
            false => low,
        };
        let posterize = Posterize {
            bits: (0..x.len()).map(draw).collect(),
            range: self.value_range.into(),
        };
        change_pictures(pass.tape, x, posterize)
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "Solarization",
        what: "turns over the high numbers of pictures while training",
        example: || {
            let layer = Solarization::new().threshold_factor((0.9, 0.9));
            let layer = layer.value_range(-1.0, 1.0);
            (Box::new(layer), Shape::from((4, 5, 2)))
        },
        from_config: Config::layer::<Solarization>,
    },
    LayerEntry {
        class_name: "RandomInvert",
        what: "turns over the numbers of random pictures while training",
        example: || {
            let layer = RandomInvert::new(0.2).value_range(-1.0, 1.0);
            (Box::new(layer), Shape::from((4, 5, 2)))
        },
        from_config: Config::layer::<RandomInvert>,
    },
    LayerEntry {
        class_name: "RandomPosterization",
        what: "leaves pictures few colors while training",
        example: || {
            let layer = RandomPosterization::new(4).value_range(-1.0, 1.0);
            (Box::new(layer), Shape::from((4, 5, 2)))
        },
        from_config: Config::layer::<RandomPosterization>,
    },
];
