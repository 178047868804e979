//! What is added to the loss so that weights stay small, or outputs.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::config::Described;
use crate::ops::vectorized;
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{Config, Error, Result, Setting, Shape, Tape, Tensor};

/// A penalty on the numbers of a weight or an output.
///
/// Keras: `keras.regularizers`. Names are Keras's: `"l2"` has its default strength of 0.01.
///
/// # Example
/// ```
/// use kerust::regularizers::Regularizer;
/// use kerust::Tensor;
/// let weight = Tensor::from_vec(vec![-1.0, 2.0], 2)?;
/// assert_eq!(Regularizer::L2 { l2: 0.5 }.value(&weight)?, 2.5);
/// assert_eq!("l1".parse::<Regularizer>()?, Regularizer::L1 { l1: 0.01 });
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Regularizer {
    /// `l1` times the sum of sizes.
    L1 {
        /// How strong it is.
        l1: f32,
    },
    /// `l2` times the sum of squares.
    L2 {
        /// How strong it is.
        l2: f32,
    },
    /// Both.
    L1L2 {
        /// How strong the sum of sizes is.
        l1: f32,
        /// How strong the sum of squares is.
        l2: f32,
    },
    /// `factor` times the mean of the sizes of the cosines between each two rows, or columns, of a
    /// matrix.
    Orthogonal {
        /// How strong it is.
        factor: f32,
        /// Whether rows or columns are compared.
        mode: Mode,
    },
}

/// What [`Regularizer::Orthogonal`] compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Each two rows.
    #[default]
    Rows,
    /// Each two columns.
    Columns,
}

/// Every regularizer by its names in Keras, with its defaults.
pub const REGULARIZERS: &[(&[&str], Regularizer)] = &[
    (&["l1", "L1"], Regularizer::L1 { l1: 0.01 }),
    (&["l2", "L2"], Regularizer::L2 { l2: 0.01 }),
    (
        &["l1_l2", "l1l2", "L1L2"],
        Regularizer::L1L2 { l1: 0.01, l2: 0.01 },
    ),
    (
        &["orthogonal_regularizer", "OrthogonalRegularizer"],
        Regularizer::Orthogonal {
            factor: 0.01,
            mode: Mode::Rows,
        },
    ),
];

/// Where regularizers are in Keras.
const MODULE: &str = "keras.regularizers";

