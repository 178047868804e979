//! What the cells of LSTM, GRU and SimpleRNN have in common: kernels, made of gates.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::cell::Constants;
use super::drops::{Drops, Where, times_every_step};
use crate::layers::weight_settings::{self, WeightSettings};
use crate::layers::{Pass, Weights, require_positive};
use crate::ops::{self, Recurrence, RecurrentOptions};
use crate::{Activation, Error, Result, Setting, Shape, Tape, Tensor};

/// The arguments that all of them have.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Settings {
    pub(super) units: usize,
    pub(super) activation: Setting<Activation>,
    pub(super) use_bias: bool,
    #[serde(flatten, deserialize_with = "weight_settings::kernel")]
    pub(super) kernel: WeightSettings,
    #[serde(flatten, deserialize_with = "weight_settings::recurrent")]
    pub(super) recurrent_kernel: WeightSettings,
    #[serde(flatten, deserialize_with = "weight_settings::bias")]
    pub(super) bias: WeightSettings,
    #[serde(flatten)]
    pub(super) drops: Drops,
}

impl Settings {
    pub(super) fn new(units: usize) -> Self {
        Self {
            units,
            activation: Activation::Tanh.into(),
            use_bias: true,
            kernel: WeightSettings::kernel(),
            recurrent_kernel: WeightSettings::recurrent(),
            bias: WeightSettings::bias(),
            drops: Drops::default(),
        }
    }
}

/// What distinguishes one of the cells from another.
pub(super) trait Gated {
    /// How many gates the kernels have.
    const GATES: usize;
    /// How many states go from step to step.
    const STATES: usize;

    fn settings(&self) -> &Settings;

    /// The function of the gates; cells that have none of their own need not say anything.
    fn recurrent_activation(&self) -> Result<Activation> {
        Ok(Activation::Sigmoid)
    }

    /// Whether the bias of the second gate starts as 1.
    fn remembers_at_first(&self) -> bool {
        false
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

    /// The states after one step, from what the input gives to each gate; the first one is the
    /// output.
    fn step(
        &self,
        tape: &mut Tape,
        x: &[Tensor],
        states: &[Tensor],
        by: &Gates<'_>,
    ) -> Result<Vec<Tensor>>;
}

/// Parts of the constants of these cells: for each gate its recurrent kernel, the bias of that and
/// what dropout multiplies the output before by; and what it multiplies the input by, which gates
/// may share.
const KERNELS: usize = 0;
const BIASES: usize = 1;
const FACTORS: usize = 2;
const INPUT_FACTORS: usize = 3;

/// What every step uses.
pub(super) struct Gates<'a> {
    pub(super) activation: Activation,
    pub(super) recurrent_activation: Activation,
    kernels: &'a [Tensor],
    biases: &'a [Tensor],
    factors: &'a [Tensor],
}

impl Gates<'_> {
    /// What the output before gives to a gate.
    pub(super) fn recurrent(
        &self,
        tape: &mut Tape,
        gate: usize,
        output: &Tensor,
    ) -> Result<Tensor> {
        let (kernel, bias) = (&self.kernels[gate], self.biases.get(gate));
        match self.factors.get(gate) {
            Some(factors) => {
                let dropped = ops::multiply(tape, output, factors)?;
                ops::dense(tape, &dropped, kernel, bias, false)
            }
            None => ops::dense(tape, output, kernel, bias, false),
        }
    }
}

pub(super) fn state_shapes<G: Gated>(cell: &G, input: &Shape) -> Result<Vec<Shape>> {
    let settings = cell.settings();
    require_positive("units", settings.units)?;
    let activation = settings.activation.get()?;
    activation.require_same_shape("activation")?;
    let of_gates = cell.recurrent_activation()?;
    of_gates.require_same_shape("recurrent_activation")?;
    settings.drops.check()?;
    if input.rank() != 1 {
        return Err(Error::shape(format!(
            "expected sequences of shape (steps, features) per sample, got steps of shape {input}"
        ))
        .remedy("flatten the features of each step with `reshape` or `TimeDistributed`"));
    }
    Ok(vec![Shape::from(settings.units); G::STATES])
}

