//! A recurrent cell that goes through sequences: one of ONNX's own operations where it has the same
//! rules, a loop over the steps elsewhere.

use super::activations::elementwise;
use crate::models::export::builder::Builder;
use crate::models::export::onnx::{Attribute, Graph, Port, Size};
use crate::{Activation, Result, Tensor};

/// What a cell computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Lstm,
    Gru,
    Simple,
}

impl Kind {
    /// How many states go from step to step.
    pub(super) fn states(self) -> usize {
        match self {
            Kind::Lstm => 2,
            _ => 1,
        }
    }

    /// Where ONNX has the gates of kerust's kernels.
    fn order(self) -> &'static [usize] {
        match self {
            // Input, forget, memory, output here; input, output, forget, memory there.
            Kind::Lstm => &[0, 3, 1, 2],
            Kind::Gru => &[0, 1, 2],
            Kind::Simple => &[0],
        }
    }

    fn operation(self) -> &'static str {
        match self {
            Kind::Lstm => "LSTM",
            Kind::Gru => "GRU",
            Kind::Simple => "RNN",
        }
    }
}

/// A cell with its weights.
pub(super) struct Cell<'a> {
    pub(super) kind: Kind,
    pub(super) units: usize,
    pub(super) activation: Activation,
    pub(super) recurrent_activation: Activation,
    pub(super) reset_after: bool,
    pub(super) kernel: &'a Tensor,
    pub(super) recurrent_kernel: &'a Tensor,
    pub(super) bias: Option<&'a Tensor>,
}

/// How a cell goes through sequences.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    pub(super) backwards: bool,
    /// Which steps count, `(batch, steps)`.
    pub(super) mask: Option<&'a str>,
    pub(super) zero_output_for_mask: bool,
}

/// What a cell makes of sequences.
pub(super) struct Made {
    /// The outputs of all steps in the order of the input, `(batch, steps, units)`.
    pub(super) all: String,
    /// The output of the step that was computed last.
    pub(super) last: String,
    pub(super) states: Vec<String>,
}

/// ONNX's name of an activation in its recurrent operations; the others are computed step by step.
fn known(activation: Activation) -> Option<String> {
    let name = match activation {
        Activation::Tanh => "Tanh",
        Activation::Sigmoid => "Sigmoid",
        Activation::Relu => "Relu",
        _ => return None,
    };
    Some(name.to_owned())
}

