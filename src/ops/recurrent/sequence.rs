//! A recurrent cell over all steps of a batch of sequences, as one operation.
//!
//! Each thread takes some sequences of the batch through all steps, without waiting for the others.
//! Inside, numbers lie step by step, so that a step reads and writes one run of memory. What depends
//! on the input alone is one matrix product over all steps, and so are the weights' gradients.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::cell::{Cell, Part, Sizes, Step, StepBack};
use super::product::Packed;
use crate::ops::gpu::recurrent::Steps;
use crate::ops::matmul::{Matrix, MatrixMut, multiply, multiply_on_all_threads};
use crate::ops::shared_work::{Parallel, ParallelJobs};
use crate::ops::{pieces, vectorized};
use crate::tensor::bridge::{Backpass, GpuOp, Op, Wanted};
use crate::tensor::unwritten;

/// The operation. Its inputs are the sequences, the kernel, the recurrent kernel, the states and, if
/// any, the bias; its output is the one of the layer and then, if asked for, the states.
pub(in crate::ops) struct Sequence<C> {
    pub(in crate::ops) cell: C,
    pub(in crate::ops) sizes: Sizes,
    pub(in crate::ops) return_sequences: bool,
    pub(in crate::ops) go_backwards: bool,
    pub(in crate::ops) zero_output_for_mask: bool,
    /// For each sequence and step whether it counts.
    pub(in crate::ops) mask: Option<Vec<bool>>,
    /// What the way back needs; it works in the same memory.
    pub(in crate::ops) parts: Mutex<Vec<Part>>,
    pub(in crate::ops) on_gpu: Option<Steps>,
}

/// The output of one thread's sequences, or its gradient.
struct Output<'a> {
    sequence: &'a mut [f32],
    states: Vec<&'a mut [f32]>,
}

impl<C: Cell> Sequence<C> {
    /// The step of the sequences that is taken as number `step`.
    fn source(&self, step: usize) -> usize {
        match self.go_backwards {
            true => self.sizes.steps - 1 - step,
            false => step,
        }
    }

    /// Whether a row leaves out a step.
    pub(in crate::ops) fn skips(&self, row: usize, step: usize) -> bool {
        let place = row * self.sizes.steps + self.source(step);
        self.mask.as_ref().is_some_and(|mask| !mask[place])
    }

    /// The rows of each thread.
    fn split(&self) -> Vec<Range<usize>> {
        /// Fewer multiplications than this are done before another thread wakes up.
        const WORTH_SPLITTING: usize = 1 << 16;
        let Sizes {
            batch,
            steps,
            features,
            units,
        } = self.sizes;
        let of_row = steps * (features + units) * units * self.cell.gates();
        pieces(batch, WORTH_SPLITTING / of_row.max(1) + 1)
    }

    /// Numbers of the output for one sequence.
    fn output_of_row(&self) -> usize {
        let steps = if self.return_sequences {
            self.sizes.steps
        } else {
            1
        };
        steps * self.sizes.units
    }

