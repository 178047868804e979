//! The layers that RandAugment and AugMix choose from, and how layers are called one after the other.

use rand::rngs::StdRng;

use super::factor::Factor;
use super::{
    AutoContrast, Equalization, RandomBrightness, RandomColorDegeneration, RandomContrast,
    RandomPosterization, RandomRotation, RandomSharpness, RandomShear, RandomTranslation,
    Solarization,
};
use crate::layers::{Layer, Pass};
use crate::ops::Interpolation;
use crate::{Result, Shape, Tensor};

/// Layers, each of which takes what the one before makes.
pub(super) type Chain = Vec<Box<dyn Layer>>;

/// What the layers to choose from have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    /// How far they go, from 0 to 1.
    pub(super) factor: Factor,
    pub(super) value_range: (f32, f32),
    pub(super) interpolation: Interpolation,
}

impl Choice {
    /// The layers that change shapes, numbers or both.
    pub(super) fn layers(self) -> Chain {
        let Choice {
            factor,
            value_range: (low, high),
            interpolation,
        } = self;
        // As in Keras, where no factor means that one bit is left.
        let bits = (8.0 * factor.bounds().1) as u32;
        vec![
            RandomShear::new()
                .x_factor(factor)
                .y_factor(factor)
                .interpolation(interpolation)
                .into(),
            RandomTranslation::new(factor, factor)
                .interpolation(interpolation)
                .into(),
            RandomRotation::new(factor)
                .interpolation(interpolation)
                .into(),
            RandomPosterization::new(bits.max(1))
                .value_range(low, high)
                .into(),
            Solarization::new()
                .addition_factor(factor)
                .threshold_factor(factor)
                .value_range(low, high)
                .into(),
            AutoContrast::new().value_range(low, high).into(),
            Equalization::new().value_range(low, high).into(),
        ]
    }

    /// The layers that change colors and sharpness.
    pub(super) fn color_layers(self) -> Chain {
        let (factor, (low, high)) = (self.factor, self.value_range);
        vec![
            RandomBrightness::new(factor).value_range(low, high).into(),
            RandomColorDegeneration::new(factor)
                .value_range(low, high)
                .into(),
            RandomContrast::new(factor).value_range(low, high).into(),
            RandomSharpness::new(factor).value_range(low, high).into(),
        ]
    }
}

/// Fails unless each layer takes pictures of shape `input`.
pub(super) fn check_layers(layers: &[Box<dyn Layer>], input: &Shape) -> Result<()> {
    for layer in layers {
        let shape = layer.output_shape(input);
        shape.map_err(|e| e.at(layer.class_name()))?;
    }
    Ok(())
}

/// Calls layers without weights one after the other; they draw from `generator`.
pub(super) fn call_chain<'a>(
    layers: impl IntoIterator<Item = &'a Box<dyn Layer>>,
    x: &Tensor,
    pass: &mut Pass<'_>,
    generator: &mut StdRng,
) -> Result<Tensor> {
    let mut inner = Pass {
        tape: &mut *pass.tape,
        weights: &mut *pass.weights,
        training: pass.training,
        generator,
        losses: &mut *pass.losses,
    };
    layers
        .into_iter()
        .try_fold(x.clone(), |x, layer| layer.call(&x, &mut inner))
}
