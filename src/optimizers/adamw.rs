//! AdamW.

use serde::{Deserialize, Serialize};

use super::{Adam, Optimizer, OptimizerBase, Rule, Step, Stretch, WeightInfo, moment_setters};
use crate::{Config, Result};

/// Adam with weight decay.
///
/// Keras: `keras.optimizers.AdamW`.
///
/// Loshchilov and Hutter, "Decoupled weight decay regularization", 2017.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let optimizer = AdamW::new().weight_decay(0.01).exclude_from_weight_decay(["bias"]);
/// # let _ = optimizer;
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AdamW {
    #[serde(flatten)]
    adam: Adam,
}

impl Default for AdamW {
    fn default() -> Self {
        let adam = Adam::new().name("adamw").weight_decay(0.004);
        Self { adam }
    }
}

impl AdamW {
    /// With Keras's defaults: learning rate 0.001, weight decay 0.004.
    pub fn new() -> Self {
        Self::default()
    }

    moment_setters!(adam);

    /// Whether the largest mean square so far is used; false unless set.
    #[must_use]
    pub fn amsgrad(mut self, amsgrad: bool) -> Self {
        self.adam = self.adam.amsgrad(amsgrad);
        self
    }
}

impl Optimizer for AdamW {
    fn class_name(&self) -> &'static str {
        "AdamW"
    }

    fn base(&self) -> &OptimizerBase {
        self.adam.base()
    }

    fn base_mut(&mut self) -> &mut OptimizerBase {
        self.adam.base_mut()
    }

    fn check_arguments(&self) -> Result<()> {
        self.adam.check_arguments()
    }

    fn slots(&self) -> Vec<(&'static str, f32)> {
        self.adam.slots()
    }

    fn gpu_rule(&self, step: Step, weight: WeightInfo<'_>) -> Option<Rule> {
        self.adam.gpu_rule(step, weight)
    }

    fn update(&self, step: Step, stretch: Stretch<'_, '_>) {
        self.adam.update(step, stretch);
    }

    fn get_config(&self) -> Result<Config> {
        Config::of(self)
    }

    fn boxed_clone(&self) -> Box<dyn Optimizer> {
        Box::new(self.clone())
    }
}
