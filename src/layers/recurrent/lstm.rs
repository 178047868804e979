//! LSTM and its cell.

use serde::{Deserialize, Serialize};

use super::cell::{Constants, RNNCell};
use super::gated::{self, Gated, Gates, Settings, gated_cell};
use super::sequence::{SequenceOptions, sequence_setters};
use super::setters::{cell_identity_setters, cell_setters, gate_setter, memory_setter};
use super::{around_cell, sequence};
use crate::layers::{Layer, LayerBase, Pass, Weights};
use crate::ops::{self, Recurrence, RecurrentOptions};
use crate::{Activation, Config, Result, Setting, Shape, Tape, Tensor};

/// A step of long short-term memory, for [`RNN`](crate::layers::RNN): a memory that gates write,
/// keep and read.
///
/// Keras: `keras.layers.LSTMCell`. The weights are `kernel` (features, 4 units), `recurrent_kernel`
/// (units, 4 units) and `bias` (4 units), with the gates in the order input, forget, candidate,
/// output. The states are the output and the carry. To call a cell by itself, give an `RNN` around
/// it sequences of one step and the states.
///
/// # Shapes
/// A step `(batch, features)` to `(batch, units)`
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(RNN::new([LSTMCell::new(8), LSTMCell::new(4)]).input_shape((20, 3)))?;
/// assert_eq!(model.predict(&Tensor::zeros((2, 20, 3)))?.shape(), (2, 4));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LSTMCell {
    #[serde(flatten)]
    base: LayerBase,
    #[serde(flatten)]
    settings: Settings,
    recurrent_activation: Setting<Activation>,
    unit_forget_bias: bool,
}

impl LSTMCell {
    /// `units` outputs.
    pub fn new(units: usize) -> Self {
        Self {
            base: LayerBase::default(),
            settings: Settings::new(units),
            recurrent_activation: Activation::Sigmoid.into(),
            unit_forget_bias: true,
        }
    }

    cell_setters!(function in settings, weights in settings);
    gate_setter!(in self);
    memory_setter!(in self);
    cell_identity_setters!();
}

gated_cell!(LSTMCell, "LSTMCell");

impl Gated for LSTMCell {
    const GATES: usize = 4;
    const STATES: usize = 2;

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn recurrent_activation(&self) -> Result<Activation> {
        self.recurrent_activation.get().copied()
    }

    fn remembers_at_first(&self) -> bool {
        self.unit_forget_bias
    }

    fn at_once(
        &self,
        tape: &mut Tape,
        inputs: Recurrence<'_>,
        options: RecurrentOptions,
    ) -> Result<Vec<Tensor>> {
        ops::lstm(tape, inputs, options)
    }

    fn step(
        &self,
        tape: &mut Tape,
        x: &[Tensor],
        states: &[Tensor],
        by: &Gates<'_>,
    ) -> Result<Vec<Tensor>> {
        let mut gates = Vec::new();
        for (gate, x) in x.iter().enumerate() {
            let recurrent = by.recurrent(tape, gate, &states[0])?;
            gates.push(ops::add(tape, x, &recurrent)?);
        }
        remember(
            tape,
            &gates,
            &states[1],
            by.activation,
            by.recurrent_activation,
        )
    }
}

/// Output and carry after a step, from what the four gates are given and the carry before.
pub(super) fn remember(
    tape: &mut Tape,
    gates: &[Tensor],
    carry: &Tensor,
    activation: Activation,
    recurrent_activation: Activation,
) -> Result<Vec<Tensor>> {
    let input = recurrent_activation.call(tape, &gates[0])?;
    let forget = recurrent_activation.call(tape, &gates[1])?;
    let candidate = activation.call(tape, &gates[2])?;
    let reads = recurrent_activation.call(tape, &gates[3])?;
    let kept = ops::multiply(tape, &forget, carry)?;
    let written = ops::multiply(tape, &input, &candidate)?;
    let carry = ops::add(tape, &kept, &written)?;
    let curve = activation.call(tape, &carry)?;
    Ok(vec![ops::multiply(tape, &reads, &curve)?, carry])
}

/// Long short-term memory: reads sequences step by step, with a memory that gates write, keep and
/// read.
///
/// Keras: `keras.layers.LSTM`. The weights are `kernel` (features, 4 units), `recurrent_kernel`
/// (units, 4 units) and `bias` (4 units), with the gates in the order input, forget, candidate,
/// output. Steps that the mask of the input leaves out change nothing. Further inputs, in a
/// functional model, are the states to begin with: output and carry.
///
/// With the activations that are set from the start, and without dropout between steps, all steps
/// are one fast operation.
///
/// Hochreiter and Schmidhuber, "Long short-term memory", 1997.
///
/// # Shapes
/// `(batch, steps, features)` to `(batch, units)`, with `return_sequences` to
/// `(batch, steps, units)`; with `return_state` two further outputs `(batch, units)`.
///
/// # Errors
/// When the input has another number of axes: words need [`Embedding`](crate::layers::Embedding)
/// in front.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Embedding::new(1000, 16).input_shape(20))?;
/// model.add(LSTM::new(8).return_sequences(true))?;
/// model.add(LSTM::new(8).kernel_regularizer("l2"))?;
/// model.add(Dense::new(1).activation("sigmoid"))?;
/// assert_eq!(model.predict(&Tensor::zeros((3, 20)))?.shape(), (3, 1));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LSTM {
    #[serde(flatten)]
    cell: LSTMCell,
    #[serde(flatten)]
    sequence: SequenceOptions,
}

impl LSTM {
    /// `units` outputs.
    pub fn new(units: usize) -> Self {
        Self {
            cell: LSTMCell::new(units),
            sequence: SequenceOptions::default(),
        }
    }

    cell_setters!(function in cell.settings, weights in cell.settings);
    gate_setter!(in self.cell);
    memory_setter!(in self.cell);
    sequence_setters!();
}

impl Layer for LSTM {
    around_cell!("LSTM");
}
