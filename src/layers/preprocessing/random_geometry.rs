//! RandomRotation, RandomZoom and RandomTranslation.

use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use super::factor::{Factor, Seed, look_setters, seed_setter};
use super::picture;
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::ops::{Between, FillMode, Interpolation, Look, Origin, rearrange};
use crate::{Config, Result, Setting, Shape, Tensor};

/// Turns pictures around their middle while training.
///
/// Keras: `keras.layers.RandomRotation`.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// // Up to 36 degrees in both directions.
/// let mut model = Sequential::new();
/// model.add(RandomRotation::new(0.1).fill_mode("nearest").input_shape((32, 32, 3)))?;
/// assert_eq!(model.output_shape()?, (32, 32, 3));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RandomRotation {
    #[serde(flatten)]
    base: LayerBase,
    factor: Factor,
    #[serde(default)]
    fill_mode: Setting<FillMode>,
    #[serde(default = "bilinear")]
    interpolation: Setting<Interpolation>,
    #[serde(default)]
    fill_value: f32,
    #[serde(flatten)]
    seed: Seed,
}

/// What these layers do unless told otherwise.
fn bilinear() -> Setting<Interpolation> {
    Interpolation::Bilinear.into()
}

impl RandomRotation {
    /// `factor` is a share of a full turn, positive against the clock: `0.5` is up to 180 degrees
    /// in both directions.
    pub fn new(factor: impl Into<Factor>) -> Self {
        Self {
            base: LayerBase::default(),
            factor: factor.into().as_bounds(-1.0),
            fill_mode: FillMode::Reflect.into(),
            interpolation: bilinear(),
            fill_value: 0.0,
            seed: Seed::default(),
        }
    }

    look_setters!();
    seed_setter!();
}

impl Layer for RandomRotation {
    layer_identity!("RandomRotation");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        picture(input)?;
        let expected = "one or two numbers from -1 to 1";
        self.factor
            .require("factor", expected, |f| (-1.0..=1.0).contains(&f))?;
        self.look()?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let [height, width, _] = picture(&x.shape().without_batch())?;
        let middle = ((width - 1) as f32 * 0.5, (height - 1) as f32 * 0.5);
        change(x, pass, &self.seed, self.look()?, |generator| {
            let angle = (self.factor.draw(generator) * 360.0).to_radians();
            let (sin, cos) = angle.sin_cos();
            Origin::Affine([
                cos,
                -sin,
                middle.0 - middle.0 * cos + middle.1 * sin,
                sin,
                cos,
                middle.1 - middle.0 * sin - middle.1 * cos,
            ])
        })
    }
}

/// Zooms into pictures or out of them while training.
///
/// Keras: `keras.layers.RandomZoom`.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(RandomZoom::new(0.2).input_shape((32, 32, 3)))?;
/// assert_eq!(model.output_shape()?, (32, 32, 3));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RandomZoom {
    #[serde(flatten)]
    base: LayerBase,
    height_factor: Factor,
    width_factor: Option<Factor>,
    #[serde(default)]
    fill_mode: Setting<FillMode>,
    #[serde(default = "bilinear")]
    interpolation: Setting<Interpolation>,
    #[serde(default)]
    fill_value: f32,
    #[serde(flatten)]
    seed: Seed,
}

impl RandomZoom {
    /// `height_factor` is how much more of the picture is seen: `0.2` is from 20% less (zoomed in)
    /// to 20% more (zoomed out). The width follows, unless it has a factor of its own.
    pub fn new(height_factor: impl Into<Factor>) -> Self {
        Self {
            base: LayerBase::default(),
            height_factor: height_factor.into(),
            width_factor: None,
            fill_mode: FillMode::Reflect.into(),
            interpolation: bilinear(),
            fill_value: 0.0,
            seed: Seed::default(),
        }
    }

    /// The same for the width, which then is zoomed on its own.
    #[must_use]
    pub fn width_factor(mut self, width_factor: impl Into<Factor>) -> Self {
        self.width_factor = Some(width_factor.into());
        self
    }

    look_setters!();
    seed_setter!();
}

