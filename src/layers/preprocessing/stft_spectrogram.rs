//! STFTSpectrogram.

use serde::{Deserialize, Serialize};

use crate::device::in_float32;
use crate::initializers::{Initializer, Scaling, Side, Stft, WindowFunction};
use crate::layers::{
    Layer, LayerBase, LayerEntry, Padding, Pass, Weights, layer_identity, require_positive,
};
use crate::ops::{self, ConvOptions, window_output};
use crate::{Config, Error, Result, Setting, Shape, Tape, Tensor};

/// What an [`STFTSpectrogram`] makes of the frequencies, which are complex numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpectrogramMode {
    /// The logarithm of their sizes.
    #[default]
    Log,
    /// Their sizes.
    Magnitude,
    /// The density of their power.
    Psd,
    /// Their real part.
    Real,
    /// Their imaginary part.
    Imag,
    /// Their angle.
    Angle,
    /// First the real parts of all, then the imaginary parts.
    Stft,
}

impl std::str::FromStr for SpectrogramMode {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name {
            "log" => Self::Log,
            "magnitude" => Self::Magnitude,
            "psd" => Self::Psd,
            "real" => Self::Real,
            "imag" => Self::Imag,
            "angle" => Self::Angle,
            "stft" => Self::Stft,
            _ => {
                let known = ["log", "magnitude", "psd", "real", "imag", "angle", "stft"];
                return Err(Error::unknown_name("mode", name, &known));
            }
        })
    }
}

impl From<SpectrogramMode> for Setting<SpectrogramMode> {
    fn from(mode: SpectrogramMode) -> Self {
        Setting::value(mode)
    }
}

/// The frequencies of a signal over time, by kernels that training may change.
///
/// Keras: `keras.layers.STFTSpectrogram` (channels last; windows by their names). The kernels are
/// the same for all channels.
///
/// # Shapes
/// `(batch, samples, channels)` to `(batch, frames, channels * frequencies)`, or with `expand_dims`
/// to `(batch, frames, frequencies, channels)`. There are `fft_length / 2 + 1` frequencies, and with
/// the mode `"stft"` twice as many.
///
/// # Example
/// ```
/// use kerust::layers::STFTSpectrogram;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// let layer = STFTSpectrogram::new().frame_length(64).frame_step(32).trainable(false);
/// model.add(layer.input_shape((1000, 1)))?;
/// assert_eq!(model.output_shape()?, (30, 33));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct STFTSpectrogram {
    #[serde(flatten)]
    base: LayerBase,
    mode: Setting<SpectrogramMode>,
    frame_length: usize,
    frame_step: Option<usize>,
    fft_length: Option<usize>,
    window: Option<Setting<WindowFunction>>,
    periodic: bool,
    scaling: Option<Setting<Scaling>>,
    padding: Setting<Padding>,
    expand_dims: bool,
}

impl Default for STFTSpectrogram {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            mode: SpectrogramMode::Log.into(),
            frame_length: 256,
            frame_step: None,
            fft_length: None,
            window: Some(WindowFunction::Hann.into()),
            periodic: false,
            scaling: Some(Scaling::Density.into()),
            padding: Padding::Valid.into(),
            expand_dims: false,
        }
    }
}

impl STFTSpectrogram {
    /// With Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// `"log"` (unless set), `"magnitude"`, `"psd"`, `"real"`, `"imag"`, `"angle"` or `"stft"`.
    #[must_use]
    pub fn mode(mut self, mode: impl Into<Setting<SpectrogramMode>>) -> Self {
        self.mode = mode.into();
        self
    }

    /// How many samples a frame has; 256 unless set.
    #[must_use]
    pub fn frame_length(mut self, frame_length: usize) -> Self {
        self.frame_length = frame_length;
        self
    }

    /// How many samples lie between the beginnings of two frames, at most `frame_length`; half of
    /// it unless set.
    #[must_use]
    pub fn frame_step(mut self, frame_step: usize) -> Self {
        self.frame_step = Some(frame_step);
        self
    }

    /// The number of samples of the lowest frequency, at least `frame_length`; the next power of
    /// two unless set.
    #[must_use]
    pub fn fft_length(mut self, fft_length: usize) -> Self {
        self.fft_length = Some(fft_length);
        self
    }

