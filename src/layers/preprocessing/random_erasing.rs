//! RandomErasing.

use rand::RngCore;
use serde::{Deserialize, Serialize};

use super::factor::{Factor, Seed, bytes, check_range, range_setter, seed_setter};
use super::{Values, picture};
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::ops::pictures::{Erase, Filling, Patch, change_pictures};
use crate::{Config, Error, Result, Shape, Tensor};

/// Takes a random rectangle away from some pictures while training.
///
/// Keras: `keras.layers.RandomErasing`; Zhong and others, "Random Erasing Data Augmentation", 2017.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// // A quarter of each side goes, so a sixteenth of the picture.
/// let erase = RandomErasing::new((1.0, 1.0)).scale((0.0625, 0.0625)).fill_value(0.0);
/// let picture = erase.augment_images(&Tensor::ones((64, 64, 1)))?;
/// assert!((picture.mean() - (1.0 - 0.0625)).abs() < 0.01);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct RandomErasing {
    #[serde(flatten)]
    base: LayerBase,
    factor: Factor,
    scale: Factor,
    fill_value: Option<Values>,
    value_range: (f32, f32),
    #[serde(flatten)]
    seed: Seed,
}

impl Default for RandomErasing {
    fn default() -> Self {
        Self::new(1.0)
    }
}

impl RandomErasing {
    /// `factor` is how probable it is that a picture loses something: for each picture between two
    /// numbers, or between 0 and one.
    pub fn new(factor: impl Into<Factor>) -> Self {
        Self {
            base: LayerBase::default(),
            factor: factor.into().as_bounds(0.0),
            scale: Factor::Between(0.02, 0.33),
            fill_value: None,
            value_range: bytes(),
            seed: Seed::default(),
        }
    }

    /// How large the rectangle is: the square root of a number between these, drawn for each side, is
    /// the share of that side. One number stands for `(0, high)`; `(0.02, 0.33)` unless set.
    #[must_use]
    pub fn scale(mut self, scale: impl Into<Factor>) -> Self {
        self.scale = scale.into().as_bounds(0.0);
        self
    }

    /// What comes there instead: one number, or one for each channel; noise unless set.
    #[must_use]
    pub fn fill_value(mut self, fill_value: impl Into<Values>) -> Self {
        self.fill_value = Some(fill_value.into());
        self
    }

    range_setter!();
    seed_setter!();

    /// The color for so many channels, where there is one.
    fn color(&self, channels: usize) -> Result<Option<Vec<f32>>> {
        let color = match &self.fill_value {
            None => return Ok(None),
            Some(Values::One(value)) => vec![*value; channels],
            Some(Values::Each(values)) => values.clone(),
        };
        if color.len() != channels || color.iter().any(|value| value.is_nan()) {
            let expected = format!("one number, or {channels} for the channels");
            return Err(Error::argument(
                "fill_value",
                &expected,
                format!("{color:?}"),
            ));
        }
        Ok(Some(color))
    }
}

impl Layer for RandomErasing {
    layer_identity!("RandomErasing");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let [_, _, channels] = picture(input)?;
        self.factor.require_shares("factor")?;
        self.scale.require_shares("scale")?;
        self.color(channels)?;
        check_range(self.value_range)?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        if !pass.training {
            return Ok(x.clone());
        }
        let [height, width, channels] = picture(&x.shape().without_batch())?;
        let mut generator = self.seed.generator(pass);
        let patches = (0..x.len()).map(|_| {
            let shares = [(); 2].map(|()| self.scale.draw(&mut generator).sqrt());
            let (patch, _) = Patch::draw([height, width], shares, &mut generator);
            self.factor.happens(&mut generator).then_some(patch)
        });
        let patches = patches.collect();
        let filling = match self.color(channels)? {
            Some(color) => Filling::Color(color),
            None => Filling::Noise {
                height: self.value_range.1,
                seeds: (0..x.len()).map(|_| generator.next_u64()).collect(),
            },
        };
        let erase = Erase {
            patches,
            filling,
            width,
            channels,
            range: self.value_range.into(),
        };
        change_pictures(pass.tape, x, erase)
    }
}

/// The layer of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "RandomErasing",
    what: "takes a rectangle away from random pictures while training",
    example: || {
        let layer = RandomErasing::default().value_range(-1.0, 1.0);
        (Box::new(layer), Shape::from((4, 5, 2)))
    },
    from_config: Config::layer::<RandomErasing>,
}];
