//! The embedding of the lstm workload.

use kerust::{Result, Tensor, ops};

use crate::ceilings::Work;
use crate::timing::{Timing, numbers};

pub(crate) fn all(timing: &mut Timing) -> Result<()> {
    let (batch, steps, rows, features) = (32, 200, 10_000, 64);
    let words: Vec<i64> = (0..batch * steps)
        .map(|i| (i * 7919 % rows) as i64)
        .collect();
    let words = Tensor::from_vec(words, (batch, steps))?;
    let table = numbers((rows, features));
    let output = batch * steps * features;
    timing.both(
        &format!("embedding {batch}x{steps} of {rows}x{features}"),
        Work::Floats(2 * output),
        // The gradient of the whole table is written.
        Work::Floats(output + table.size()),
        |tape| {
            let table = tape.watch(&table);
            ops::embedding(tape, &words, &table)
        },
    )
}
