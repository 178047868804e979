//! How weights start.

use rand::Rng;
use rand::rngs::StdRng;

use crate::{Error, ErrorKind, Result, Setting, Shape, Tensor};

/// How a weight starts.
///
/// Keras: `keras.initializers`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initializer {
    /// All zeros.
    Zeros,
    /// All ones.
    Ones,
    /// One value everywhere.
    Constant(f32),
    /// Evenly from `-limit..limit` with `limit = sqrt(6 / (fan_in + fan_out))`.
    ///
    /// Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    /// networks", 2010.
    GlorotUniform,
    /// Evenly from `-limit..limit` with `limit = sqrt(6 / fan_in)`, for relu layers.
    ///
    /// He et al., "Delving deep into rectifiers", 2015.
    HeUniform,
    /// Evenly between two values.
    RandomUniform {
        /// The smallest value.
        minval: f32,
        /// The largest value.
        maxval: f32,
    },
}

/// Every initializer that can be named without arguments.
pub const INITIALIZERS: &[(&str, Initializer)] = &[
    ("zeros", Initializer::Zeros),
    ("ones", Initializer::Ones),
    ("glorot_uniform", Initializer::GlorotUniform),
    ("he_uniform", Initializer::HeUniform),
    (
        "random_uniform",
        Initializer::RandomUniform {
            minval: -0.05,
            maxval: 0.05,
        },
    ),
];

impl Initializer {
    /// Fails with the argument's name when the range makes no sense.
    pub(crate) fn check(self) -> Result<()> {
        match self {
            Initializer::Constant(value) if !value.is_finite() => {
                Err(Error::argument("value", "a finite number", value))
            }
            Initializer::RandomUniform { minval, maxval }
                if !(minval <= maxval && (maxval - minval).is_finite()) =>
            {
                Err(Error::new(
                    ErrorKind::Argument,
                    format!(
                        "arguments `minval` and `maxval`: expected finite numbers, the smaller \
                         first, got {minval} and {maxval}"
                    ),
                ))
            }
            _ => Ok(()),
        }
    }

    /// A new weight of `shape`.
    pub(crate) fn tensor(self, shape: &Shape, generator: &mut StdRng) -> Tensor {
        let (fan_in, fan_out) = fans(shape);
        let mut uniform = |low: f32, high: f32| {
            let values =
                (0..shape.elements()).map(|_| low + (high - low) * generator.r#gen::<f32>());
            Tensor::from_floats(values.collect(), shape.clone())
        };
        let around_zero = |limit: f64| (-limit as f32, limit as f32);
        let (low, high) = match self {
            Initializer::Zeros => return Tensor::zeros(shape),
            Initializer::Ones => return Tensor::ones(shape),
            Initializer::Constant(value) => return Tensor::full(shape, value),
            Initializer::GlorotUniform => around_zero((6.0 / (fan_in + fan_out)).sqrt()),
            Initializer::HeUniform => around_zero((6.0 / fan_in).sqrt()),
            Initializer::RandomUniform { minval, maxval } => (minval, maxval),
        };
        uniform(low, high)
    }
}

/// How many inputs and outputs a weight connects, as Keras counts: for a kernel
/// `(.., channels, filters)` the axes in front are the window.
fn fans(shape: &Shape) -> (f64, f64) {
    let (fan_in, fan_out) = match *shape.dims() {
        [] => (1, 1),
        [only] => (only, only),
        [ref window @ .., input, output] => {
            let cells: usize = window.iter().product();
            (cells * input, cells * output)
        }
    };
    (fan_in.max(1) as f64, fan_out.max(1) as f64)
}

impl std::str::FromStr for Initializer {
    type Err = Error;

    fn from_str(name: &str) -> Result<Initializer> {
        let entry = INITIALIZERS.iter().find(|(known, _)| *known == name);
        entry.map(|(_, initializer)| *initializer).ok_or_else(|| {
            let known: Vec<&str> = INITIALIZERS.iter().map(|(name, _)| *name).collect();
            Error::unknown_name("initializer", name, &known)
        })
    }
}

impl From<Initializer> for Setting<Initializer> {
    fn from(initializer: Initializer) -> Self {
        Setting::value(initializer)
    }
}
