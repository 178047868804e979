//! Recurrent layers with their usual activations: a whole sequence is one operation.

pub(super) mod cell;
mod gru;
mod lstm;
pub(super) mod product;
#[cfg(target_arch = "x86_64")]
mod product_x86;
pub(super) mod sequence;
mod simple;

use std::sync::Mutex;

use self::cell::{Cell, Sizes};
use self::gru::Gru;
use self::lstm::Lstm;
use self::sequence::Sequence;
use self::simple::Simple;
use super::section;
use crate::tensor::bridge::apply;
use crate::{Error, Result, Shape, Tape, Tensor};

/// What a recurrent operation works on.
#[derive(Clone, Copy, Debug)]
pub struct Recurrence<'a> {
    /// `(batch, steps, features)`
    pub x: &'a Tensor,
    /// `(features, gates * units)`
    pub kernel: &'a Tensor,
    /// `(units, gates * units)`
    pub recurrent_kernel: &'a Tensor,
    /// `(gates * units,)`, or with `reset_after` `(2, gates * units)`.
    pub bias: Option<&'a Tensor>,
    /// The states before the first step, `(batch, units)` each; zeros when there are none.
    pub initial_state: &'a [Tensor],
    /// `(batch, steps)`: a step that is 0 leaves states and output as they were.
    pub mask: Option<&'a Tensor>,
}

/// How a recurrent layer goes through a sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecurrentOptions {
    /// Gives the output of every step, `(batch, steps, units)`, instead of the last one.
    pub return_sequences: bool,
    /// Gives the states after the last step as well.
    pub return_state: bool,
    /// Begins with the last step; the outputs stay in the order in which they are computed.
    pub go_backwards: bool,
    /// Gives 0 for steps that the mask leaves out, instead of the output before.
    pub zero_output_for_mask: bool,
}

/// Long short-term memory with tanh and sigmoid. Gates are in the order input, forget, candidate,
/// output; the states are the output and the carry.
///
/// # Errors
/// When the shapes do not fit.
pub fn lstm(
    tape: &mut Tape,
    inputs: Recurrence<'_>,
    options: RecurrentOptions,
) -> Result<Vec<Tensor>> {
    recurrent(tape, Lstm, inputs, options)
}

/// Gated recurrent units with tanh and sigmoid. Gates are in the order update, reset, candidate;
/// the state is the output.
///
/// # Errors
/// When the shapes do not fit.
pub fn gru(
    tape: &mut Tape,
    inputs: Recurrence<'_>,
    options: RecurrentOptions,
    reset_after: bool,
) -> Result<Vec<Tensor>> {
    recurrent(tape, Gru { reset_after }, inputs, options)
}

/// `tanh(x · kernel + output before · recurrent_kernel + bias)`; the state is the output.
///
/// # Errors
/// When the shapes do not fit.
pub fn simple_rnn(
    tape: &mut Tape,
    inputs: Recurrence<'_>,
    options: RecurrentOptions,
) -> Result<Vec<Tensor>> {
    recurrent(tape, Simple, inputs, options)
}

fn recurrent(
    tape: &mut Tape,
    cell: impl Cell,
    inputs: Recurrence<'_>,
    options: RecurrentOptions,
) -> Result<Vec<Tensor>> {
    let sizes = check(&cell, inputs)?;
    let Sizes {
        batch,
        steps,
        units,
        ..
    } = sizes;
    let states = cell.states();
    let mask = inputs.mask.map(|mask| -> Vec<bool> {
        let values = mask.as_floats();
        values.iter().map(|&counts| counts != 0.0).collect()
    });
    let zeros = match inputs.initial_state.is_empty() {
        true => vec![Tensor::zeros((batch, units)); states],
        false => Vec::new(),
    };
    let mut all = vec![inputs.x, inputs.kernel, inputs.recurrent_kernel];
    all.extend(inputs.initial_state.iter().chain(&zeros));
    all.extend(inputs.bias);
    let output = match options.return_sequences {
        true => Shape::from((batch, steps, units)),
        false => Shape::from((batch, units)),
    };
    let operation = Sequence {
        cell,
        sizes,
        return_sequences: options.return_sequences,
        go_backwards: options.go_backwards,
        zero_output_for_mask: options.zero_output_for_mask,
        mask,
        parts: Mutex::default(),
        on_gpu: None,
    };
    if !options.return_state {
        return Ok(vec![apply(tape, operation, &all, output)?]);
    }
    let mut shapes = vec![output];
    shapes.extend(vec![Shape::from((batch, units)); states]);
    let total: usize = shapes.iter().map(|shape| shape.elements()).sum();
    let together = apply(tape, operation, &all, Shape::from(total))?;
    let mut start = 0;
    let parts = shapes.into_iter().map(|shape| {
        let part = section(tape, &together, start, shape)?;
        start += part.size();
        Ok(part)
    });
    parts.collect()
}

fn check(cell: &impl Cell, inputs: Recurrence<'_>) -> Result<Sizes> {
    let &[batch, steps, features] = inputs.x.shape().dims() else {
        return Err(Error::shape(format!(
            "expected sequences of shape (batch, steps, features), got {}",
            inputs.x.shape()
        )));
    };
    let gates = cell.gates();
    let units = inputs
        .recurrent_kernel
        .shape()
        .first()
        .copied()
        .unwrap_or(0);
    let width = gates * units;
    let bias = match cell.bias_rows() {
        1 => Shape::from(width),
        rows => Shape::from((rows, width)),
    };
    let state = Shape::from((batch, units));
    let mut expected = vec![
        ("kernel", inputs.kernel, Shape::from((features, width))),
        (
            "recurrent_kernel",
            inputs.recurrent_kernel,
            Shape::from((units, width)),
        ),
    ];
    expected.extend(inputs.bias.map(|tensor| ("bias", tensor, bias)));
    expected.extend(
        inputs
            .mask
            .map(|tensor| ("mask", tensor, Shape::from((batch, steps)))),
    );
    let states = inputs.initial_state.iter();
    expected.extend(states.map(|tensor| ("initial_state", tensor, state.clone())));
    for (name, tensor, shape) in expected {
        if *tensor.shape() != shape {
            return Err(Error::shape(format!(
                "argument `{name}`: expected shape {shape}, got {}",
                tensor.shape()
            )));
        }
    }
    let (given, states) = (inputs.initial_state.len(), cell.states());
    if given != 0 && given != states {
        let expected = format!("{states} tensors of shape {state}, or none");
        return Err(Error::argument(
            "initial_state",
            &expected,
            format!("{given} tensors"),
        ));
    }
    if steps == 0 || units == 0 {
        return Err(Error::shape("expected at least one step and one unit"));
    }
    Ok(Sizes {
        batch,
        steps,
        features,
        units,
    })
}
