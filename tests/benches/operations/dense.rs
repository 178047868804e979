//! Dense layers of the tutorial's model and of the mlp.

use kerust::{Result, Tensor, ops};

use crate::ceilings::Work;
use crate::timing::{Timing, numbers};

pub(crate) fn all(timing: &mut Timing) -> Result<()> {
    /// The first layer of a model wants no gradient of its input.
    struct Layer {
        rows: usize,
        features: usize,
        units: usize,
        relu: bool,
        first: bool,
    }
    let layer = |rows, features, units| Layer {
        rows,
        features,
        units,
        relu: units > 10,
        first: features == 784,
    };
    let tutorial = [layer(32, 7200, 128), layer(32, 128, 10)];
    let mlp = [
        layer(128, 784, 512),
        layer(128, 512, 256),
        layer(128, 256, 10),
    ];
    for Layer {
        rows,
        features,
        units,
        relu,
        first,
    } in tutorial.into_iter().chain(mlp)
    {
        let x = numbers((rows, features));
        let (kernel, bias) = (numbers((features, units)), Tensor::zeros(units));
        let forward = Work::products(&[[rows, features, units]]);
        let of_kernel = [features, rows, units];
        let gradient = match first {
            true => Work::products(&[of_kernel]),
            false => Work::products(&[of_kernel, [rows, units, features]]),
        };
        let name = format!("dense {rows}x{features} to {units}");
        timing.both(&name, forward, gradient, |tape| {
            let x = if first { x.clone() } else { tape.watch(&x) };
            let (kernel, bias) = (tape.watch(&kernel), tape.watch(&bias));
            ops::dense(tape, &x, &kernel, Some(&bias), relu)
        })?;
    }
    Ok(())
}
