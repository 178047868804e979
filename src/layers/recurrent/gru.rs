//! GRU and its cell.

use serde::{Deserialize, Serialize};

use super::cell::{Constants, RNNCell};
use super::gated::{self, Gated, Gates, Settings, gated_cell};
use super::sequence::{SequenceOptions, sequence_setters};
use super::setters::{cell_identity_setters, cell_setters, gate_setter};
use super::{around_cell, sequence};
use crate::layers::{Layer, LayerBase, Pass, Weights};
use crate::ops::{self, Recurrence, RecurrentOptions};
use crate::{Activation, Config, Result, Setting, Shape, Tape, Tensor};

/// A step of gated recurrent units, for [`RNN`](crate::layers::RNN): an output that gates keep or
/// renew.
///
/// Keras: `keras.layers.GRUCell`. The weights are `kernel` (features, 3 units), `recurrent_kernel`
/// (units, 3 units) and `bias` (2, 3 units), without `reset_after` (3 units), with the gates in the
/// order update, reset, candidate. The state is the output.
///
/// # Shapes
/// A step `(batch, features)` to `(batch, units)`
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(RNN::new(GRUCell::new(4)).return_sequences(true).input_shape((20, 3)))?;
/// assert_eq!(model.predict(&Tensor::zeros((2, 20, 3)))?.shape(), (2, 20, 4));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GRUCell {
    #[serde(flatten)]
    base: LayerBase,
    #[serde(flatten)]
    settings: Settings,
    recurrent_activation: Setting<Activation>,
    reset_after: bool,
}

impl GRUCell {
    /// `units` outputs.
    pub fn new(units: usize) -> Self {
        Self {
            base: LayerBase::default(),
            settings: Settings::new(units),
            recurrent_activation: Activation::Sigmoid.into(),
            reset_after: true,
        }
    }

    cell_setters!(function in settings, weights in settings);
    gate_setter!(in self);
    cell_identity_setters!();

    /// Whether the reset gate comes after the product with the recurrent kernel, which then has a
    /// bias of its own; true unless set.
    #[must_use]
    pub fn reset_after(mut self, reset_after: bool) -> Self {
        self.reset_after = reset_after;
        self
    }
}

gated_cell!(GRUCell, "GRUCell");

impl Gated for GRUCell {
    const GATES: usize = 3;
    const STATES: usize = 1;

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn recurrent_activation(&self) -> Result<Activation> {
        self.recurrent_activation.get().copied()
    }

    fn has_recurrent_bias(&self) -> bool {
        self.reset_after
    }

    fn at_once(
        &self,
        tape: &mut Tape,
        inputs: Recurrence<'_>,
        options: RecurrentOptions,
    ) -> Result<Vec<Tensor>> {
        ops::gru(tape, inputs, options, self.reset_after)
    }

    fn step(
        &self,
        tape: &mut Tape,
        x: &[Tensor],
        states: &[Tensor],
        by: &Gates<'_>,
    ) -> Result<Vec<Tensor>> {
        let output = &states[0];
        let mut gate = |number: usize| {
            let recurrent = by.recurrent(tape, number, output)?;
            let sum = ops::add(tape, &x[number], &recurrent)?;
            by.recurrent_activation.call(tape, &sum)
        };
        let (update, reset) = (gate(0)?, gate(1)?);
        let recurrent = if self.reset_after {
            let recurrent = by.recurrent(tape, 2, output)?;
            ops::multiply(tape, &reset, &recurrent)?
        } else {
            let let_through = ops::multiply(tape, &reset, output)?;
            by.recurrent(tape, 2, &let_through)?
        };
        let candidate = ops::add(tape, &x[2], &recurrent)?;
        let candidate = by.activation.call(tape, &candidate)?;
        let renewed = ops::elementwise(
            tape,
            &update,
            ops::Each::with("rescale", [-1.0, 1.0]),
            |z| 1.0 - z,
            |_, _| -1.0,
        )?;
        let kept = ops::multiply(tape, &update, output)?;
        let new = ops::multiply(tape, &renewed, &candidate)?;
        Ok(vec![ops::add(tape, &kept, &new)?])
    }
}

/// Gated recurrent units: reads sequences step by step, with an output that gates keep or renew.
///
/// Keras: `keras.layers.GRU`. The weights are `kernel` (features, 3 units), `recurrent_kernel`
/// (units, 3 units) and `bias` (2, 3 units), without `reset_after` (3 units), with the gates in the
/// order update, reset, candidate. Steps that the mask of the input leaves out change nothing. A
/// further input, in a functional model, is the state to begin with.
///
/// With the activations that are set from the start, and without dropout between steps, all steps
/// are one fast operation.
///
/// Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical machine
/// translation", 2014.
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
/// model.add(GRU::new(8).return_sequences(true).input_shape((20, 3)))?;
/// assert_eq!(model.predict(&Tensor::zeros((2, 20, 3)))?.shape(), (2, 20, 8));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GRU {
    #[serde(flatten)]
    cell: GRUCell,
    #[serde(flatten)]
    sequence: SequenceOptions,
}

impl GRU {
    /// `units` outputs.
    pub fn new(units: usize) -> Self {
        Self {
            cell: GRUCell::new(units),
            sequence: SequenceOptions::default(),
        }
    }

    cell_setters!(function in cell.settings, weights in cell.settings);
    gate_setter!(in self.cell);
    sequence_setters!();

    /// Whether the reset gate comes after the product with the recurrent kernel, which then has a
    /// bias of its own; true unless set.
    #[must_use]
    pub fn reset_after(mut self, reset_after: bool) -> Self {
        self.cell.reset_after = reset_after;
        self
    }
}

impl Layer for GRU {
    around_cell!("GRU");
}
