//! RandomColorJitter.

use serde::{Deserialize, Serialize};

use super::augmentations::{Chain, call_chain, check_layers};
use super::factor::{Factor, Seed, bytes, check_range, range_setter, seed_setter};
use super::{RandomBrightness, RandomContrast, RandomHue, RandomSaturation, picture};
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::{Config, Result, Shape, Tensor};

/// Changes brightness, contrast, saturation and hue of pictures while training, in this order, and
/// each only where it has a factor.
///
/// Keras: `keras.layers.RandomColorJitter`. The factors are those of
/// [`RandomBrightness`], [`RandomContrast`], [`RandomSaturation`] and [`RandomHue`].
///
/// # Shapes
/// `(batch, height, width, channels)` to the same; with three channels where saturation or hue have
/// a factor
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let jitter = RandomColorJitter::new().brightness_factor(0.2).hue_factor(0.1);
/// let mut model = Sequential::new();
/// model.add(jitter.value_range(0.0, 1.0).input_shape((32, 32, 3)))?;
/// assert_eq!(model.output_shape()?, (32, 32, 3));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct RandomColorJitter {
    #[serde(flatten)]
    base: LayerBase,
    value_range: (f32, f32),
    brightness_factor: Option<Factor>,
    contrast_factor: Option<Factor>,
    saturation_factor: Option<Factor>,
    hue_factor: Option<Factor>,
    #[serde(flatten)]
    seed: Seed,
}

impl Default for RandomColorJitter {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            value_range: bytes(),
            brightness_factor: None,
            contrast_factor: None,
            saturation_factor: None,
            hue_factor: None,
            seed: Seed::default(),
        }
    }
}

impl RandomColorJitter {
    /// Changes nothing, until factors are set.
    pub fn new() -> Self {
        Self::default()
    }

    range_setter!();

    /// The factor of [`RandomBrightness`].
    #[must_use]
    pub fn brightness_factor(mut self, factor: impl Into<Factor>) -> Self {
        self.brightness_factor = Some(factor.into());
        self
    }

    /// The factor of [`RandomContrast`].
    #[must_use]
    pub fn contrast_factor(mut self, factor: impl Into<Factor>) -> Self {
        self.contrast_factor = Some(factor.into());
        self
    }

    /// The factor of [`RandomSaturation`].
    #[must_use]
    pub fn saturation_factor(mut self, factor: impl Into<Factor>) -> Self {
        self.saturation_factor = Some(factor.into());
        self
    }

    /// The factor of [`RandomHue`].
    #[must_use]
    pub fn hue_factor(mut self, factor: impl Into<Factor>) -> Self {
        self.hue_factor = Some(factor.into());
        self
    }

    seed_setter!();

    /// The layers that do it.
    fn layers(&self) -> Chain {
        let (low, high) = self.value_range;
        let brightness = |factor| RandomBrightness::new(factor).value_range(low, high).into();
        let contrast = |factor| RandomContrast::new(factor).value_range(low, high).into();
        let saturation = |factor| RandomSaturation::new(factor).value_range(low, high).into();
        let hue = |factor| RandomHue::new(factor).value_range(low, high).into();
        let layers = [
            self.brightness_factor.map(brightness),
            self.contrast_factor.map(contrast),
            self.saturation_factor.map(saturation),
            self.hue_factor.map(hue),
        ];
        layers.into_iter().flatten().collect()
    }
}

impl Layer for RandomColorJitter {
    layer_identity!("RandomColorJitter");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        picture(input)?;
        check_range(self.value_range)?;
        check_layers(&self.layers(), input)?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        if !pass.training {
            return Ok(x.clone());
        }
        let mut generator = self.seed.generator(pass);
        call_chain(&self.layers(), x, pass, &mut generator)
    }
}

/// The layer of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "RandomColorJitter",
    what: "changes brightness, contrast, saturation and hue while training",
    example: || {
        let layer = RandomColorJitter::new().value_range(-1.0, 1.0);
        let layer = layer
            .brightness_factor(0.1)
            .contrast_factor(0.1)
            .hue_factor(0.1);
        (Box::new(layer), Shape::from((4, 5, 3)))
    },
    from_config: Config::layer::<RandomColorJitter>,
}];
