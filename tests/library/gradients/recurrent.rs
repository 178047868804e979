//! Recurrent layers, Embedding and Bidirectional.

use kerust::ops::{self, Recurrence, RecurrentOptions};
use kerust::prelude::*;

use super::{check, numbers};

/// One of the operations: how many gates and states it has, and rows of the bias.
struct Kind {
    name: &'static str,
    gates: usize,
    states: usize,
    bias_rows: usize,
    call: fn(&mut Tape, Recurrence<'_>, RecurrentOptions) -> Result<Vec<Tensor>>,
}

const KINDS: [Kind; 4] = [
    Kind {
        name: "lstm",
        gates: 4,
        states: 2,
        bias_rows: 1,
        call: ops::lstm,
    },
    Kind {
        name: "gru",
        gates: 3,
        states: 1,
        bias_rows: 2,
        call: |tape, inputs, options| ops::gru(tape, inputs, options, true),
    },
    Kind {
        name: "gru, reset before",
        gates: 3,
        states: 1,
        bias_rows: 1,
        call: |tape, inputs, options| ops::gru(tape, inputs, options, false),
    },
    Kind {
        name: "simple rnn",
        gates: 1,
        states: 1,
        bias_rows: 1,
        call: ops::simple_rnn,
    },
];

#[test]
fn recurrent_operations_on_odd_shapes() -> Result<()> {
    for kind in &KINDS {
        for (batch, steps, features, units) in
            [(1, 1, 1, 1), (1, 3, 2, 1), (3, 1, 1, 2), (5, 4, 3, 2)]
        {
            for which in 0..4 {
                let options = RecurrentOptions {
                    return_sequences: which % 2 == 0,
                    return_state: false,
                    go_backwards: which >= 2,
                    zero_output_for_mask: false,
                };
                let width = kind.gates * units;
                let mut inputs = vec![
                    numbers(1, (batch, steps, features), -1.0, 1.0),
                    numbers(2, (features, width), -1.0, 1.0),
                    numbers(3, (units, width), -1.0, 1.0),
                ];
                for state in 0..kind.states {
                    inputs.push(numbers(4 + state as u64, (batch, units), -1.0, 1.0));
                }
                inputs.push(match kind.bias_rows {
                    1 => numbers(6, width, -1.0, 1.0),
                    rows => numbers(6, (rows, width), -1.0, 1.0),
                });
                // The first step of the first sequence counts, so that every input has influence.
                let mask = numbers(7, (batch, steps), -1.0, 1.0).map(|x| f32::from(x > -0.5));
                let mask = (steps > 1).then_some(mask);
                check(kind.name, &inputs, |tape, i| {
                    let recurrence = Recurrence {
                        x: &i[0],
                        kernel: &i[1],
                        recurrent_kernel: &i[2],
                        bias: i.last(),
                        initial_state: &i[3..3 + kind.states],
                        mask: mask.as_ref(),
                    };
                    Ok((kind.call)(tape, recurrence, options)?.swap_remove(0))
                })?;
            }
        }
    }
    Ok(())
}

#[test]
fn embedding_sums_rows_that_come_again() -> Result<()> {
    let words = Tensor::from_vec(vec![1, 0, 1, 3, 1, 1], (2, 3))?;
    let table = numbers(1, (4, 2), -1.0, 1.0);
    check("embedding", &[table], |tape, i| {
        ops::embedding(tape, &words, &i[0])
    })
}