impl Cell<'_> {
    /// What the cell makes of `x`, `(batch, steps, features)`.
    pub(super) fn run(
        &self,
        b: &mut Builder,
        x: &str,
        initial: &[String],
        way: Way<'_>,
    ) -> Result<Made> {
        let activations = self.activations();
        match (way.mask, activations) {
            (None, Some(activations)) => {
                Ok(self.operation(b, x, initial, way.backwards, activations))
            }
            _ => self.steps(b, x, initial, way),
        }
    }

    /// What ONNX calls the activations, if it has them.
    fn activations(&self) -> Option<Vec<String>> {
        let inner = known(self.activation)?;
        let gates = known(self.recurrent_activation)?;
        Some(match self.kind {
            Kind::Lstm => vec![gates, inner.clone(), inner],
            Kind::Gru => vec![gates, inner],
            Kind::Simple => vec![inner],
        })
    }

    /// One of ONNX's own operations.
    fn operation(
        &self,
        b: &mut Builder,
        x: &str,
        initial: &[String],
        backwards: bool,
        activations: Vec<String>,
    ) -> Made {
        let width = self.kind.order().len() * self.units;
        let kernel = self.gates_in_front(self.kernel);
        let kernel = b.floats("W", &[1, width, self.kernel.shape()[0]], kernel);
        let recurrent = self.gates_in_front(self.recurrent_kernel);
        let recurrent = b.floats("R", &[1, width, self.units], recurrent);
        let bias = self.bias.map(|bias| {
            let mut rows = self.gates_in_order(bias);
            rows.resize(2 * width, 0.0);
            b.floats("B", &[1, 2 * width], rows)
        });
        let steps = b.transpose(x, vec![1, 0, 2]);
        let mut inputs = vec![steps, kernel, recurrent];
        if bias.is_some() || !initial.is_empty() {
            inputs.push(bias.unwrap_or_default());
        }
        if !initial.is_empty() {
            inputs.push(String::new());
            for state in initial {
                inputs.push(b.unsqueeze(state, &[0]));
            }
        }
        let mut arguments: Vec<(&'static str, Attribute)> = vec![
            ("hidden_size", (self.units as i64).into()),
            ("activations", Attribute::Texts(activations)),
        ];
        if backwards {
            arguments.push(("direction", "reverse".into()));
        }
        if self.kind == Kind::Gru {
            arguments.push(("linear_before_reset", i64::from(self.reset_after).into()));
        }
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let count = 1 + self.kind.states();
        let outputs = b.ops(self.kind.operation(), &inputs, count, arguments);
        let all = b.squeeze(&outputs[0], &[1]);
        let all = b.transpose(&all, vec![1, 0, 2]);
        let states: Vec<String> = outputs[1..]
            .iter()
            .map(|state| b.squeeze(state, &[0]))
            .collect();
        Made {
            all,
            last: states[0].clone(),
            states,
        }
    }

    /// The columns of a kernel in ONNX's order of the gates.
    fn columns(&self) -> Vec<usize> {
        let gates = self.kind.order().iter();
        gates
            .flat_map(|gate| gate * self.units..(gate + 1) * self.units)
            .collect()
    }

    /// A kernel, `(inputs, gates · units)`, with the gates first and in ONNX's order.
    fn gates_in_front(&self, kernel: &Tensor) -> Vec<f32> {
        let numbers: Vec<f32> = kernel.to_vec();
        let width = kernel.shape().last();
        let column = |column: usize| numbers.iter().skip(column).step_by(width).copied();
        self.columns().into_iter().flat_map(column).collect()
    }

    /// A bias with the gates in ONNX's order: that of the input, then perhaps that of the state.
    fn gates_in_order(&self, bias: &Tensor) -> Vec<f32> {
        let (numbers, columns): (Vec<f32>, _) = (bias.to_vec(), self.columns());
        let rows = numbers.chunks(columns.len());
        rows.flat_map(|row| columns.iter().map(move |&column| row[column]))
            .collect()
    }

    /// One step after the other.
    fn steps(&self, b: &mut Builder, x: &str, initial: &[String], way: Way<'_>) -> Result<Made> {
        let kernel = b.weight("kernel", self.kernel);
        let mut projected = b.plain("MatMul", &[x, &kernel]);
        let rows: Vec<Vec<f32>> = match self.bias {
            Some(bias) => {
                let numbers: Vec<f32> = bias.to_vec();
                let width = self.kind.order().len() * self.units;
                numbers.chunks(width).map(<[f32]>::to_vec).collect()
            }
            None => Vec::new(),
        };
        if let Some(of_input) = rows.first() {
            let bias = b.floats("bias", &[of_input.len()], of_input.clone());
            projected = b.plain("Add", &[&projected, &bias]);
        }
        let of_state = rows
            .get(1)
            .map(|row| b.floats("recurrent_bias", &[row.len()], row.clone()));
        let mut states = initial.to_vec();
        if states.is_empty() {
            let batch = b.size(x, 0);
            let units = b.whole(&[self.units as i64]);
            let sizes = b.op("Concat", &[&batch, &units], vec![("axis", 0.into())]);
            let zero = b.number(0.0);
            let zeros = b.plain("Expand", &[&zero, &sizes]);
            states = vec![zeros; self.kind.states()];
        }
        let recurrent = b.weight("recurrent_kernel", self.recurrent_kernel);
        let mut inputs = states;
        inputs.push(projected);
        if let Some(mask) = way.mask {
            let mask = b.as_floats(mask);
            inputs.push(b.unsqueeze(&mask, &[2]));
        }
        let scanned = 1 + usize::from(way.mask.is_some());
        let body = self.body(b, &recurrent, of_state.as_deref(), way)?;
        let ones = |count: usize| Attribute::Ints(vec![1; count]);
        let mut arguments = vec![
            ("body", Attribute::Graph(Box::new(body))),
            ("num_scan_inputs", (scanned as i64).into()),
            ("scan_input_axes", ones(scanned)),
            ("scan_output_axes", ones(1)),
        ];
        if way.backwards {
            arguments.push(("scan_input_directions", ones(scanned)));
            arguments.push(("scan_output_directions", ones(1)));
        }
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let mut outputs = b.ops("Scan", &inputs, self.kind.states() + 1, arguments);
        let all = outputs.pop().unwrap_or_default();
        let last = match way.zero_output_for_mask {
            true => {
                let place = b.whole_number(if way.backwards { 0 } else { -1 });
                b.op("Gather", &[&all, &place], vec![("axis", 1.into())])
            }
            false => outputs[0].clone(),
        };
        Ok(Made {
            all,
            last,
            states: outputs,
        })
    }

    /// The computation of one step, for an operation that repeats it.
    fn body(
        &self,
        b: &mut Builder,
        recurrent: &str,
        recurrent_bias: Option<&str>,
        way: Way<'_>,
    ) -> Result<Graph> {
        let outside = std::mem::take(&mut b.graph.nodes);
        let made = self.step(b, recurrent, recurrent_bias, way);
        let nodes = std::mem::replace(&mut b.graph.nodes, outside);
        let (inputs, outputs) = made?;
        Ok(Graph {
            name: b.unique("step"),
            nodes,
            constants: Vec::new(),
            inputs,
            outputs,
        })
    }

    fn step(
        &self,
        b: &mut Builder,
        recurrent: &str,
        recurrent_bias: Option<&str>,
        way: Way<'_>,
    ) -> Result<(Vec<Port>, Vec<Port>)> {
        let port = |name: String, width: usize| Port {
            name,
            sizes: vec![Size::Named("batch".to_owned()), Size::Fixed(width)],
        };
        let before: Vec<String> = (0..self.kind.states()).map(|_| b.unique("state")).collect();
        let x = b.unique("input");
        let mut after = match self.kind {
            Kind::Lstm => self.lstm(b, &x, &before, recurrent)?,
            Kind::Gru => vec![self.gru(b, &x, &before[0], recurrent, recurrent_bias)?],
            Kind::Simple => {
                let of_state = b.plain("MatMul", &[&before[0], recurrent]);
                let sum = b.plain("Add", &[&x, &of_state]);
                vec![self.activated(b, &sum)?]
            }
        };
        let width = self.kind.order().len() * self.units;
        let mut inputs: Vec<Port> = before
            .iter()
            .map(|name| port(name.clone(), self.units))
            .collect();
        inputs.push(port(x, width));
        let mut output = after[0].clone();
        if way.mask.is_some() {
            let mask = b.unique("mask");
            let zero = b.number(0.0);
            let counts = b.plain("Greater", &[&mask, &zero]);
            for (after, before) in after.iter_mut().zip(&before) {
                *after = b.plain("Where", &[&counts, after, before]);
            }
            output = match way.zero_output_for_mask {
                true => b.plain("Where", &[&counts, &output, &zero]),
                false => after[0].clone(),
            };
            inputs.push(port(mask, 1));
        }
        after.push(output);
        // Each output has a name of its own.
        let outputs = after
            .iter()
            .map(|name| port(b.plain("Identity", &[name]), self.units));
        let outputs = outputs.collect();
        Ok((inputs, outputs))
    }

    fn activated(&self, b: &mut Builder, x: &str) -> Result<String> {
        elementwise(b, x, self.activation)
    }

    fn gate(&self, b: &mut Builder, x: &str) -> Result<String> {
        elementwise(b, x, self.recurrent_activation)
    }

    fn lstm(
        &self,
        b: &mut Builder,
        x: &str,
        before: &[String],
        recurrent: &str,
    ) -> Result<Vec<String>> {
        let of_state = b.plain("MatMul", &[&before[0], recurrent]);
        let sum = b.plain("Add", &[x, &of_state]);
        let parts = split(b, &sum, 4);
        let (write, keep) = (self.gate(b, &parts[0])?, self.gate(b, &parts[1])?);
        let (new, read) = (self.activated(b, &parts[2])?, self.gate(b, &parts[3])?);
        let kept = b.plain("Mul", &[&keep, &before[1]]);
        let written = b.plain("Mul", &[&write, &new]);
        let memory = b.plain("Add", &[&kept, &written]);
        let shown = self.activated(b, &memory)?;
        Ok(vec![b.plain("Mul", &[&read, &shown]), memory])
    }

    fn gru(
        &self,
        b: &mut Builder,
        x: &str,
        before: &str,
        recurrent: &str,
        bias: Option<&str>,
    ) -> Result<String> {
        let of_input = split(b, x, 3);
        // The kernel of the new output stands behind those of the gates.
        let units = self.units as i64;
        let sizes = b.whole(&[2 * units, units]);
        let kernels = b.ops("Split", &[recurrent, &sizes], 2, vec![("axis", 1.into())]);
        let of_state = match self.reset_after {
            true => b.plain("MatMul", &[before, recurrent]),
            false => b.plain("MatMul", &[before, &kernels[0]]),
        };
        let of_state = match bias {
            Some(bias) => b.plain("Add", &[&of_state, bias]),
            None => of_state,
        };
        let of_state = split(b, &of_state, if self.reset_after { 3 } else { 2 });
        let sum = b.plain("Add", &[&of_input[0], &of_state[0]]);
        let keep = self.gate(b, &sum)?;
        let sum = b.plain("Add", &[&of_input[1], &of_state[1]]);
        let reset = self.gate(b, &sum)?;
        let of_state = match of_state.get(2) {
            Some(of_state) => b.plain("Mul", &[&reset, of_state]),
            None => {
                let kept = b.plain("Mul", &[&reset, before]);
                b.plain("MatMul", &[&kept, &kernels[1]])
            }
        };
        let sum = b.plain("Add", &[&of_input[2], &of_state]);
        let new = self.activated(b, &sum)?;
        // `keep · before + (1 - keep) · new`
        let change = b.plain("Sub", &[before, &new]);
        let kept = b.plain("Mul", &[&keep, &change]);
        Ok(b.plain("Add", &[&new, &kept]))
    }
}

/// `count` parts of the same width.
fn split(b: &mut Builder, x: &str, count: i64) -> Vec<String> {
    let parts = vec![("axis", 1.into()), ("num_outputs", count.into())];
    b.ops("Split", &[x], count as usize, parts)
}
