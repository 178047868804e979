//! Activation functions.

mod functions;

use crate::ops::exponential::exp;
use crate::ops::{self, Each, elementwise, sigmoid, softplus, tanh};
use crate::{Error, Result, Shape, Tape, Tensor};
use functions::*;

/// A function that a layer applies to its output.
///
/// Keras: `keras.activations`. Names are Keras's: `"relu".parse::<Activation>()`. Those with
/// arguments have Keras's defaults by their name alone; `With` takes others.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let x = Tensor::from_vec(vec![-1.0, 2.0], 2)?;
/// assert_eq!(Activation::Relu.apply(&x)?.to_vec::<f32>(), [0.0, 2.0]);
/// let leaky = Activation::LeakyReluWith { negative_slope: 0.5 };
/// assert_eq!(leaky.apply(&x)?.to_vec::<f32>(), [-0.5, 2.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Activation {
    /// `x`
    #[default]
    Linear,
    /// `max(x, 0)`
    Relu,
    /// `x` above `threshold`, but at most `max_value`, and `negative_slope (x - threshold)` below.
    ReluWith {
        /// How steep it is below the threshold.
        negative_slope: f32,
        /// The largest result.
        max_value: Option<f32>,
        /// Below what the function is another.
        threshold: f32,
    },
    /// `min(max(x, 0), 6)`
    Relu6,
    /// `x` where positive, `0.2 x` elsewhere
    LeakyRelu,
    /// `x` where positive, `negative_slope x` elsewhere
    LeakyReluWith {
        /// How steep it is below 0.
        negative_slope: f32,
    },
    /// `1 / (1 + exp(-x))`
    Sigmoid,
    /// `clip(x / 6 + 1/2, 0, 1)`
    HardSigmoid,
    /// `log(sigmoid(x))`
    LogSigmoid,
    /// `clip((x + 1) / 2, 0, 1)`
    SparseSigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// `clip(x, -1, 1)`
    HardTanh,
    /// `x - tanh(x)`
    TanhShrink,
    /// `exp(x) / sum(exp(x))` on the last axis.
    Softmax,
    /// Softmax on another axis.
    SoftmaxWith {
        /// The axis; negative ones count from the end.
        axis: isize,
    },
    /// The logarithm of softmax.
    LogSoftmax,
    /// The logarithm of softmax on another axis.
    LogSoftmaxWith {
        /// The axis; negative ones count from the end.
        axis: isize,
    },
    /// The point closest to `x` whose numbers on the last axis are shares of 1: many of them are 0.
    ///
    /// Martins and Astudillo, "From softmax to sparsemax", 2016. Keras 3.15 computes something else
    /// where more than one share is above 0: its results do not add up to 1.
    Sparsemax,
    /// Sparsemax on another axis.
    SparsemaxWith {
        /// The axis; negative ones count from the end.
        axis: isize,
    },
    /// `log(exp(x) + 1)`
    Softplus,
    /// `(x + sqrt(x^2 + 4)) / 2`
    Squareplus,
    /// `(x + sqrt(x^2 + b)) / 2`
    SquareplusWith {
        /// How round it is at 0.
        b: f32,
    },
    /// 0 below -1, `x` above 1, `(x + 1)^2 / 4` between
    SparsePlus,
    /// `x / (|x| + 1)`
    Softsign,
    /// `x` less half of its sign, 0 between
    SoftShrink,
    /// `x` less `threshold` times its sign, 0 between
    SoftShrinkWith {
        /// How far from 0 the result begins.
        threshold: f32,
    },
    /// `x` where further than 0.5 from 0, 0 elsewhere
    HardShrink,
    /// `x` where further than `threshold` from 0, 0 elsewhere
    HardShrinkWith {
        /// How far from 0 the result begins.
        threshold: f32,
    },
    /// `x` above `threshold`, `default_value` elsewhere
    Threshold {
        /// Above what `x` stays.
        threshold: f32,
        /// The result elsewhere.
        default_value: f32,
    },
    /// `x` where positive, `exp(x) - 1` elsewhere
    Elu,
    /// `x` where positive, `alpha (exp(x) - 1)` elsewhere
    EluWith {
        /// What it falls to, below 0.
        alpha: f32,
    },
    /// As ELU, and as smooth whatever `alpha`, which is 1.
    Celu,
    /// `x` where positive, `alpha (exp(x / alpha) - 1)` elsewhere
    CeluWith {
        /// What it falls to, below 0.
        alpha: f32,
    },
    /// The scaled ELU of self-normalizing networks.
    Selu,
    /// `x Φ(x)` with Φ the normal distribution function.
    Gelu,
    /// GELU, or with `approximate` a formula with tanh that comes close.
    GeluWith {
        /// Whether the formula is used.
        approximate: bool,
    },
    /// The first half of the last axis times the sigmoid of the second: half as many numbers.
    Glu,
    /// As [`Activation::Glu`], on another axis.
    GluWith {
        /// The axis; negative ones count from the end.
        axis: isize,
    },
    /// `x sigmoid(x)`
    Silu,
    /// `x clip(x / 6 + 1/2, 0, 1)`
    HardSilu,
    /// `x tanh(softplus(x))`
    Mish,
    /// `exp(x)`
    Exponential,
}

