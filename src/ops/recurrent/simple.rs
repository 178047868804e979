//! The steps of a fully connected recurrent layer.

use super::cell::{Cell, Part, Sizes, Step, StepBack};
use super::product::{Packed, Rows};
use super::sequence::recurrent_kernel_gradient;
use crate::ops::dense::sum_rows;
use crate::ops::{settled, tanh, vectorized};

/// `tanh` of input and last output.
pub(super) struct Simple;

impl Cell for Simple {
    fn gates(&self) -> usize {
        1
    }

    fn states(&self) -> usize {
        1
    }

    fn gpu_kernel(&self) -> &'static str {
        "simple"
    }

    fn packed(&self, recurrent_kernel: &[f32], units: usize) -> Vec<Packed> {
        vec![Packed::new(units, units, |k, j| {
            recurrent_kernel[k * units + j]
        })]
    }

    fn packed_transposed(&self, recurrent_kernel: &[f32], units: usize) -> Vec<Packed> {
        vec![Packed::new(units, units, |j, k| {
            recurrent_kernel[k * units + j]
        })]
    }

    fn step(&self, packed: &[Packed], bias: Option<&[f32]>, step: Step<'_>) {
        let units = step.units;
        let output = Rows {
            values: step.before[0],
            stride: units,
        };
        packed[0].multiply(step.rows, output, bias, (&mut *step.gates, units), true);
        let [next_output, _] = step.after;
        vectorized(
            #[inline(always)]
            || {
                for (next, sum) in next_output.iter_mut().zip(&*step.gates) {
                    *next = tanh(*sum);
                }
            },
        );
    }

    fn step_back(&self, packed: &[Packed], step: StepBack<'_>) {
        let (units, gates) = (step.units, step.gates);
        let [of_output, _] = step.gradient;
        let numbers = gates.iter_mut().zip(step.after[0].iter().zip(&*of_output));
        vectorized(
            #[inline(always)]
            || {
                for (gate, (y, of_output)) in numbers {
                    *gate = settled(of_output * (1.0 - y * y));
                }
            },
        );
        let gates = Rows {
            values: gates,
            stride: units,
        };
        packed[0].multiply(step.rows, gates, None, (of_output, units), false);
    }

    fn recurrent_gradient(&self, part: &Part, sizes: Sizes, to: &mut [f32]) {
        recurrent_kernel_gradient(
            part,
            sizes,
            &part.states[0],
            (&part.gates, 1),
            0..1,
            (to, 1),
        );
    }

    fn bias_gradient(&self, part: &Part, _: Sizes, to: &mut [f32]) {
        sum_rows(&part.gates, to);
    }
}
