//! Optimizers: how weights follow their gradients. Formulas and defaults are Keras's.
//!
//! An optimizer is plain data and a rule ([`Optimizer::update`]) for one stretch of one weight; what
//! all of them share is in [`OptimizerBase`] and set by methods of [`Optimizer`]. `OptimizerState`
//! makes the steps: it keeps what the rule remembers of earlier ones ("slots"), clips, decays and
//! averages. Adding an optimizer: a file with a struct, a line in [`OPTIMIZERS`], a case in
//! `tests/golden`.

mod adadelta;
mod adafactor;
mod adagrad;
mod adam;
mod adamax;
mod adamw;
mod base;
mod ftrl;
mod gpu;
mod lamb;
mod learning_rate;
mod lion;
mod loss_scale_optimizer;
mod moments;
mod moving;
mod muon;
mod nadam;
mod rmsprop;
mod schedule_free_adamw;
pub mod schedules;
mod sgd;
mod state;
mod table;

use std::fmt::{Debug, Display};

pub use adadelta::Adadelta;
pub use adafactor::Adafactor;
pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adamax::Adamax;
pub use adamw::AdamW;
pub use base::OptimizerBase;
pub use ftrl::Ftrl;
#[doc(hidden)]
pub use gpu::Rule;
pub use lamb::Lamb;
pub use learning_rate::LearningRate;
pub use lion::Lion;
pub use loss_scale_optimizer::LossScaleOptimizer;
use moments::{check_moments, moment_setters};
pub use muon::Muon;
pub use nadam::Nadam;
pub use rmsprop::RMSprop;
pub use schedule_free_adamw::ScheduleFreeAdamW;
pub use sgd::SGD;
pub(crate) use state::OptimizerState;
pub use table::{OPTIMIZERS, OptimizerEntry, from_config};

use crate::{Config, Error, Result, Shape};

/// A rule by which weights follow their gradients.
///
/// Keras: `keras.optimizers.Optimizer`.
pub trait Optimizer: Debug + Send + Sync {
    /// The class, as Keras names it: `Adam`.
    fn class_name(&self) -> &'static str;

    /// What all optimizers share.
    fn base(&self) -> &OptimizerBase;

    /// The same, to set.
    fn base_mut(&mut self) -> &mut OptimizerBase;

    /// Fails when an argument of this class makes no sense.
    ///
    /// # Errors
    /// Names the argument.
    fn check_arguments(&self) -> Result<()> {
        Ok(())
    }

    /// Fails when any argument makes no sense.
    ///
    /// # Errors
    /// Names the argument.
    fn check(&self) -> Result<()> {
        self.base().check()?;
        self.check_arguments()
    }

