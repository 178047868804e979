//! An optimizer at work.

use std::collections::HashMap;

use super::moving::{Motion, Moving};
use super::{LearningRate, Optimizer, OptimizerBase, Rule, Step, WeightInfo, gpu};
use crate::device::{Arriving, Gpu};
use crate::layers::Weight;
use crate::ops::shared_work::{Parallel, ParallelJobs, ParallelSlice};
use crate::ops::{pieces, sum_of_squares, vectorized};
use crate::tensor::bridge::Gradients;
use crate::{Error, Result, Shape, Tensor};

/// An optimizer at work: the rule, how many steps it has made, and what it remembers.
#[derive(Clone, Debug)]
pub(crate) struct OptimizerState {
    optimizer: Box<dyn Optimizer>,
    /// How many steps were made, those that only gathered gradients too.
    iterations: u64,
    /// For every weight, in the model's order, one tensor for each slot.
    slots: Vec<Vec<Tensor>>,
    /// The sums of squares of the gradients that the next step takes, by the weights' identities,
    /// when [`gradients_are_finite`](Self::gradients_are_finite) has found them.
    squares: Option<HashMap<u64, f64>>,
    /// Whether the weights of the model and their averages have changed places.
    swapped: bool,
    /// On the GPU: whether a step was given numbers that are not finite.
    flag: Tensor,
}

/// A weight that has a gradient, with what is remembered for it.
struct Moved<'a> {
    layer: &'a str,
    weight: &'a mut Weight,
    slots: &'a mut [Tensor],
    gradient: Vec<f32>,
}

impl OptimizerState {
    pub(crate) fn new(optimizer: Box<dyn Optimizer>) -> Self {
        Self {
            optimizer,
            iterations: 0,
            slots: Vec::new(),
            squares: None,
            swapped: false,
            flag: Tensor::zeros(1),
        }
    }

    pub(crate) fn optimizer(&self) -> &dyn Optimizer {
        self.optimizer.as_ref()
    }

    pub(crate) fn optimizer_mut(&mut self) -> &mut dyn Optimizer {
        self.optimizer.as_mut()
    }

    /// What the memory of an optimizer is called in a file: only one of the same class can use it.
    pub(crate) fn kind(&self) -> String {
        let optimizer = self.optimizer.inner().unwrap_or(self.optimizer());
        optimizer.class_name().to_lowercase()
    }

    /// How large the next step is.
    pub(crate) fn learning_rate(&self) -> f32 {
        self.optimizer.base().learning_rate.at(self.iterations)
    }

    /// What the loss is multiplied with before gradients are computed.
    pub(crate) fn loss_scale(&self) -> f32 {
        self.optimizer.base().loss_scale_factor.unwrap_or(1.0)
    }

    /// Forgets all steps, as if newly compiled.
    pub(crate) fn restart(&mut self) {
        self.iterations = 0;
        self.slots.clear();
        self.swapped = false;
    }

    /// How many steps were made.
    pub(crate) fn iterations(&self) -> u64 {
        self.iterations
    }

    /// What is remembered for each number of a weight: a name and a start.
    fn new_slots(&self) -> Vec<(&'static str, f32)> {
        let base = self.optimizer.base();
        let mut slots = self.optimizer.slots();
        if base.use_ema {
            slots.push((AVERAGE, 0.0));
        }
        if base.accumulated() > 1 {
            slots.push(("gradient_accumulator", 0.0));
        }
        slots
    }

