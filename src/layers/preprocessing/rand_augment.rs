//! RandAugment.

use rand::Rng;
use serde::{Deserialize, Serialize};

use super::augmentations::{Chain, Choice, call_chain, check_layers};
use super::factor::{
    Factor, Seed, bytes, check_range, interpolation_setter, range_setter, seed_setter,
};
use super::picture;
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::ops::Interpolation;
use crate::{Config, Error, Result, Setting, Shape, Tensor};

/// Changes the pictures of each batch in a few ways while training, chosen by chance from eleven:
/// shear, translation, rotation, brightness, color degeneration, contrast, sharpness, posterization,
/// solarization, auto contrast and equalization. How far each goes is drawn for each picture.
///
/// Keras: `keras.layers.RandAugment`; Cubuk and others, "RandAugment: Practical automated data
/// augmentation with a reduced search space", 2019.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same, with one or three channels
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(RandAugment::new().num_ops(3).factor(0.3).input_shape((32, 32, 3)))?;
/// assert_eq!(model.output_shape()?, (32, 32, 3));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct RandAugment {
    #[serde(flatten)]
    base: LayerBase,
    value_range: (f32, f32),
    num_ops: usize,
    factor: Factor,
    interpolation: Setting<Interpolation>,
    #[serde(flatten)]
    seed: Seed,
}

impl Default for RandAugment {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            value_range: bytes(),
            num_ops: 2,
            factor: Factor::Between(0.0, 0.5),
            interpolation: Interpolation::Bilinear.into(),
            seed: Seed::default(),
        }
    }
}

impl RandAugment {
    /// Two changes of pictures with numbers from 0 to 255.
    pub fn new() -> Self {
        Self::default()
    }

    range_setter!();

    /// How many changes there are, one after the other, up to 100; 2 unless set.
    #[must_use]
    pub fn num_ops(mut self, num_ops: usize) -> Self {
        self.num_ops = num_ops;
        self
    }

    /// How far changes go, from 0 to 1: one number for `(0, high)`; 0.5 unless set.
    #[must_use]
    pub fn factor(mut self, factor: impl Into<Factor>) -> Self {
        self.factor = factor.into().as_bounds(0.0);
        self
    }

    interpolation_setter!();

    seed_setter!();

    /// The layers to choose from.
    fn layers(&self) -> Result<Chain> {
        let choice = Choice {
            factor: self.factor,
            value_range: self.value_range,
            interpolation: *self.interpolation.get()?,
        };
        let mut layers = choice.layers();
        layers.extend(choice.color_layers());
        Ok(layers)
    }
}

impl Layer for RandAugment {
    layer_identity!("RandAugment");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        picture(input)?;
        self.factor.require_shares("factor")?;
        check_range(self.value_range)?;
        require_few("num_ops", self.num_ops)?;
        check_layers(&self.layers()?, input)?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        if !pass.training {
            return Ok(x.clone());
        }
        let mut generator = self.seed.generator(pass);
        let layers = self.layers()?;
        let choose = |_| &layers[generator.gen_range(0..layers.len())];
        let chosen: Vec<_> = (0..self.num_ops).map(choose).collect();
        call_chain(chosen, x, pass, &mut generator)
    }
}

/// Fails when a layer should do something more often than anyone waits for.
pub(super) fn require_few(name: &str, count: usize) -> Result<()> {
    match count {
        0..=100 => Ok(()),
        _ => Err(Error::argument(name, "a whole number up to 100", count)),
    }
}

/// The layer of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "RandAugment",
    what: "changes pictures in ways chosen by chance while training",
    example: || {
        let layer = RandAugment::new().value_range(-1.0, 1.0).factor(0.2);
        (Box::new(layer), Shape::from((4, 5, 3)))
    },
    from_config: Config::layer::<RandAugment>,
}];
