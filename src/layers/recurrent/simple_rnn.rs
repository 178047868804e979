//! SimpleRNN and its cell.

use serde::{Deserialize, Serialize};

use super::cell::{Constants, RNNCell};
use super::gated::{self, Gated, Gates, Settings, gated_cell};
use super::sequence::{SequenceOptions, sequence_setters};
use super::setters::{cell_identity_setters, cell_setters};
use super::{around_cell, sequence};
use crate::layers::{Layer, LayerBase, Pass, Weights};
use crate::ops::{self, Recurrence, RecurrentOptions};
use crate::{Config, Result, Shape, Tape, Tensor};

/// A step with its last output as a further input, for [`RNN`](crate::layers::RNN):
/// `activation(x · kernel + output before · recurrent_kernel + bias)`.
///
/// Keras: `keras.layers.SimpleRNNCell`. The state is the output.
///
/// # Shapes
/// A step `(batch, features)` to `(batch, units)`
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(RNN::new(SimpleRNNCell::new(4)).input_shape((20, 3)))?;
/// assert_eq!(model.predict(&Tensor::zeros((2, 20, 3)))?.shape(), (2, 4));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SimpleRNNCell {
    #[serde(flatten)]
    base: LayerBase,
    #[serde(flatten)]
    settings: Settings,
}

impl SimpleRNNCell {
    /// `units` outputs.
    pub fn new(units: usize) -> Self {
        Self {
            base: LayerBase::default(),
            settings: Settings::new(units),
        }
    }

    cell_setters!(function in settings, weights in settings);
    cell_identity_setters!();
}

gated_cell!(SimpleRNNCell, "SimpleRNNCell");

impl Gated for SimpleRNNCell {
    const GATES: usize = 1;
    const STATES: usize = 1;

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn at_once(
        &self,
        tape: &mut Tape,
        inputs: Recurrence<'_>,
        options: RecurrentOptions,
    ) -> Result<Vec<Tensor>> {
        ops::simple_rnn(tape, inputs, options)
    }

    fn step(
        &self,
        tape: &mut Tape,
        x: &[Tensor],
        states: &[Tensor],
        by: &Gates<'_>,
    ) -> Result<Vec<Tensor>> {
        let recurrent = by.recurrent(tape, 0, &states[0])?;
        let sum = ops::add(tape, &x[0], &recurrent)?;
        Ok(vec![by.activation.call(tape, &sum)?])
    }
}

/// Reads sequences step by step, with its last output as a further input:
/// `activation(x · kernel + output before · recurrent_kernel + bias)`.
///
/// Keras: `keras.layers.SimpleRNN`. Steps that the mask of the input leaves out change nothing. A
/// further input, in a functional model, is the state to begin with.
///
/// # Shapes
/// `(batch, steps, features)` to `(batch, units)`, with `return_sequences` to
/// `(batch, steps, units)`; with `return_state` a further output `(batch, units)`.
///
/// # Errors
/// When the input has another number of axes: words need [`Embedding`](crate::layers::Embedding)
/// in front.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(SimpleRNN::new(8).activation("relu").input_shape((20, 3)))?;
/// assert_eq!(model.predict(&Tensor::zeros((2, 20, 3)))?.shape(), (2, 8));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SimpleRNN {
    #[serde(flatten)]
    cell: SimpleRNNCell,
    #[serde(flatten)]
    sequence: SequenceOptions,
}

impl SimpleRNN {
    /// `units` outputs.
    pub fn new(units: usize) -> Self {
        Self {
            cell: SimpleRNNCell::new(units),
            sequence: SequenceOptions::default(),
        }
    }

    cell_setters!(function in cell.settings, weights in cell.settings);
    sequence_setters!();
}

impl Layer for SimpleRNN {
    around_cell!("SimpleRNN");
}
