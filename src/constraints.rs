//! What weights are brought back to after every step of training.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::config::Described;
use crate::{Axes, Config, Error, Result, Setting, Shape, Tensor};

/// A rule that weights obey after every step.
///
/// Keras: `keras.constraints`. Norms are taken over the axes named: axis 0 of a dense kernel holds
/// the weights into one unit, axes `[0, 1, 2]` of a convolution's those of one filter.
///
/// # Example
/// ```
/// use kerust::constraints::Constraint;
/// use kerust::Tensor;
/// let mut weight = Tensor::from_vec(vec![3.0, 4.0, -1.0], 3)?;
/// Constraint::NonNeg.apply(&mut weight)?;
/// assert_eq!(weight.to_vec::<f32>(), [3.0, 4.0, 0.0]);
/// Constraint::max_norm(2.0, 0).apply(&mut weight)?;
/// assert!((weight.to_vec::<f32>()[1] - 1.6).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Constraint {
    /// No norm is larger than `max_value`.
    MaxNorm {
        /// The largest norm.
        max_value: f32,
        /// The axes that norms are taken over.
        axis: Vec<isize>,
    },
    /// Norms are brought between two values.
    MinMaxNorm {
        /// The smallest norm.
        min_value: f32,
        /// The largest norm.
        max_value: f32,
        /// How much of the way is gone in a step, from 0 to 1.
        rate: f32,
        /// The axes that norms are taken over.
        axis: Vec<isize>,
    },
    /// Nothing is negative.
    NonNeg,
    /// All norms are 1.
    UnitNorm {
        /// The axes that norms are taken over.
        axis: Vec<isize>,
    },
}

type New = fn() -> Constraint;

/// Every constraint by its names in Keras, with its defaults.
pub const CONSTRAINTS: &[(&[&str], New)] = &[
    (&["max_norm", "MaxNorm"], || Constraint::max_norm(2.0, 0)),
    (&["min_max_norm", "MinMaxNorm"], || {
        Constraint::min_max_norm(0.0, 1.0, 1.0, 0)
    }),
    (&["non_neg", "NonNeg"], || Constraint::NonNeg),
    (&["unit_norm", "UnitNorm"], || Constraint::unit_norm(0)),
];

/// Where constraints are in Keras.
const MODULE: &str = "keras.constraints";

/// What keeps the division away from 0, as in Keras.
const EPSILON: f32 = 1e-7;

impl Constraint {
    /// No norm over `axis` is larger than `max_value`.
    pub fn max_norm(max_value: f32, axis: impl Into<Axes>) -> Self {
        let axis = axis.into().as_slice().to_vec();
        Constraint::MaxNorm { max_value, axis }
    }

    /// Norms over `axis` are brought between two values, by `rate` of the way in each step.
    pub fn min_max_norm(min_value: f32, max_value: f32, rate: f32, axis: impl Into<Axes>) -> Self {
        Constraint::MinMaxNorm {
            min_value,
            max_value,
            rate,
            axis: axis.into().as_slice().to_vec(),
        }
    }

    /// All norms over `axis` are 1.
    pub fn unit_norm(axis: impl Into<Axes>) -> Self {
        let axis = axis.into().as_slice().to_vec();
        Constraint::UnitNorm { axis }
    }

