//! Kernels that take a signal apart into its frequencies.

use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

use super::WindowFunction;
use crate::{Error, Result, Setting, Shape, Tensor};

/// Which part of the complex numbers a kernel of [`Initializer::stft`](super::Initializer::stft)
/// makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The cosines.
    #[default]
    Real,
    /// The sines.
    Imag,
}

/// What a window of samples is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scaling {
    /// The root of the sum of its squares.
    Density,
    /// The sum of its sizes.
    Spectrum,
}

impl std::str::FromStr for Scaling {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "density" => Ok(Self::Density),
            "spectrum" => Ok(Self::Spectrum),
            _ => Err(Error::unknown_name(
                "scaling",
                name,
                &["density", "spectrum"],
            )),
        }
    }
}

impl From<Scaling> for Setting<Scaling> {
    fn from(scaling: Scaling) -> Self {
        Setting::value(scaling)
    }
}

/// A kernel of the short-time Fourier transform.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Stft {
    pub(crate) side: Side,
    pub(crate) window: Option<WindowFunction>,
    pub(crate) scaling: Option<Scaling>,
    pub(crate) periodic: bool,
}

impl Default for Stft {
    fn default() -> Self {
        Self {
            side: Side::Real,
            window: Some(WindowFunction::Hann),
            scaling: Some(Scaling::Density),
            periodic: false,
        }
    }
}

impl Stft {
    /// What each frequency multiplies the samples of a frame by, in a shape of
    /// `(frame_length, 1, frequencies)`.
    pub(super) fn kernel(self, shape: &Shape) -> Tensor {
        let (length, frequencies) = (shape[0], shape.last());
        let window = match self.window {
            Some(window) => window.samples(length, self.periodic),
            None => vec![1.0; length],
        };
        let scale = match self.scaling.filter(|_| self.window.is_some()) {
            Some(Scaling::Density) => window.iter().map(|w| w * w).sum::<f64>().sqrt(),
            Some(Scaling::Spectrum) => window.iter().map(|w| w.abs()).sum(),
            None => 1.0,
        };
        // Windows of two samples may be 0 everywhere.
        let scale = if scale == 0.0 { 1.0 } else { scale };
        let circle = (2 * (frequencies.max(2) - 1)) as u128;
        let mut values = Vec::with_capacity(length * frequencies);
        for (time, weight) in window.iter().enumerate() {
            for frequency in 0..frequencies {
                let turns = (time as u128 * frequency as u128 % circle) as f64 / circle as f64;
                let value = match self.side {
                    Side::Real => (TAU * turns).cos(),
                    Side::Imag => -(TAU * turns).sin(),
                };
                values.push((value * weight / scale) as f32);
            }
        }
        Tensor::from_floats(values, shape.clone())
    }
}
