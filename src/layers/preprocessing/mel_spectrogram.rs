//! MelSpectrogram.

use serde::{Deserialize, Serialize};

use crate::device::in_float32;
use crate::initializers::WindowFunction;
use crate::layers::{
    Layer, LayerBase, LayerEntry, Pass, layer_identity, require_memory, require_positive,
};
use crate::ops::{self, ConvOptions, Padding};
use crate::{Config, Error, Result, Setting, Shape, Tape, Tensor};

/// The loudness of a signal over time, in bands as wide as the ear tells apart.
///
/// Keras: `keras.layers.MelSpectrogram` (windows by their names).
///
/// # Shapes
/// `(batch, samples)` to `(batch, num_mel_bins, frames)`
///
/// # Errors
/// When a signal is not longer than half of `fft_length`.
///
/// # Example
/// ```
/// use kerust::layers::MelSpectrogram;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// let layer = MelSpectrogram::new().num_mel_bins(64).sampling_rate(8000);
/// model.add(layer.sequence_stride(256).input_shape(16000))?;
/// assert_eq!(model.output_shape()?, (64, 63));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct MelSpectrogram {
    #[serde(flatten)]
    base: LayerBase,
    fft_length: usize,
    sequence_stride: usize,
    sequence_length: Option<usize>,
    window: Option<Setting<WindowFunction>>,
    sampling_rate: usize,
    num_mel_bins: usize,
    min_freq: f32,
    max_freq: Option<f32>,
    power_to_db: bool,
    top_db: f32,
    mag_exp: f32,
    min_power: f32,
    ref_power: f32,
}

impl Default for MelSpectrogram {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            fft_length: 2048,
            sequence_stride: 512,
            sequence_length: None,
            window: Some(WindowFunction::Hann.into()),
            sampling_rate: 16000,
            num_mel_bins: 128,
            min_freq: 20.0,
            max_freq: None,
            power_to_db: true,
            top_db: 80.0,
            mag_exp: 2.0,
            min_power: 1e-10,
            ref_power: 1.0,
        }
    }
}

impl MelSpectrogram {
    /// With Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of samples of the lowest frequency; 2048 unless set.
    #[must_use]
    pub fn fft_length(mut self, fft_length: usize) -> Self {
        self.fft_length = fft_length;
        self
    }

    /// How many samples lie between two frames; 512 unless set.
    #[must_use]
    pub fn sequence_stride(mut self, sequence_stride: usize) -> Self {
        self.sequence_stride = sequence_stride;
        self
    }

