//! Optimizers: how weights follow their gradients. Formulas and defaults are Keras's.
//!
//! An optimizer is plain data and a rule ([`Optimizer::update`]) for one stretch of one weight;
//! what it remembers of earlier steps ("slots") is kept in `OptimizerState`. Adding one: a file
//! with a struct, a line in [`OPTIMIZERS`], a case in `tests/golden`.

mod adagrad;
mod adam;
mod rmsprop;
mod sgd;

use std::fmt::Debug;

use rayon::prelude::*;

pub use adagrad::Adagrad;
pub use adam::Adam;
pub use rmsprop::RMSprop;
pub use sgd::SGD;

use crate::layers::Weight;
use crate::tensor::bridge::Gradients;
use crate::{Error, Result, Setting, Tensor};

/// A rule by which weights follow their gradients.
///
/// Keras: `keras.optimizers.Optimizer`.
pub trait Optimizer: Debug + Send + Sync {
    /// The name in Keras: `adam`.
    fn name(&self) -> &'static str;

    /// How large steps are.
    fn learning_rate(&self) -> f32;

    /// Changes how large steps are, also between epochs.
    fn set_learning_rate(&mut self, learning_rate: f32);

    /// Fails when an argument makes no sense.
    ///
    /// # Errors
    /// Names the argument.
    fn check(&self) -> Result<()>;

    /// What is remembered for each number of a weight: a name and a start.
    fn slots(&self) -> &[(&'static str, f32)];

    /// Moves a stretch of a weight. `iteration` counts from 1.
    fn update(&self, iteration: u64, stretch: Stretch<'_, '_>);

    /// A copy.
    fn boxed_clone(&self) -> Box<dyn Optimizer>;
}

/// A stretch of a weight with what belongs to it.
pub struct Stretch<'a, 'slots> {
    /// The numbers to move.
    pub weight: &'a mut [f32],
    /// The slope of the loss at each.
    pub gradient: &'a [f32],
    /// One slice for each slot.
    pub slots: &'a mut [&'slots mut [f32]],
}

impl Clone for Box<dyn Optimizer> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}

type New = fn() -> Box<dyn Optimizer>;

/// Every optimizer by its name in Keras.
pub const OPTIMIZERS: &[(&str, New)] = &[
    ("sgd", || Box::new(SGD::new())),
    ("rmsprop", || Box::new(RMSprop::new())),
    ("adam", || Box::new(Adam::new())),
    ("adagrad", || Box::new(Adagrad::new())),
];

impl From<&str> for Setting<Box<dyn Optimizer>> {
    fn from(name: &str) -> Self {
        let wanted = name.to_lowercase();
        let entry = OPTIMIZERS.iter().find(|(known, _)| *known == wanted);
        Setting::looked_up(entry.map(|(_, new)| new()).ok_or_else(|| {
            let known: Vec<&str> = OPTIMIZERS.iter().map(|(name, _)| *name).collect();
            Error::unknown_name("optimizer", name, &known)
        }))
    }
}

impl<O: Optimizer + 'static> From<O> for Setting<Box<dyn Optimizer>> {
    fn from(optimizer: O) -> Self {
        Setting::value(Box::new(optimizer))
    }
}

/// Writes `name`, `learning_rate`, `set_learning_rate` and `boxed_clone`, which are the same for
/// every optimizer.
macro_rules! optimizer_identity {
    ($name:literal) => {
        fn name(&self) -> &'static str {
            $name
        }

        fn learning_rate(&self) -> f32 {
            self.learning_rate
        }

        fn set_learning_rate(&mut self, learning_rate: f32) {
            self.learning_rate = learning_rate;
        }

        fn boxed_clone(&self) -> Box<dyn Optimizer> {
            Box::new(self.clone())
        }
    };
}
use optimizer_identity;

fn check_not_negative(name: &str, value: f32) -> Result<()> {
    check_number(name, value, |v| v >= 0.0, "a number of at least 0")
}

fn check_share(name: &str, value: f32) -> Result<()> {
    let fits = |v| (0.0..=1.0).contains(&v);
    check_number(name, value, fits, "a number from 0 to 1")
}