impl Regularizer {
    /// The class, as Keras names it.
    pub fn class_name(&self) -> &'static str {
        match self {
            Regularizer::L1 { .. } => "L1",
            Regularizer::L2 { .. } => "L2",
            Regularizer::L1L2 { .. } => "L1L2",
            Regularizer::Orthogonal { .. } => "OrthogonalRegularizer",
        }
    }

    /// Fails when an argument makes no sense.
    ///
    /// # Errors
    /// Names the argument.
    pub fn check(&self) -> Result<()> {
        let strengths = match *self {
            Regularizer::L1 { l1 } => [("l1", l1), ("l2", 0.0)],
            Regularizer::L2 { l2 } => [("l1", 0.0), ("l2", l2)],
            Regularizer::L1L2 { l1, l2 } => [("l1", l1), ("l2", l2)],
            Regularizer::Orthogonal { factor, .. } => [("factor", factor), ("l2", 0.0)],
        };
        for (name, strength) in strengths {
            if !(strength.is_finite() && strength >= 0.0) {
                return Err(Error::argument(name, "a number of at least 0", strength));
            }
        }
        Ok(())
    }

    /// Fails unless a weight of `shape` can be regularized.
    ///
    /// # Errors
    /// Says what shapes can be.
    pub fn check_shape(&self, shape: &Shape) -> Result<()> {
        match self {
            Regularizer::Orthogonal { .. } if shape.rank() != 2 => Err(Error::shape(format!(
                "`OrthogonalRegularizer` compares rows or columns of a matrix, got shape {shape}"
            ))
            .remedy("use `\"l2\"` for weights that are no matrices")),
            _ => Ok(()),
        }
    }

    /// What is added to the loss.
    ///
    /// # Errors
    /// When the weight holds no floats, or cannot be regularized this way.
    pub fn value(&self, weight: &Tensor) -> Result<f64> {
        self.check_shape(weight.shape())?;
        Ok(self.measure(weight.floats()?, weight.shape(), None))
    }

    /// Adds the slope of [`value`](Self::value) at each number of the weight to `gradient`.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn add_gradient(&self, weight: &Tensor, gradient: &mut [f32]) -> Result<f64> {
        self.check_shape(weight.shape())?;
        let gradient = Some((gradient, 1.0));
        Ok(self.measure(weight.floats()?, weight.shape(), gradient))
    }

    /// As [`value`](Self::value), recorded on `tape`: for outputs of layers.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn call(&self, tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
        self.check_shape(x.shape())?;
        let penalty = Penalty {
            regularizer: *self,
            shape: x.shape().clone(),
        };
        apply(tape, penalty, &[x], Shape::from(()))
    }

    /// The arguments, as Keras writes them down.
    ///
    /// # Errors
    /// Never, for the regularizers there are.
    pub fn get_config(&self) -> Result<Config> {
        match *self {
            Regularizer::L1 { l1 } => Config::of(&serde_json::json!({ "l1": l1 })),
            Regularizer::L2 { l2 } => Config::of(&serde_json::json!({ "l2": l2 })),
            Regularizer::L1L2 { l1, l2 } => Config::of(&serde_json::json!({ "l1": l1, "l2": l2 })),
            Regularizer::Orthogonal { factor, mode } => {
                Config::of(&serde_json::json!({ "factor": factor, "mode": mode }))
            }
        }
    }

    /// The regularizer of class `class_name` that `config` describes.
    ///
    /// Keras: `keras.regularizers.deserialize`.
    ///
    /// # Errors
    /// When there is no such class, or an argument cannot be.
    pub fn from_config(class_name: &str, config: &Config) -> Result<Regularizer> {
        #[derive(Deserialize)]
        struct Arguments {
            l1: Option<f32>,
            l2: Option<f32>,
            factor: Option<f32>,
            mode: Option<Mode>,
        }
        let given: Arguments = config.read()?;
        let mut regularizer: Regularizer = class_name.parse()?;
        match &mut regularizer {
            Regularizer::L1 { l1 } => *l1 = given.l1.unwrap_or(*l1),
            Regularizer::L2 { l2 } => *l2 = given.l2.unwrap_or(*l2),
            Regularizer::L1L2 { l1, l2 } => {
                (*l1, *l2) = (given.l1.unwrap_or(0.0), given.l2.unwrap_or(0.0));
            }
            Regularizer::Orthogonal { factor, mode } => {
                *factor = given.factor.unwrap_or(*factor);
                *mode = given.mode.unwrap_or(*mode);
            }
        }
        regularizer.check()?;
        Ok(regularizer)
    }

    /// The value; its slopes, times a factor, are added to the gradient.
    fn measure(&self, x: &[f32], shape: &Shape, gradient: Option<(&mut [f32], f32)>) -> f64 {
        match *self {
            Regularizer::L1 { l1 } => sizes_and_squares(x, l1, 0.0, gradient),
            Regularizer::L2 { l2 } => sizes_and_squares(x, 0.0, l2, gradient),
            Regularizer::L1L2 { l1, l2 } => sizes_and_squares(x, l1, l2, gradient),
            Regularizer::Orthogonal { factor, mode } => {
                cosines(x, shape.last(), factor, mode, gradient)
            }
        }
    }
}

/// `l1 sum |x| + l2 sum x²`.
fn sizes_and_squares(x: &[f32], l1: f32, l2: f32, gradient: Option<(&mut [f32], f32)>) -> f64 {
    const LANES: usize = 16;
    if let Some((gradient, factor)) = gradient {
        let (l1, l2) = (l1 * factor, 2.0 * l2 * factor);
        vectorized(
            #[inline(always)]
            || {
                for (g, x) in gradient.iter_mut().zip(x) {
                    let sign = f32::from(*x > 0.0) - f32::from(*x < 0.0);
                    *g += l1 * sign + l2 * x;
                }
            },
        );
    }
    let (mut sizes, mut squares) = ([0.0f64; LANES], [0.0f64; LANES]);
    vectorized(
        #[inline(always)]
        || {
            for part in x.chunks(LANES) {
                for ((size, square), x) in sizes.iter_mut().zip(&mut squares).zip(part) {
                    let x = f64::from(*x);
                    *size += x.abs();
                    *square += x * x;
                }
            }
        },
    );
    let total = |sums: [f64; LANES]| sums.iter().sum::<f64>();
    let mut value = 0.0;
    if l1 != 0.0 {
        value += f64::from(l1) * total(sizes);
    }
    if l2 != 0.0 {
        value += f64::from(l2) * total(squares);
    }
    value
}

