//! What random layers draw from, and in which shape.

use std::sync::{Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Error, Result, Shape, Tensor};

/// The argument `seed`: a layer that has one draws the same numbers in every run, whatever else is
/// random; others draw from the model's generator.
///
/// Keras: `keras.random.SeedGenerator`.
#[derive(Debug, Default)]
pub(crate) struct Seed {
    seed: Option<u64>,
    /// Begun with the first number that is drawn.
    generator: Mutex<Option<StdRng>>,
}

impl Seed {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed: Some(seed),
            generator: Mutex::default(),
        }
    }

    /// Calls `draw` with what to draw from: the layer's own generator, or that of the model.
    pub(crate) fn draw<T>(&self, of_model: &mut StdRng, draw: impl FnOnce(&mut StdRng) -> T) -> T {
        let Some(seed) = self.seed else {
            return draw(of_model);
        };
        // A poisoned lock only means that a thread panicked while drawing.
        let mut own = self
            .generator
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        draw(own.get_or_insert_with(|| StdRng::seed_from_u64(seed)))
    }
}

impl Clone for Seed {
    /// A new layer with the same seed, which begins anew.
    fn clone(&self) -> Self {
        Self {
            seed: self.seed,
            generator: Mutex::default(),
        }
    }
}

impl Serialize for Seed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.seed.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Seed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let seed = Option::<u64>::deserialize(from)?;
        Ok(seed.map_or_else(Seed::default, Seed::new))
    }
}

/// Fails unless `rate` is a probability.
pub(crate) fn check_rate(name: &str, rate: f32) -> Result<()> {
    if !(0.0..=1.0).contains(&rate) {
        return Err(Error::argument(name, "a number from 0 to 1", rate));
    }
    Ok(())
}

/// The argument `noise_shape`: sizes with that of the batch first, none where the noise is as large
/// as the input. Fails unless it stretches to samples of shape `input`.
pub(super) fn check_noise_shape(
    noise_shape: Option<&[Option<usize>]>,
    input: &Shape,
) -> Result<()> {
    let Some(sizes) = noise_shape else {
        return Ok(());
    };
    let fits = |(axis, size): (usize, &Option<usize>)| match (axis, size) {
        (_, None | Some(1)) => true,
        // The size of the batch is not known here.
        (0, Some(size)) => *size > 0,
        (axis, Some(size)) => input[axis - 1] == *size,
    };
    if sizes.len() != input.rank() + 1 || !sizes.iter().enumerate().all(fits) {
        let expected = format!(
            "{} sizes that stretch to batches of samples of shape {input}: each the same, 1, or none",
            input.rank() + 1
        );
        return Err(Error::argument(
            "noise_shape",
            &expected,
            format!("{sizes:?}"),
        ));
    }
    Ok(())
}

/// The shape of the noise for input `x`.
pub(super) fn noise_shape_for(noise_shape: Option<&[Option<usize>]>, x: &Tensor) -> Result<Shape> {
    let Some(sizes) = noise_shape else {
        return Ok(x.shape().clone());
    };
    let own = x.shape().iter();
    let sizes: Vec<usize> = sizes
        .iter()
        .zip(own)
        .map(|(size, own)| size.unwrap_or(*own))
        .collect();
    let shape = Shape::from(sizes);
    if shape.broadcast(x.shape()).ok().as_ref() != Some(x.shape()) {
        return Err(Error::shape(format!(
            "noise of shape {shape} does not stretch to input of shape {}",
            x.shape()
        ))
        .remedy("leave the size of the batch out of `noise_shape`: None, or 1"));
    }
    Ok(shape)
}

/// Numbers that are `dropped` with probability `rate`, else `kept`.
pub(super) fn chosen(
    shape: &Shape,
    rate: f32,
    [dropped, kept]: [f32; 2],
    generator: &mut StdRng,
) -> Tensor {
    let draw = |_| {
        if generator.r#gen::<f32>() < rate {
            dropped
        } else {
            kept
        }
    };
    Tensor::from_floats((0..shape.elements()).map(draw).collect(), shape.clone())
}

/// Numbers from a normal distribution.
pub(super) fn normal(shape: &Shape, mean: f32, stddev: f32, generator: &mut StdRng) -> Tensor {
    let draw = |_| {
        // Box and Muller's transform; the first number must not be zero.
        let u: f32 = 1.0 - generator.r#gen::<f32>();
        let v: f32 = generator.r#gen();
        mean + stddev * (-2.0 * u.ln()).sqrt() * (std::f32::consts::TAU * v).cos()
    };
    Tensor::from_floats((0..shape.elements()).map(draw).collect(), shape.clone())
}
