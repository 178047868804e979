//! How exactly a GPU multiplies matrices.

use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use crate::{Error, Result};

/// What becomes of the factors of a product; sums are always float32.
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

impl Precision {
    /// The one that was chosen.
    pub(crate) fn current() -> Precision {
        match POLICY.load(Ordering::Relaxed) {
            1 => Precision::MixedBfloat16,
            2 => Precision::MixedFloat16,
            _ if NO_TENSOR_FLOAT_32.load(Ordering::Relaxed) => Precision::Float32,
            _ => Precision::TensorFloat32,
        }
    }
}

/// How a GPU multiplies: `"float32"`, unless set; `"mixed_bfloat16"` and `"mixed_float16"` round the
/// factors of matrix products and convolutions to 16 bits, which its tensor cores multiply several
/// times as fast. Sums, weights, activations and everything else stay float32, so that nothing of a
/// model changes but its speed and some digits; the memory that it takes stays the same, too.
///
/// With `"mixed_float16"`, compile with a
/// [`LossScaleOptimizer`](crate::optimizers::LossScaleOptimizer): small gradients would become 0.
/// On the processor it changes nothing.
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
