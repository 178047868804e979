//! How weights start.

mod draw;
mod rule;
mod stft;
mod window_function;

use std::str::FromStr;

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use rule::Rule;
pub use rule::{Distribution, FanMode};
pub(crate) use stft::Stft;
pub use stft::{Scaling, Side};
pub use window_function::WindowFunction;

use crate::config::Described;
use crate::{Config, Error, Result, Setting, Shape, Tensor};

/// How a weight starts.
///
/// Keras: `keras.initializers`. Those without arguments are named as there; those with arguments
/// are made by a function.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let layer = Dense::new(8).kernel_initializer(Initializer::HeNormal.seed(7));
/// let layer = layer.bias_initializer(Initializer::Constant(0.1));
/// # let _ = layer;
/// assert_eq!("he_normal".parse::<Initializer>()?, Initializer::HeNormal);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Initializer {
    rule: Rule,
    seed: Option<u64>,
}

/// Written like classes, as in Keras.
#[allow(non_upper_case_globals, non_snake_case)]
impl Initializer {
    /// All zeros.
    pub const Zeros: Self = Self::of(Rule::Zeros);
    /// All ones.
    pub const Ones: Self = Self::of(Rule::Ones);
    /// The identity matrix.
    pub const Identity: Self = Self::identity(1.0);
    /// Evenly from `-limit..limit` with `limit = sqrt(6 / (fan_in + fan_out))`.
    ///
    /// Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    /// networks", 2010.
    pub const GlorotUniform: Self = Self::of(Rule::GlorotUniform);
    /// Normally with variance `2 / (fan_in + fan_out)`, cut at two standard deviations.
    pub const GlorotNormal: Self = Self::of(Rule::GlorotNormal);
    /// Evenly from `-limit..limit` with `limit = sqrt(6 / fan_in)`, for relu layers.
    ///
    /// He et al., "Delving deep into rectifiers", 2015.
    pub const HeUniform: Self = Self::of(Rule::HeUniform);
    /// Normally with variance `2 / fan_in`, cut at two standard deviations.
    pub const HeNormal: Self = Self::of(Rule::HeNormal);
    /// Evenly from `-limit..limit` with `limit = sqrt(3 / fan_in)`, for selu layers.
    ///
    /// Klambauer et al., "Self-normalizing neural networks", 2017.
    pub const LecunUniform: Self = Self::of(Rule::LecunUniform);
    /// Normally with variance `1 / fan_in`, cut at two standard deviations.
    pub const LecunNormal: Self = Self::of(Rule::LecunNormal);
    /// Normally around 0 with standard deviation 0.05.
    pub const RandomNormal: Self = Self::random_normal(0.0, 0.05);
    /// Evenly from -0.05 to 0.05.
    pub const RandomUniform: Self = Self::random_uniform(-0.05, 0.05);
    /// Normally around 0 with standard deviation 0.05, cut at twice that.
    pub const TruncatedNormal: Self = Self::truncated_normal(0.0, 0.05);
    /// Normally with variance `1 / fan_in`, cut at two standard deviations.
    pub const VarianceScaling: Self =
        Self::variance_scaling(1.0, FanMode::FanIn, Distribution::TruncatedNormal);
    /// A matrix whose rows or columns are orthogonal and of length 1.
    ///
    /// Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    /// networks", 2013.
    pub const Orthogonal: Self = Self::orthogonal(1.0);
    /// The cosines of the short-time Fourier transform.
    pub const STFT: Self = Self::stft(Side::Real);

    /// One value everywhere.
    pub const fn Constant(value: f32) -> Self {
        Self::of(Rule::Constant { value })
    }

    /// The identity matrix, times `gain`.
    pub const fn identity(gain: f32) -> Self {
        Self::of(Rule::Identity { gain })
    }

    /// Normally around `mean`.
    pub const fn random_normal(mean: f32, stddev: f32) -> Self {
        Self::of(Rule::RandomNormal { mean, stddev })
    }

    /// Evenly from `minval` to `maxval`.
    pub const fn random_uniform(minval: f32, maxval: f32) -> Self {
        Self::of(Rule::RandomUniform { minval, maxval })
    }

    /// Normally around `mean`, cut at two standard deviations.
    pub const fn truncated_normal(mean: f32, stddev: f32) -> Self {
        Self::of(Rule::TruncatedNormal { mean, stddev })
    }

    /// With variance `scale / fan`, where the fan is the number of inputs, of outputs, or their
    /// mean.
    pub const fn variance_scaling(scale: f32, mode: FanMode, distribution: Distribution) -> Self {
        Self::of(Rule::VarianceScaling {
            scale,
            mode,
            distribution,
        })
    }

    /// A matrix whose rows or columns are orthogonal and of length `gain`.
    pub const fn orthogonal(gain: f32) -> Self {
        Self::of(Rule::Orthogonal { gain })
    }

    /// A kernel of the short-time Fourier transform: what the frequencies multiply the samples of a
    /// frame by, the cosines ([`Side::Real`]) or the sines ([`Side::Imag`]).
    ///
    /// Keras: `keras.initializers.STFT(side)`; [`stft_with`](Self::stft_with) takes the other
    /// arguments.
    ///
    /// # Example
    /// ```
    /// use kerust::initializers::Side;
    /// use kerust::prelude::*;
    /// let real = Initializer::stft(Side::Real);
    /// let mut model = Sequential::new();
    /// // Frames of 16 samples, 9 frequencies.
    /// model.add(Conv1D::new(9, 16).kernel_initializer(real).input_shape((100, 1)))?;
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub const fn stft(side: Side) -> Self {
        Self::stft_with(
            side,
            Some(WindowFunction::Hann),
            Some(Scaling::Density),
            false,
        )
    }