    /// How many samples the window of a frame has, at most `fft_length`; as many unless set.
    #[must_use]
    pub fn sequence_length(mut self, sequence_length: usize) -> Self {
        self.sequence_length = Some(sequence_length);
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

    /// How many samples a second has; 16000 unless set.
    #[must_use]
    pub fn sampling_rate(mut self, sampling_rate: usize) -> Self {
        self.sampling_rate = sampling_rate;
        self
    }

    /// How many bands there are; 128 unless set.
    #[must_use]
    pub fn num_mel_bins(mut self, num_mel_bins: usize) -> Self {
        self.num_mel_bins = num_mel_bins;
        self
    }

    /// Where the lowest band begins, in Hertz; 20 unless set.
    #[must_use]
    pub fn min_freq(mut self, min_freq: f32) -> Self {
        self.min_freq = min_freq;
        self
    }

    /// Where the highest band ends, in Hertz; half of the sampling rate unless set.
    #[must_use]
    pub fn max_freq(mut self, max_freq: f32) -> Self {
        self.max_freq = Some(max_freq);
        self
    }

    /// Whether the power is told in decibels; true unless set.
    #[must_use]
    pub fn power_to_db(mut self, power_to_db: bool) -> Self {
        self.power_to_db = power_to_db;
        self
    }

    /// How many decibels the softest is at most below the loudest of the batch; 80 unless set.
    #[must_use]
    pub fn top_db(mut self, top_db: f32) -> Self {
        self.top_db = top_db;
        self
    }

    /// The exponent of the size of a frequency: 1 for itself, 2 (unless set) for its power.
    #[must_use]
    pub fn mag_exp(mut self, mag_exp: f32) -> Self {
        self.mag_exp = mag_exp;
        self
    }

    /// What is taken for power below it; 1e-10 unless set.
    #[must_use]
    pub fn min_power(mut self, min_power: f32) -> Self {
        self.min_power = min_power;
        self
    }

    /// The power of 0 decibels; 1 unless set.
    #[must_use]
    pub fn ref_power(mut self, ref_power: f32) -> Self {
        self.ref_power = ref_power;
        self
    }

    /// With what follows from other arguments, as Keras writes it down.
    fn resolved(&self) -> Self {
        Self {
            sequence_length: Some(self.window_length()),
            max_freq: Some(self.top_frequency()),
            ..self.clone()
        }
    }

    fn window_length(&self) -> usize {
        self.sequence_length.unwrap_or(self.fft_length)
    }

    fn top_frequency(&self) -> f32 {
        self.max_freq.unwrap_or((self.sampling_rate / 2) as f32)
    }

    fn frequencies(&self) -> usize {
        self.fft_length / 2 + 1
    }

    /// Fails when an argument makes no sense.
    fn check(&self) -> Result<()> {
        require_positive("fft_length", self.fft_length)?;
        require_positive("sequence_stride", self.sequence_stride)?;
        require_positive("sampling_rate", self.sampling_rate)?;
        require_positive("num_mel_bins", self.num_mel_bins)?;
        if !(1..=self.fft_length).contains(&self.window_length()) {
            let expected = format!("a number from 1 to `fft_length`, {}", self.fft_length);
            return Err(Error::argument(
                "sequence_length",
                &expected,
                self.window_length(),
            ));
        }
        let (low, high) = (self.min_freq, self.top_frequency());
        if !(low.is_finite() && high.is_finite() && 0.0 <= low && low < high) {
            let expected = "`min_freq` of at least 0 and a larger `max_freq`";
            return Err(Error::argument(
                "min_freq",
                expected,
                format!("{low} and {high}"),
            ));
        }
        for (name, value) in [("min_power", self.min_power), ("mag_exp", self.mag_exp)] {
            if !(value.is_finite() && value > 0.0) {
                return Err(Error::argument(name, "a positive number", value));
            }
        }
        for (name, value) in [("top_db", self.top_db), ("ref_power", self.ref_power)] {
            if !value.is_finite() {
                return Err(Error::argument(name, "a finite number", value));
            }
        }
        self.window.as_ref().map(Setting::get).transpose()?;
        Ok(())
    }

    /// The cosines and sines of all frequencies, in the window: `(fft_length, 1, 2 * frequencies)`.
    fn kernel(&self) -> Result<Tensor> {
        let (length, frequencies) = (self.fft_length, self.frequencies());
        let own = self.window_length();
        let window = match self.window.as_ref().map(Setting::get).transpose()? {
            Some(window) => window.samples(own, true),
            None => vec![1.0; length],
        };
        let begin = (length - window.len()) / 2;
        let turn = std::f64::consts::TAU / length as f64;
        let mut values = vec![0.0f32; length * 2 * frequencies];
        let rows = values.chunks_exact_mut(2 * frequencies).skip(begin);
        for (time, (row, weight)) in (begin..).zip(rows.zip(&window)) {
            let (cosines, sines) = row.split_at_mut(frequencies);
            for (frequency, (cosine, sine)) in cosines.iter_mut().zip(sines).enumerate() {
                let angle = turn * (time * frequency % length) as f64;
                *cosine = (weight * angle.cos()) as f32;
                *sine = (-weight * angle.sin()) as f32;
            }
        }
        Tensor::from_vec(values, (length, 1, 2 * frequencies))
    }

    /// The size of every frequency of every frame: `(batch, frames, frequencies)`.
    fn spectrogram(&self, x: &Tensor, tape: &mut Tape) -> Result<Tensor> {
        let signal = ops::reflected(tape, x, self.fft_length / 2)?;
        let signal = signal.reshape((x.len(), signal.shape().last(), 1))?;
        let options = ConvOptions {
            strides: [self.sequence_stride],
            padding: Padding::Valid,
            dilation_rate: [1],
            relu: false,
        };
        let parts = ops::conv(tape, &signal, &self.kernel()?, None, 1, options)?;
        let (frames, frequencies) = (parts.shape()[1], self.frequencies());
        let square = ops::square(tape, &parts)?;
        let square = square.reshape((x.len(), frames, 2, frequencies))?;
        let power = ops::sum(tape, &square, &[2], false)?;
        match self.mag_exp {
            2.0 => Ok(power),
            exponent => ops::power(tape, &power, exponent / 2.0),
        }
    }

    /// How much each frequency belongs to each band: `(frequencies, num_mel_bins)`.
    fn bands(&self) -> Result<Tensor> {
        let mel = |hertz: f64| 1127.0 * (hertz / 700.0).ln_1p();
        let (low, high) = (
            mel(f64::from(self.min_freq)),
            mel(f64::from(self.top_frequency())),
        );
        let (frequencies, bands) = (self.frequencies(), self.num_mel_bins);
        let edge = |i: usize| low + (high - low) * i as f64 / (bands + 1) as f64;
        let nyquist = self.sampling_rate as f64 / 2.0;
        let mut values = vec![0.0f32; frequencies * bands];
        // The lowest frequency is no tone.
        for (frequency, row) in values.chunks_exact_mut(bands).enumerate().skip(1) {
            let at = mel(nyquist * frequency as f64 / (frequencies - 1) as f64);
            for (band, value) in row.iter_mut().enumerate() {
                let (begin, middle, end) = (edge(band), edge(band + 1), edge(band + 2));
                let rising = (at - begin) / (middle - begin);
                let falling = (end - at) / (end - middle);
                *value = rising.min(falling).max(0.0) as f32;
            }
        }
        Tensor::from_vec(values, (frequencies, bands))
    }

    fn decibels(&self, power: &Tensor, tape: &mut Tape) -> Result<Tensor> {
        let decibels = 10.0 / std::f32::consts::LN_10;
        let power = ops::maximum(tape, power, &Tensor::scalar(self.min_power))?;
        let loudness = ops::log(tape, &power)?;
        let loudness = ops::multiply(tape, &loudness, &Tensor::scalar(decibels))?;
        let reference = 10.0 * self.ref_power.abs().max(self.min_power).log10();
        let loudness = ops::subtract(tape, &loudness, &Tensor::scalar(reference))?;
        let loudest = ops::max(tape, &loudness, &[], false)?;
        let softest = ops::subtract(tape, &loudest, &Tensor::scalar(self.top_db))?;
        ops::maximum(tape, &loudness, &softest)
    }
}

impl Layer for MelSpectrogram {
    layer_identity!("MelSpectrogram", resolved);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.check()?;
        let &[samples] = input.dims() else {
            let error = format!("expected signals of shape (samples,) per sample, got {input}");
            return Err(Error::shape(error).remedy("give each signal a sample of its own"));
        };
        let pad = self.fft_length / 2;
        if samples <= pad {
            return Err(Error::shape(format!(
                "expected a signal of more than {pad} samples, half of `fft_length`, got {samples}"
            ))
            .remedy("make `fft_length` smaller, or fill the signal up"));
        }
        // What the signal is multiplied by.
        require_memory(Shape::from((self.fft_length, 2 * self.frequencies())))?;
        require_memory(Shape::from((self.frequencies(), self.num_mel_bins)))?;
        // An odd length is one longer than the padding.
        let frames = (samples - self.fft_length % 2) / self.sequence_stride + 1;
        Ok(Shape::from((self.num_mel_bins, frames)))
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let tape = &mut *pass.tape;
        // The least power is beyond what 16 bits hold.
        in_float32(|| {
            let spectrogram = self.spectrogram(x, tape)?;
            let mut y = ops::matmul(tape, &spectrogram, &self.bands()?)?;
            if self.power_to_db {
                y = self.decibels(&y, tape)?;
            }
            ops::transpose(tape, &y, &[0, 2, 1])
        })
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "MelSpectrogram",
    what: "finds the loudness of a signal in bands, over time",
    example: || {
        let layer = MelSpectrogram::new().fft_length(16).sequence_stride(16);
        let layer = layer.num_mel_bins(4).power_to_db(false).mag_exp(1.0);
        (Box::new(layer), Shape::from(24))
    },
    from_config: Config::layer::<MelSpectrogram>,
}];
