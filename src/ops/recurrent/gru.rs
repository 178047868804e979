//! The steps of gated recurrent units; gates in Keras's order: update, reset, candidate.

use super::cell::{Cell, Part, Sizes, Step, StepBack};
use super::product::{Packed, Rows};
use super::sequence::recurrent_kernel_gradient;
use crate::ops::dense::sum_rows;
use crate::ops::{settled, sigmoid, tanh, vectorized};

/// tanh and sigmoid, as usual.
pub(super) struct Gru {
    /// Whether the reset gate is applied to the recurrent product of the candidate, with a bias of
    /// its own, instead of to the output that goes into it.
    pub(super) reset_after: bool,
}

impl Gru {
    /// The candidate's product of the output before, and of what the reset gate lets through of it.
    fn candidate<'a>(&self, packed: &'a [Packed]) -> &'a Packed {
        &packed[1]
    }
}

impl Cell for Gru {
    fn gates(&self) -> usize {
        3
    }

    fn states(&self) -> usize {
        1
    }

    /// With `reset_after`, the recurrent product of the candidate, and then its gradient;
    /// otherwise what the reset gate lets through of the output before.
    fn kept(&self) -> usize {
        1
    }

    fn bias_rows(&self) -> usize {
        if self.reset_after { 2 } else { 1 }
    }

