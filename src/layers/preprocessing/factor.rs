//! The bounds that random layers draw between, and what they draw from.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};
use serde::{Deserialize, Serialize};

use crate::layers::Pass;
use crate::{Error, Result};

/// How far a random layer may go: `0.2` for anything from -0.2 to 0.2, `(0.1, 0.3)` for anything
/// between those two.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Factor {
    /// As far in one direction as in the other.
    UpTo(f32),
    /// From the smaller of the two to the larger.
    Between(f32, f32),
}

impl From<f32> for Factor {
    fn from(limit: f32) -> Self {
        Factor::UpTo(limit)
    }
}

impl From<(f32, f32)> for Factor {
    fn from((low, high): (f32, f32)) -> Self {
        Factor::Between(low, high)
    }
}

impl Factor {
    /// Both bounds, the smaller one first.
    pub(super) fn bounds(self) -> (f32, f32) {
        match self {
            Factor::UpTo(limit) => (-limit.abs(), limit.abs()),
            Factor::Between(a, b) => (a.min(b), a.max(b)),
        }
    }

    /// The same as two bounds, the lower one no less than `least`, as Keras writes it down.
    pub(super) fn as_bounds(self, least: f32) -> Factor {
        match self {
            // A wrong one stays as it is, to be told.
            Factor::UpTo(limit) if limit >= least => {
                Factor::Between((-limit.abs()).max(least), limit.abs())
            }
            Factor::UpTo(limit) => Factor::Between(limit, limit),
            Factor::Between(..) => {
                let (low, high) = self.bounds();
                Factor::Between(low, high)
            }
        }
    }

    /// Fails with the argument's name unless both bounds are allowed.
    pub(super) fn require(
        self,
        name: &str,
        expected: &str,
        allowed: impl Fn(f32) -> bool,
    ) -> Result<()> {
        let (low, high) = self.bounds();
        if allowed(low) && allowed(high) {
            return Ok(());
        }
        let given = match self {
            Factor::UpTo(limit) => limit.to_string(),
            Factor::Between(low, high) => format!("({low}, {high})"),
        };
        Err(Error::argument(name, expected, given))
    }

    /// As [`require`](Self::require), for one or two shares.
    pub(super) fn require_shares(self, name: &str) -> Result<()> {
        let expected = "one or two numbers from 0 to 1";
        self.require(name, expected, |share| (0.0..=1.0).contains(&share))
    }

    /// A number between the bounds.
    pub(super) fn draw(self, generator: &mut StdRng) -> f32 {
        let (low, high) = self.bounds();
        low + (high - low) * generator.r#gen::<f32>()
    }

    /// A number for each picture of a batch.
    pub(super) fn draw_each(self, batch: usize, generator: &mut StdRng) -> Vec<f32> {
        (0..batch).map(|_| self.draw(generator)).collect()
    }

    /// Whether something happens whose probability is a number between the bounds.
    pub(super) fn happens(self, generator: &mut StdRng) -> bool {
        let probability = self.draw(generator);
        generator.r#gen::<f32>() < probability
    }
}

/// The range of pictures as files store them.
pub(super) fn bytes() -> (f32, f32) {
    (0.0, 255.0)
}

/// Fails unless the range goes from a smaller to a larger number.
pub(super) fn check_range((low, high): (f32, f32)) -> Result<()> {
    let width = high - low;
    if width.is_finite() && width > 0.0 {
        return Ok(());
    }
    let expected = "a smaller and a larger number";
    Err(Error::argument(
        "value_range",
        expected,
        format!("({low}, {high})"),
    ))
}

/// Writes the builder method `value_range`.
macro_rules! range_setter {
    () => {
        /// The smallest and the largest number that pictures have; `(0, 255)` unless set.
        #[must_use]
        pub fn value_range(mut self, low: f32, high: f32) -> Self {
            self.value_range = (low, high);
            self
        }
    };
}
pub(super) use range_setter;

/// The argument `seed` of random layers, and how often it was used.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Seed {
    pub(super) seed: Option<u64>,
    #[serde(skip)]
    calls: Arc<AtomicU64>,
}

impl Seed {
    pub(super) fn new(seed: u64) -> Seed {
        Seed {
            seed: Some(seed),
            calls: Arc::default(),
        }
    }

    /// What the next call draws from: the same for the same seed and the same number of calls.
    pub(super) fn generator(&self, pass: &mut Pass<'_>) -> StdRng {
        self.generator_beside(pass.generator)
    }

    /// The same, where `others` is what a layer without a seed draws from.
    pub(super) fn generator_beside(&self, others: &mut StdRng) -> StdRng {
        let Some(seed) = self.seed else {
            return StdRng::seed_from_u64(others.next_u64());
        };
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let mut seeds = StdRng::seed_from_u64(seed);
        StdRng::seed_from_u64(seeds.next_u64().wrapping_add(call))
    }
}

/// Writes the builder method `seed`.
macro_rules! seed_setter {
    () => {
        /// Makes what the layer draws repeatable, whatever else is drawn; unless set, it follows
        /// [`set_random_seed`](crate::set_random_seed).
        #[must_use]
        pub fn seed(mut self, seed: u64) -> Self {
            self.seed = Seed::new(seed);
            self
        }
    };
}
pub(super) use seed_setter;

/// Writes the builder method `interpolation`.
macro_rules! interpolation_setter {
    () => {
        /// `"bilinear"` (unless set) or `"nearest"`.
        #[must_use]
        pub fn interpolation(mut self, interpolation: impl Into<Setting<Interpolation>>) -> Self {
            self.interpolation = interpolation.into();
            self
        }
    };
}
pub(super) use interpolation_setter;

/// Writes the builder methods of layers that look between and outside of pixels.
macro_rules! look_setters {
    () => {
        /// What is seen outside of the picture: `"reflect"` (unless set), `"wrap"`, `"constant"` or
        /// `"nearest"`.
        #[must_use]
        pub fn fill_mode(mut self, fill_mode: impl Into<Setting<FillMode>>) -> Self {
            self.fill_mode = fill_mode.into();
            self
        }

        crate::layers::preprocessing::factor::interpolation_setter!();

        /// What is seen outside of the picture with the fill mode `"constant"`; 0 unless set.
        #[must_use]
        pub fn fill_value(mut self, fill_value: f32) -> Self {
            self.fill_value = fill_value;
            self
        }

        fn look(&self) -> Result<Look> {
            Ok(Look {
                interpolation: self.interpolation.get()?.among_near()?,
                fill_mode: *self.fill_mode.get()?,
                fill_value: self.fill_value,
            })
        }
    };
}
pub(super) use look_setters;
