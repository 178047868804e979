//! Activation functions.

use crate::ops::{elementwise, exp, exp_m1, log_softmax, sigmoid, softmax, softplus, tanh};
use crate::{Error, Result, Tape, Tensor};

/// A function that a layer applies to its output.
///
/// Keras: `keras.activations`. Names are Keras's: `"relu".parse::<Activation>()`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let x = Tensor::from_vec(vec![-1.0, 2.0], 2)?;
/// assert_eq!(Activation::Relu.apply(&x)?.to_vec::<f32>(), [0.0, 2.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activation {
    /// `x`
    #[default]
    Linear,
    /// `max(x, 0)`
    Relu,
    /// `min(max(x, 0), 6)`
    Relu6,
    /// `x` where positive, `0.2 x` elsewhere
    LeakyRelu,
    /// `1 / (1 + exp(-x))`
    Sigmoid,
    /// `clip(x / 6 + 1/2, 0, 1)`
    HardSigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// `exp(x) / sum(exp(x))` on the last axis.
    Softmax,
    /// The logarithm of softmax.
    LogSoftmax,
    /// `log(exp(x) + 1)`
    Softplus,
    /// `x / (|x| + 1)`
    Softsign,
    /// `x` where positive, `exp(x) - 1` elsewhere
    Elu,
    /// The scaled ELU of self-normalizing networks.
    Selu,
    /// `x Φ(x)` with Φ the normal distribution function.
    Gelu,
    /// `x sigmoid(x)`
    Silu,
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
    (&["tanh"], Activation::Tanh),
    (&["softmax"], Activation::Softmax),
    (&["log_softmax"], Activation::LogSoftmax),
    (&["softplus"], Activation::Softplus),
    (&["softsign"], Activation::Softsign),
    (&["elu"], Activation::Elu),
    (&["selu"], Activation::Selu),
    (&["gelu"], Activation::Gelu),
    (&["silu", "swish"], Activation::Silu),
    (&["mish"], Activation::Mish),
    (&["exponential"], Activation::Exponential),
];

const SELU_SCALE: f32 = 1.050_701;
const SELU_ALPHA: f32 = 1.673_263_2;

impl Activation {
    /// The function's name in Keras.
    pub fn name(self) -> &'static str {
        let entry = ACTIVATIONS
            .iter()
            .find(|(_, activation)| *activation == self);
        entry.map_or("linear", |(names, _)| names[0])
    }

    /// The function of every element of `x`.
    ///
    /// # Errors
    /// When `x` is not a float tensor.
    pub fn apply(self, x: &Tensor) -> Result<Tensor> {
        self.call(&mut Tape::off(), x)
    }

    /// As [`apply`](Self::apply), recorded on `tape`.
    ///
    /// # Errors
    /// When `x` is not a float tensor.
    pub fn call(self, tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
        match self {
            Activation::Linear => Ok(x.clone()),
            Activation::Relu => elementwise(
                tape,
                x,
                |x| if x < 0.0 { 0.0 } else { x },
                |x, _| f32::from(x > 0.0),
            ),
            Activation::Relu6 => elementwise(
                tape,
                x,
                |x| if x.is_nan() { x } else { x.clamp(0.0, 6.0) },
                |x, _| f32::from(x > 0.0 && x < 6.0),
            ),
            Activation::LeakyRelu => elementwise(
                tape,
                x,
                |x| if x < 0.0 { 0.2 * x } else { x },
                |x, _| if x > 0.0 { 1.0 } else { 0.2 },
            ),
            Activation::Sigmoid => elementwise(tape, x, sigmoid, |_, y| y * (1.0 - y))
                .map(|y| y.with_logits(Activation::Sigmoid, x.clone())),
            Activation::HardSigmoid => elementwise(
                tape,
                x,
                |x| {
                    if x.is_nan() {
                        x
                    } else {
                        (x / 6.0 + 0.5).clamp(0.0, 1.0)
                    }
                },
                |x, _| if x > -3.0 && x < 3.0 { 1.0 / 6.0 } else { 0.0 },
            ),
            Activation::Tanh => elementwise(tape, x, tanh, |_, y| 1.0 - y * y),
            Activation::Softmax => softmax(tape, x),
            Activation::LogSoftmax => log_softmax(tape, x),
            Activation::Softplus => elementwise(tape, x, softplus, |x, _| sigmoid(x)),
            Activation::Softsign => elementwise(
                tape,
                x,
                |x| x / (x.abs() + 1.0),
                |x, _| 1.0 / (x.abs() + 1.0).powi(2),
            ),
            Activation::Elu => elementwise(
                tape,
                x,
                |x| if x < 0.0 { exp_m1(x) } else { x },
                |x, y| if x > 0.0 { 1.0 } else { y + 1.0 },
            ),
            Activation::Selu => elementwise(
                tape,
                x,
                |x| SELU_SCALE * if x < 0.0 { SELU_ALPHA * exp_m1(x) } else { x },
                |x, y| {
                    if x > 0.0 {
                        SELU_SCALE
                    } else {
                        y + SELU_SCALE * SELU_ALPHA
                    }
                },
            ),
            Activation::Gelu => elementwise(tape, x, gelu, gelu_slope),
            Activation::Silu => elementwise(
                tape,
                x,
                |x| x * sigmoid(x),
                |x, y| {
                    let s = sigmoid(x);
                    s + y * (1.0 - s)
                },
            ),
            Activation::Mish => elementwise(
                tape,
                x,
                |x| x * tanh_of_softplus(x),
                |x, _| {
                    let t = tanh_of_softplus(x);
                    t + x * (1.0 - t * t) * sigmoid(x)
                },
            ),
            Activation::Exponential => elementwise(tape, x, exp, |_, y| y),
        }
    }
}

/// `tanh(softplus(x))`.
#[inline(always)]
fn tanh_of_softplus(x: f32) -> f32 {
    // With e = exp(x) it is ((1 + e)^2 - 1) / ((1 + e)^2 + 1). Above 20 it is 1 to the last digit.
    let e = exp(if x > 20.0 { 20.0 } else { x });
    let part = e * (e + 2.0);
    part / (part + 2.0)
}

/// The normal distribution function.
fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
}

fn gelu(x: f32) -> f32 {
    (f64::from(x) * normal_cdf(x.into())) as f32
}

fn gelu_slope(x: f32, _: f32) -> f32 {
    let x = f64::from(x);
    let density = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
    (normal_cdf(x) + x * density) as f32
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
