//! Pooling over whole pictures.

use super::window::pictures;
use crate::tensor::bridge::{Backpass, Op, apply};
use crate::{Error, Result, Shape, Tape, Tensor};

/// The mean of each channel of each picture: `(batch, height, width, channels)` to
/// `(batch, channels)`.
///
/// # Errors
/// When `x` is not a batch of pictures.
pub fn global_average_pool2d(tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
    let (places, shape) = places_and_channels(x)?;
    apply(
        tape,
        GlobalAverage {
            places,
            channels: shape.last(),
        },
        &[x],
        shape,
    )
}

/// The maximum of each channel of each picture: `(batch, height, width, channels)` to
/// `(batch, channels)`.
///
/// # Errors
/// When `x` is not a batch of pictures, or the pictures are empty.
pub fn global_max_pool2d(tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
    let (places, shape) = places_and_channels(x)?;
    apply(
        tape,
        GlobalMax {
            places,
            channels: shape.last(),
            winners: Vec::new(),
        },
        &[x],
        shape,
    )
}

fn places_and_channels(x: &Tensor) -> Result<(usize, Shape)> {
    let [batch, height, width, channels] = pictures("global pooling", x)?;
    if height * width == 0 {
        return Err(Error::shape(format!(
            "cannot pool pictures without cells, got {}",
            x.shape()
        )));
    }
    Ok((height * width, Shape::from((batch, channels))))
}

struct GlobalAverage {
    places: usize,
    channels: usize,
}

impl Op for GlobalAverage {
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let pictures = inputs[0].chunks_exact((self.places * self.channels).max(1));
        for (x, y) in pictures.zip(output.chunks_exact_mut(self.channels)) {
            y.fill(0.0);
            super::dense::sum_rows(x, y);
            y.iter_mut().for_each(|y| *y /= self.places as f32);
        }
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(x) = &mut at.wanted[0] else { return };
        let (picture, share) = (self.places * self.channels, 1.0 / self.places as f32);
        let gradient = at.gradient;
        x.add_each(|i| gradient[i / picture * self.channels + i % self.channels] * share);
    }
}

struct GlobalMax {
    places: usize,
    channels: usize,
    winners: Vec<usize>,
}

impl Op for GlobalMax {
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let (x, channels) = (inputs[0], self.channels);
        self.winners = (0..output.len())
            .map(|i| {
                let start = i / channels * self.places * channels + i % channels;
                let places = (0..self.places).map(|place| start + place * channels);
                // The first of equals wins, and NaN, so that it shows.
                let wins = |value: f32, best: f32| value > best || value.is_nan();
                places.fold(
                    start,
                    |best, at| if wins(x[at], x[best]) { at } else { best },
                )
            })
            .collect();
        for (y, &winner) in output.iter_mut().zip(&self.winners) {
            *y = x[winner];
        }
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(x) = &mut at.wanted[0] else { return };
        x.clear_if_fresh();
        for (g, &winner) in at.gradient.iter().zip(&self.winners) {
            x.values[winner] += g;
        }
    }
}