/// `factor` times the mean size of the cosines between each two rows or columns.
fn cosines(
    x: &[f32],
    columns: usize,
    factor: f32,
    mode: Mode,
    gradient: Option<(&mut [f32], f32)>,
) -> f64 {
    let rows = x.len() / columns.max(1);
    // Line `i`, number `k` of it.
    let (lines, length) = match mode {
        Mode::Rows => (rows, columns),
        Mode::Columns => (columns, rows),
    };
    let place = |i: usize, k: usize| match mode {
        Mode::Rows => i * columns + k,
        Mode::Columns => k * columns + i,
    };
    if lines < 2 {
        return 0.0;
    }
    let norms: Vec<f64> = (0..lines)
        .map(|i| {
            let squares = (0..length).map(|k| f64::from(x[place(i, k)]).powi(2));
            squares.sum::<f64>().sqrt()
        })
        .collect();
    // As in Keras, a line of zeros stays one.
    let inverse: Vec<f64> = norms.iter().map(|norm| 1.0 / norm.max(1e-10)).collect();
    let unit = |i: usize, k: usize| f64::from(x[place(i, k)]) * inverse[i];
    let weight = f64::from(factor) / (lines * (lines - 1) / 2) as f64;
    let mut slopes = vec![0.0f64; if gradient.is_some() { x.len() } else { 0 }];
    let mut sum = 0.0;
    for i in 0..lines {
        for j in 0..i {
            let cosine: f64 = (0..length).map(|k| unit(i, k) * unit(j, k)).sum();
            sum += cosine.abs();
            if slopes.is_empty() || cosine == 0.0 {
                continue;
            }
            for k in 0..length {
                let sign = cosine.signum();
                slopes[place(i, k)] += sign * (unit(j, k) - cosine * unit(i, k)) * inverse[i];
                slopes[place(j, k)] += sign * (unit(i, k) - cosine * unit(j, k)) * inverse[j];
            }
        }
    }
    if let Some((gradient, scale)) = gradient {
        for (g, slope) in gradient.iter_mut().zip(slopes) {
            *g += (weight * slope) as f32 * scale;
        }
    }
    weight * sum
}

pub(crate) struct Penalty {
    pub(crate) regularizer: Regularizer,
    pub(crate) shape: Shape,
}

impl Op for Penalty {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        output[0] = self.regularizer.measure(inputs[0], &self.shape, None) as f32;
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(wanted) = &mut at.wanted[0] else {
            return;
        };
        wanted.clear_if_fresh();
        let gradient = Some((&mut *wanted.values, at.gradient[0]));
        self.regularizer
            .measure(at.inputs[0], &self.shape, gradient);
    }
}

impl FromStr for Regularizer {
    type Err = Error;

    fn from_str(name: &str) -> Result<Regularizer> {
        let entry = REGULARIZERS.iter().find(|(names, _)| names.contains(&name));
        entry.map(|(_, regularizer)| *regularizer).ok_or_else(|| {
            let known: Vec<&str> = REGULARIZERS.iter().map(|(names, _)| names[0]).collect();
            Error::unknown_name("regularizer", name, &known)
        })
    }
}

impl From<Regularizer> for Setting<Regularizer> {
    fn from(regularizer: Regularizer) -> Self {
        Setting::value(regularizer)
    }
}

impl Serialize for Regularizer {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let config = self.get_config().map_err(serde::ser::Error::custom)?;
        Described::new(MODULE, self.class_name(), config).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Regularizer {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Described::read(from, Regularizer::from_config)
    }
}