/// Every activation by its names in Keras; the first name is the one that is saved.
pub const ACTIVATIONS: &[(&[&str], Activation)] = &[
    (&["linear"], Activation::Linear),
    (&["relu"], Activation::Relu),
    (&["relu6"], Activation::Relu6),
    (&["leaky_relu"], Activation::LeakyRelu),
    (&["sigmoid"], Activation::Sigmoid),
    (&["hard_sigmoid"], Activation::HardSigmoid),
    (&["log_sigmoid"], Activation::LogSigmoid),
    (&["sparse_sigmoid"], Activation::SparseSigmoid),
    (&["tanh"], Activation::Tanh),
    (&["hard_tanh"], Activation::HardTanh),
    (&["tanh_shrink"], Activation::TanhShrink),
    (&["softmax"], Activation::Softmax),
    (&["log_softmax"], Activation::LogSoftmax),
    (&["sparsemax"], Activation::Sparsemax),
    (&["softplus"], Activation::Softplus),
    (&["squareplus"], Activation::Squareplus),
    (&["sparse_plus"], Activation::SparsePlus),
    (&["softsign"], Activation::Softsign),
    (&["soft_shrink"], Activation::SoftShrink),
    (&["hard_shrink"], Activation::HardShrink),
    (&["elu"], Activation::Elu),
    (&["celu"], Activation::Celu),
    (&["selu"], Activation::Selu),
    (&["gelu"], Activation::Gelu),
    (&["glu"], Activation::Glu),
    (&["silu", "swish"], Activation::Silu),
    (&["hard_silu", "hard_swish"], Activation::HardSilu),
    (&["mish"], Activation::Mish),
    (&["exponential"], Activation::Exponential),
];