    fn gpu_kernel(&self) -> &'static str {
        if self.reset_after {
            "gru"
        } else {
            "gru_of_reset"
        }
    }

    fn resets_output(&self) -> bool {
        !self.reset_after
    }

    fn packed(&self, recurrent_kernel: &[f32], units: usize) -> Vec<Packed> {
        let value = |k: usize, j: usize| recurrent_kernel[k * 3 * units + j];
        vec![
            Packed::new(units, 2 * units, value),
            Packed::new(units, units, |k, j| value(k, 2 * units + j)),
        ]
    }

    fn packed_transposed(&self, recurrent_kernel: &[f32], units: usize) -> Vec<Packed> {
        let value = |j: usize, k: usize| recurrent_kernel[k * 3 * units + j];
        vec![
            Packed::new(2 * units, units, value),
            Packed::new(units, units, |j, k| value(2 * units + j, k)),
        ]
    }

    fn step(&self, packed: &[Packed], bias: Option<&[f32]>, step: Step<'_>) {
        let Step {
            rows,
            units,
            gates,
            kept,
            before: [output, _],
            after: [next_output, _],
        } = step;
        let width = 3 * units;
        let before = Rows {
            values: output,
            stride: units,
        };
        // What the recurrent products add of the biases, and what remains for the candidate.
        let both = bias.map(|bias| -> Vec<f32> {
            match self.reset_after {
                true => bias
                    .iter()
                    .zip(&bias[width..])
                    .take(2 * units)
                    .map(|(a, b)| a + b)
                    .collect(),
                false => bias[..2 * units].to_vec(),
            }
        });
        packed[0].multiply(rows, before, both.as_deref(), (gates, width), true);
        let zeros = vec![0.0; if bias.is_none() { units } else { 0 }];
        let of_candidate = bias.map_or(&zeros[..], |bias| &bias[2 * units..width]);
        if self.reset_after {
            let recurrent = bias.map(|bias| &bias[width + 2 * units..]);
            self.candidate(packed)
                .multiply(rows, before, recurrent, (kept, units), false);
        }
        let reset_after = self.reset_after;
        let all = gates
            .chunks_exact_mut(width)
            .zip(kept.chunks_exact_mut(units));
        let all = all.zip(output.chunks_exact(units));
        vectorized(
            #[inline(always)]
            || {
                for ((gates, kept), output) in all {
                    let [z, r, h] = three(gates, units);
                    for k in 0..units {
                        z[k] = sigmoid(z[k]);
                        r[k] = sigmoid(r[k]);
                        h[k] += of_candidate[k];
                        if reset_after {
                            h[k] += r[k] * kept[k];
                        } else {
                            kept[k] = r[k] * output[k];
                        }
                    }
                }
            },
        );
        if !self.reset_after {
            let kept = Rows {
                values: kept,
                stride: units,
            };
            self.candidate(packed).multiply(
                rows,
                kept,
                None,
                (&mut gates[2 * units..], width),
                true,
            );
        }
        let all = gates
            .chunks_exact_mut(width)
            .zip(output.chunks_exact(units));
        let all = all.zip(next_output.chunks_exact_mut(units));
        vectorized(
            #[inline(always)]
            || {
                for ((gates, output), next) in all {
                    let [z, _, h] = three(gates, units);
                    for k in 0..units {
                        h[k] = tanh(h[k]);
                        next[k] = z[k] * output[k] + (1.0 - z[k]) * h[k];
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
            kept,
            before: [output, _],
            gradient: [of_output, _],
            ..
        } = step;
        let width = 3 * units;
        let reset_after = self.reset_after;
        // What the candidate's product hands back to the reset output.
        let mut of_reset = vec![0.0; if reset_after { 0 } else { rows * units }];
        let all = gates
            .chunks_exact_mut(width)
            .zip(kept.chunks_exact_mut(units));
        let states = output
            .chunks_exact(units)
            .zip(of_output.chunks_exact_mut(units));
        vectorized(
            #[inline(always)]
            || {
                for ((gates, kept), (output, of_output)) in all.zip(states) {
                    let [z, r, h] = three(gates, units);
                    for k in 0..units {
                        let of_candidate = of_output[k] * (1.0 - z[k]) * (1.0 - h[k] * h[k]);
                        let of_update = of_output[k] * (output[k] - h[k]) * z[k] * (1.0 - z[k]);
                        of_output[k] = settled(of_output[k] * z[k]);
                        h[k] = settled(of_candidate);
                        z[k] = settled(of_update);
                        if reset_after {
                            let of_reset = of_candidate * kept[k] * r[k] * (1.0 - r[k]);
                            kept[k] = settled(of_candidate * r[k]);
                            r[k] = settled(of_reset);
                        }
                    }
                }
            },
        );
        let candidate = self.candidate(packed);
        if reset_after {
            let kept = Rows {
                values: kept,
                stride: units,
            };
            candidate.multiply(rows, kept, None, (of_output, units), true);
        } else {
            let of_candidate = Rows {
                values: &gates[2 * units..],
                stride: width,
            };
            candidate.multiply(rows, of_candidate, None, (&mut of_reset, units), false);
            let all = gates
                .chunks_exact_mut(width)
                .zip(of_reset.chunks_exact(units));
            let states = output
                .chunks_exact(units)
                .zip(of_output.chunks_exact_mut(units));
            vectorized(
                #[inline(always)]
                || {
                    for ((gates, of_reset), (output, of_output)) in all.zip(states) {
                        let [_, r, _] = three(gates, units);
                        for k in 0..units {
                            of_output[k] += of_reset[k] * r[k];
                            r[k] = settled(of_reset[k] * output[k] * r[k] * (1.0 - r[k]));
                        }
                    }
                },
            );
        }
        let gates = Rows {
            values: gates,
            stride: width,
        };
        packed[0].multiply(rows, gates, None, (of_output, units), true);
    }

    fn recurrent_gradient(&self, part: &Part, sizes: Sizes, to: &mut [f32]) {
        let (output, gates) = (&part.states[0], (&part.gates[..], 3));
        recurrent_kernel_gradient(part, sizes, output, gates, 0..2, (to, 3));
        let to = (&mut to[2 * sizes.units..], 3);
        if self.reset_after {
            recurrent_kernel_gradient(part, sizes, output, (&part.kept, 1), 0..1, to);
        } else {
            recurrent_kernel_gradient(part, sizes, &part.kept, gates, 2..3, to);
        }
    }

    fn bias_gradient(&self, part: &Part, sizes: Sizes, to: &mut [f32]) {
        let (of_input, of_recurrent) = to.split_at_mut(3 * sizes.units);
        sum_rows(&part.gates, of_input);
        if self.reset_after {
            let (of_gates, of_candidate) = of_recurrent.split_at_mut(2 * sizes.units);
            of_gates.copy_from_slice(&of_input[..2 * sizes.units]);
            sum_rows(&part.kept, of_candidate);
        }
    }
}

/// The three gates of a row.
#[inline(always)]
fn three(gates: &mut [f32], units: usize) -> [&mut [f32]; 3] {
    let (z, rest) = gates.split_at_mut(units);
    let (r, h) = rest.split_at_mut(units);
    [z, r, &mut h[..units]]
}
