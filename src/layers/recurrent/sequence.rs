//! How a recurrent layer goes through sequences, whatever its cell.

use std::cell::RefCell;

use serde::{Deserialize, Serialize};

use super::cell::{self, RNNCell};
use crate::device::in_float32;
use crate::layers::Pass;
use crate::ops::{self, RecurrentOptions};
use crate::{Error, Result, Shape, Tensor};

/// What every recurrent layer can be told about the way through its sequences; the methods of the
/// layers, called alike, set it.
///
/// Keras: arguments of `keras.layers.RNN`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SequenceOptions {
    /// Whether the output has all steps instead of the last one.
    pub return_sequences: bool,
    /// Whether the states after the last step are further outputs.
    pub return_state: bool,
    /// Whether the last step comes first.
    pub go_backwards: bool,
    /// Whether a batch goes on with the states of the batch before.
    pub stateful: bool,
    /// Accepted as in Keras; it changes nothing here.
    pub unroll: bool,
    /// Whether the output of a step that the mask leaves out is 0, instead of the output before.
    pub zero_output_for_mask: bool,
    #[serde(skip)]
    kept: KeptStates,
}

/// The states that a `stateful` layer goes on with; a copy of the layer begins anew.
#[derive(Debug, Default)]
struct KeptStates(RefCell<Vec<Tensor>>);

impl Clone for KeptStates {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl KeptStates {
    /// Those before a batch, if there are any yet.
    fn before(&self, batch: usize) -> Result<Vec<Tensor>> {
        let states = self.0.borrow().clone();
        match states.iter().find(|kept| kept.len() != batch) {
            None => Ok(states),
            Some(kept) => Err(Error::shape(format!(
                "a `stateful` layer goes on with the batch before, which had {} sequences, this \
                 one has {batch}",
                kept.len()
            ))
            .remedy("use batches of one size, or call `reset_states` in between")),
        }
    }

    /// Keeps the numbers alone: no gradient goes back into the batch before.
    fn keep(&self, states: &[Tensor]) -> Result<()> {
        let kept = states.iter().map(|state| {
            let numbers = state.floats()?.to_vec();
            Ok(Tensor::from_floats(numbers, state.shape().clone()))
        });
        *self.0.borrow_mut() = kept.collect::<Result<_>>()?;
        Ok(())
    }
}

impl SequenceOptions {
    /// Forgets the batch before.
    pub(super) fn forget(&self) {
        self.kept.0.borrow_mut().clear();
    }

