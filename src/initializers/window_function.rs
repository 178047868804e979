//! Windows: how much the samples of a frame count.

use std::f64::consts::PI;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Error, Result, Setting};

/// How much the samples of a frame count: those in the middle the most.
///
/// Keras: the names that its spectrograms take, which are those of `scipy.signal.get_window`.
///
/// # Example
/// ```
/// use kerust::initializers::WindowFunction;
/// assert_eq!("hamming".parse::<WindowFunction>()?, WindowFunction::Hamming);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowFunction {
    /// One period of a cosine, from 0 to 1.
    Hann,
    /// As Hann, from 0.08 to 1.
    Hamming,
    /// A sum of three cosines.
    Blackman,
    /// A sum of four cosines, after Nuttall.
    Nuttall,
    /// A sum of four cosines, after Blackman and Harris.
    BlackmanHarris,
    /// A sum of five cosines, with a flat top in the spectrum.
    FlatTop,
    /// Half of a period of a sine.
    Cosine,
    /// A triangle that ends at 0.
    Bartlett,
    /// A triangle that does not reach 0.
    Triangle,
    /// All samples alike.
    Boxcar,
}

use WindowFunction::{
    Bartlett, Blackman, BlackmanHarris, Boxcar, Cosine, FlatTop, Hamming, Hann, Nuttall, Triangle,
};

/// Every window by its names; the first one is the usual one.
const WINDOWS: &[(&[&str], WindowFunction)] = &[
    (&["hann", "hanning", "han"], Hann),
    (&["hamming", "hamm", "ham"], Hamming),
    (&["blackman", "black", "blk"], Blackman),
    (&["nuttall", "nutl", "nut"], Nuttall),
    (&["blackmanharris", "blackharr", "bkh"], BlackmanHarris),
    (&["flattop", "flat", "flt"], FlatTop),
    (&["cosine", "halfcosine"], Cosine),
    (&["bartlett", "bart", "brt"], Bartlett),
    (&["triang", "triangle", "tri"], Triangle),
    (&["boxcar", "box", "ones", "rect", "rectangular"], Boxcar),
];

impl WindowFunction {
    fn name(self) -> &'static str {
        let entry = WINDOWS.iter().find(|(_, window)| *window == self);
        entry.map_or("boxcar", |(names, _)| names[0])
    }

    /// The window for frames of `length` samples: symmetric, or one that goes on with its first
    /// sample after the last.
    pub(crate) fn samples(self, length: usize, periodic: bool) -> Vec<f64> {
        if length <= 1 {
            return vec![1.0; length];
        }
        let symmetric = length + usize::from(periodic);
        let last = (symmetric - 1) as f64;
        let at = |i: usize| {
            let i = i as f64;
            match self {
                Hann => cosines(i / last, &[0.5, 0.5]),
                Hamming => cosines(i / last, &[0.54, 0.46]),
                Blackman => cosines(i / last, &[0.42, 0.5, 0.08]),
                Nuttall => cosines(
                    i / last,
                    &[0.363_581_9, 0.489_177_5, 0.136_599_5, 0.010_641_1],
                ),
                BlackmanHarris => cosines(i / last, &[0.358_75, 0.488_29, 0.141_28, 0.011_68]),
                FlatTop => cosines(
                    i / last,
                    &[
                        0.215_578_95,
                        0.416_631_58,
                        0.277_263_158,
                        0.083_578_947,
                        0.006_947_368,
                    ],
                ),
                Cosine => (PI * (i + 0.5) / symmetric as f64).sin(),
                Bartlett => 1.0 - (2.0 * i / last - 1.0).abs(),
                Triangle => {
                    let half = (symmetric + symmetric % 2) as f64 / 2.0;
                    1.0 - (i - last / 2.0).abs() / half
                }
                Boxcar => 1.0,
            }
        };
        (0..length).map(at).collect()
    }
}

/// A sum of cosines with these factors; `place` goes from 0 to 1.
fn cosines(place: f64, factors: &[f64]) -> f64 {
    let angle = PI * (2.0 * place - 1.0);
    let terms = factors.iter().enumerate();
    terms
        .map(|(k, factor)| factor * (k as f64 * angle).cos())
        .sum()
}

impl std::str::FromStr for WindowFunction {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let entry = WINDOWS.iter().find(|(names, _)| names.contains(&name));
        entry.map(|(_, window)| *window).ok_or_else(|| {
            let known: Vec<&str> = WINDOWS.iter().map(|(names, _)| names[0]).collect();
            Error::unknown_name("window", name, &known)
        })
    }
}

impl From<WindowFunction> for Setting<WindowFunction> {
    fn from(window: WindowFunction) -> Self {
        Setting::value(window)
    }
}

impl Serialize for WindowFunction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.name().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for WindowFunction {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = String::deserialize(from)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}