    /// What each thread writes of the output, or reads of its gradient.
    fn split_output<'a>(&self, rows: &[Range<usize>], all: &'a mut [f32]) -> Vec<Output<'a>> {
        let of_row = self.output_of_row();
        let (mut sequence, mut rest) = all.split_at_mut(self.sizes.batch * of_row);
        let mut states = Vec::new();
        while !rest.is_empty() {
            let (state, others) = rest.split_at_mut(self.sizes.batch * self.sizes.units);
            states.push(state);
            rest = others;
        }
        let take = |from: &mut &'a mut [f32], len: usize| {
            let (taken, rest) = std::mem::take(from).split_at_mut(len);
            *from = rest;
            taken
        };
        let outputs = rows.iter().map(|rows| Output {
            sequence: take(&mut sequence, rows.len() * of_row),
            states: states
                .iter_mut()
                .map(|state| take(state, rows.len() * self.sizes.units))
                .collect(),
        });
        outputs.collect()
    }

    fn product(&self, alone: bool) -> fn(MatrixMut<'_>, bool, Matrix<'_>, Matrix<'_>) {
        if alone {
            multiply_on_all_threads
        } else {
            multiply
        }
    }

    /// Takes some sequences through all steps.
    fn run(
        &self,
        inputs: &[&[f32]],
        packed: &[Packed],
        rows: Range<usize>,
        output: Output<'_>,
    ) -> Part {
        let Sizes {
            batch,
            steps,
            features,
            units,
        } = self.sizes;
        let (count, width) = (rows.len(), self.cell.gates() * units);
        let bias = inputs.get(3 + self.cell.states()).copied();
        let mut part = Part {
            x: self.by_step(inputs[0], &rows),
            gates: unwritten(steps * count * width),
            kept: unwritten(steps * count * self.cell.kept() * units),
            states: std::array::from_fn(|state| match state < self.cell.states() {
                true => unwritten((steps + 1) * count * units),
                false => Vec::new(),
            }),
            rows,
        };
        self.product(count == batch)(
            MatrixMut::new(&mut part.gates, steps * count, width),
            false,
            Matrix::new(&part.x, steps * count, features),
            Matrix::new(inputs[1], features, width),
        );
        let first = part.rows.start * units..part.rows.end * units;
        for (states, initial) in part
            .states
            .iter_mut()
            .zip(&inputs[3..])
            .take(self.cell.states())
        {
            states[..count * units].copy_from_slice(&initial[first.clone()]);
        }
        let of_step = count * units;
        for step in 0..steps {
            let gates = &mut part.gates[step * count * width..][..count * width];
            let kept = of_step * self.cell.kept();
            let kept = &mut part.kept[step * kept..][..kept];
            let [output, carry] = &mut part.states;
            let (before, after) = around(output, step, of_step);
            let (carry_before, carry_after) = around(carry, step, of_step);
            self.cell.step(
                packed,
                bias,
                Step {
                    rows: count,
                    units,
                    gates,
                    kept,
                    before: [before, carry_before],
                    after: [&mut *after, &mut *carry_after],
                },
            );
            for row in 0..count {
                if self.skips(part.rows.start + row, step) {
                    let row = row * units..(row + 1) * units;
                    after[row.clone()].copy_from_slice(&before[row.clone()]);
                    if !carry_after.is_empty() {
                        carry_after[row.clone()].copy_from_slice(&carry_before[row]);
                    }
                }
            }
        }
        self.write_output(&part, output);
        part
    }

    /// The sequences of some rows, step by step.
    fn by_step(&self, x: &[f32], rows: &Range<usize>) -> Vec<f32> {
        let Sizes {
            steps, features, ..
        } = self.sizes;
        let mut values = Vec::with_capacity(steps * rows.len() * features);
        for step in 0..steps {
            let step = self.source(step);
            for row in rows.clone() {
                values.extend_from_slice(&x[(row * steps + step) * features..][..features]);
            }
        }
        values
    }

    fn write_output(&self, part: &Part, output: Output<'_>) {
        let Sizes { steps, units, .. } = self.sizes;
        let count = part.rows.len();
        let after = |row: usize, step: usize| &part.states[0][((step + 1) * count + row) * units..];
        for (row, to) in output
            .sequence
            .chunks_exact_mut(self.output_of_row())
            .enumerate()
        {
            let first = if self.return_sequences { 0 } else { steps - 1 };
            for (to, step) in to.chunks_exact_mut(units).zip(first..) {
                if self.zero_output_for_mask && self.skips(part.rows.start + row, step) {
                    to.fill(0.0);
                } else {
                    to.copy_from_slice(&after(row, step)[..units]);
                }
            }
        }
        for (to, states) in output.states.into_iter().zip(&part.states) {
            to.copy_from_slice(&states[steps * count * units..]);
        }
    }

    /// Takes the gradient of some sequences back through all steps: `part.gates` become their
    /// gradients. Returns the gradients of the initial states.
    fn run_back(&self, part: &mut Part, packed: &[Packed], gradient: &Output<'_>) -> [Vec<f32>; 2] {
        let Sizes { steps, units, .. } = self.sizes;
        let count = part.rows.len();
        let of_step = count * units;
        let width = self.cell.gates() * units;
        let mut of_states: [Vec<f32>; 2] = std::array::from_fn(|state| {
            match (state < self.cell.states(), gradient.states.get(state)) {
                (true, Some(given)) => given.to_vec(),
                (true, None) => vec![0.0; of_step],
                (false, _) => Vec::new(),
            }
        });
        for step in (0..steps).rev() {
            let skips = |row: usize| self.skips(part.rows.start + row, step);
            self.add_output_gradient(&mut of_states[0], gradient, step, &skips);
            // A step that is left out hands the gradient through.
            let skipped: Vec<usize> = (0..count).filter(|&row| skips(row)).collect();
            let numbers = |row: usize| row * units..(row + 1) * units;
            let saved = |of_state: &Vec<f32>| match of_state.is_empty() {
                true => Vec::new(),
                false => skipped
                    .iter()
                    .flat_map(|&row| of_state[numbers(row)].to_vec())
                    .collect(),
            };
            let saved: [Vec<f32>; 2] = [saved(&of_states[0]), saved(&of_states[1])];
            let gates = &mut part.gates[step * count * width..][..count * width];
            let of_kept = of_step * self.cell.kept();
            let kept = &mut part.kept[step * of_kept..][..of_kept];
            let at = |states: &'_ [f32], step: usize| -> Range<usize> {
                if states.is_empty() {
                    0..0
                } else {
                    step * of_step..(step + 1) * of_step
                }
            };
            let [output, carry] = &part.states;
            let [of_output, of_carry] = &mut of_states;
            self.cell.step_back(
                packed,
                StepBack {
                    rows: count,
                    units,
                    gates: &mut *gates,
                    kept: &mut *kept,
                    before: [&output[at(output, step)], &carry[at(carry, step)]],
                    after: [&output[at(output, step + 1)], &carry[at(carry, step + 1)]],
                    gradient: [of_output, of_carry],
                },
            );
            for (number, &row) in skipped.iter().enumerate() {
                gates[row * width..(row + 1) * width].fill(0.0);
                let kept_width = self.cell.kept() * units;
                kept[row * kept_width..(row + 1) * kept_width].fill(0.0);
                for (of_state, saved) in of_states.iter_mut().zip(&saved) {
                    if !saved.is_empty() {
                        of_state[numbers(row)].copy_from_slice(&saved[numbers(number)]);
                    }
                }
            }
        }
        of_states
    }

    /// Adds the gradient of the output at `step` to that of the state that it is.
    fn add_output_gradient(
        &self,
        to: &mut [f32],
        gradient: &Output<'_>,
        step: usize,
        skips: &impl Fn(usize) -> bool,
    ) {
        let Sizes { steps, units, .. } = self.sizes;
        let offset = match self.return_sequences {
            true => step * units,
            false if step + 1 == steps => 0,
            false => return,
        };
        for (row, to) in to.chunks_exact_mut(units).enumerate() {
            if self.zero_output_for_mask && skips(row) {
                continue;
            }
            let from = &gradient.sequence[row * self.output_of_row() + offset..][..units];
            for (to, from) in to.iter_mut().zip(from) {
                *to += from;
            }
        }
    }

    /// Brings the gradient of the input, which lies step by step, where it belongs.
    fn give_input_gradient(&self, part: &Part, kernel: &[f32], to: &mut [f32], fresh: bool) {
        let Sizes {
            batch,
            steps,
            features,
            units,
        } = self.sizes;
        let (count, width) = (part.rows.len(), self.cell.gates() * units);
        let mut by_step = unwritten(steps * count * features);
        self.product(count == batch)(
            MatrixMut::new(&mut by_step, steps * count, features),
            false,
            Matrix::new(&part.gates, steps * count, width),
            Matrix::new(kernel, features, width).transposed(),
        );
        for step in 0..steps {
            let source = self.source(step);
            for row in 0..count {
                let from = &by_step[(step * count + row) * features..][..features];
                let to = &mut to[(row * steps + source) * features..][..features];
                if fresh {
                    to.copy_from_slice(from);
                } else {
                    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
                }
            }
        }
    }
}