    /// What is remembered, by name.
    pub(crate) fn slot_names(&self) -> Vec<&'static str> {
        self.new_slots().iter().map(|(name, _)| *name).collect()
    }

    /// For every trainable weight, what is remembered for it by name.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Vec<(&'static str, &Tensor)>> {
        let names = self.slot_names();
        self.slots
            .iter()
            .map(move |slots| names.iter().copied().zip(slots).collect())
    }

    /// Goes on from the memory of an earlier run, in the form of [`slots`](Self::slots).
    pub(crate) fn restore(&mut self, iterations: u64, slots: Vec<Vec<Tensor>>) {
        self.iterations = iterations;
        self.slots = slots;
    }

    /// How many numbers are remembered, as `summary` counts them.
    pub(crate) fn params(&self) -> usize {
        if self.slots.is_empty() {
            return 0;
        }
        let numbers: usize = self.slots.iter().flatten().map(Tensor::size).sum();
        // Keras counts the iteration counter and a learning rate that is a number as well.
        match self.optimizer.base().learning_rate {
            LearningRate::Constant(_) => numbers + 2,
            LearningRate::Schedule(_) => numbers + 1,
        }
    }

    /// Whether no gradient is infinite or NaN. Where the next step clips by norms, they are found in
    /// the same pass.
    pub(crate) fn gradients_are_finite(&mut self, gradients: &mut Gradients) -> Result<bool> {
        let base = self.optimizer.base();
        if base.clips_norms() && base.accumulated() == 1 {
            let squares = gradients.sums_of_squares()?;
            let finite = squares.values().all(|sum| sum.is_finite());
            self.squares = Some(squares);
            Ok(finite)
        } else {
            gradients.are_finite()
        }
    }

    /// Makes one step with the trainable weights of a model and the names of their layers, always in
    /// the same order.
    pub(crate) fn step<'a>(
        &mut self,
        weights: impl Iterator<Item = (&'a str, &'a mut Weight)>,
        gradients: &mut Gradients,
    ) -> Result<()> {
        let found = self.squares.take();
        let weights: Vec<(&str, &mut Weight)> = weights.collect();
        self.add_slots(&weights);
        let counted = count_step(&mut self.optimizer, &mut self.iterations);
        let (step, updates) = (counted.step, counted.step.is_some());

        let base = self.optimizer.base();
        let mut moved: Vec<Moved<'_>> = Vec::with_capacity(weights.len());
        let mut squares: Vec<Option<f64>> = Vec::with_capacity(weights.len());
        for ((layer, weight), slots) in weights.into_iter().zip(&mut self.slots) {
            let Some(gradient) = gradients.take(&weight.value)? else {
                continue;
            };
            let sum = found.as_ref().and_then(|sums| sums.get(&weight.value.id()));
            squares.push(sum.copied());
            moved.push(Moved {
                layer,
                weight,
                slots,
                gradient,
            });
        }
        let mut scale = 1.0 / base.loss_scale_factor.unwrap_or(1.0);
        if base.accumulated() > 1 {
            let over = updates.then_some(base.accumulated() as f32);
            for moved in &mut moved {
                if let Some(sums) = moved.slots.last_mut() {
                    accumulate(sums.floats_mut()?, &mut moved.gradient, scale, over);
                }
            }
            scale = 1.0;
        }
        let norms: Vec<f32> = if base.clips_norms() && updates {
            let norm = |(moved, sum): (&Moved<'_>, Option<f64>)| {
                sum.unwrap_or_else(|| sum_of_squares(&moved.gradient))
                    .sqrt() as f32
                    * scale
            };
            moved.iter().zip(squares).map(norm).collect()
        } else {
            Vec::new()
        };
        let factor = |position: usize| match (base.clipnorm, base.global_clipnorm) {
            _ if norms.is_empty() => scale,
            (Some(most), _) => scale * most / norms[position].max(most),
            (_, Some(most)) => {
                let all = norms
                    .iter()
                    .map(|norm| f64::from(*norm).powi(2))
                    .sum::<f64>();
                scale * f32::min(most / all.sqrt() as f32, 1.0)
            }
            _ => scale,
        };
        let factors: Vec<f32> = (0..moved.len()).map(factor).collect();
        let motion = Motion {
            optimizer: self.optimizer.as_ref(),
            base,
            step,
            average_momentum: counted.average_momentum(base),
            overwrite: counted.overwrites(base),
        };
        move_all(&mut moved, &factors, motion)?;
        for Moved { weight, .. } in moved {
            if let Some(constraint) = &weight.constraint {
                constraint.apply(&mut weight.value)?;
            }
        }
        self.optimizer.end();
        Ok(())
    }

    /// As [`step`](Self::step), on the GPU, if the optimizer has a kernel: nothing waits. What comes
    /// back is on its way: not 0 when the loss or a gradient was not finite, and then no weight moves
    /// until [`take_back`](Self::take_back). Nothing comes back where that was seen to already.
    pub(crate) fn step_on<'a>(
        &mut self,
        device: &Gpu,
        weights: impl Iterator<Item = (&'a str, &'a mut Weight)>,
        gradients: &mut Gradients,
        loss: &Tensor,
    ) -> Result<Option<Arriving>> {
        let weights: Vec<(&str, &mut Weight)> = weights.collect();
        self.add_slots(&weights);
        let own_slots = self.optimizer.slots().len();
        let mut moved = Vec::with_capacity(weights.len());
        for ((layer, weight), slots) in weights.into_iter().zip(&mut self.slots) {
            let Some(gradient) = gradients.take_on_gpu(device, &weight.value)? else {
                continue;
            };
            let base = self.optimizer.base();
            let info = WeightInfo {
                layer,
                name: &weight.name,
                shape: weight.value.shape(),
            };
            let decay = decay_of(&*self.optimizer, info);
            let (slots, others) = slots.split_at_mut(own_slots);
            let mut others = others.iter_mut();
            moved.push(gpu::Moved {
                weight,
                gradient,
                slots,
                average: if base.use_ema { others.next() } else { None },
                accumulator: if base.accumulated() > 1 {
                    others.next()
                } else {
                    None
                },
                decay,
                layer,
                rule: None,
            });
        }
        let loss = loss.storage()?.on_gpu(device)?;
        let mut answer = Some(gpu::check(
            device,
            &moved,
            loss,
            self.flag.on_gpu_mut(device)?,
        )?);
        if self.optimizer.inner().is_some() {
            // The scale of the next loss depends on the answer.
            let seen = answer.take().map(Arriving::wait).transpose()?;
            if seen.is_some_and(|seen| seen.iter().any(|flag| *flag != 0.0)) {
                self.flag = Tensor::zeros(1);
                self.optimizer.leave_out();
                return Ok(None);
            }
        }
        let counted = count_step(&mut self.optimizer, &mut self.iterations);
        if let Some(step) = counted.step {
            for moved in &mut moved {
                let info = WeightInfo {
                    layer: moved.layer,
                    name: &moved.weight.name,
                    shape: moved.weight.value.shape(),
                };
                moved.rule = Some(rule_of(&*self.optimizer, step, info)?);
            }
        }
        let base = self.optimizer.base();
        let motion = gpu::Motion {
            base,
            step: counted.step,
            scale: 1.0 / base.loss_scale_factor.unwrap_or(1.0),
            average_momentum: counted.average_momentum(base),
            overwrites: counted.overwrites(base),
        };
        let flag = self.flag.storage()?.on_gpu(device)?;
        gpu::go(device, &mut moved, motion, flag)?;
        for gpu::Moved { weight, .. } in moved {
            if let Some(constraint) = &weight.constraint {
                gpu::constrain(device, constraint, &mut weight.value, flag)?;
            }
        }
        self.optimizer.end();
        Ok(answer)
    }

    /// Begins to remember for weights that are new.
    fn add_slots(&mut self, weights: &[(&str, &mut Weight)]) {
        let new_slots = self.new_slots();
        for (_, weight) in weights.iter().skip(self.slots.len()) {
            let shape = weight.value.shape();
            let slots = new_slots.iter();
            let slots = slots.map(|(slot, start)| match self.optimizer.copies_weight(slot) {
                true => weight.value.clone(),
                false => Tensor::full(shape, *start),
            });
            self.slots.push(slots.collect());
        }
    }

    /// Whether steps can be made on a GPU.
    pub(crate) fn has_kernel(&self) -> bool {
        let first = Step {
            iteration: 1,
            learning_rate: 0.0,
        };
        let weight = WeightInfo {
            layer: "",
            name: "",
            shape: &Shape::from(()),
        };
        self.optimizer.gpu_rule(first, weight).is_some()
    }

    /// So many steps were made for nothing: the GPU was given numbers that are not finite.
    pub(crate) fn take_back(&mut self, steps: u64) {
        self.iterations = self.iterations.saturating_sub(steps);
        self.flag = Tensor::zeros(1);
    }

    /// Whether training goes on without a step whose gradients are not finite.
    pub(crate) fn leave_out(&mut self) -> bool {
        self.squares = None;
        self.optimizer.leave_out()
    }

    /// Sets the trainable weights to their averages, where those are kept: training is over.
    pub(crate) fn finish<'a>(&mut self, weights: impl Iterator<Item = &'a mut Weight>) {
        let Ok(average) = self.average() else {
            return;
        };
        let swapped = std::mem::take(&mut self.swapped);
        for (weight, slots) in weights.zip(&mut self.slots) {
            if swapped {
                slots[average] = weight.value.clone();
            } else {
                weight.value = slots[average].clone();
            }
        }
    }

    /// Lets the trainable weights and their averages change places.
    pub(crate) fn swap<'a>(&mut self, weights: impl Iterator<Item = &'a mut Weight>) -> Result<()> {
        let average = self.average()?;
        for (weight, slots) in weights.zip(&mut self.slots) {
            std::mem::swap(&mut weight.value, &mut slots[average]);
        }
        self.swapped = !self.swapped;
        Ok(())
    }

    /// Which slot holds the averages of the weights. Fails when there are none.
    pub(crate) fn average(&self) -> Result<usize> {
        let names = self.slot_names();
        let found = names.iter().position(|name| *name == AVERAGE);
        found.ok_or_else(|| {
            Error::state("the optimizer keeps no averages of the weights")
                .remedy("compile with an optimizer whose `use_ema` is true")
        })
    }
}

