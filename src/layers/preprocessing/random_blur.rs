//! RandomGaussianBlur and RandomSharpness.

use serde::{Deserialize, Serialize};

use super::factor::{Factor, Seed, bytes, check_range, range_setter, seed_setter};
use super::picture;
use crate::layers::{Layer, LayerBase, LayerEntry, Pair, Pass, layer_identity};
use crate::ops::pictures::{Filter, Filtered, change_pictures};
use crate::{Config, Error, Result, Shape, Tensor};

/// Blurs some pictures while training: each pixel becomes a mean of those around, the nearer the
/// more. Around the picture there is black.
///
/// Keras: `keras.layers.RandomGaussianBlur`. As there, all pictures of a batch that are blurred are
/// blurred as much.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let blur = RandomGaussianBlur::new(0.5).kernel_size(5).sigma((0.5, 1.0));
/// let mut model = Sequential::new();
/// model.add(blur.input_shape((32, 32, 3)))?;
/// assert_eq!(model.output_shape()?, (32, 32, 3));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct RandomGaussianBlur {
    #[serde(flatten)]
    base: LayerBase,
    factor: Factor,
    kernel_size: Pair,
    sigma: Factor,
    value_range: (f32, f32),
    #[serde(flatten)]
    seed: Seed,
}

impl Default for RandomGaussianBlur {
    fn default() -> Self {
        Self::new(1.0)
    }
}

impl RandomGaussianBlur {
    /// `factor` is how probable it is that a picture is blurred: for each picture between two
    /// numbers, or between 0 and one.
    pub fn new(factor: impl Into<Factor>) -> Self {
        Self {
            base: LayerBase::default(),
            factor: factor.into().as_bounds(0.0),
            kernel_size: 3.into(),
            sigma: Factor::Between(0.0, 1.0),
            value_range: bytes(),
            seed: Seed::default(),
        }
    }

    /// How many pixels count along the width and the height (in this order, as in Keras): odd
    /// numbers up to 9999; 3 unless set.
    #[must_use]
    pub fn kernel_size(mut self, kernel_size: impl Into<Pair>) -> Self {
        self.kernel_size = kernel_size.into();
        self
    }

    /// How far blurring reaches, as a standard deviation in pixels from 0 to 1, drawn for width and
    /// height: one number for `(0, high)`; 1 unless set.
    #[must_use]
    pub fn sigma(mut self, sigma: impl Into<Factor>) -> Self {
        self.sigma = sigma.into().as_bounds(0.0);
        self
    }

    range_setter!();
    seed_setter!();
}

impl Layer for RandomGaussianBlur {
    layer_identity!("RandomGaussianBlur");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        picture(input)?;
        self.factor.require_shares("factor")?;
        self.sigma.require_shares("sigma")?;
        check_range(self.value_range)?;
        let sizes = self.kernel_size.0;
        if sizes.iter().any(|size| size % 2 == 0 || *size > 9999) {
            let expected = "one or two odd numbers up to 9999";
            let given = format!("({}, {})", sizes[0], sizes[1]);
            return Err(Error::argument("kernel_size", expected, given));
        }
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        /// What keeps the deviation from being 0.
        const EPSILON: f32 = 1e-6;
        if !pass.training {
            return Ok(x.clone());
        }
        let mut generator = self.seed.generator(pass);
        let [width, height] = self.kernel_size.0;
        let mut weights = |size| gaussian(size, self.sigma.draw(&mut generator) + EPSILON);
        let columns = weights(width);
        let rows = weights(height);
        let filter = |_| match self.factor.happens(&mut generator) {
            true => Filter {
                kept: 0.0,
                around: Some((rows.clone(), columns.clone())),
            },
            false => Filter {
                kept: 1.0,
                around: None,
            },
        };
        let filtered = Filtered {
            filters: (0..x.len()).map(filter).collect(),
            sizes: picture(&x.shape().without_batch())?,
            range: self.value_range.into(),
        };
        change_pictures(pass.tape, x, filtered)
    }
}

/// The weights of so many pixels in a row, an odd number, which make 1 together.
pub(super) fn gaussian(size: usize, sigma: f32) -> Vec<f32> {
    let middle = (size / 2) as f32;
    let weight = |i| (-0.5 * ((i as f32 - middle) / sigma).powi(2)).exp();
    let weights: Vec<f32> = (0..size).map(weight).collect();
    let sum: f32 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// Makes pictures smooth or sharp while training.
///
/// Keras: `keras.layers.RandomSharpness`.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(RandomSharpness::new((0.3, 0.8)).input_shape((32, 32, 3)))?;
/// assert_eq!(model.output_shape()?, (32, 32, 3));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RandomSharpness {
    #[serde(flatten)]
    base: LayerBase,
    factor: Factor,
    #[serde(default = "bytes")]
    value_range: (f32, f32),
    #[serde(flatten)]
    seed: Seed,
}

impl RandomSharpness {
    /// How sharp pictures become: 0 is smooth, 0.5 leaves them, 1 is as sharp as can be; one number
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

impl Layer for RandomSharpness {
    layer_identity!("RandomSharpness");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        picture(input)?;
        self.factor.require_shares("factor")?;
        check_range(self.value_range)?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        /// What the smooth picture has of each pixel around, and of the pixel itself.
        const AROUND: f32 = 1.0 / 13.0;
        const MIDDLE: f32 = 5.0 / 13.0;
        if !pass.training {
            return Ok(x.clone());
        }
        let mut generator = self.seed.generator(pass);
        let filter = |factor: f32| {
            let smooth = 1.0 - 2.0 * factor;
            Filter {
                kept: 1.0 - smooth + smooth * (MIDDLE - AROUND),
                around: Some((vec![1.0; 3], vec![smooth * AROUND; 3])),
            }
        };
        let factors = self.factor.draw_each(x.len(), &mut generator);
        let filtered = Filtered {
            filters: factors.into_iter().map(filter).collect(),
            sizes: picture(&x.shape().without_batch())?,
            range: self.value_range.into(),
        };
        change_pictures(pass.tape, x, filtered)
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "RandomGaussianBlur",
        what: "blurs random pictures while training",
        example: || {
            let layer = RandomGaussianBlur::default().value_range(-1.0, 1.0);
            (Box::new(layer), Shape::from((4, 5, 2)))
        },
        from_config: Config::layer::<RandomGaussianBlur>,
    },
    LayerEntry {
        class_name: "RandomSharpness",
        what: "makes pictures smooth or sharp while training",
        example: || {
            let layer = RandomSharpness::new(0.5).value_range(-1.0, 1.0);
            (Box::new(layer), Shape::from((4, 5, 2)))
        },
        from_config: Config::layer::<RandomSharpness>,
    },
];