/// The numbers of `step` and of the one behind it.
fn around(states: &mut [f32], step: usize, of_step: usize) -> (&[f32], &mut [f32]) {
    if states.is_empty() {
        return (&[], &mut []);
    }
    let (before, after) = states.split_at_mut((step + 1) * of_step);
    (&before[step * of_step..], &mut after[..of_step])
}

/// The gradients that one thread finds, one for each input but the sequences.
struct PartGradients(Vec<Option<Vec<f32>>>);

impl<C: Cell> Op for Sequence<C> {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let packed = self.cell.packed(inputs[2], self.sizes.units);
        let rows = self.split();
        let outputs = self.split_output(&rows, output);
        let jobs: Vec<_> = rows.into_iter().zip(outputs).collect();
        let this = &*self;
        let parts = jobs
            .into_par_iter()
            .map(|(rows, output)| this.run(inputs, &packed, rows, output));
        self.parts = Mutex::new(parts);
    }

    fn backward(&self, at: Backpass<'_>) {
        let Backpass {
            inputs,
            gradient,
            wanted,
            ..
        } = at;
        let parts = &mut *self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut parts = std::mem::take(parts);
        let sizes = self.sizes;
        let packed = self.cell.packed_transposed(inputs[2], sizes.units);
        let rows: Vec<Range<usize>> = parts.iter().map(|part| part.rows.clone()).collect();
        let outputs = self.split_output(&rows, gradient);
        let asked: Vec<bool> = wanted.iter().map(Option::is_some).collect();
        let (of_input, of_others) = wanted.split_at_mut(1);
        let fresh = of_input[0].as_ref().is_some_and(|wanted| wanted.fresh);
        let mut rest = of_input[0].as_mut().map(|wanted| &mut *wanted.values);
        let of_inputs: Vec<Option<&mut [f32]>> = rows
            .iter()
            .map(|rows| {
                let all = rest.take()?;
                let (own, others) = all.split_at_mut(rows.len() * sizes.steps * sizes.features);
                rest = Some(others);
                Some(own)
            })
            .collect();
        let jobs: Vec<_> = parts.iter_mut().zip(outputs).zip(of_inputs).collect();
        let found: Vec<PartGradients> = jobs.into_par_iter().map(|((part, output), of_input)| {
            let of_states = self.run_back(part, &packed, &output);
            if let Some(to) = of_input {
                self.give_input_gradient(part, inputs[1], to, fresh);
            }
            self.part_gradients(part, of_states, &asked)
        });
        let first_rows: Vec<usize> = rows.iter().map(|rows| rows.start).collect();
        self.add_up(of_others, found, &first_rows);
    }
}

