//! Activation functions: values and slopes, also at extreme inputs.

use kerust::prelude::*;

use super::{FORWARD, GRADIENT, Golden, text};

/// What kerust does not have: functions beyond the common ones.
const MISSING: &[&str] = &[
    "activation_celu",
    "activation_squareplus",
    "activation_log_sigmoid",
    "activation_hard_silu",
    "activation_hard_swish",
    "activation_hard_tanh",
    "activation_hard_shrink",
    "activation_soft_shrink",
    "activation_tanh_shrink",
    "activation_sparse_plus",
    "activation_sparse_sigmoid",
    "activation_sparsemax",
];

#[test]
fn activations_agree_with_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("activations");
    for case in &cases {
        let Ok(activation) = text(&case["activation"]).parse::<Activation>() else {
            golden.not_there(case);
            continue;
        };
        let mut tape = Tape::recording();
        let x = tape.watch(&golden.tensor(&case["input"]));
        let y = activation.call(&mut tape, &x)?;
        golden.compare(case, "output", FORWARD, &y, &golden.tensor(&case["output"]));
        let gradient = tape.gradient_from(&y, &golden.tensor(&case["cotangent"]), &[&x])?;
        let expected = golden.tensor(&case["input_gradient"]);
        golden.compare(case, "input gradient", GRADIENT, &gradient[0], &expected);
        golden.done();
    }
    golden.finish(36, MISSING);
    Ok(())
}
