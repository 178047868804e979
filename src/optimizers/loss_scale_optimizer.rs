//! An optimizer around another one, for gradients that could vanish.

use serde::{Deserialize, Serialize};

use super::{Optimizer, OptimizerBase, Rule, SGD, Step, Stretch, WeightInfo, check_number};
use crate::{Config, Error, Result};

/// Lets another optimizer make the steps, with a loss that is multiplied by as large a number as
/// gradients allow: small ones do not become 0. When a gradient becomes infinite or NaN, the step is
/// left out and the scale halved; after many good steps it is doubled.
///
/// Whatever all optimizers can be told, such as the learning rate, is that of the inner one.
///
/// Keras: `keras.optimizers.LossScaleOptimizer`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Dense::new(1).input_shape(1))?;
/// let optimizer = LossScaleOptimizer::new(Adam::new()).initial_scale(1024.0);
/// model.compile(Compile {
///     optimizer: optimizer.into(),
///     loss: "mse".into(),
///     ..Compile::default()
/// })?;
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Arguments", into = "Arguments")]
pub struct LossScaleOptimizer {
    name: String,
    /// Its `loss_scale_factor` is the scale.
    inner: Box<dyn Optimizer>,
    initial_scale: f32,
    dynamic_growth_steps: u64,
    /// How many steps there were since the scale was changed.
    good_steps: u64,
}

/// How Keras writes it down.
#[derive(Clone, Serialize, Deserialize)]
struct Arguments {
    name: String,
    inner_optimizer: Box<dyn Optimizer>,
    initial_scale: f32,
    dynamic_growth_steps: u64,
}

impl From<Arguments> for LossScaleOptimizer {
    fn from(arguments: Arguments) -> Self {
        Self {
            name: arguments.name,
            inner: arguments.inner_optimizer,
            initial_scale: arguments.initial_scale,
            dynamic_growth_steps: arguments.dynamic_growth_steps,
            good_steps: 0,
        }
        .initial_scale(arguments.initial_scale)
    }
}

impl From<LossScaleOptimizer> for Arguments {
    fn from(optimizer: LossScaleOptimizer) -> Self {
        let mut inner_optimizer = optimizer.inner;
        inner_optimizer.base_mut().loss_scale_factor = None;
        Arguments {
            name: optimizer.name,
            inner_optimizer,
            initial_scale: optimizer.initial_scale,
            dynamic_growth_steps: optimizer.dynamic_growth_steps,
        }
    }
}

impl LossScaleOptimizer {
    /// Around `inner_optimizer`, with Keras's defaults: a scale of 2¹⁵ at first, doubled after 2000
    /// good steps.
    pub fn new(inner_optimizer: impl Optimizer + 'static) -> Self {
        Self::from(Arguments {
            name: "loss_scale_optimizer".to_string(),
            inner_optimizer: Box::new(inner_optimizer),
            initial_scale: 32768.0,
            dynamic_growth_steps: 2000,
        })
    }

    /// One that `config` describes.
    pub(super) fn from_config(config: &Config) -> Result<Box<dyn Optimizer>> {
        config.require(&["inner_optimizer"])?;
        Ok(Box::new(config.read_over(&Self::new(SGD::new()))?))
    }

    /// What it is called; `loss_scale_optimizer` unless set.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.to_string();
        self
    }

    /// What the loss is multiplied with at first; 32768 unless set.
    #[must_use]
    pub fn initial_scale(mut self, initial_scale: f32) -> Self {
        self.initial_scale = initial_scale;
        self.inner.base_mut().loss_scale_factor = Some(initial_scale);
        self
    }

    /// After how many good steps the scale is doubled; 2000 unless set.
    #[must_use]
    pub fn dynamic_growth_steps(mut self, dynamic_growth_steps: u64) -> Self {
        self.dynamic_growth_steps = dynamic_growth_steps;
        self
    }

    fn change_scale(&mut self, by: f32) {
        let scale = &mut self.inner.base_mut().loss_scale_factor;
        let changed = scale.unwrap_or(1.0) * by;
        // What is 0 or infinite could never change again.
        if changed.is_normal() {
            *scale = Some(changed);
        }
        self.good_steps = 0;
    }
}

impl Optimizer for LossScaleOptimizer {
    fn class_name(&self) -> &'static str {
        "LossScaleOptimizer"
    }

    fn base(&self) -> &OptimizerBase {
        self.inner.base()
    }

    fn base_mut(&mut self) -> &mut OptimizerBase {
        self.inner.base_mut()
    }

    fn check_arguments(&self) -> Result<()> {
        let scale = self.initial_scale;
        check_number("initial_scale", scale, |v| v > 0.0, "a positive number")?;
        if self.dynamic_growth_steps == 0 {
            let expected = "a number of steps of at least 1";
            return Err(Error::argument("dynamic_growth_steps", expected, 0));
        }
        if self.inner.inner().is_some() {
            let given = self.inner.class_name();
            let expected = "an optimizer that is around no other";
            return Err(Error::argument("inner_optimizer", expected, given));
        }
        self.inner.check_arguments()
    }

    fn slots(&self) -> Vec<(&'static str, f32)> {
        self.inner.slots()
    }

    fn copies_weight(&self, slot: &str) -> bool {
        self.inner.copies_weight(slot)
    }

    fn weight_decay_of(&self, weight: WeightInfo<'_>) -> Option<f32> {
        self.inner.weight_decay_of(weight)
    }

    fn begin(&mut self, step: Step) {
        self.inner.begin(step);
    }

    fn end(&mut self) {
        self.inner.end();
        self.good_steps += 1;
        if self.good_steps >= self.dynamic_growth_steps {
            self.change_scale(2.0);
        }
    }

    fn leave_out(&mut self) -> bool {
        self.change_scale(0.5);
        true
    }

    fn inner(&self) -> Option<&dyn Optimizer> {
        Some(&*self.inner)
    }

    fn takes_whole_weights(&self) -> bool {
        self.inner.takes_whole_weights()
    }

    fn gpu_rule(&self, step: Step, weight: WeightInfo<'_>) -> Option<Rule> {
        self.inner.gpu_rule(step, weight)
    }

    fn update(&self, step: Step, stretch: Stretch<'_, '_>) {
        self.inner.update(step, stretch);
    }

    fn get_config(&self) -> Result<Config> {
        Config::of(self)
    }

    fn boxed_clone(&self) -> Box<dyn Optimizer> {
        Box::new(self.clone())
    }
}
