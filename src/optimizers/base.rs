//! What every optimizer can be told.

use serde::{Deserialize, Serialize};

use super::{LearningRate, check_number, check_share};
use crate::{Error, Result};

/// The arguments that all optimizers share.
///
/// Keras: the arguments of `keras.optimizers.Optimizer`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OptimizerBase {
    /// What the optimizer is called.
    pub name: String,
    /// How large steps are.
    pub learning_rate: LearningRate,
    /// What share of a weight is taken from it in every step, times the learning rate.
    pub weight_decay: Option<f32>,
    /// The largest norm that the gradient of one weight may have.
    pub clipnorm: Option<f32>,
    /// The largest norm that all gradients together may have.
    pub global_clipnorm: Option<f32>,
    /// The largest size that a number of a gradient may have.
    pub clipvalue: Option<f32>,
    /// Whether a moving average of the weights is kept.
    pub use_ema: bool,
    /// How slowly that average follows.
    pub ema_momentum: f32,
    /// After how many steps the weights are replaced by their average.
    pub ema_overwrite_frequency: Option<u64>,
    /// What the loss is multiplied with before gradients are computed, and gradients divided by
    /// after.
    pub loss_scale_factor: Option<f32>,
    /// Over how many steps gradients are averaged before weights move.
    pub gradient_accumulation_steps: Option<u64>,
    /// Parts of the names of weights that do not decay.
    #[serde(skip)]
    pub excluded_from_weight_decay: Vec<String>,
}

impl OptimizerBase {
    /// Keras's defaults for an optimizer of that name and rate.
    pub fn new(name: &str, learning_rate: impl Into<LearningRate>) -> Self {
        Self {
            name: name.to_string(),
            learning_rate: learning_rate.into(),
            weight_decay: None,
            clipnorm: None,
            global_clipnorm: None,
            clipvalue: None,
            use_ema: false,
            ema_momentum: 0.99,
            ema_overwrite_frequency: None,
            loss_scale_factor: None,
            gradient_accumulation_steps: None,
            excluded_from_weight_decay: Vec::new(),
        }
    }

    /// Fails when an argument makes no sense.
    ///
    /// # Errors
    /// Names the argument.
    pub fn check(&self) -> Result<()> {
        self.learning_rate.check()?;
        let given = [
            ("weight_decay", self.weight_decay),
            ("clipnorm", self.clipnorm),
            ("global_clipnorm", self.global_clipnorm),
            ("clipvalue", self.clipvalue),
        ];
        for (name, value) in given {
            check_number(
                name,
                value.unwrap_or(0.0),
                |v| v >= 0.0,
                "a number of at least 0",
            )?;
        }
        let clips: Vec<&str> = given[1..]
            .iter()
            .filter_map(|(name, value)| value.map(|_| *name))
            .collect();
        if let [first, second, ..] = clips[..] {
            let got = format!("`{first}` and `{second}`");
            let expected = "only one of `clipnorm`, `global_clipnorm` and `clipvalue`";
            return Err(Error::argument(second, expected, got).remedy("leave one out"));
        }
        if self.use_ema {
            check_share("ema_momentum", self.ema_momentum)?;
        }
        if self.ema_overwrite_frequency == Some(0) {
            let expected = "a number of steps of at least 1";
            return Err(Error::argument("ema_overwrite_frequency", expected, 0));
        }
        let scale = self.loss_scale_factor.unwrap_or(1.0);
        check_number("loss_scale_factor", scale, |v| v > 0.0, "a positive number")?;
        if let Some(steps @ 0..=1) = self.gradient_accumulation_steps {
            let expected = "a number of steps of at least 2";
            return Err(
                Error::argument("gradient_accumulation_steps", expected, steps)
                    .remedy("leave it out to update weights in every step"),
            );
        }
        Ok(())
    }

    /// Whether the weight of that name does not decay when others do.
    pub(super) fn spares(&self, name: &str) -> bool {
        let mut parts = self.excluded_from_weight_decay.iter();
        parts.any(|part| name.contains(part.as_str()))
    }

    /// Over how many steps gradients are averaged.
    pub(super) fn accumulated(&self) -> u64 {
        self.gradient_accumulation_steps.unwrap_or(1).max(1)
    }

    /// Whether clipping needs the norms of gradients.
    pub(super) fn clips_norms(&self) -> bool {
        self.clipnorm.or(self.global_clipnorm).unwrap_or(0.0) > 0.0
    }
}
