//! RandomGrayscale, RandomColorDegeneration, RandomSaturation and RandomHue.

use rand::Rng;
use serde::{Deserialize, Serialize};

use super::factor::{Factor, Seed, bytes, check_range, range_setter, seed_setter};
use super::picture;
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::ops::pictures::{Fade, Saturate, Turn, ValueRange, change_pictures};
use crate::{Config, Error, Result, Shape, Tensor};

/// Makes some pictures gray while training; they keep their channels, which all become the same.
///
/// Keras: `keras.layers.RandomGrayscale`.
///
/// # Shapes
/// `(batch, height, width, 3)` to the same; pictures of one channel are gray and stay so
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let picture = Tensor::from_vec(vec![100.0, 0.0, 0.0], (1, 1, 3))?;
/// let gray = RandomGrayscale::new(1.0).augment_images(&picture)?.to_vec::<f32>();
/// assert!(gray.iter().all(|value| (value - 29.89).abs() < 1e-3));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct RandomGrayscale {
    #[serde(flatten)]
    base: LayerBase,
    factor: f32,
    #[serde(flatten)]
    seed: Seed,
}

impl Default for RandomGrayscale {
    fn default() -> Self {
        Self::new(0.5)
    }
}

impl RandomGrayscale {
    /// `factor` is how probable it is that a picture becomes gray, from 0 to 1.
    pub fn new(factor: f32) -> Self {
        Self {
            base: LayerBase::default(),
            factor,
            seed: Seed::default(),
        }
    }

    seed_setter!();
}

impl Layer for RandomGrayscale {
    layer_identity!("RandomGrayscale");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        gray_or_colored(input)?;
        if !(0.0..=1.0).contains(&self.factor) {
            return Err(Error::argument(
                "factor",
                "a number from 0 to 1",
                self.factor,
            ));
        }
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        if !pass.training {
            return Ok(x.clone());
        }
        let mut generator = self.seed.generator(pass);
        let probability = Factor::Between(self.factor, self.factor);
        let share = |_| f32::from(u8::from(probability.happens(&mut generator)));
        let fade = Fade {
            shares: (0..x.len()).map(share).collect(),
            channels: x.shape().last(),
            range: ValueRange::ANY,
        };
        change_pictures(pass.tape, x, fade)
    }
}

/// Takes some of their colors from pictures while training.
///
/// Keras: `keras.layers.RandomColorDegeneration`.
///
/// # Shapes
/// `(batch, height, width, 3)` to the same; pictures of one channel are gray and stay so
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(RandomColorDegeneration::new(0.5).input_shape((32, 32, 3)))?;
/// assert_eq!(model.output_shape()?, (32, 32, 3));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RandomColorDegeneration {
    #[serde(flatten)]
    base: LayerBase,
    factor: Factor,
    #[serde(default = "bytes")]
    value_range: (f32, f32),
    #[serde(flatten)]
    seed: Seed,
}

impl RandomColorDegeneration {
    /// `factor` is how gray pictures become: 0 is not at all, 1 is gray; one number stands for
    /// `(0, high)`.
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

impl Layer for RandomColorDegeneration {
    layer_identity!("RandomColorDegeneration");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        gray_or_colored(input)?;
        self.factor.require_shares("factor")?;
        check_range(self.value_range)?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        if !pass.training {
            return Ok(x.clone());
        }
        let mut generator = self.seed.generator(pass);
        let fade = Fade {
            shares: self.factor.draw_each(x.len(), &mut generator),
            channels: x.shape().last(),
            range: self.value_range.into(),
        };
        change_pictures(pass.tape, x, fade)
    }
}

/// Makes the colors of pictures stronger or weaker while training.
///
/// Keras: `keras.layers.RandomSaturation`. As there, the saturation is kept within `value_range`,
/// which suits pictures from 0 to 1; here the result is kept within it as well.
///
/// # Shapes
/// `(batch, height, width, 3)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let picture = Tensor::from_vec(vec![0.8, 0.4, 0.2], (1, 1, 3))?;
/// let layer = RandomSaturation::new((0.0, 0.0)).value_range(0.0, 1.0);
/// assert_eq!(layer.augment_images(&picture)?, Tensor::full((1, 1, 3), 0.8));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RandomSaturation {
    #[serde(flatten)]
    base: LayerBase,
    factor: Factor,
    #[serde(default = "bytes")]
    value_range: (f32, f32),
    #[serde(flatten)]
    seed: Seed,
}

