//! The steps of long short-term memory; gates in Keras's order: input, forget, candidate, output.

use super::cell::{Cell, Part, Sizes, Step, StepBack};
use super::product::{Packed, Rows};
use super::sequence::recurrent_kernel_gradient;
use crate::ops::dense::sum_rows;
use crate::ops::{settled, sigmoid, tanh, vectorized};

/// tanh and sigmoid, as usual.
pub(super) struct Lstm;

impl Cell for Lstm {
    fn gates(&self) -> usize {
        4
    }

    fn states(&self) -> usize {
        2
    }

    fn gpu_kernel(&self) -> &'static str {
        "lstm"
    }

    fn packed(&self, recurrent_kernel: &[f32], units: usize) -> Vec<Packed> {
        let width = 4 * units;
        vec![Packed::new(units, width, |k, j| {
            recurrent_kernel[k * width + j]
        })]
    }

    fn packed_transposed(&self, recurrent_kernel: &[f32], units: usize) -> Vec<Packed> {
        let width = 4 * units;
        vec![Packed::new(width, units, |j, k| {
            recurrent_kernel[k * width + j]
        })]
    }

    fn step(&self, packed: &[Packed], bias: Option<&[f32]>, step: Step<'_>) {
        let Step {
            rows,
            units,
            gates,
            before: [output, carry],
            after: [next_output, next_carry],
            ..
        } = step;
        let width = 4 * units;
        let output = Rows {
            values: output,
            stride: units,
        };
        packed[0].multiply(rows, output, bias, (gates, width), true);
        let after = next_output
            .chunks_exact_mut(units)
            .zip(next_carry.chunks_exact_mut(units));
        let rows = gates.chunks_exact_mut(width).zip(carry.chunks_exact(units));
        vectorized(
            #[inline(always)]
            || {
                for ((gates, carry), (next_output, next_carry)) in rows.zip(after) {
                    let [i, f, g, o] = four(gates, units);
                    for k in 0..units {
                        i[k] = sigmoid(i[k]);
                        f[k] = sigmoid(f[k]);
                        g[k] = tanh(g[k]);
                        o[k] = sigmoid(o[k]);
                        next_carry[k] = f[k] * carry[k] + i[k] * g[k];
                        next_output[k] = o[k] * tanh(next_carry[k]);
                    }
                }
            },
        );
    }

    fn step_back(&self, packed: &[Packed], step: StepBack<'_>) {
        let StepBack {
            rows,
            units,
            gates,
            before: [_, carry],
            after: [_, next_carry],
            gradient: [of_output, of_carry],
            ..
        } = step;
        let width = 4 * units;
        let states = carry
            .chunks_exact(units)
            .zip(next_carry.chunks_exact(units));
        let gradients = of_output
            .chunks_exact(units)
            .zip(of_carry.chunks_exact_mut(units));
        let all = gates.chunks_exact_mut(width).zip(states.zip(gradients));
        vectorized(
            #[inline(always)]
            || {
                for (gates, ((carry, next_carry), (of_output, of_carry))) in all {
                    let [i, f, g, o] = four(gates, units);
                    for k in 0..units {
                        let curve = tanh(next_carry[k]);
                        let of_next = of_carry[k] + of_output[k] * o[k] * (1.0 - curve * curve);
                        of_carry[k] = settled(of_next * f[k]);
                        let of_input = of_next * g[k] * i[k] * (1.0 - i[k]);
                        let of_candidate = of_next * i[k] * (1.0 - g[k] * g[k]);
                        f[k] = settled(of_next * carry[k] * f[k] * (1.0 - f[k]));
                        o[k] = settled(of_output[k] * curve * o[k] * (1.0 - o[k]));
                        i[k] = settled(of_input);
                        g[k] = settled(of_candidate);
                    }
                }
            },
        );
        let gates = Rows {
            values: gates,
            stride: width,
        };
        packed[0].multiply(rows, gates, None, (of_output, units), false);
    }

    fn recurrent_gradient(&self, part: &Part, sizes: Sizes, to: &mut [f32]) {
        recurrent_kernel_gradient(
            part,
            sizes,
            &part.states[0],
            (&part.gates, 4),
            0..4,
            (to, 4),
        );
    }

    fn bias_gradient(&self, part: &Part, _: Sizes, to: &mut [f32]) {
        sum_rows(&part.gates, to);
    }
}

/// The four gates of a row.
#[inline(always)]
fn four(gates: &mut [f32], units: usize) -> [&mut [f32]; 4] {
    let (i, rest) = gates.split_at_mut(units);
    let (f, rest) = rest.split_at_mut(units);
    let (g, o) = rest.split_at_mut(units);
    [i, f, g, &mut o[..units]]
}
