//! How exactly a GPU computes.

use std::cell::Cell;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use super::scope;
use crate::{Error, Result};

/// What becomes of the factors of a product of floats; sums are always float32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precision {
    /// All 24 bits.
    Float32,
    /// 11 bits, with the range of float32.
    TensorFloat32,
    /// 8 bits, with the range of float32.
    MixedBfloat16,
    /// 11 bits, up to 65,504.
    MixedFloat16,
}

const POLICIES: [&str; 3] = ["float32", "mixed_bfloat16", "mixed_float16"];

static POLICY: AtomicU8 = AtomicU8::new(0);
static NO_TENSOR_FLOAT_32: AtomicBool = AtomicBool::new(false);

/// What a thread computes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// What is no layer of a model, or makes the scores that a model puts out: few digits would serve
    /// nobody there.
    Elsewhere,
    /// A layer of a model, where the policy holds.
    Layer,
    /// What needs its digits or its range, inside of a layer or not.
    Exact,
}

thread_local! {
    static PLACE: Cell<Place> = const { Cell::new(Place::Elsewhere) };
}

/// Whether the policy holds in this thread at the moment.
pub(crate) fn policy_holds() -> bool {
    PLACE.get() == Place::Layer
}

/// Computes as the policy says, or as if it were `"float32"`: on the way back as on the way there.
pub(crate) fn with_policy<T>(holds: bool, work: impl FnOnce() -> T) -> T {
    let place = if holds { Place::Layer } else { Place::Exact };
    scope::with(&PLACE, place, work)
}

/// Computes a layer of a model as the policy says.
pub(crate) fn in_layer<T>(work: impl FnOnce() -> T) -> T {
    match PLACE.get() {
        Place::Exact => work(),
        _ => with_policy(true, work),
    }
}

/// Computes what needs its digits or its range.
pub(crate) fn in_float32<T>(work: impl FnOnce() -> T) -> T {
    with_policy(false, work)
}

/// The policy's number, where it holds.
fn policy() -> u8 {
    match policy_holds() {
        true => POLICY.load(Ordering::Relaxed),
        false => 0,
    }
}

impl Precision {
    /// The one that is to be used.
    pub(crate) fn current() -> Precision {
        match policy() {
            1 => Precision::MixedBfloat16,
            2 => Precision::MixedFloat16,
            _ if NO_TENSOR_FLOAT_32.load(Ordering::Relaxed) => Precision::Float32,
            _ => Precision::TensorFloat32,
        }
    }
}

/// How numbers are kept in a GPU's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Format {
    Float32,
    Bfloat16,
    Float16,
}

impl Format {
    pub(crate) const ALL: [Format; 3] = [Format::Float32, Format::Bfloat16, Format::Float16];

    /// That of activations and their gradients.
    pub(crate) fn of_activations() -> Format {
        Format::ALL[usize::from(policy()) % Format::ALL.len()]
    }

    /// How many numbers 16 bytes hold: `WIDE` in kernels.
    pub(crate) fn wide(self) -> usize {
        16 / self.bytes()
    }

    /// Bytes of a number.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Format::Float32 => 4,
            Format::Bfloat16 | Format::Float16 => 2,
        }
    }
}

/// How a GPU computes: `"float32"`, unless set. With `"mixed_bfloat16"` and `"mixed_float16"`,
/// activations and their gradients have 16 bits a number in its memory, so that a batch takes half of
/// it, and the factors of matrix products and convolutions have, too: tensor cores multiply them
/// several times as fast. Sums, weights and what optimizers remember stay float32, and so do the loss,
/// the metrics and the last layer of a model (with the one before, if the last is an activation, a
/// softmax, a dropout or only arranges numbers); recurrent layers, softmax and what has no kernels for
/// 16 bits compute with float32 in between. A tensor's [`dtype`](crate::Tensor::dtype) is float32 all the
/// same. Operations that you call yourself, outside of layers, compute in float32.
///
/// With `"mixed_float16"`, compile with a
/// [`LossScaleOptimizer`](crate::optimizers::LossScaleOptimizer): small gradients would become 0.
/// GPUs before compute capability 8.0 know no bfloat16. On the processor it changes nothing.
///
/// Keras: `keras.mixed_precision.set_global_policy`.
///
/// # Errors
/// When the name is none of these.
///
/// # Example
/// ```
/// use kerust::mixed_precision;
/// mixed_precision::set_global_policy("mixed_bfloat16")?;
/// assert_eq!(mixed_precision::global_policy(), "mixed_bfloat16");
/// # mixed_precision::set_global_policy("float32")?;
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn set_global_policy(name: &str) -> Result<()> {
    let found = POLICIES.iter().position(|policy| *policy == name);
    let policy = found.ok_or_else(|| Error::unknown_name("policy", name, &POLICIES))?;
    POLICY.store(policy as u8, Ordering::Relaxed);
    Ok(())
}

/// The name that [`set_global_policy`] was given.
///
/// Keras: `keras.mixed_precision.global_policy()`.
pub fn global_policy() -> &'static str {
    POLICIES[usize::from(POLICY.load(Ordering::Relaxed)) % POLICIES.len()]
}

/// Whether a GPU may round the factors of float32 products to 11 bits ("TF32"), as it does unless
/// told otherwise here or by `KERUST_TF32=0`: TensorFlow and JAX do so, too.
///
/// Keras (TensorFlow): `tf.config.experimental.enable_tensor_float_32_execution`.
///
/// # Example
/// ```
/// use kerust::mixed_precision::enable_tensor_float_32_execution;
/// enable_tensor_float_32_execution(false); // every digit counts
/// ```
pub fn enable_tensor_float_32_execution(enabled: bool) {
    NO_TENSOR_FLOAT_32.store(!enabled, Ordering::Relaxed);
}

/// What the environment says about TF32.
pub(super) fn read_environment() {
    let Ok(text) = std::env::var("KERUST_TF32") else {
        return;
    };
    match bool::from_str(&text) {
        Ok(enabled) => enable_tensor_float_32_execution(enabled),
        Err(_) => enable_tensor_float_32_execution(text != "0"),
    }
}
