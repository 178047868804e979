//! RandomShear and RandomPerspective.

use rand::Rng;
use serde::{Deserialize, Serialize};

use super::factor::{Factor, Seed, interpolation_setter, look_setters, seed_setter};
use super::picture;
use super::random_geometry::change;
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::ops::{FillMode, Interpolation, Look, Origin, homography, perspective_origin};
use crate::{Config, Error, Result, Setting, Shape, Tensor};

/// Shears pictures while training: rows are moved sideways, the further down the more, and columns
/// up or down.
///
/// Keras: `keras.layers.RandomShear`.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(RandomShear::new().x_factor(0.2).y_factor((0.1, 0.3)).input_shape((32, 32, 3)))?;
/// assert_eq!(model.output_shape()?, (32, 32, 3));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct RandomShear {
    #[serde(flatten)]
    base: LayerBase,
    x_factor: Factor,
    y_factor: Factor,
    interpolation: Setting<Interpolation>,
    fill_mode: Setting<FillMode>,
    fill_value: f32,
    #[serde(flatten)]
    seed: Seed,
}

impl Default for RandomShear {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            x_factor: Factor::Between(0.0, 0.0),
            y_factor: Factor::Between(0.0, 0.0),
            interpolation: Interpolation::Bilinear.into(),
            fill_mode: FillMode::Reflect.into(),
            fill_value: 0.0,
            seed: Seed::default(),
        }
    }
}

impl RandomShear {
    /// Changes nothing, until the factors are set.
    pub fn new() -> Self {
        Self::default()
    }

    /// How far a row is moved for each row above it, from 0 to 1, to the left or to the right; 0
    /// unless set.
    #[must_use]
    pub fn x_factor(mut self, x_factor: impl Into<Factor>) -> Self {
        self.x_factor = x_factor.into().as_bounds(-1.0);
        self
    }

    /// How far a column is moved for each column before it, from 0 to 1, up or down; 0 unless set.
    #[must_use]
    pub fn y_factor(mut self, y_factor: impl Into<Factor>) -> Self {
        self.y_factor = y_factor.into().as_bounds(-1.0);
        self
    }

    look_setters!();
    seed_setter!();
}

impl Layer for RandomShear {
    layer_identity!("RandomShear");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        picture(input)?;
        let expected = "one or two numbers from 0 to 1";
        let allowed = |f: f32| (-1.0..=1.0).contains(&f);
        self.x_factor.require("x_factor", expected, allowed)?;
        self.y_factor.require("y_factor", expected, allowed)?;
        self.look()?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        change(x, pass, &self.seed, self.look()?, |generator| {
            let sign = if generator.gen_bool(0.5) { -1.0 } else { 1.0 };
            let down = sign * self.y_factor.draw(generator);
            let right = sign * self.x_factor.draw(generator);
            Origin::Affine([1.0, right, 0.0, down, 1.0, 0.0])
        })
    }
}

/// Shows some pictures from another side while training: their corners move, each on its own.
///
/// Keras: `keras.layers.RandomPerspective`. As there, the upper left corner stays where it is, and
/// the others move by a share of where they are.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(RandomPerspective::new(0.5).scale(0.3).input_shape((32, 32, 3)))?;
/// assert_eq!(model.output_shape()?, (32, 32, 3));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct RandomPerspective {
    #[serde(flatten)]
    base: LayerBase,
    factor: Factor,
    scale: f32,
    interpolation: Setting<Interpolation>,
    fill_value: f32,
    #[serde(flatten)]
    seed: Seed,
}

impl Default for RandomPerspective {
    fn default() -> Self {
        Self::new(1.0)
    }
}

impl RandomPerspective {
    /// `factor` is how probable it is that a picture is changed: for each picture between two
    /// numbers, or between 0 and one.
    pub fn new(factor: impl Into<Factor>) -> Self {
        Self {
            base: LayerBase::default(),
            factor: factor.into().as_bounds(0.0),
            scale: 1.0,
            interpolation: Interpolation::Bilinear.into(),
            fill_value: 0.0,
            seed: Seed::default(),
        }
    }

    /// How far corners move: 1 is up to half of the picture's size in both directions; 1 unless set.
    #[must_use]
    pub fn scale(mut self, scale: f32) -> Self {
        self.scale = scale;
        self
    }

    interpolation_setter!();

    /// What is seen outside of the picture; 0 unless set.
    #[must_use]
    pub fn fill_value(mut self, fill_value: f32) -> Self {
        self.fill_value = fill_value;
        self
    }

    seed_setter!();
}

impl Layer for RandomPerspective {
    layer_identity!("RandomPerspective");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        picture(input)?;
        self.factor.require_shares("factor")?;
        if !(0.0..=1.0).contains(&self.scale) {
            return Err(Error::argument("scale", "a number from 0 to 1", self.scale));
        }
        self.interpolation.get()?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let [height, width, _] = picture(&x.shape().without_batch())?;
        let look = Look {
            interpolation: *self.interpolation.get()?,
            fill_mode: FillMode::Constant,
            fill_value: self.fill_value,
        };
        let [right, bottom] = [width, height].map(|size| size.saturating_sub(1) as f32);
        let corners = [[0.0, 0.0], [right, 0.0], [0.0, bottom], [right, bottom]];
        let reach = Factor::UpTo(0.5 * self.scale);
        change(x, pass, &self.seed, look, |generator| {
            let happens = self.factor.happens(generator);
            let moved = corners.map(|corner| corner.map(|at| at + at * reach.draw(generator)));
            perspective_origin(
                happens
                    .then_some(&moved)
                    .and_then(|to| homography(&corners, to)),
            )
        })
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "RandomShear",
        what: "shears pictures while training",
        example: || {
            let layer = RandomShear::new().x_factor(0.2).y_factor(0.2);
            (Box::new(layer), Shape::from((4, 5, 2)))
        },
        from_config: Config::layer::<RandomShear>,
    },
    LayerEntry {
        class_name: "RandomPerspective",
        what: "shows pictures from another side while training",
        example: || {
            let layer = RandomPerspective::default().scale(0.3);
            (Box::new(layer), Shape::from((4, 5, 2)))
        },
        from_config: Config::layer::<RandomPerspective>,
    },
];