/// A step that is counted.
struct Counted {
    /// How many updates there were before.
    iterations: u64,
    /// None when this one only collects gradients.
    step: Option<Step>,
}

impl Counted {
    /// How much of an average stays; the first weight is its own average.
    fn average_momentum(&self, base: &OptimizerBase) -> f32 {
        match self.iterations {
            0 => 0.0,
            _ => base.ema_momentum,
        }
    }

    /// Whether weights become their averages.
    fn overwrites(&self, base: &OptimizerBase) -> bool {
        base.ema_overwrite_frequency
            .is_some_and(|steps| (self.iterations + 1).is_multiple_of(steps))
    }
}

/// Counts a step, and lets the optimizer begin it.
fn count_step(optimizer: &mut Box<dyn Optimizer>, count: &mut u64) -> Counted {
    let base = optimizer.base();
    let iterations = *count / base.accumulated();
    let updates = (*count + 1).is_multiple_of(base.accumulated());
    let step = updates.then(|| Step {
        iteration: iterations + 1,
        learning_rate: base.learning_rate.at(*count),
    });
    if let Some(step) = step {
        optimizer.begin(step);
    }
    *count += 1;
    Counted { iterations, step }
}

/// How much a weight decays in a step of learning rate 1.
fn decay_of(optimizer: &dyn Optimizer, weight: WeightInfo<'_>) -> f32 {
    match optimizer.base().spares(weight.name) {
        true => 0.0,
        false => optimizer.weight_decay_of(weight).unwrap_or(0.0),
    }
}