    /// How the way through is; the states are needed to keep them as well.
    fn way(&self) -> RecurrentOptions {
        RecurrentOptions {
            return_sequences: self.return_sequences,
            return_state: self.return_state || self.stateful,
            go_backwards: self.go_backwards,
            zero_output_for_mask: self.zero_output_for_mask,
        }
    }
}

/// The shape of one step of sequences, whose shape is `(steps, ..)`; fails when there is none.
pub(super) fn step_of(sequence: &Shape) -> Result<(usize, Shape)> {
    match sequence.dims() {
        [steps, inner @ ..] if !inner.is_empty() => Ok((*steps, Shape::from(inner))),
        _ => Err(Error::shape(format!(
            "expected sequences of shape (steps, features) per sample, got {sequence}"
        ))
        .remedy(
            "put `Embedding` in front when these are words or other indices; give numbers an axis \
             of features with `reshape` to (samples, steps, 1)",
        )),
    }
}

/// The shapes of the outputs for one sample; fails when the inputs do not fit.
pub(super) fn output_shapes(
    cell: &dyn RNNCell,
    options: &SequenceOptions,
    inputs: &[Shape],
) -> Result<Vec<Shape>> {
    let Some((sequence, given)) = inputs.split_first() else {
        return Err(Error::shape("expected sequences, got no input")
            .remedy("call the layer on a sequence: `layer.on(&x)`"));
    };
    let (steps, step) = step_of(sequence)?;
    let states = cell.state_shapes(&step)?;
    if !given.is_empty() && given.len() != states.len() {
        let expected = format!("{} states, or none", states.len());
        return Err(Error::argument("initial_state", &expected, given.len()));
    }
    if let Some((state, given)) = states.iter().zip(given).find(|(s, g)| s != g) {
        let expected = format!("states of shape {state} per sample");
        return Err(Error::argument("initial_state", &expected, given));
    }
    let output = cell.output_shape(&step)?;
    let output = match options.return_sequences {
        true => output.with_batch(steps),
        false => output,
    };
    let states = states.into_iter().filter(|_| options.return_state);
    Ok(std::iter::once(output).chain(states).collect())
}

/// The outputs of a layer for a batch.
pub(super) fn call(
    cell: &dyn RNNCell,
    options: &SequenceOptions,
    inputs: &[Tensor],
    pass: &mut Pass<'_>,
) -> Result<Vec<Tensor>> {
    let Some((x, given)) = inputs.split_first() else {
        return Err(Error::shape("expected sequences, got no input")
            .remedy("call the layer on a sequence: `layer.on(&x)`"));
    };
    let mut states = given.to_vec();
    if states.is_empty() && options.stateful {
        states = options.kept.before(x.len())?;
    }
    let way = options.way();
    let mut outputs = all_steps(cell, x, &states, way, pass)?;
    if options.stateful {
        options.kept.keep(&outputs[1..])?;
    }
    if !options.return_state {
        outputs.truncate(1);
    }
    if let (true, Some(mask)) = (options.return_sequences, x.mask()) {
        outputs[0] = outputs[0].clone().with_mask(mask.clone());
    }
    Ok(outputs)
}

/// The output for all steps, and the states if they are asked for; without initial states, the cell
/// begins with its own.
pub(super) fn all_steps(
    cell: &dyn RNNCell,
    x: &Tensor,
    initial_states: &[Tensor],
    way: RecurrentOptions,
    pass: &mut Pass<'_>,
) -> Result<Vec<Tensor>> {
    // Rounding would add up from step to step.
    in_float32(|| match cell.all_steps(x, initial_states, way, pass)? {
        Some(outputs) => Ok(outputs),
        None => step_by_step(cell, x, initial_states.to_vec(), way, pass),
    })
}

/// One step after the other: slower, but for any cell.
fn step_by_step(
    cell: &dyn RNNCell,
    x: &Tensor,
    mut states: Vec<Tensor>,
    way: RecurrentOptions,
    pass: &mut Pass<'_>,
) -> Result<Vec<Tensor>> {
    let batch = x.len();
    let (steps, step) = step_of(&x.shape().without_batch())?;
    if steps == 0 {
        return Err(Error::shape("expected at least one step").remedy("leave empty sequences out"));
    }
    let counts = match x.mask() {
        None => None,
        Some(mask) if *mask.shape() == (batch, steps) => Some(mask.as_floats()),
        Some(mask) => {
            return Err(Error::shape(format!(
                "expected a mask of shape ({batch}, {steps}), got {}",
                mask.shape()
            ))
            .remedy("give the mask a number for each step of each sequence"));
        }
    };
    if states.is_empty() {
        states = cell.initial_states(&step, batch)?;
    }
    let constants = cell.constants(&step, batch, pass)?;
    let projected = cell.project(x, &constants, pass)?;
    let (_, projected_step) = step_of(&projected.shape().without_batch())?;
    let size = projected_step.elements();
    let projected = projected.reshape((batch, steps * size))?;
    let promised = Promise::of(cell, &step, batch)?;
    promised.check_states(cell, &states)?;
    let mut output = match states.first() {
        Some(state) if *state.shape() == promised.output => state.clone(),
        _ => Tensor::zeros(promised.output.clone()),
    };
    let mut outputs = Vec::new();
    for number in 0..steps {
        let step = match way.go_backwards {
            true => steps - 1 - number,
            false => number,
        };
        let x = ops::columns(pass.tape, &projected, step * size..(step + 1) * size)?;
        let x = x.reshape(projected_step.with_batch(batch))?;
        let (mut made, mut next) = cell.call(&x, &states, &constants, pass)?;
        promised.check_output(cell, &made)?;
        promised.check_states(cell, &next)?;
        if let Some(counts) = &counts {
            let counts: Vec<bool> = (0..batch)
                .map(|row| counts[row * steps + step] != 0.0)
                .collect();
            for (next, before) in next.iter_mut().zip(&states) {
                *next = ops::choose(pass.tape, &counts, next, before)?;
            }
            let otherwise = match way.zero_output_for_mask {
                true => Tensor::zeros(promised.output.clone()),
                false => output,
            };
            made = ops::choose(pass.tape, &counts, &made, &otherwise)?;
        }
        (states, output) = (next, made);
        if way.return_sequences {
            outputs.push(output.reshape((batch, output.size() / batch.max(1)))?);
        }
    }
    let output = match way.return_sequences {
        true => {
            let all = promised.output.without_batch().with_batch(steps);
            ops::side_by_side(pass.tape, &outputs)?.reshape(all.with_batch(batch))?
        }
        false => output,
    };
    let states = states.into_iter().filter(|_| way.return_state);
    Ok(std::iter::once(output).chain(states).collect())
}

/// The shapes that a cell makes of a batch, as it has said.
struct Promise {
    output: Shape,
    states: Vec<Shape>,
}

impl Promise {
    fn of(cell: &dyn RNNCell, step: &Shape, batch: usize) -> Result<Promise> {
        let states = cell.state_shapes(step)?;
        Ok(Promise {
            output: cell.output_shape(step)?.with_batch(batch),
            states: states.iter().map(|state| state.with_batch(batch)).collect(),
        })
    }

