//! The LSTM of the lstm workload: 32 samples of 200 words, 64 features and units.

use kerust::ops::{self, Recurrence, RecurrentOptions};
use kerust::{Result, Tensor};

use crate::ceilings::Work;
use crate::timing::{Timing, numbers};

pub(crate) fn all(timing: &mut Timing) -> Result<()> {
    let (batch, steps, features, units) = (32, 200, 64, 64);
    let gates = 4 * units;
    let x = numbers((batch, steps, features));
    // Small, so that the gates are not all open or closed.
    let small = |shape: (usize, usize)| Tensor::random_uniform(shape, -0.1, 0.1);
    let (kernel, recurrent_kernel) = (small((features, gates)), small((units, gates)));
    let bias = Tensor::zeros(gates);
    // The input's part of all steps is one product; the state's is one for each step.
    let rows = batch * steps;
    let forward = vec![([rows, features, gates], 1), ([batch, units, gates], steps)];
    let gradient = vec![
        ([batch, gates, units], steps),
        ([units, rows, gates], 1),
        ([features, rows, gates], 1),
        ([rows, gates, features], 1),
    ];
    timing.both(
        &format!("lstm {batch}x{steps}x{features} to {units}"),
        Work::Products(forward),
        Work::Products(gradient),
        |tape| {
            let [x, kernel, recurrent_kernel, bias] =
                [&x, &kernel, &recurrent_kernel, &bias].map(|x| tape.watch(x));
            let inputs = Recurrence {
                x: &x,
                kernel: &kernel,
                recurrent_kernel: &recurrent_kernel,
                bias: Some(&bias),
                initial_state: &[],
                mask: None,
            };
            let outputs = ops::lstm(tape, inputs, RecurrentOptions::default())?;
            Ok(outputs[0].clone())
        },
    )
}
