//! Recurrent layers step by step, out of small operations: slower, but for any activation, and with
//! dropout between steps.

use super::{Recurrent, Settings, dropout_factors, every_step};
use crate::layers::Pass;
use crate::ops::{self, Recurrence, RecurrentOptions};
use crate::{Activation, Result, Shape, Tape, Tensor};

/// What every step uses.
pub(super) struct Stepwise {
    pub(super) activation: Activation,
    pub(super) recurrent_activation: Activation,
    gates: Vec<Gate>,
}

/// What belongs to one gate.
struct Gate {
    kernel: Tensor,
    bias: Option<Tensor>,
    /// What dropout multiplies the output before by.
    factors: Option<Tensor>,
}

impl Stepwise {
    /// What the output before gives to a gate.
    pub(super) fn recurrent(
        &self,
        tape: &mut Tape,
        gate: usize,
        output: &Tensor,
    ) -> Result<Tensor> {
        let Gate {
            kernel,
            bias,
            factors,
        } = &self.gates[gate];
        match factors {
            Some(factors) => {
                let dropped = ops::multiply(tape, output, factors)?;
                ops::dense(tape, &dropped, kernel, bias.as_ref(), false)
            }
            None => ops::dense(tape, output, kernel, bias.as_ref(), false),
        }
    }
}

/// All steps of a layer.
pub(super) fn call<R: Recurrent>(
    layer: &R,
    inputs: Recurrence<'_>,
    options: RecurrentOptions,
    pass: &mut Pass<'_>,
) -> Result<Vec<Tensor>> {
    let settings = layer.settings();
    let units = settings.units;
    let shape = inputs.x.shape().clone();
    let (batch, steps, features) = (shape[0], shape[1], shape[2]);
    // Keras draws factors of its own for each gate where there is dropout between steps.
    let between_steps = settings.recurrent_dropout != 0.0;
    let mut x = inputs.x.clone();
    let drops_input = Settings::drops(settings.dropout, pass.training);
    if drops_input && !between_steps {
        let factors = dropout_factors(settings.dropout, (batch, features), pass)?;
        x = ops::multiply(pass.tape, &x, &every_step(&factors, &shape)?)?;
    }
    let mut projected = Vec::new();
    let mut gates = Vec::new();
    for gate in 0..R::GATES {
        let columns = gate * units..(gate + 1) * units;
        let bias_row = |tape: &mut Tape, row: usize| {
            let start = (row * R::GATES + gate) * units;
            let bias = inputs
                .bias
                .map(|bias| ops::section(tape, bias, start, Shape::from(units)));
            bias.transpose()
        };
        if drops_input && between_steps {
            let factors = dropout_factors(settings.dropout, (batch, features), pass)?;
            x = ops::multiply(pass.tape, inputs.x, &every_step(&factors, &shape)?)?;
        }
        let kernel = ops::columns(pass.tape, inputs.kernel, columns.clone())?;
        let bias = bias_row(pass.tape, 0)?;
        let of_gate = ops::dense(pass.tape, &x, &kernel, bias.as_ref(), false)?;
        projected.push(of_gate.reshape((batch, steps * units))?);
        let drops = Settings::drops(settings.recurrent_dropout, pass.training);
        let rate = settings.recurrent_dropout;
        gates.push(Gate {
            kernel: ops::columns(pass.tape, inputs.recurrent_kernel, columns)?,
            bias: match layer.has_recurrent_bias() {
                true => bias_row(pass.tape, 1)?,
                false => None,
            },
            factors: drops
                .then(|| dropout_factors(rate, (batch, units), pass))
                .transpose()?,
        });
    }
    let by = Stepwise {
        activation: *settings.activation.get()?,
        recurrent_activation: layer.recurrent_activation()?,
        gates,
    };
    let mut states = match inputs.initial_state.is_empty() {
        true => vec![Tensor::zeros((batch, units)); R::STATES],
        false => inputs.initial_state.to_vec(),
    };
    let mask = inputs.mask.map(|mask| mask.as_floats());
    let mut outputs = Vec::new();
    for step in 0..steps {
        let step = if options.go_backwards {
            steps - 1 - step
        } else {
            step
        };
        let numbers = step * units..(step + 1) * units;
        let x = projected
            .iter()
            .map(|x| ops::columns(pass.tape, x, numbers.clone()));
        let x = x.collect::<Result<Vec<Tensor>>>()?;
        let mut next = layer.step(pass.tape, &x, &states, &by)?;
        let mut output = next[0].clone();
        if let Some(mask) = &mask {
            let counts: Vec<bool> = (0..batch)
                .map(|row| mask[row * steps + step] != 0.0)
                .collect();
            for (next, before) in next.iter_mut().zip(&states) {
                *next = ops::choose(pass.tape, &counts, next, before)?;
            }
            output = match options.zero_output_for_mask {
                true => ops::choose(pass.tape, &counts, &output, &Tensor::zeros((batch, units)))?,
                false => next[0].clone(),
            };
        }
        states = next;
        if !options.return_sequences {
            outputs.clear();
        }
        outputs.push(output);
    }
    let mut all = match options.return_sequences {
        true => vec![ops::side_by_side(pass.tape, &outputs)?.reshape((batch, steps, units))?],
        false => outputs,
    };
    if options.return_state {
        all.extend(states);
    }
    Ok(all)
}