    /// As [`stft`](Self::stft), with another window or none, divided by something else or by
    /// nothing, and for frames that go on with their first sample.
    pub const fn stft_with(
        side: Side,
        window: Option<WindowFunction>,
        scaling: Option<Scaling>,
        periodic: bool,
    ) -> Self {
        Self::of(Rule::Stft(Stft {
            side,
            window,
            scaling,
            periodic,
        }))
    }

    const fn of(rule: Rule) -> Self {
        Self { rule, seed: None }
    }
}

/// Every initializer by its names in Keras, with its defaults.
pub const INITIALIZERS: &[(&[&str], Initializer)] = &[
    (&["zeros", "zero", "Zeros"], Initializer::Zeros),
    (&["ones", "one", "Ones"], Initializer::Ones),
    (&["constant", "Constant"], Initializer::Constant(0.0)),
    (
        &["identity", "Identity", "IdentityInitializer"],
        Initializer::Identity,
    ),
    (
        &["random_normal", "normal", "RandomNormal"],
        Initializer::RandomNormal,
    ),
    (
        &["random_uniform", "uniform", "RandomUniform"],
        Initializer::RandomUniform,
    ),
    (
        &["truncated_normal", "TruncatedNormal"],
        Initializer::TruncatedNormal,
    ),
    (
        &["variance_scaling", "VarianceScaling"],
        Initializer::VarianceScaling,
    ),
    (
        &["glorot_uniform", "GlorotUniform"],
        Initializer::GlorotUniform,
    ),
    (
        &["glorot_normal", "GlorotNormal"],
        Initializer::GlorotNormal,
    ),
    (&["he_uniform", "HeUniform"], Initializer::HeUniform),
    (&["he_normal", "HeNormal"], Initializer::HeNormal),
    (
        &["lecun_uniform", "LecunUniform"],
        Initializer::LecunUniform,
    ),
    (&["lecun_normal", "LecunNormal"], Initializer::LecunNormal),
    (
        &["orthogonal", "Orthogonal", "OrthogonalInitializer"],
        Initializer::Orthogonal,
    ),
    (&["stft", "STFT", "STFTInitializer"], Initializer::STFT),
];

/// Where initializers are in Keras.
const MODULE: &str = "keras.initializers";

impl Initializer {
    /// Draws the same numbers for every weight of the same shape, whatever was drawn before.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The class, as Keras names it.
    pub fn class_name(self) -> &'static str {
        self.rule.class_name()
    }

    /// Fails with the argument's name when an argument makes no sense.
    pub(crate) fn check(self) -> Result<()> {
        self.rule.check()
    }

    /// Fails unless a weight of `shape` can start like this.
    pub(crate) fn check_shape(self, shape: &Shape) -> Result<()> {
        self.rule.check_shape(shape)
    }

    /// A new weight of `shape`; `fans` are the inputs and outputs that it connects, where its shape
    /// alone does not say it.
    pub(crate) fn tensor(
        self,
        shape: &Shape,
        fans: Option<[f64; 2]>,
        generator: &mut StdRng,
    ) -> Tensor {
        match self.seed {
            Some(seed) => draw::tensor(self.rule, shape, fans, &mut StdRng::seed_from_u64(seed)),
            None => draw::tensor(self.rule, shape, fans, generator),
        }
    }

    /// The arguments, as Keras writes them down.
    ///
    /// # Errors
    /// Never, for the initializers there are.
    pub fn get_config(self) -> Result<Config> {
        Config::of(&rule::Arguments::of(self.rule, self.seed))
    }

    /// The initializer of class `class_name` that `config` describes.
    ///
    /// Keras: `keras.initializers.deserialize`.
    ///
    /// # Errors
    /// When there is no such class, or an argument cannot be.
    pub fn from_config(class_name: &str, config: &Config) -> Result<Initializer> {
        let initializer: Initializer = class_name.parse()?;
        let (rule, seed) = config.read::<rule::Arguments>()?.over(initializer.rule);
        let initializer = Initializer { rule, seed };
        initializer.check()?;
        Ok(initializer)
    }
}

impl FromStr for Initializer {
    type Err = Error;

    fn from_str(name: &str) -> Result<Initializer> {
        let entry = INITIALIZERS.iter().find(|(names, _)| names.contains(&name));
        entry.map(|(_, initializer)| *initializer).ok_or_else(|| {
            let known: Vec<&str> = INITIALIZERS.iter().map(|(names, _)| names[0]).collect();
            Error::unknown_name("initializer", name, &known)
        })
    }
}

impl From<Initializer> for Setting<Initializer> {
    fn from(initializer: Initializer) -> Self {
        Setting::value(initializer)
    }
}

impl Serialize for Initializer {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let config = self.get_config().map_err(serde::ser::Error::custom)?;
        Described::new(MODULE, self.class_name(), config).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Initializer {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Described::read(from, Initializer::from_config)
    }
}

impl From<Stft> for Initializer {
    fn from(stft: Stft) -> Self {
        Self::of(Rule::Stft(stft))
    }
}
