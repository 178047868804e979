//! SimpleRNN.

use serde::{Deserialize, Serialize};

use super::{Recurrent, Settings, Stepwise, recurrent_calls, recurrent_setters};
use crate::layers::{Layer, LayerBase, Pass, Weights, layer_identity};
use crate::ops::{self, Recurrence, RecurrentOptions};
use crate::{Result, Shape, Tape, Tensor};

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
    base: LayerBase,
    #[serde(flatten)]
    settings: Settings,
}

impl SimpleRNN {
    /// `units` outputs.
    pub fn new(units: usize) -> Self {
        Self {
            base: LayerBase::default(),
            settings: Settings::new(units),
        }
    }

    recurrent_setters!();
}

impl Layer for SimpleRNN {
    layer_identity!("SimpleRNN");
    recurrent_calls!();

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        super::build(self, std::slice::from_ref(input), weights)
    }

    fn group_in_file(&self, _weight: &str) -> String {
        "cell".to_owned()
    }

    fn build_for(&self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
        super::build(self, inputs, weights)
    }
}

impl Recurrent for SimpleRNN {
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
        by: &Stepwise,
    ) -> Result<Vec<Tensor>> {
        let recurrent = by.recurrent(tape, 0, &states[0])?;
        let sum = ops::add(tape, &x[0], &recurrent)?;
        Ok(vec![by.activation.call(tape, &sum)?])
    }
}