    /// The class, as Keras names it.
    pub fn class_name(&self) -> &'static str {
        match self {
            Constraint::MaxNorm { .. } => "MaxNorm",
            Constraint::MinMaxNorm { .. } => "MinMaxNorm",
            Constraint::NonNeg => "NonNeg",
            Constraint::UnitNorm { .. } => "UnitNorm",
        }
    }

    /// Fails when an argument makes no sense, or a weight of `shape` has no such axis.
    ///
    /// # Errors
    /// Names the argument.
    pub fn check(&self, shape: &Shape) -> Result<()> {
        let at_least_0 = |name: &str, value: f32| {
            if value.is_finite() && value >= 0.0 {
                return Ok(());
            }
            Err(Error::argument(name, "a number of at least 0", value))
        };
        match self {
            Constraint::MaxNorm { max_value, .. } => at_least_0("max_value", *max_value)?,
            Constraint::MinMaxNorm {
                min_value,
                max_value,
                rate,
                ..
            } => {
                at_least_0("min_value", *min_value)?;
                at_least_0("max_value", *max_value)?;
                if min_value > max_value {
                    let expected = format!("a number of at least `min_value`, {min_value}");
                    return Err(Error::argument("max_value", &expected, max_value));
                }
                if !(0.0..=1.0).contains(rate) {
                    return Err(Error::argument("rate", "a number from 0 to 1", rate));
                }
            }
            Constraint::NonNeg | Constraint::UnitNorm { .. } => {}
        }
        self.axes()
            .iter()
            .try_for_each(|axis| shape.axis(*axis).map(drop))
    }

    pub(crate) fn axes(&self) -> &[isize] {
        match self {
            Constraint::MaxNorm { axis, .. }
            | Constraint::MinMaxNorm { axis, .. }
            | Constraint::UnitNorm { axis } => axis,
            Constraint::NonNeg => &[],
        }
    }

    /// Brings a weight back.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn apply(&self, weight: &mut Tensor) -> Result<()> {
        self.check(weight.shape())?;
        let factor: Box<dyn Fn(f32) -> f32> = match *self {
            Constraint::NonNeg => {
                let weight = weight.floats_mut()?;
                // NaN stays: it must show.
                weight
                    .iter_mut()
                    .filter(|w| **w < 0.0)
                    .for_each(|w| *w = 0.0);
                return Ok(());
            }
            Constraint::MaxNorm { max_value, .. } => {
                Box::new(move |norm| norm.min(max_value) / (EPSILON + norm))
            }
            Constraint::MinMaxNorm {
                min_value,
                max_value,
                rate,
                ..
            } => Box::new(move |norm| {
                let wanted = rate * norm.clamp(min_value, max_value) + (1.0 - rate) * norm;
                wanted / (EPSILON + norm)
            }),
            Constraint::UnitNorm { .. } => Box::new(|norm| 1.0 / (EPSILON + norm)),
        };
        let groups = groups(weight.shape(), self.axes())?;
        let weight = weight.floats_mut()?;
        let count = groups.iter().max().map_or(0, |most| most + 1);
        let mut factors = vec![0.0f64; count];
        for (w, group) in weight.iter().zip(&groups) {
            factors[*group] += f64::from(*w).powi(2);
        }
        let factors: Vec<f32> = factors.iter().map(|s| factor(s.sqrt() as f32)).collect();
        for (w, group) in weight.iter_mut().zip(&groups) {
            *w *= factors[*group];
        }
        Ok(())
    }

    /// The arguments, as Keras writes them down.
    ///
    /// # Errors
    /// Never, for the constraints there are.
    pub fn get_config(&self) -> Result<Config> {
        let axis = match self.axes() {
            [axis] => serde_json::json!(axis),
            axes => serde_json::json!(axes),
        };
        Config::of(&match self {
            Constraint::MaxNorm { max_value, .. } => {
                serde_json::json!({ "max_value": max_value, "axis": axis })
            }
            Constraint::MinMaxNorm {
                min_value,
                max_value,
                rate,
                ..
            } => serde_json::json!({
                "min_value": min_value, "max_value": max_value, "rate": rate, "axis": axis
            }),
            Constraint::NonNeg => serde_json::json!({}),
            Constraint::UnitNorm { .. } => serde_json::json!({ "axis": axis }),
        })
    }

    /// The constraint of class `class_name` that `config` describes.
    ///
    /// Keras: `keras.constraints.deserialize`.
    ///
    /// # Errors
    /// When there is no such class, or an argument cannot be.
    pub fn from_config(class_name: &str, config: &Config) -> Result<Constraint> {
        #[derive(Deserialize)]
        struct Arguments {
            min_value: Option<f32>,
            max_value: Option<f32>,
            rate: Option<f32>,
            axis: Option<Axes>,
        }
        let given: Arguments = config.read()?;
        let axes = given.axis.unwrap_or(Axes::One(0));
        Ok(match class_name.parse()? {
            Constraint::NonNeg => Constraint::NonNeg,
            Constraint::MaxNorm { max_value, .. } => {
                Constraint::max_norm(given.max_value.unwrap_or(max_value), axes)
            }
            Constraint::UnitNorm { .. } => Constraint::unit_norm(axes),
            Constraint::MinMaxNorm {
                min_value,
                max_value,
                rate,
                ..
            } => Constraint::min_max_norm(
                given.min_value.unwrap_or(min_value),
                given.max_value.unwrap_or(max_value),
                given.rate.unwrap_or(rate),
                axes,
            ),
        })
    }
}

/// For every number of a tensor, which norm it belongs to.
fn groups(shape: &Shape, axes: &[isize]) -> Result<Vec<usize>> {
    let over: Vec<usize> = axes
        .iter()
        .map(|axis| shape.axis(*axis))
        .collect::<Result<_>>()?;
    let mut groups = vec![0];
    for (axis, size) in shape.iter().enumerate() {
        let kept = if over.contains(&axis) { 1 } else { *size };
        groups = groups
            .iter()
            .flat_map(|group| (0..*size).map(move |i| group * kept + i % kept))
            .collect();
    }
    Ok(groups)
}

impl FromStr for Constraint {
    type Err = Error;

    fn from_str(name: &str) -> Result<Constraint> {
        let entry = CONSTRAINTS.iter().find(|(names, _)| names.contains(&name));
        entry.map(|(_, new)| new()).ok_or_else(|| {
            let known: Vec<&str> = CONSTRAINTS.iter().map(|(names, _)| names[0]).collect();
            Error::unknown_name("constraint", name, &known)
        })
    }
}

impl From<Constraint> for Setting<Constraint> {
    fn from(constraint: Constraint) -> Self {
        Setting::value(constraint)
    }
}

impl Serialize for Constraint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let config = self.get_config().map_err(serde::ser::Error::custom)?;
        Described::new(MODULE, self.class_name(), config).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Constraint {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Described::read(from, Constraint::from_config)
    }
}
