//! Recurrent layers: LSTM, GRU, SimpleRNN.
//!
//! With the usual activations a layer is one operation of `ops::recurrent`; with others, and with
//! dropout between steps, it is made of small operations (`stepwise.rs`).

mod gru;
mod lstm;
mod settings;
mod simple_rnn;
mod stepwise;

pub use gru::GRU;
pub use lstm::LSTM;
pub use simple_rnn::SimpleRNN;

use self::settings::{Settings, recurrent_setters};
use self::stepwise::Stepwise;
use super::{Layer, LayerEntry, Pass, Weights};
use crate::ops::{self, Recurrence, RecurrentOptions};
use crate::{Activation, Config, Error, Result, Shape, Tape, Tensor};

/// What distinguishes one recurrent layer from another.
trait Recurrent: Layer {
    /// How many gates the kernels have.
    const GATES: usize;
    /// How many states go from step to step.
    const STATES: usize;

    fn settings(&self) -> &Settings;

    /// The function of the gates; layers that have none of their own need not say anything.
    fn recurrent_activation(&self) -> Result<Activation> {
        Ok(Activation::Sigmoid)
    }

    /// Whether there is a bias of the recurrent kernel.
    fn has_recurrent_bias(&self) -> bool {
        false
    }

    /// All steps in one operation, with tanh and sigmoid.
    fn at_once(
        &self,
        tape: &mut Tape,
        inputs: Recurrence<'_>,
        options: RecurrentOptions,
    ) -> Result<Vec<Tensor>>;

    /// The states after one step, from what the input gives to each gate.
    fn step(
        &self,
        tape: &mut Tape,
        x: &[Tensor],
        states: &[Tensor],
        by: &Stepwise,
    ) -> Result<Vec<Tensor>>;
}

/// The shapes of the outputs for one sample; fails when the inputs do not fit.
fn output_shapes<R: Recurrent>(layer: &R, inputs: &[Shape]) -> Result<Vec<Shape>> {
    let settings = layer.settings();
    settings.check()?;
    settings
        .activation
        .get()?
        .require_same_shape("activation")?;
    layer
        .recurrent_activation()?
        .require_same_shape("recurrent_activation")?;
    let state = Shape::from(settings.units);
    let Some((sequence, states)) = inputs.split_first() else {
        return Err(Error::shape("expected sequences, got no input"));
    };
    let &[steps, _] = sequence.dims() else {
        let error = Error::shape(format!(
            "expected sequences of shape (steps, features) per sample, got {sequence}"
        ));
        return Err(error.remedy(match sequence.rank() {
            0 | 1 => {
                "put `Embedding` in front when these are words or other indices; give numbers an \
                 axis of features with `reshape` to (samples, steps, 1)"
            }
            _ => "flatten the features of each step with `reshape` or `TimeDistributed`",
        }));
    };
    if !states.is_empty() && states.len() != R::STATES {
        let expected = format!("{} states, or none", R::STATES);
        return Err(Error::argument("initial_state", &expected, states.len()));
    }
    if let Some(given) = states.iter().find(|given| **given != state) {
        let expected = format!("states of shape {state} per sample");
        return Err(Error::argument("initial_state", &expected, given));
    }
    let output = match settings.return_sequences {
        true => Shape::from((steps, settings.units)),
        false => state.clone(),
    };
    let states = if settings.return_state { R::STATES } else { 0 };
    Ok(std::iter::once(output).chain(vec![state; states]).collect())
}

fn build<R: Recurrent>(layer: &R, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
    let settings = layer.settings();
    let (units, width) = (settings.units, R::GATES * settings.units);
    let features = inputs.first().map_or(0, Shape::last);
    weights.add_configured("kernel", (features, width), &settings.kernel)?;
    weights.add_configured("recurrent_kernel", (units, width), &settings.recurrent)?;
    if settings.use_bias {
        let shape = match layer.has_recurrent_bias() {
            true => Shape::from((2, width)),
            false => Shape::from(width),
        };
        weights.add_configured("bias", shape, &settings.bias)?;
    }
    Ok(())
}