pub(super) fn build<G: Gated>(cell: &G, input: &Shape, weights: &mut Weights) -> Result<()> {
    let settings = cell.settings();
    let units = settings.units;
    let width = G::GATES.saturating_mul(units);
    weights.add_configured("kernel", (input.last(), width), &settings.kernel)?;
    weights.add_configured(
        "recurrent_kernel",
        (units, width),
        &settings.recurrent_kernel,
    )?;
    if settings.use_bias {
        let shape = match cell.has_recurrent_bias() {
            true => Shape::from((2, width)),
            false => Shape::from(width),
        };
        weights.add_configured("bias", shape, &settings.bias)?;
        if cell.remembers_at_first() {
            remember_at_first(weights, units)?;
        }
    }
    Ok(())
}

/// Makes the bias of the second gate, which lets a memory through, start as 1.
pub(super) fn remember_at_first(weights: &mut Weights, units: usize) -> Result<()> {
    let mut bias = weights.get("bias")?.value.clone();
    bias.floats_mut()?[units..2 * units].fill(1.0);
    weights.set("bias", bias)
}

/// The numbers of a gate in a row of all of them.
fn columns<G: Gated>(cell: &G, gate: usize) -> Range<usize> {
    let units = cell.settings().units;
    gate * units..(gate + 1) * units
}

fn bias<G: Gated>(cell: &G, pass: &Pass<'_>) -> Result<Option<Tensor>> {
    let use_bias = cell.settings().use_bias;
    use_bias.then(|| pass.weight("bias")).transpose()
}

pub(super) fn constants<G: Gated>(
    cell: &G,
    input: &Shape,
    batch: usize,
    pass: &mut Pass<'_>,
) -> Result<Constants> {
    let settings = cell.settings();
    let (drops, units) = (&settings.drops, settings.units);
    // Keras draws factors of its own for each gate where there is dropout between steps.
    let input_factors = match drops.recurrent_dropout == 0.0 {
        true => 1,
        false => G::GATES,
    };
    let input = input.with_batch(batch);
    let input_factors = drops.factors(Where::Input, input_factors, &input, pass)?;
    let state = Shape::from((batch, units));
    let factors = drops.factors(Where::Recurrent, G::GATES, &state, pass)?;
    let recurrent_kernel = pass.weight("recurrent_kernel")?;
    let bias = bias(cell, pass)?.filter(|_| cell.has_recurrent_bias());
    let (mut kernels, mut biases) = (Vec::new(), Vec::new());
    for gate in 0..G::GATES {
        let columns = columns(cell, gate);
        kernels.push(ops::columns(pass.tape, &recurrent_kernel, columns.clone())?);
        if let Some(bias) = &bias {
            let start = G::GATES * units + columns.start;
            biases.push(ops::section(pass.tape, bias, start, Shape::from(units))?);
        }
    }
    let mut parts = [const { Vec::new() }; 4];
    parts[KERNELS] = kernels;
    parts[BIASES] = biases;
    parts[FACTORS] = factors;
    parts[INPUT_FACTORS] = input_factors;
    Ok(Constants {
        tensors: Vec::new(),
        parts: parts.map(Constants::from).to_vec(),
    })
}

/// What the input gives to all gates, for all steps.
pub(super) fn project<G: Gated>(
    cell: &G,
    x: &Tensor,
    constants: &Constants,
    pass: &mut Pass<'_>,
) -> Result<Tensor> {
    let units = cell.settings().units;
    let kernel = pass.weight("kernel")?;
    let bias = match bias(cell, pass)? {
        // The other row is that of the recurrent kernel.
        Some(both) if cell.has_recurrent_bias() => {
            let width = Shape::from(G::GATES * units);
            Some(ops::section(pass.tape, &both, 0, width)?)
        }
        bias => bias,
    };
    let factors = &constants.part(INPUT_FACTORS)?.tensors;
    if factors.len() < 2 {
        let x = match factors.first() {
            Some(factors) => times_every_step(pass.tape, x, factors)?,
            None => x.clone(),
        };
        return ops::dense(pass.tape, &x, &kernel, bias.as_ref(), false);
    }
    let mut projected = Vec::new();
    for (gate, factors) in factors.iter().enumerate() {
        let columns = columns(cell, gate);
        let x = times_every_step(pass.tape, x, factors)?;
        let bias = bias
            .as_ref()
            .map(|bias| ops::section(pass.tape, bias, columns.start, Shape::from(units)))
            .transpose()?;
        let kernel = ops::columns(pass.tape, &kernel, columns)?;
        projected.push(ops::dense(pass.tape, &x, &kernel, bias.as_ref(), false)?);
    }
    ops::side_by_side(pass.tape, &projected)
}