    fn check_output(&self, cell: &dyn RNNCell, output: &Tensor) -> Result<()> {
        if *output.shape() == self.output {
            return Ok(());
        }
        Err(Error::shape(format!(
            "the output of a step has shape {}, `output_shape` has promised {}",
            output.shape(),
            self.output
        ))
        .remedy("make what the cell computes and what it promises the same")
        .at(cell::title(cell)))
    }

    fn check_states(&self, cell: &dyn RNNCell, states: &[Tensor]) -> Result<()> {
        if states.iter().map(Tensor::shape).eq(&self.states) {
            return Ok(());
        }
        let shapes: Vec<String> = states.iter().map(|s| s.shape().to_string()).collect();
        let promised: Vec<String> = self.states.iter().map(Shape::to_string).collect();
        Err(Error::shape(format!(
            "the states have shapes [{}], `state_shapes` has promised [{}]",
            shapes.join(", "),
            promised.join(", ")
        ))
        .remedy("make what the cell computes and what it promises the same")
        .at(cell::title(cell)))
    }
}

/// Writes the methods that set how a layer goes through sequences, in its field `sequence`.
macro_rules! sequence_setters {
    () => {
        /// Whether the output has all steps instead of the last one; false unless set.
        #[must_use]
        pub fn return_sequences(mut self, return_sequences: bool) -> Self {
            self.sequence.return_sequences = return_sequences;
            self
        }

        /// Whether the states after the last step are further outputs; false unless set.
        #[must_use]
        pub fn return_state(mut self, return_state: bool) -> Self {
            self.sequence.return_state = return_state;
            self
        }

        /// Whether the last step comes first; outputs are in the order in which they are computed.
        /// False unless set.
        #[must_use]
        pub fn go_backwards(mut self, go_backwards: bool) -> Self {
            self.sequence.go_backwards = go_backwards;
            self
        }

        /// Whether a batch goes on with the states of the batch before, until
        /// [`reset_states`](crate::layers::Layer::reset_states); false unless set.
        #[must_use]
        pub fn stateful(mut self, stateful: bool) -> Self {
            self.sequence.stateful = stateful;
            self
        }

        /// Accepted as in Keras; it changes nothing here.
        #[must_use]
        pub fn unroll(mut self, unroll: bool) -> Self {
            self.sequence.unroll = unroll;
            self
        }

        /// Whether the output of a step that the mask leaves out is 0, instead of the output
        /// before; false unless set.
        #[must_use]
        pub fn zero_output_for_mask(mut self, zero_output_for_mask: bool) -> Self {
            self.sequence.zero_output_for_mask = zero_output_for_mask;
            self
        }
    };
}
pub(super) use sequence_setters;