fn rule_of(optimizer: &dyn Optimizer, step: Step, weight: WeightInfo<'_>) -> Result<Rule> {
    optimizer.gpu_rule(step, weight).ok_or_else(|| {
        let name = optimizer.class_name();
        Error::state(format!("`{name}` has no kernel in this step"))
    })
}

/// The slot of the moving average of a weight.
const AVERAGE: &str = "average";

/// Long enough that the work outweighs handing it to another thread.
const LEAST: usize = 1 << 14;

/// Moves all weights in one pass over all cores.
fn move_all(moved: &mut [Moved<'_>], factors: &[f32], motion: Motion<'_>) -> Result<()> {
    let own_slots = motion.optimizer.slots().len();
    let mut stretches: Vec<Moving<'_>> = Vec::with_capacity(moved.len() + 1);
    for (moved, factor) in moved.iter_mut().zip(factors) {
        let length = moved.gradient.len();
        let mut slots = Vec::with_capacity(moved.slots.len());
        for slot in moved.slots.iter_mut() {
            slots.push(slot.floats_mut()?);
        }
        let average = if motion.base.use_ema && slots.len() > own_slots {
            Some(slots.swap_remove(own_slots))
        } else {
            None
        };
        slots.truncate(own_slots);
        let (weight, shape) = moved.weight.value.floats_mut_and_shape()?;
        let info = WeightInfo {
            layer: moved.layer,
            name: &moved.weight.name,
            shape,
        };
        let decay = decay_of(motion.optimizer, info);
        let mut rest = Moving {
            weight,
            gradient: &mut moved.gradient,
            slots,
            average,
            info,
            factor: *factor,
            decay,
        };
        if !motion.optimizer.takes_whole_weights() {
            let mut pieces = pieces(length, LEAST);
            pieces.pop();
            for piece in pieces {
                let (front, back) = split(rest, piece.len());
                stretches.push(front);
                rest = back;
            }
        }
        stretches.push(rest);
    }
    let numbers: usize = stretches.iter().map(|stretch| stretch.weight.len()).sum();
    if numbers < LEAST {
        stretches.into_iter().for_each(|stretch| stretch.go(motion));
    } else {
        let stretches = stretches.into_par_iter();
        stretches.for_each(|stretch| stretch.go(motion));
    }
    Ok(())
}

/// The first `length` numbers of a stretch, and the others.
fn split(stretch: Moving<'_>, length: usize) -> (Moving<'_>, Moving<'_>) {
    let (weight, rest_of_weight) = stretch.weight.split_at_mut(length);
    let (gradient, rest_of_gradient) = stretch.gradient.split_at_mut(length);
    let slots = stretch.slots.into_iter();
    let (slots, rest_of_slots) = slots.map(|slot| slot.split_at_mut(length)).unzip();
    let (average, rest_of_average) = stretch
        .average
        .map(|average| average.split_at_mut(length))
        .unzip();
    let (info, factor, decay) = (stretch.info, stretch.factor, stretch.decay);
    let front = Moving {
        weight,
        gradient,
        slots,
        average,
        info,
        factor,
        decay,
    };
    let back = Moving {
        weight: rest_of_weight,
        gradient: rest_of_gradient,
        slots: rest_of_slots,
        average: rest_of_average,
        info,
        factor,
        decay,
    };
    (front, back)
}

/// Adds a gradient, times `scale`, to the sums; or, when it is the last `over` which they are taken,
/// makes it their mean and the sums 0.
fn accumulate(sums: &mut [f32], gradient: &mut [f32], scale: f32, over: Option<f32>) {
    let sums = sums.par_chunks_mut(LEAST);
    sums.zip(gradient.par_chunks_mut(LEAST))
        .for_each(|(sums, gradient)| {
            vectorized(
                #[inline(always)]
                || {
                    for (sum, g) in sums.iter_mut().zip(gradient) {
                        let total = *sum + *g * scale;
                        (*sum, *g) = match over {
                            Some(over) => (0.0, total / over),
                            None => (total, *g),
                        };
                    }
                },
            );
        });
}