pub(super) fn call<G: Gated>(
    cell: &G,
    x: &Tensor,
    states: &[Tensor],
    constants: &Constants,
    pass: &mut Pass<'_>,
) -> Result<(Tensor, Vec<Tensor>)> {
    if states.len() != G::STATES {
        let expected = format!("{} tensors", G::STATES);
        return Err(Error::argument("states", &expected, states.len()));
    }
    let kernels = &constants.part(KERNELS)?.tensors;
    if kernels.len() != G::GATES {
        let expected = "what the cell's method `constants` has returned";
        return Err(Error::argument("constants", expected, kernels.len()));
    }
    let by = Gates {
        activation: *cell.settings().activation.get()?,
        recurrent_activation: cell.recurrent_activation()?,
        kernels,
        biases: &constants.part(BIASES)?.tensors,
        factors: &constants.part(FACTORS)?.tensors,
    };
    let of_gates = (0..G::GATES).map(|gate| ops::columns(pass.tape, x, columns(cell, gate)));
    let of_gates = of_gates.collect::<Result<Vec<Tensor>>>()?;
    let next = cell.step(pass.tape, &of_gates, states, &by)?;
    Ok((next[0].clone(), next))
}

/// All steps in one operation, with the usual activations and without dropout between steps.
pub(super) fn all_steps<G: Gated>(
    cell: &G,
    x: &Tensor,
    initial_state: &[Tensor],
    options: RecurrentOptions,
    pass: &mut Pass<'_>,
) -> Result<Option<Vec<Tensor>>> {
    let settings = cell.settings();
    let drops = &settings.drops;
    let usual = *settings.activation.get()? == Activation::Tanh
        && cell.recurrent_activation()? == Activation::Sigmoid
        && !drops.drops(Where::Recurrent, pass.training);
    let &[batch, _, features] = x.shape().dims() else {
        let error = format!("expected (batch, steps, features), got {}", x.shape());
        return Err(Error::shape(error).remedy("reshape the data to sequences of vectors"));
    };
    if !usual {
        return Ok(None);
    }
    let step = Shape::from((batch, features));
    let dropped = match drops.factors(Where::Input, 1, &step, pass)?.first() {
        Some(factors) => times_every_step(pass.tape, x, factors)?,
        None => x.clone(),
    };
    let bias = bias(cell, pass)?;
    let inputs = Recurrence {
        x: &dropped,
        kernel: &pass.weight("kernel")?,
        recurrent_kernel: &pass.weight("recurrent_kernel")?,
        bias: bias.as_ref(),
        initial_state,
        mask: x.mask(),
    };
    cell.at_once(pass.tape, inputs, options).map(Some)
}

/// Writes `RNNCell` for a [`Gated`] cell of class `$class_name`.
macro_rules! gated_cell {
    ($cell:ident, $class_name:literal) => {
        impl RNNCell for $cell {
            fn class_name(&self) -> &'static str {
                $class_name
            }

            fn state_shapes(&self, input: &Shape) -> Result<Vec<Shape>> {
                gated::state_shapes(self, input)
            }

            fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
                gated::build(self, input, weights)
            }

            fn constants(
                &self,
                input: &Shape,
                batch: usize,
                pass: &mut Pass<'_>,
            ) -> Result<Constants> {
                gated::constants(self, input, batch, pass)
            }

            fn project(
                &self,
                x: &Tensor,
                constants: &Constants,
                pass: &mut Pass<'_>,
            ) -> Result<Tensor> {
                gated::project(self, x, constants, pass)
            }

            fn call(
                &self,
                x: &Tensor,
                states: &[Tensor],
                constants: &Constants,
                pass: &mut Pass<'_>,
            ) -> Result<(Tensor, Vec<Tensor>)> {
                gated::call(self, x, states, constants, pass)
            }

            fn all_steps(
                &self,
                x: &Tensor,
                initial_states: &[Tensor],
                options: RecurrentOptions,
                pass: &mut Pass<'_>,
            ) -> Result<Option<Vec<Tensor>>> {
                gated::all_steps(self, x, initial_states, options, pass)
            }

            fn is_frozen(&self) -> bool {
                self.base.frozen
            }

            fn get_config(&self) -> Result<Config> {
                Config::of(self)
            }

            fn boxed_clone(&self) -> Box<dyn RNNCell> {
                Box::new(self.clone())
            }
        }
    };
}
pub(super) use gated_cell;
