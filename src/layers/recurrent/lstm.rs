//! LSTM.

use serde::{Deserialize, Serialize};

use super::{Recurrent, Settings, Stepwise, recurrent_calls, recurrent_setters};
use crate::layers::{Layer, LayerBase, Pass, Weights, layer_identity};
use crate::ops::{self, Recurrence, RecurrentOptions};
use crate::{Activation, Result, Setting, Shape, Tape, Tensor};

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
/// model.add(LSTM::new(8))?;
/// model.add(Dense::new(1).activation("sigmoid"))?;
/// assert_eq!(model.predict(&Tensor::zeros((3, 20)))?.shape(), (3, 1));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LSTM {
    #[serde(flatten)]
    base: LayerBase,
    #[serde(flatten)]
    settings: Settings,
    recurrent_activation: Setting<Activation>,
    unit_forget_bias: bool,
}

impl LSTM {
    /// `units` outputs.
    pub fn new(units: usize) -> Self {
        Self {
            base: LayerBase::default(),
            settings: Settings::new(units),
            recurrent_activation: Activation::Sigmoid.into(),
            unit_forget_bias: true,
        }
    }

    recurrent_setters!();

    /// The function of the gates; `"sigmoid"` unless set.
    #[must_use]
    pub fn recurrent_activation(mut self, activation: impl Into<Setting<Activation>>) -> Self {
        self.recurrent_activation = activation.into();
        self
    }

    /// Whether the bias of the forget gate starts as 1, so that the memory is kept at first; true
    /// unless set.
    #[must_use]
    pub fn unit_forget_bias(mut self, unit_forget_bias: bool) -> Self {
        self.unit_forget_bias = unit_forget_bias;
        self
    }
}

impl Layer for LSTM {
    layer_identity!("LSTM");
    recurrent_calls!();

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        self.build_for(std::slice::from_ref(input), weights)
    }

    fn group_in_file(&self, _weight: &str) -> String {
        "cell".to_owned()
    }

    fn build_for(&self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
        super::build(self, inputs, weights)?;
        if self.settings.use_bias && self.unit_forget_bias {
            let mut bias = weights.get("bias")?.value.clone();
            let units = self.settings.units;
            bias.floats_mut()?[units..2 * units].fill(1.0);
            weights.set("bias", bias)?;
        }
        Ok(())
    }
}

impl Recurrent for LSTM {
    const GATES: usize = 4;
    const STATES: usize = 2;

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn recurrent_activation(&self) -> Result<Activation> {
        self.recurrent_activation.get().copied()
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
        by: &Stepwise,
    ) -> Result<Vec<Tensor>> {
        let (output, carry) = (&states[0], &states[1]);
        let mut gate = |number: usize, activation: Activation| {
            let recurrent = by.recurrent(tape, number, output)?;
            let sum = ops::add(tape, &x[number], &recurrent)?;
            activation.call(tape, &sum)
        };
        let input = gate(0, by.recurrent_activation)?;
        let forget = gate(1, by.recurrent_activation)?;
        let candidate = gate(2, by.activation)?;
        let reads = gate(3, by.recurrent_activation)?;
        let kept = ops::multiply(tape, &forget, carry)?;
        let written = ops::multiply(tape, &input, &candidate)?;
        let carry = ops::add(tape, &kept, &written)?;
        let curve = by.activation.call(tape, &carry)?;
        Ok(vec![ops::multiply(tape, &reads, &curve)?, carry])
    }
}