impl<C: Cell> Sequence<C> {
    /// What one thread adds to the gradients of the weights, and its rows of those of the states.
    fn part_gradients(
        &self,
        part: &Part,
        of_states: [Vec<f32>; 2],
        asked: &[bool],
    ) -> PartGradients {
        let Sizes {
            batch,
            features,
            units,
            ..
        } = self.sizes;
        let (all_rows, width) = (part.all_rows(self.sizes), self.cell.gates() * units);
        let kernel = asked[1].then(|| {
            let mut kernel = unwritten(features * width);
            self.product(part.rows.len() == batch)(
                MatrixMut::new(&mut kernel, features, width),
                false,
                Matrix::new(&part.x, all_rows, features).transposed(),
                Matrix::new(&part.gates, all_rows, width),
            );
            kernel
        });
        let recurrent = asked[2].then(|| {
            let mut recurrent = unwritten(units * width);
            self.cell
                .recurrent_gradient(part, self.sizes, &mut recurrent);
            recurrent
        });
        let states = of_states.into_iter().take(self.cell.states());
        let mut all = vec![kernel, recurrent];
        all.extend(
            states
                .zip(&asked[3..])
                .map(|(state, asked)| asked.then_some(state)),
        );
        if let Some(true) = asked.get(3 + self.cell.states()) {
            let mut bias = vec![0.0; self.cell.bias_rows() * width];
            self.cell.bias_gradient(part, self.sizes, &mut bias);
            all.push(Some(bias));
        }
        PartGradients(all)
    }

    /// Adds what the threads found, in the order of their rows.
    fn add_up(
        &self,
        wanted: &mut [Option<Wanted<'_>>],
        found: Vec<PartGradients>,
        first_rows: &[usize],
    ) {
        let units = self.sizes.units;
        for (PartGradients(found), first_row) in found.into_iter().zip(first_rows) {
            for (which, (wanted, found)) in wanted.iter_mut().zip(found).enumerate() {
                let (Some(wanted), Some(found)) = (wanted, found) else {
                    continue;
                };
                wanted.clear_if_fresh();
                let is_state = (2..2 + self.cell.states()).contains(&which);
                let start = if is_state { first_row * units } else { 0 };
                let to = &mut wanted.values[start..][..found.len()];
                vectorized(
                    #[inline(always)]
                    || {
                        to.iter_mut()
                            .zip(&found)
                            .for_each(|(to, found)| *to += found)
                    },
                );
            }
        }
    }
}

/// Some columns of the gradient of a recurrent kernel: what went into the steps, times the gradients
/// of `columns` of what came out; widths and columns count in units.
pub(super) fn recurrent_kernel_gradient(
    part: &Part,
    sizes: Sizes,
    before: &[f32],
    (gradient, width): (&[f32], usize),
    columns: Range<usize>,
    (to, to_width): (&mut [f32], usize),
) {
    let (units, rows) = (sizes.units, part.all_rows(sizes));
    let count = columns.len() * units;
    let gradient = &gradient[columns.start * units..];
    multiply(
        MatrixMut::with_row_stride(to, units, count, to_width * units),
        false,
        Matrix::new(before, rows, units).transposed(),
        Matrix::with_row_stride(gradient, rows, count, width * units),
    );
}
