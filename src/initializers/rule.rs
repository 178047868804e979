//! The rules by which weights start, and their arguments.

use serde::{Deserialize, Deserializer, Serialize};

use super::stft::Stft;
use crate::{Error, ErrorKind, Result, Shape};

/// What [`Initializer::variance_scaling`](super::Initializer::variance_scaling) divides by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FanMode {
    /// The number of inputs.
    FanIn,
    /// The number of outputs.
    FanOut,
    /// The mean of both.
    FanAvg,
}

/// How [`Initializer::variance_scaling`](super::Initializer::variance_scaling) draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// Normally, cut at two standard deviations.
    #[serde(alias = "normal")]
    TruncatedNormal,
    /// Normally.
    UntruncatedNormal,
    /// Evenly.
    Uniform,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Rule {
    Zeros,
    Ones,
    Constant {
        value: f32,
    },
    Identity {
        gain: f32,
    },
    RandomNormal {
        mean: f32,
        stddev: f32,
    },
    RandomUniform {
        minval: f32,
        maxval: f32,
    },
    TruncatedNormal {
        mean: f32,
        stddev: f32,
    },
    VarianceScaling {
        scale: f32,
        mode: FanMode,
        distribution: Distribution,
    },
    GlorotUniform,
    GlorotNormal,
    HeUniform,
    HeNormal,
    LecunUniform,
    LecunNormal,
    Orthogonal {
        gain: f32,
    },
    Stft(Stft),
}

impl Rule {
    pub(super) fn class_name(self) -> &'static str {
        match self {
            Rule::Zeros => "Zeros",
            Rule::Ones => "Ones",
            Rule::Constant { .. } => "Constant",
            Rule::Identity { .. } => "Identity",
            Rule::RandomNormal { .. } => "RandomNormal",
            Rule::RandomUniform { .. } => "RandomUniform",
            Rule::TruncatedNormal { .. } => "TruncatedNormal",
            Rule::VarianceScaling { .. } => "VarianceScaling",
            Rule::GlorotUniform => "GlorotUniform",
            Rule::GlorotNormal => "GlorotNormal",
            Rule::HeUniform => "HeUniform",
            Rule::HeNormal => "HeNormal",
            Rule::LecunUniform => "LecunUniform",
            Rule::LecunNormal => "LecunNormal",
            Rule::Orthogonal { .. } => "Orthogonal",
            Rule::Stft(_) => "STFT",
        }
    }

    pub(super) fn check(self) -> Result<()> {
        let finite = |name: &str, value: f32| {
            if value.is_finite() {
                return Ok(());
            }
            Err(Error::argument(name, "a finite number", value))
        };
        match self {
            Rule::Constant { value } => finite("value", value),
            Rule::Identity { gain } | Rule::Orthogonal { gain } => finite("gain", gain),
            Rule::RandomNormal { mean, stddev } | Rule::TruncatedNormal { mean, stddev } => {
                finite("mean", mean)?;
                if !(stddev.is_finite() && stddev >= 0.0) {
                    return Err(Error::argument("stddev", "a number of at least 0", stddev));
                }
                Ok(())
            }
            Rule::RandomUniform { minval, maxval }
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
            Rule::VarianceScaling { scale, .. } if !(scale.is_finite() && scale > 0.0) => {
                Err(Error::argument("scale", "a positive number", scale))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn check_shape(self, shape: &Shape) -> Result<()> {
        let fits = match self {
            Rule::Identity { .. } => shape.rank() == 2,
            Rule::Orthogonal { .. } => shape.rank() >= 2,
            Rule::Stft(_) => shape.rank() == 3 && shape[1] == 1,
            _ => true,
        };
        if fits {
            return Ok(());
        }
        let name = self.class_name();
        let made = match self {
            Rule::Stft(_) => "kernels of shape (frame_length, 1, frequencies)",
            _ => "matrices",
        };
        Err(
            Error::shape(format!("`{name}` makes {made}, got shape {shape}"))
                .remedy("use another initializer for it, such as `\"zeros\"`"),
        )
    }
}

/// All arguments that initializers have in Keras; each class has its own of them.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Arguments {
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gain: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mean: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stddev: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minval: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maxval: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scale: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<FanMode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    distribution: Option<Distribution>,
    /// Of all that draw, even when there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    seed: Option<Option<u64>>,
    /// kerust counts fans by the shape alone, as Keras does unless told otherwise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    input_axes: Option<()>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    output_axes: Option<()>,
    #[serde(
        flatten,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "some"
    )]
    stft: Option<Stft>,
}

/// Read, so that a mistake shows.
fn some<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Stft>, D::Error> {
    Stft::deserialize(from).map(Some)
}

impl Arguments {
    pub(super) fn of(rule: Rule, seed: Option<u64>) -> Self {
        let drawn = Arguments {
            seed: Some(seed),
            ..Arguments::default()
        };
        let scaled = Arguments {
            input_axes: Some(()),
            output_axes: Some(()),
            ..Arguments {
                seed: Some(seed),
                ..Arguments::default()
            }
        };
        let plain = Arguments::default();
        match rule {
            Rule::Zeros | Rule::Ones => plain,
            Rule::Constant { value } => Arguments {
                value: Some(value),
                ..plain
            },
            Rule::Stft(stft) => Arguments {
                stft: Some(stft),
                ..plain
            },
            Rule::Identity { gain } => Arguments {
                gain: Some(gain),
                ..plain
            },
            Rule::RandomNormal { mean, stddev } | Rule::TruncatedNormal { mean, stddev } => {
                Arguments {
                    mean: Some(mean),
                    stddev: Some(stddev),
                    ..drawn
                }
            }
            Rule::RandomUniform { minval, maxval } => Arguments {
                minval: Some(minval),
                maxval: Some(maxval),
                ..drawn
            },
            Rule::VarianceScaling {
                scale,
                mode,
                distribution,
            } => Arguments {
                scale: Some(scale),
                mode: Some(mode),
                distribution: Some(distribution),
                ..scaled
            },
            Rule::Orthogonal { gain } => Arguments {
                gain: Some(gain),
                ..drawn
            },
            _ => scaled,
        }
    }

    /// The rule with these arguments in the place of its own, and the seed.
    pub(super) fn over(self, mut rule: Rule) -> (Rule, Option<u64>) {
        fn set<T>(place: &mut T, given: Option<T>) {
            if let Some(given) = given {
                *place = given;
            }
        }
        match &mut rule {
            Rule::Constant { value } => set(value, self.value),
            Rule::Identity { gain } | Rule::Orthogonal { gain } => set(gain, self.gain),
            Rule::RandomNormal { mean, stddev } | Rule::TruncatedNormal { mean, stddev } => {
                set(mean, self.mean);
                set(stddev, self.stddev);
            }
            Rule::RandomUniform { minval, maxval } => {
                set(minval, self.minval);
                set(maxval, self.maxval);
            }
            Rule::VarianceScaling {
                scale,
                mode,
                distribution,
            } => {
                set(scale, self.scale);
                set(mode, self.mode);
                set(distribution, self.distribution);
            }
            Rule::Stft(stft) => set(stft, self.stft),
            _ => {}
        }
        (rule, self.seed.flatten())
    }
}
