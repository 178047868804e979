//! Recurrent layers of all widths against the processor: narrow ones are one kernel, wide ones many.
//! And what stands before them.

use kerust::ops::{self, Recurrence, RecurrentOptions};
use kerust::prelude::*;

use super::rows::{compare, note, numbers};

/// `gates` times `units` columns, two rows of biases for each unit if `biases`, and so many states.
struct Kind {
    name: &'static str,
    gates: usize,
    biases: usize,
    states: usize,
}

fn run(
    name: &str,
    tape: &mut Tape,
    inputs: Recurrence<'_>,
    options: RecurrentOptions,
) -> Result<Vec<Tensor>> {
    match name {
        "lstm" => ops::lstm(tape, inputs, options),
        "gru" => ops::gru(tape, inputs, options, true),
        _ => ops::simple_rnn(tape, inputs, options),
    }
}

#[test]
fn sequences_of_all_widths_are_those_of_the_processor() {
    let name = "gpu::recurrent::sequences_of_all_widths_are_those_of_the_processor";
    let kind = |name, gates, biases, states| Kind {
        name,
        gates,
        biases,
        states,
    };
    let kinds = [
        kind("simple", 1, 1, 1),
        kind("lstm", 4, 1, 2),
        kind("gru", 3, 2, 1),
    ];
    let (batch, steps, features) = (3, 7, 4);
    compare(name, 1e-5, |results| {
        for kind in kinds {
            for units in [1, 5, 37, 64, 70] {
                let columns = kind.gates * units;
                let mut inputs = vec![
                    numbers(1, [batch, steps, features]),
                    &numbers(2, [features, columns]) * 0.5,
                    &numbers(3, [units, columns]) * (1.0 / units as f32),
                ];
                match kind.biases {
                    1 => inputs.push(numbers(4, [columns])),
                    rows => inputs.push(numbers(4, [rows, columns])),
                }
                for state in 0..kind.states {
                    inputs.push(numbers(5 + state as u64, [batch, units]));
                }
                let mut counts = vec![1.0; batch * steps];
                for skipped in [0, 8, 9, 20] {
                    counts[skipped] = 0.0;
                }
                let mask = Tensor::from_vec(counts, (batch, steps))?;
                for (sequences, mask) in [(false, None), (true, Some(&mask)), (false, Some(&mask))]
                {
                    let what = format!("{} {units} {sequences} {}", kind.name, mask.is_some());
                    let options = RecurrentOptions {
                        return_sequences: sequences,
                        return_state: !sequences,
                        go_backwards: mask.is_some(),
                        zero_output_for_mask: sequences,
                    };
                    note(results, &what, &inputs, |tape, of| {
                        let inputs = Recurrence {
                            x: &of[0],
                            kernel: &of[1],
                            recurrent_kernel: &of[2],
                            bias: Some(&of[3]),
                            initial_state: &of[4..],
                            mask,
                        };
                        let outputs = run(kind.name, tape, inputs, options)?;
                        let outputs: Vec<&Tensor> = outputs.iter().collect();
                        ops::concatenate(tape, &outputs, -1)
                    })?;
                }
            }
        }
        Ok(())
    });
}

#[test]
fn embeddings_are_those_of_the_processor() {
    let name = "gpu::recurrent::embeddings_are_those_of_the_processor";
    compare(name, 1e-5, |results| {
        // One row is taken again and again, as that of the padding is; some never.
        let indices = (0..600i64).map(|i| if i % 3 > 0 { 4 } else { i * 7 % 29 });
        let indices = Tensor::from_vec(indices.collect(), (6, 100))?;
        for features in [1, 5] {
            let table = [numbers(1, [31, features])];
            note(results, &format!("{features}"), &table, |tape, of| {
                ops::embedding(tape, &indices, &of[0])
            })?;
        }
        Ok(())
    });
}