impl Activation {
    /// The function's name in Keras.
    pub fn name(self) -> &'static str {
        let plain = match self {
            Activation::ReluWith { .. } => Activation::Relu,
            Activation::LeakyReluWith { .. } => Activation::LeakyRelu,
            Activation::SoftmaxWith { .. } => Activation::Softmax,
            Activation::LogSoftmaxWith { .. } => Activation::LogSoftmax,
            Activation::SparsemaxWith { .. } => Activation::Sparsemax,
            Activation::SquareplusWith { .. } => Activation::Squareplus,
            Activation::SoftShrinkWith { .. } => Activation::SoftShrink,
            Activation::HardShrinkWith { .. } => Activation::HardShrink,
            Activation::EluWith { .. } => Activation::Elu,
            Activation::CeluWith { .. } => Activation::Celu,
            Activation::GeluWith { .. } => Activation::Gelu,
            Activation::GluWith { .. } => Activation::Glu,
            Activation::Threshold { .. } => return "threshold",
            plain => plain,
        };
        let entry = ACTIVATIONS
            .iter()
            .find(|(_, activation)| *activation == plain);
        entry.map_or("linear", |(names, _)| names[0])
    }

    /// The shape of a sample of the result, for samples of shape `sample`.
    pub(crate) fn output_shape(self, sample: &Shape) -> Result<Shape> {
        let axis = match self {
            Activation::Glu => -1,
            Activation::GluWith { axis } => axis,
            _ => return Ok(sample.clone()),
        };
        let batch = ops::glu_shape(&sample.with_batch(1), axis)?;
        Ok(batch.without_batch())
    }

    /// Fails for a function whose results have another shape.
    pub(crate) fn require_same_shape(self, argument: &str) -> Result<()> {
        match self {
            Activation::Glu | Activation::GluWith { .. } => {
                let expected = "a function that keeps the shape";
                Err(Error::argument(
                    argument,
                    expected,
                    "\"glu\", which halves an axis",
                ))
            }
            _ => Ok(()),
        }
    }

    /// The function of every element of `x`.
    ///
    /// # Errors
    /// When `x` is not a float tensor, or has not the axis that the function works on.
    pub fn apply(self, x: &Tensor) -> Result<Tensor> {
        self.call(&mut Tape::off(), x)
    }

    /// As [`apply`](Self::apply), recorded on `tape`.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub fn call(self, tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
        match self {
            Activation::Linear => Ok(x.clone()),
            Activation::Relu => elementwise(
                tape,
                x,
                "relu",
                |x| if x < 0.0 { 0.0 } else { x },
                |x, _| f32::from(x > 0.0),
            ),
            Activation::ReluWith {
                negative_slope,
                max_value,
                threshold,
            } => relu_with(tape, x, negative_slope, max_value, threshold),
            Activation::Relu6 => elementwise(
                tape,
                x,
                "relu6",
                |x| limited(x, 0.0, 6.0),
                |x, _| f32::from(x > 0.0 && x < 6.0),
            ),
            Activation::LeakyRelu => leaky_relu(tape, x, 0.2),
            Activation::LeakyReluWith { negative_slope } => leaky_relu(tape, x, negative_slope),
            Activation::Sigmoid => {
                elementwise(tape, x, "sigmoid_each", sigmoid, |_, y| y * (1.0 - y))
                    .map(|y| y.with_logits(Activation::Sigmoid, x.clone()))
            }
            Activation::HardSigmoid => {
                elementwise(tape, x, "hard_sigmoid", hard_sigmoid, hard_sigmoid_slope)
            }
            Activation::LogSigmoid => elementwise(
                tape,
                x,
                "log_sigmoid",
                |x| -softplus(-x),
                |x, _| sigmoid(-x),
            ),
            Activation::SparseSigmoid => elementwise(
                tape,
                x,
                "sparse_sigmoid",
                |x| 0.5 * limited(x + 1.0, 0.0, 2.0),
                |x, _| if x > -1.0 && x < 1.0 { 0.5 } else { 0.0 },
            ),
            Activation::Tanh => elementwise(tape, x, "tanh_each", tanh, |_, y| 1.0 - y * y),
            Activation::HardTanh => elementwise(
                tape,
                x,
                "hard_tanh",
                |x| limited(x, -1.0, 1.0),
                |x, _| f32::from((-1.0..=1.0).contains(&x)),
            ),
            Activation::TanhShrink => elementwise(
                tape,
                x,
                "tanh_shrink",
                |x| x - tanh(x),
                |x, _| {
                    let t = tanh(x);
                    t * t
                },
            ),
            Activation::Softmax => ops::softmax(tape, x),
            Activation::SoftmaxWith { axis } => ops::softmax_along(tape, x, axis),
            Activation::LogSoftmax => ops::log_softmax(tape, x),
            Activation::LogSoftmaxWith { axis } => ops::log_softmax_along(tape, x, axis),
            Activation::Sparsemax => ops::sparsemax(tape, x, -1),
            Activation::SparsemaxWith { axis } => ops::sparsemax(tape, x, axis),
            Activation::Softplus => {
                elementwise(tape, x, "softplus_each", softplus, |x, _| sigmoid(x))
            }
            Activation::Squareplus => squareplus(tape, x, 4.0),
            Activation::SquareplusWith { b } => squareplus(tape, x, b),
            Activation::SparsePlus => elementwise(
                tape,
                x,
                "sparse_plus",
                |x| {
                    let root = limited(x + 1.0, 0.0, 2.0);
                    if x > 1.0 { x } else { 0.25 * root * root }
                },
                |x, _| 0.5 * limited(x + 1.0, 0.0, 2.0),
            ),
            Activation::Softsign => elementwise(
                tape,
                x,
                "softsign",
                |x| x / (x.abs() + 1.0),
                |x, _| {
                    let below = x.abs() + 1.0;
                    1.0 / (below * below)
                },
            ),
            Activation::SoftShrink => soft_shrink(tape, x, 0.5),
            Activation::SoftShrinkWith { threshold } => soft_shrink(tape, x, threshold),
            Activation::HardShrink => hard_shrink(tape, x, 0.5),
            Activation::HardShrinkWith { threshold } => hard_shrink(tape, x, threshold),
            Activation::Threshold {
                threshold,
                default_value,
            } => elementwise(
                tape,
                x,
                Each::with("threshold", [threshold, default_value]),
                move |x| if x <= threshold { default_value } else { x },
                move |x, _| f32::from(x > threshold),
            ),
            Activation::Elu => elu(tape, x, 1.0),
            Activation::EluWith { alpha } => elu(tape, x, alpha),
            Activation::Celu => celu(tape, x, 1.0),
            Activation::CeluWith { alpha } => celu(tape, x, alpha),
            Activation::Selu => selu(tape, x),
            Activation::Gelu | Activation::GeluWith { approximate: false } => {
                elementwise(tape, x, "gelu", gelu, gelu_slope)
            }
            Activation::GeluWith { approximate: true } => {
                elementwise(tape, x, "gelu_by_tanh", gelu_by_tanh, gelu_by_tanh_slope)
            }
            Activation::Glu => ops::glu(tape, x, -1),
            Activation::GluWith { axis } => ops::glu(tape, x, axis),
            Activation::Silu => elementwise(
                tape,
                x,
                "silu",
                |x| x * sigmoid(x),
                |x, y| {
                    let s = sigmoid(x);
                    s + y * (1.0 - s)
                },
            ),
            Activation::HardSilu => elementwise(
                tape,
                x,
                "hard_silu",
                |x| x * hard_sigmoid(x),
                |x, y| hard_sigmoid(x) + x * hard_sigmoid_slope(x, y),
            ),
            Activation::Mish => elementwise(
                tape,
                x,
                "mish",
                |x| x * tanh_of_softplus(x),
                |x, _| {
                    let t = tanh_of_softplus(x);
                    t + x * (1.0 - t * t) * sigmoid(x)
                },
            ),
            Activation::Exponential => elementwise(tape, x, "exponential", exp, |_, y| y),
        }
    }
}

impl std::str::FromStr for Activation {
    type Err = Error;

    fn from_str(name: &str) -> Result<Activation> {
        let entry = ACTIVATIONS.iter().find(|(names, _)| names.contains(&name));
        entry.map(|(_, activation)| *activation).ok_or_else(|| {
            let known: Vec<&str> = ACTIVATIONS.iter().map(|(names, _)| names[0]).collect();
            Error::unknown_name("activation", name, &known)
        })
    }
}

impl From<Activation> for crate::Setting<Activation> {
    fn from(activation: Activation) -> Self {
        crate::Setting::value(activation)
    }
}