    /// How much the samples of a frame count: `"hann"` unless set, `"hamming"`, ..
    #[must_use]
    pub fn window(mut self, window: impl Into<Setting<WindowFunction>>) -> Self {
        self.window = Some(window.into());
        self
    }

    /// All samples of a frame count alike. Keras: `window=None`.
    #[must_use]
    pub fn without_window(mut self) -> Self {
        self.window = None;
        self
    }

    /// Whether the window goes on with its first sample after the last; false unless set.
    #[must_use]
    pub fn periodic(mut self, periodic: bool) -> Self {
        self.periodic = periodic;
        self
    }

    /// What the window is divided by: `"density"` (unless set) or `"spectrum"`.
    #[must_use]
    pub fn scaling(mut self, scaling: impl Into<Setting<Scaling>>) -> Self {
        self.scaling = Some(scaling.into());
        self
    }

    /// The window is taken as it is. Keras: `scaling=None`.
    #[must_use]
    pub fn without_scaling(mut self) -> Self {
        self.scaling = None;
        self
    }

    /// `"valid"` (unless set) or `"same"`.
    #[must_use]
    pub fn padding(mut self, padding: impl Into<Setting<Padding>>) -> Self {
        self.padding = padding.into();
        self
    }

    /// Whether frequencies and channels have an axis of their own; false unless set.
    #[must_use]
    pub fn expand_dims(mut self, expand_dims: bool) -> Self {
        self.expand_dims = expand_dims;
        self
    }

    fn step(&self) -> usize {
        self.frame_step.unwrap_or(self.frame_length / 2)
    }

    /// How many frequencies a kernel has.
    fn frequencies(&self) -> usize {
        let next_power = self.frame_length.checked_next_power_of_two();
        self.fft_length.or(next_power).unwrap_or(usize::MAX) / 2 + 1
    }

    fn check(&self) -> Result<SpectrogramMode> {
        require_positive("frame_length", self.frame_length)?;
        if self.step() == 0 || self.step() > self.frame_length {
            let expected = format!("a number from 1 to the frame length {}", self.frame_length);
            return Err(Error::argument("frame_step", &expected, self.step()));
        }
        if let Some(length) = self.fft_length.filter(|length| *length < self.frame_length) {
            let expected = format!("at least the frame length {}", self.frame_length);
            return Err(Error::argument("fft_length", &expected, length));
        }
        if *self.padding.get()? == Padding::Causal {
            let error = Error::argument("padding", "\"valid\" or \"same\"", "\"causal\"");
            return Err(error);
        }
        self.mode.get().copied()
    }

    fn initializer(&self, side: Side) -> Result<Setting<Initializer>> {
        let window = self.window.as_ref().map(Setting::get).transpose()?;
        let scaling = self.scaling.as_ref().map(Setting::get).transpose()?;
        let stft = Stft {
            side,
            window: window.copied(),
            scaling: scaling.copied(),
            periodic: self.periodic,
        };
        Ok(Initializer::from(stft).into())
    }

    /// What a kernel makes of signals `(batch * channels, samples, 1)`:
    /// `(batch * channels, frames, frequencies)`.
    fn side(&self, name: &str, signals: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let kernel = pass.weight(name)?;
        let options = ConvOptions {
            strides: [self.step()],
            padding: *self.padding.get()?,
            dilation_rate: [1],
            relu: false,
        };
        ops::conv(pass.tape, signals, &kernel, None, 1, options)
    }