impl Layer for RandomZoom {
    layer_identity!("RandomZoom");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        picture(input)?;
        let expected = "one or two numbers above -1 and up to 1";
        let allowed = |f: f32| f > -1.0 && f <= 1.0;
        self.height_factor
            .require("height_factor", expected, allowed)?;
        if let Some(factor) = self.width_factor {
            factor.require("width_factor", expected, allowed)?;
        }
        self.look()?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let [height, width, _] = picture(&x.shape().without_batch())?;
        let look = self.look()?;
        let axis = |size: usize, zoom: f32| {
            let start = (size - 1) as f32 / 2.0 * (1.0 - zoom);
            let place = |i| Between::place(i as f32 * zoom + start, size, look);
            (0..size).map(place).collect()
        };
        change(x, pass, &self.seed, look, |generator| {
            let height_zoom = 1.0 + self.height_factor.draw(generator);
            let width_zoom = match self.width_factor {
                Some(factor) => 1.0 + factor.draw(generator),
                None => height_zoom,
            };
            Origin::Axes {
                rows: axis(height, height_zoom),
                columns: axis(width, width_zoom),
            }
        })
    }
}

/// Moves pictures while training.
///
/// Keras: `keras.layers.RandomTranslation`.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(RandomTranslation::new(0.1, 0.1).input_shape((32, 32, 3)))?;
/// assert_eq!(model.output_shape()?, (32, 32, 3));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RandomTranslation {
    #[serde(flatten)]
    base: LayerBase,
    height_factor: Factor,
    width_factor: Factor,
    #[serde(default)]
    fill_mode: Setting<FillMode>,
    #[serde(default = "bilinear")]
    interpolation: Setting<Interpolation>,
    #[serde(default)]
    fill_value: f32,
    #[serde(flatten)]
    seed: Seed,
}

impl RandomTranslation {
    /// Both factors are shares of the picture's size; positive ones move down and to the right.
    pub fn new(height_factor: impl Into<Factor>, width_factor: impl Into<Factor>) -> Self {
        Self {
            base: LayerBase::default(),
            height_factor: height_factor.into(),
            width_factor: width_factor.into(),
            fill_mode: FillMode::Reflect.into(),
            interpolation: bilinear(),
            fill_value: 0.0,
            seed: Seed::default(),
        }
    }

    look_setters!();
    seed_setter!();
}

impl Layer for RandomTranslation {
    layer_identity!("RandomTranslation");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        picture(input)?;
        let expected = "one or two numbers from -1 to 1";
        let allowed = |f: f32| (-1.0..=1.0).contains(&f);
        self.height_factor
            .require("height_factor", expected, allowed)?;
        self.width_factor
            .require("width_factor", expected, allowed)?;
        self.look()?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let [height, width, _] = picture(&x.shape().without_batch())?;
        let look = self.look()?;
        let axis = |size: usize, factor: f32| {
            let shift = factor * size as f32;
            let place = |i| Between::place(i as f32 - shift, size, look);
            (0..size).map(place).collect()
        };
        change(x, pass, &self.seed, look, |generator| Origin::Axes {
            rows: axis(height, self.height_factor.draw(generator)),
            columns: axis(width, self.width_factor.draw(generator)),
        })
    }
}

/// Each picture as `draw` says, while training.
pub(super) fn change(
    x: &Tensor,
    pass: &mut Pass<'_>,
    seed: &Seed,
    look: Look,
    draw: impl Fn(&mut StdRng) -> Origin,
) -> Result<Tensor> {
    if !pass.training {
        return Ok(x.clone());
    }
    let [height, width, _] = picture(&x.shape().without_batch())?;
    let mut generator = seed.generator(pass);
    let origins = (0..x.len()).map(|_| draw(&mut generator)).collect();
    rearrange(pass.tape, x, (height, width), origins, look)
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "RandomRotation",
        what: "turns pictures while training",
        example: || (Box::new(RandomRotation::new(0.1)), Shape::from((4, 5, 2))),
        from_config: Config::layer::<RandomRotation>,
    },
    LayerEntry {
        class_name: "RandomZoom",
        what: "zooms into pictures while training",
        example: || (Box::new(RandomZoom::new(0.2)), Shape::from((4, 5, 2))),
        from_config: Config::layer::<RandomZoom>,
    },
    LayerEntry {
        class_name: "RandomTranslation",
        what: "moves pictures while training",
        example: || {
            let layer = RandomTranslation::new(0.2, 0.2);
            (Box::new(layer), Shape::from((4, 5, 2)))
        },
        from_config: Config::layer::<RandomTranslation>,
    },
];