    /// What is remembered for each number of a weight: a name and a start.
    fn slots(&self) -> Vec<(&'static str, f32)>;

    /// Whether the slot of this name starts as a copy of the weight, wherever `slots` says that it
    /// starts.
    fn copies_weight(&self, _slot: &str) -> bool {
        false
    }

    /// What share is taken from a weight in every step, times the learning rate.
    fn weight_decay_of(&self, _weight: WeightInfo<'_>) -> Option<f32> {
        self.base().weight_decay
    }

    /// Called once before the weights of a step are moved.
    fn begin(&mut self, _step: Step) {}

    /// Called after each step that was made.
    fn end(&mut self) {}

    /// Called when a gradient is infinite or NaN: whether that step is left out. Otherwise training
    /// ends with an error.
    fn leave_out(&mut self) -> bool {
        false
    }

    /// The optimizer that this one is around, which has the slots.
    fn inner(&self) -> Option<&dyn Optimizer> {
        None
    }

    /// Whether [`update`](Self::update) needs all of a weight at once, not only a stretch of it.
    fn takes_whole_weights(&self) -> bool {
        false
    }

    /// What does the same as [`update`](Self::update) on a GPU, with its numbers in this step; none
    /// when the processor has to do it.
    #[doc(hidden)]
    fn gpu_rule(&self, _step: Step, _weight: WeightInfo<'_>) -> Option<Rule> {
        None
    }

    /// Moves a stretch of a weight.
    fn update(&self, step: Step, stretch: Stretch<'_, '_>);

    /// The arguments, as Keras writes them down.
    ///
    /// Keras: `optimizer.get_config()`.
    ///
    /// # Errors
    /// When the optimizer does not say them.
    fn get_config(&self) -> Result<Config> {
        let what = format!("`{}` does not say its configuration", self.class_name());
        Err(Error::state(what).remedy("implement `get_config` for it"))
    }

    /// A copy.
    fn boxed_clone(&self) -> Box<dyn Optimizer>;

    /// Changes how large steps are, also between epochs.
    ///
    /// Keras: `optimizer.learning_rate = ..`.
    ///
    /// # Errors
    /// When a schedule says how large they are.
    fn set_learning_rate(&mut self, learning_rate: f32) -> Result<()> {
        match &mut self.base_mut().learning_rate {
            LearningRate::Constant(rate) => *rate = learning_rate,
            LearningRate::Schedule(schedule) => {
                let class_name = schedule.class_name();
                return Err(Error::state(format!(
                    "the learning rate follows the schedule `{class_name}`, it cannot be set"
                ))
                .remedy("compile with a number as the optimizer's `learning_rate`"));
            }
        }
        Ok(())
    }

    /// Gives the optimizer a name instead of that of its class.
    #[must_use]
    fn name(mut self, name: &str) -> Self
    where
        Self: Sized,
    {
        self.base_mut().name = name.to_string();
        self
    }

    /// How large steps are: a number, or a schedule.
    #[must_use]
    fn learning_rate(mut self, learning_rate: impl Into<LearningRate>) -> Self
    where
        Self: Sized,
    {
        self.base_mut().learning_rate = learning_rate.into();
        self
    }

    /// What share of each weight is taken from it in every step, times the learning rate; none
    /// unless set.
    ///
    /// Loshchilov and Hutter, "Decoupled weight decay regularization", 2017.
    #[must_use]
    fn weight_decay(mut self, weight_decay: f32) -> Self
    where
        Self: Sized,
    {
        self.base_mut().weight_decay = Some(weight_decay);
        self
    }

    /// Leaves the weights alone whose names contain one of these, such as `["bias"]`, when others
    /// decay.
    ///
    /// Keras: `optimizer.exclude_from_weight_decay(var_names=..)`.
    #[must_use]
    fn exclude_from_weight_decay<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self
    where
        Self: Sized,
    {
        let names = names.into_iter().map(str::to_string);
        self.base_mut().excluded_from_weight_decay.extend(names);
        self
    }

    /// The largest norm of the gradient of one weight: longer ones are made shorter; not limited
    /// unless set.
    #[must_use]
    fn clipnorm(mut self, clipnorm: f32) -> Self
    where
        Self: Sized,
    {
        self.base_mut().clipnorm = Some(clipnorm);
        self
    }

    /// The largest norm of all gradients together; not limited unless set.
    #[must_use]
    fn global_clipnorm(mut self, global_clipnorm: f32) -> Self
    where
        Self: Sized,
    {
        self.base_mut().global_clipnorm = Some(global_clipnorm);
        self
    }

    /// The largest size of a number of a gradient; not limited unless set.
    #[must_use]
    fn clipvalue(mut self, clipvalue: f32) -> Self
    where
        Self: Sized,
    {
        self.base_mut().clipvalue = Some(clipvalue);
        self
    }

    /// Whether a moving average of the weights is kept, which they are set to when `fit` ends; false
    /// unless set.
    #[must_use]
    fn use_ema(mut self, use_ema: bool) -> Self
    where
        Self: Sized,
    {
        self.base_mut().use_ema = use_ema;
        self
    }

    /// How slowly that average follows; 0.99 unless set.
    #[must_use]
    fn ema_momentum(mut self, ema_momentum: f32) -> Self
    where
        Self: Sized,
    {
        self.base_mut().ema_momentum = ema_momentum;
        self
    }

    /// After how many steps the weights are set to their average, again and again; only when `fit`
    /// ends unless set.
    #[must_use]
    fn ema_overwrite_frequency(mut self, steps: u64) -> Self
    where
        Self: Sized,
    {
        self.base_mut().ema_overwrite_frequency = Some(steps);
        self
    }

    /// What the loss is multiplied with before gradients are computed, and gradients divided by
    /// after, so that small ones do not vanish.
    #[must_use]
    fn loss_scale_factor(mut self, factor: f32) -> Self
    where
        Self: Sized,
    {
        self.base_mut().loss_scale_factor = Some(factor);
        self
    }

    /// Over how many steps gradients are averaged before the weights move; each step moves them
    /// unless set.
    #[must_use]
    fn gradient_accumulation_steps(mut self, steps: u64) -> Self
    where
        Self: Sized,
    {
        self.base_mut().gradient_accumulation_steps = Some(steps);
        self
    }
}

/// Where training stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Which update of the weights this is, counted from 1.
    pub iteration: u64,
    /// How large it is.
    pub learning_rate: f32,
}