    /// What the layer makes: small numbers, and large ones.
    fn spectrogram(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let &[batch, samples, channels] = x.shape().dims() else {
            let error = format!("expected (batch, samples, channels), got {}", x.shape());
            return Err(Error::shape(error).remedy("reshape signals to (samples, 1)"));
        };
        let signals = ops::transpose(pass.tape, x, &[0, 2, 1])?;
        let signals = signals.reshape((batch * channels, samples, 1))?;
        let mode = *self.mode.get()?;
        let real = (mode != SpectrogramMode::Imag)
            .then(|| self.side("real_kernel", &signals, pass))
            .transpose()?;
        let imag = (mode != SpectrogramMode::Real)
            .then(|| self.side("imag_kernel", &signals, pass))
            .transpose()?;
        let tape = &mut *pass.tape;
        let y = match (&real, &imag) {
            (Some(real), Some(imag)) => match mode {
                SpectrogramMode::Angle => ops::arctan2(tape, imag, real)?,
                SpectrogramMode::Stft => ops::concatenate(tape, &[real, imag], -1)?,
                SpectrogramMode::Psd => {
                    let power = power(tape, real, imag)?;
                    // All frequencies but the first and the last stand for two.
                    let last = self.frequencies() - 1;
                    let counts = (0..=last).map(|i| if i == 0 || i == last { 1.0 } else { 2.0 });
                    let counts = Tensor::from_vec(counts.collect::<Vec<f32>>(), last + 1)?;
                    ops::multiply(tape, &power, &counts)?
                }
                _ => {
                    let power = power(tape, real, imag)?;
                    let size = magnitude(tape, &power)?;
                    match mode {
                        SpectrogramMode::Magnitude => size,
                        _ => {
                            let size = ops::maximum(tape, &size, &Tensor::scalar(EPSILON))?;
                            ops::log(tape, &size)?
                        }
                    }
                }
            },
            (Some(only), None) | (None, Some(only)) => only.clone(),
            (None, None) => return Err(Error::state("the layer has no kernel")),
        };
        let (frames, frequencies) = (y.shape()[1], y.shape()[2]);
        let y = y.reshape((batch, channels, frames, frequencies))?;
        if self.expand_dims {
            return ops::transpose(tape, &y, &[0, 2, 3, 1]);
        }
        let y = ops::transpose(tape, &y, &[0, 2, 1, 3])?;
        y.reshape((batch, frames, channels * frequencies))
    }
}

/// `square(real) + square(imag)`.
fn power(tape: &mut Tape, real: &Tensor, imag: &Tensor) -> Result<Tensor> {
    let real = ops::square(tape, real)?;
    let imag = ops::square(tape, imag)?;
    ops::add(tape, &real, &imag)
}

/// The size of complex numbers of this power.
fn magnitude(tape: &mut Tape, power: &Tensor) -> Result<Tensor> {
    let power = ops::maximum(tape, power, &Tensor::scalar(EPSILON))?;
    ops::sqrt(tape, &power)
}

/// `keras.config.epsilon()`
const EPSILON: f32 = 1e-7;

impl Layer for STFTSpectrogram {
    layer_identity!("STFTSpectrogram");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let mode = self.check()?;
        let &[samples, channels] = input.dims() else {
            return Err(Error::shape(format!(
                "expected signals of shape (samples, channels) per sample, got {input}"
            ))
            .remedy("give a signal an axis of one channel with `reshape` to (batch, samples, 1)"));
        };
        let padding = *self.padding.get()?;
        let (frames, _) =
            window_output("time", samples, self.frame_length, self.step(), 1, padding)?;
        let sides = if mode == SpectrogramMode::Stft { 2 } else { 1 };
        let frequencies = self.frequencies().saturating_mul(sides);
        Ok(match self.expand_dims {
            true => Shape::from((frames, frequencies, channels)),
            false => Shape::from((frames, frequencies.saturating_mul(channels))),
        })
    }

    fn build(&self, _: &Shape, weights: &mut Weights) -> Result<()> {
        let mode = self.check()?;
        let shape = (self.frame_length, 1, self.frequencies());
        if mode != SpectrogramMode::Imag {
            weights.add("real_kernel", shape, &self.initializer(Side::Real)?)?;
        }
        if mode != SpectrogramMode::Real {
            weights.add("imag_kernel", shape, &self.initializer(Side::Imag)?)?;
        }
        Ok(())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        in_float32(|| self.spectrogram(x, pass))
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "STFTSpectrogram",
    what: "finds the frequencies of a signal over time",
    example: || {
        let layer = STFTSpectrogram::new().frame_length(8).mode("magnitude");
        (Box::new(layer), Shape::from((20, 2)))
    },
    from_config: Config::layer::<STFTSpectrogram>,
}];