fn call<R: Recurrent>(layer: &R, inputs: &[Tensor], pass: &mut Pass<'_>) -> Result<Vec<Tensor>> {
    let settings = layer.settings();
    let Some((x, given)) = inputs.split_first() else {
        return Err(Error::shape("expected sequences, got no input"));
    };
    let &[batch, _, features] = x.shape().dims() else {
        let error = format!("expected (batch, steps, features), got {}", x.shape());
        return Err(Error::shape(error));
    };
    let mut states = given.to_vec();
    if states.is_empty() && settings.stateful {
        states = settings.kept.get();
        if let Some(kept) = states.iter().find(|kept| kept.len() != batch) {
            return Err(Error::shape(format!(
                "a `stateful` layer goes on with the batch before, which had {} sequences, this \
                 one has {batch}",
                kept.len()
            ))
            .remedy("use batches of one size, or call `reset_states` in between"));
        }
    }
    let kernel = pass.weight("kernel")?;
    let recurrent_kernel = pass.weight("recurrent_kernel")?;
    let bias = settings.use_bias.then(|| pass.weight("bias")).transpose()?;
    let inputs = Recurrence {
        x,
        kernel: &kernel,
        recurrent_kernel: &recurrent_kernel,
        bias: bias.as_ref(),
        initial_state: &states,
        mask: x.mask(),
    };
    let options = settings.options();
    let usual = *settings.activation.get()? == Activation::Tanh
        && layer.recurrent_activation()? == Activation::Sigmoid
        && !Settings::drops(settings.recurrent_dropout, pass.training);
    let mut outputs = if !usual {
        stepwise::call(layer, inputs, options, pass)?
    } else if Settings::drops(settings.dropout, pass.training) {
        let factors = dropout_factors(settings.dropout, (batch, features), pass)?;
        let dropped = ops::multiply(pass.tape, x, &every_step(&factors, x.shape())?)?;
        layer.at_once(
            pass.tape,
            Recurrence {
                x: &dropped,
                ..inputs
            },
            options,
        )?
    } else {
        layer.at_once(pass.tape, inputs, options)?
    };
    if settings.stateful {
        settings.kept.keep(&outputs[1..])?;
    }
    if !settings.return_state {
        outputs.truncate(1);
    }
    if let (true, Some(mask)) = (settings.return_sequences, x.mask()) {
        outputs[0] = outputs[0].clone().with_mask(mask.clone());
    }
    Ok(outputs)
}

/// What dropout multiplies by.
fn dropout_factors(rate: f32, shape: (usize, usize), pass: &mut Pass<'_>) -> Result<Tensor> {
    ops::dropout(&mut Tape::off(), &Tensor::ones(shape), rate, pass.generator)
}

/// Factors of shape `(batch, features)`, again for each step of sequences of `shape`.
fn every_step(factors: &Tensor, shape: &Shape) -> Result<Tensor> {
    let features = shape.last();
    let steps = shape.elements() / factors.size().max(1);
    let rows = factors.floats()?.chunks_exact(features.max(1));
    let values: Vec<f32> = rows.flat_map(|row| row.repeat(steps)).collect();
    Ok(Tensor::from_floats(values, shape.clone()))
}

/// Writes the methods of [`Layer`] that are the same for every recurrent layer, but for `build`.
macro_rules! recurrent_calls {
    () => {
        fn output_shape(&self, input: &Shape) -> Result<Shape> {
            let shapes = super::output_shapes(self, std::slice::from_ref(input))?;
            Ok(shapes[0].clone())
        }

        fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
            super::output_shapes(self, inputs)
        }

        fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
            let outputs = super::call(self, std::slice::from_ref(x), pass)?;
            Ok(outputs[0].clone())
        }

        fn call_for(&self, inputs: &[Tensor], pass: &mut Pass<'_>) -> Result<Vec<Tensor>> {
            super::call(self, inputs, pass)
        }

        fn reset_states(&self) {
            self.settings.kept.forget();
        }
    };
}
use recurrent_calls;

/// The layers of this folder.
pub(super) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "LSTM",
        what: "reads sequences with a memory that gates write, keep and read",
        example: || (Box::new(LSTM::new(4)), Shape::from((5, 3))),
        from_config: Config::layer::<LSTM>,
    },
    LayerEntry {
        class_name: "GRU",
        what: "reads sequences with an output that gates keep or renew",
        example: || (Box::new(GRU::new(4)), Shape::from((5, 3))),
        from_config: Config::layer::<GRU>,
    },
    LayerEntry {
        class_name: "SimpleRNN",
        what: "reads sequences, with its last output as a further input",
        example: || (Box::new(SimpleRNN::new(4)), Shape::from((5, 3))),
        from_config: Config::layer::<SimpleRNN>,
    },
];