/// Which weight it is.
#[derive(Clone, Copy, Debug)]
pub struct WeightInfo<'a> {
    /// The name of the layer that has it: `dense`.
    pub layer: &'a str,
    /// The name inside of the layer: `kernel`.
    pub name: &'a str,
    /// The shape of the whole weight.
    pub shape: &'a Shape,
}

/// A stretch of a weight with what belongs to it.
pub struct Stretch<'a, 'slots> {
    /// The numbers to move.
    pub weight: &'a mut [f32],
    /// The slope of the loss at each.
    pub gradient: &'a [f32],
    /// One slice for each slot.
    pub slots: &'a mut [&'slots mut [f32]],
    /// Which weight it is of.
    pub info: WeightInfo<'a>,
}

impl Clone for Box<dyn Optimizer> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}

/// Writes `class_name`, `base`, `base_mut`, `get_config` and `boxed_clone`, which are the same for
/// every optimizer.
macro_rules! optimizer_identity {
    ($class_name:literal) => {
        fn class_name(&self) -> &'static str {
            $class_name
        }

        fn base(&self) -> &crate::optimizers::OptimizerBase {
            &self.base
        }

        fn base_mut(&mut self) -> &mut crate::optimizers::OptimizerBase {
            &mut self.base
        }

        fn get_config(&self) -> crate::Result<crate::Config> {
            crate::Config::of(self)
        }

        fn boxed_clone(&self) -> Box<dyn crate::optimizers::Optimizer> {
            Box::new(self.clone())
        }
    };
}
use optimizer_identity;

fn check_not_negative<T: Copy + Display + Into<f64>>(name: &str, value: T) -> Result<()> {
    check_number(name, value, |v| v >= 0.0, "a number of at least 0")
}

fn check_share(name: &str, value: f32) -> Result<()> {
    let fits = |v| (0.0..=1.0).contains(&v);
    check_number(name, value, fits, "a number from 0 to 1")
}

/// Fails unless the averages that follow with `1 - value` follow at all.
fn check_beta(name: &str, value: f32) -> Result<()> {
    let fits = |v| (0.0..1.0).contains(&v);
    check_number(name, value, fits, "a number of at least 0, below 1")
}

fn check_number<T: Copy + Display + Into<f64>>(
    name: &str,
    value: T,
    fits: fn(f64) -> bool,
    expected: &str,
) -> Result<()> {
    if value.into().is_finite() && fits(value.into()) {
        Ok(())
    } else {
        Err(Error::argument(name, expected, value))
    }
}