impl RandomSaturation {
    /// How strong colors become: 0 is gray, 0.5 leaves them, 1 is as strong as can be; one number
    /// stands for `(0, high)`.
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

impl Layer for RandomSaturation {
    layer_identity!("RandomSaturation");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        colored(input)?;
        self.factor.require_shares("factor")?;
        check_range(self.value_range)?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        /// What keeps Keras from dividing by zero.
        const EPSILON: f32 = 1e-7;
        if !pass.training {
            return Ok(x.clone());
        }
        let mut generator = self.seed.generator(pass);
        let drawn = self.factor.draw_each(x.len(), &mut generator).into_iter();
        let saturate = Saturate {
            factors: drawn
                .map(|factor| factor / (1.0 - factor + EPSILON))
                .collect(),
            range: self.value_range.into(),
        };
        change_pictures(pass.tape, x, saturate)
    }
}

/// Turns the colors of pictures around the color wheel while training, in one direction or the
/// other.
///
/// Keras: `keras.layers.RandomHue`.
///
/// # Shapes
/// `(batch, height, width, 3)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// // Half of the wheel: red becomes cyan.
/// let picture = Tensor::from_vec(vec![255.0, 0.0, 0.0], (1, 1, 3))?;
/// let layer = RandomHue::new((1.0, 1.0));
/// assert_eq!(layer.augment_images(&picture)?.to_vec::<f32>(), [0.0, 255.0, 255.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RandomHue {
    #[serde(flatten)]
    base: LayerBase,
    factor: Factor,
    #[serde(default = "bytes")]
    value_range: (f32, f32),
    #[serde(flatten)]
    seed: Seed,
}

impl RandomHue {
    /// `factor` is how far colors go, where 1 is half of the wheel; one number stands for
    /// `(0, high)`.
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

impl Layer for RandomHue {
    layer_identity!("RandomHue");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        colored(input)?;
        self.factor.require_shares("factor")?;
        check_range(self.value_range)?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        if !pass.training {
            return Ok(x.clone());
        }
        let mut generator = self.seed.generator(pass);
        let draw = |_| {
            let sign = if generator.gen_bool(0.5) { -0.5 } else { 0.5 };
            sign * self.factor.draw(&mut generator)
        };
        let turn = Turn {
            turns: (0..x.len()).map(draw).collect(),
            range: self.value_range.into(),
        };
        change_pictures(pass.tape, x, turn)
    }
}

/// Fails unless pictures are gray or have red, green and blue.
fn gray_or_colored(input: &Shape) -> Result<()> {
    match picture(input)? {
        [_, _, 1] => Ok(()),
        _ => colored(input),
    }
}

/// Fails unless pictures have red, green and blue.
fn colored(input: &Shape) -> Result<()> {
    match picture(input)? {
        [_, _, 3] => Ok(()),
        [_, _, channels] => Err(Error::shape(format!(
            "expected pictures with the channels red, green and blue, got {channels} channels"
        ))
        .remedy("the channels are the last axis: (32, 32, 3)")),
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "RandomGrayscale",
        what: "makes random pictures gray while training",
        example: || {
            let layer = RandomGrayscale::default();
            (Box::new(layer), Shape::from((4, 5, 3)))
        },
        from_config: Config::layer::<RandomGrayscale>,
    },
    LayerEntry {
        class_name: "RandomColorDegeneration",
        what: "takes some of their colors from pictures while training",
        example: || {
            let layer = RandomColorDegeneration::new(0.5).value_range(-1.0, 1.0);
            (Box::new(layer), Shape::from((4, 5, 3)))
        },
        from_config: Config::layer::<RandomColorDegeneration>,
    },
    LayerEntry {
        class_name: "RandomSaturation",
        what: "makes colors stronger or weaker while training",
        example: || {
            let layer = RandomSaturation::new((0.4, 0.6)).value_range(-1.0, 1.0);
            (Box::new(layer), Shape::from((4, 5, 3)))
        },
        from_config: Config::layer::<RandomSaturation>,
    },
    LayerEntry {
        class_name: "RandomHue",
        what: "turns colors around the color wheel while training",
        example: || {
            let layer = RandomHue::new(0.2).value_range(-1.0, 1.0);
            (Box::new(layer), Shape::from((4, 5, 3)))
        },
        from_config: Config::layer::<RandomHue>,
    },
];
