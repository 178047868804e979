//! Batch renormalization: what brings the statistics of a batch nearer to those of all batches.

use serde::{Deserialize, Serialize};

use super::batch_normalization::move_averages;
use crate::layers::{Pass, Weights};
use crate::{Error, Result, Tape, Tensor, ops};

/// The moving standard deviation that the moving variance comes from, and the moving statistics that
/// batches are corrected by.
const MOVING_STDDEV: &str = "moving_stddev";
const MEAN: &str = "renorm_mean";
const STDDEV: &str = "renorm_stddev";

/// How far [`BatchNormalization`](super::BatchNormalization) may correct with
/// [`renorm`](super::BatchNormalization::renorm): the scale is kept between `rmin` and `rmax`, the
/// shift between `-dmax` and `dmax`.
///
/// Keras: the argument `renorm_clipping`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let clipping = RenormClipping { rmax: Some(3.0), dmax: Some(5.0), ..RenormClipping::default() };
/// let layer = BatchNormalization::new().renorm(true).renorm_clipping(clipping);
/// # let _ = layer;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RenormClipping {
    /// The largest scale; no limit unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rmax: Option<f32>,
    /// The smallest scale; no limit unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rmin: Option<f32>,
    /// The largest shift; no limit unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dmax: Option<f32>,
}

impl RenormClipping {
    /// Fails unless there is something between the limits.
    pub(super) fn check(&self) -> Result<()> {
        let RenormClipping { rmax, rmin, dmax } = *self;
        let (low, high) = (rmin.unwrap_or(0.0), rmax.unwrap_or(f32::INFINITY));
        if low.is_nan() || high.is_nan() || low > high {
            let expected = "`rmin` no larger than `rmax`";
            let given = format!("{low} and {high}");
            return Err(Error::argument("renorm_clipping", expected, given));
        }
        match dmax {
            Some(dmax) if dmax.is_nan() || dmax < 0.0 => {
                let expected = "a `dmax` that is 0 or more";
                Err(Error::argument("renorm_clipping", expected, dmax))
            }
            _ => Ok(()),
        }
    }
}

/// Adds the weights, which start as the moving averages do.
pub(super) fn build(channels: usize, weights: &mut Weights) -> Result<()> {
    let mean = weights.get("moving_mean")?.value.clone();
    let stddev = weights.get("moving_variance")?.value.map(f32::sqrt);
    for (name, start) in [(MOVING_STDDEV, &stddev), (MEAN, &mean), (STDDEV, &stddev)] {
        weights.add_non_trainable(name, channels, 0.0)?;
        weights.set(name, start.clone())?;
    }
    Ok(())
}

/// What the normalized numbers of a batch are multiplied by, and what is added then: constants, no
/// gradient goes through them.
pub(super) struct Correction {
    scale: Tensor,
    shift: Tensor,
}

impl Correction {
    /// Compares the batch with those before.
    pub(super) fn of(
        batch: [&Tensor; 2],
        epsilon: f32,
        clipping: RenormClipping,
        weights: &Weights,
    ) -> Result<Correction> {
        let off = &mut Tape::off();
        let [mean, variance] = batch.map(|x| x.clone().untracked());
        let before = &weights.get(STDDEV)?.value;
        // Early in training there may be none yet.
        let before = ops::maximum(off, before, &Tensor::scalar(epsilon.sqrt()))?;
        let own = stddev_of(&variance, epsilon)?;
        let mut scale = ops::divide(off, &own, &before)?;
        if clipping.rmin.is_some() || clipping.rmax.is_some() {
            let (low, high) = (clipping.rmin.unwrap_or(0.0), clipping.rmax);
            scale = ops::clip(off, &scale, low, high.unwrap_or(f32::INFINITY))?;
        }
        let distance = ops::subtract(off, &mean, &weights.get(MEAN)?.value)?;
        let mut shift = ops::divide(off, &distance, &before)?;
        if let Some(dmax) = clipping.dmax {
            shift = ops::clip(off, &shift, -dmax, dmax)?;
        }
        Ok(Correction { scale, shift })
    }

    /// `gamma` and `beta` that correct as well.
    pub(super) fn of_weights(
        self,
        gamma: Option<Tensor>,
        beta: Option<Tensor>,
        pass: &mut Pass<'_>,
    ) -> Result<(Tensor, Tensor)> {
        let (scale, shift) = match gamma {
            Some(gamma) => (
                ops::multiply(pass.tape, &self.scale, &gamma)?,
                ops::multiply(pass.tape, &self.shift, &gamma)?,
            ),
            None => (self.scale, self.shift),
        };
        let shift = match beta {
            Some(beta) => ops::add(pass.tape, &shift, &beta)?,
            None => shift,
        };
        Ok((scale, shift))
    }
}

/// `sqrt(variance + epsilon)`.
fn stddev_of(variance: &Tensor, epsilon: f32) -> Result<Tensor> {
    let off = &mut Tape::off();
    let shifted = ops::add(off, variance, &Tensor::scalar(epsilon))?;
    ops::sqrt(off, &shifted)
}

/// Moves all moving statistics towards those of this batch.
pub(super) fn follow(
    [mean, variance]: [&Tensor; 2],
    epsilon: f32,
    [momentum, renorm_momentum]: [f32; 2],
    weights: &mut Weights,
) -> Result<()> {
    let stddev = stddev_of(variance, epsilon)?;
    let batch = [mean, &stddev];
    move_averages([MEAN, STDDEV], batch, renorm_momentum, weights)?;
    move_averages(["moving_mean", MOVING_STDDEV], batch, momentum, weights)?;
    let stddev = weights.get(MOVING_STDDEV)?.value.clone();
    let off = &mut Tape::off();
    let square = ops::square(off, &stddev)?;
    let variance = ops::subtract(off, &square, &Tensor::scalar(epsilon))?;
    let variance = ops::maximum(off, &variance, &Tensor::scalar(0.0))?;
    weights.set("moving_variance", variance)
}