fn check_number(name: &str, value: f32, fits: fn(f32) -> bool, expected: &str) -> Result<()> {
    if value.is_finite() && fits(value) {
        Ok(())
    } else {
        Err(Error::argument(name, expected, value))
    }
}

/// An optimizer at work: the rule, how many steps it has made, and what it remembers.
#[derive(Clone, Debug)]
pub(crate) struct OptimizerState {
    optimizer: Box<dyn Optimizer>,
    iterations: u64,
    /// For every weight, in the model's order, one tensor for each slot.
    slots: Vec<Vec<Tensor>>,
}

impl OptimizerState {
    pub(crate) fn new(optimizer: Box<dyn Optimizer>) -> Self {
        Self {
            optimizer,
            iterations: 0,
            slots: Vec::new(),
        }
    }

    pub(crate) fn optimizer(&self) -> &dyn Optimizer {
        self.optimizer.as_ref()
    }

    pub(crate) fn optimizer_mut(&mut self) -> &mut dyn Optimizer {
        self.optimizer.as_mut()
    }

    /// Forgets all steps, as if newly compiled.
    pub(crate) fn restart(&mut self) {
        self.iterations = 0;
        self.slots.clear();
    }

    /// How many steps were made.
    pub(crate) fn iterations(&self) -> u64 {
        self.iterations
    }

    /// For every trainable weight, what is remembered for it by name.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Vec<(&'static str, &Tensor)>> {
        let names = self.optimizer.slots();
        self.slots
            .iter()
            .map(move |slots| names.iter().map(|(name, _)| *name).zip(slots).collect())
    }

    /// Goes on from the memory of an earlier run, in the form of [`slots`](Self::slots).
    pub(crate) fn restore(&mut self, iterations: u64, slots: Vec<Vec<Tensor>>) {
        self.iterations = iterations;
        self.slots = slots;
    }

    /// How many numbers are remembered, as `summary` counts them.
    pub(crate) fn params(&self) -> usize {
        let numbers: usize = self.slots.iter().flatten().map(Tensor::size).sum();
        // Keras counts the iteration counter and the learning rate as well.
        if self.slots.is_empty() {
            0
        } else {
            numbers + 2
        }
    }

    /// Makes one step with the trainable weights of a model, always in the same order.
    pub(crate) fn step<'a>(
        &mut self,
        weights: impl Iterator<Item = &'a mut Weight>,
        gradients: &mut Gradients,
    ) -> Result<()> {
        self.iterations += 1;
        for (position, weight) in weights.enumerate() {
            if self.slots.len() == position {
                self.slots.push(self.new_slots(&weight.value));
            }
            if let Some(gradient) = gradients.take(&weight.value) {
                self.move_weight(position, &mut weight.value, &gradient)?;
            }
        }
        Ok(())
    }

    fn new_slots(&self, weight: &Tensor) -> Vec<Tensor> {
        let slots = self.optimizer.slots();
        slots
            .iter()
            .map(|(_, start)| Tensor::full(weight.shape(), *start))
            .collect()
    }

    fn move_weight(
        &mut self,
        position: usize,
        weight: &mut Tensor,
        gradient: &[f32],
    ) -> Result<()> {
        /// Long enough that the work outweighs handing it to another thread.
        const LEAST: usize = 1 << 14;
        let mut slots = Vec::new();
        for slot in &mut self.slots[position] {
            slots.push(slot.floats_mut()?);
        }
        let mut rest = weight.floats_mut()?;
        let mut stretches = Vec::new();
        for piece in crate::ops::pieces(gradient.len(), LEAST) {
            let (weight, after) = rest.split_at_mut(piece.len());
            rest = after;
            let mut own_slots = Vec::with_capacity(slots.len());
            slots = slots
                .into_iter()
                .map(|slot| {
                    let (own, after) = slot.split_at_mut(piece.len());
                    own_slots.push(own);
                    after
                })
                .collect();
            stretches.push((weight, &gradient[piece], own_slots));
        }
        let (optimizer, iteration) = (&self.optimizer, self.iterations);
        stretches
            .into_par_iter()
            .for_each(|(weight, gradient, mut slots)| {
                optimizer.update(
                    iteration,
                    Stretch {
                        weight,
                        gradient,
                        slots: &mut slots,
                    },
                );
            });
        Ok(())
    }
}
