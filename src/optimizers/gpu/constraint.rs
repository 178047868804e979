//! What weights are brought back to after a step, on the GPU.

use crate::constraints::Constraint;
use crate::device::{Argument, Buffer, Gpu, Source, Threads};
use crate::{Result, Tape, Tensor, ops};

const KERNELS: Source = Source {
    name: "constraint",
    text: include_str!("constraint.cu"),
};

/// As [`Constraint::apply`], unless the flag is set.
pub(in crate::optimizers) fn constrain(
    gpu: &Gpu,
    constraint: &Constraint,
    weight: &mut Tensor,
    flag: &Buffer,
) -> Result<()> {
    constraint.check(weight.shape())?;
    let count = weight.size();
    let [least, most, rate] = match *constraint {
        Constraint::NonNeg => {
            let arguments = [
                Argument::Write(weight.on_gpu_mut(gpu)?),
                Argument::Read(flag),
                Argument::Size(count),
            ];
            return gpu.launch(&KERNELS, "non_neg", Threads::each(count), arguments);
        }
        Constraint::MaxNorm { max_value, .. } => [0.0, max_value, 1.0],
        Constraint::MinMaxNorm {
            min_value,
            max_value,
            rate,
            ..
        } => [min_value, max_value, rate],
        Constraint::UnitNorm { .. } => [1.0, 1.0, 1.0],
    };
    let tape = &mut Tape::off();
    let squares = ops::multiply(tape, weight, weight)?;
    let mut factors = match constraint.axes() {
        // No axes are all of them to a sum, and none to a norm.
        [] => squares,
        axes => ops::sum(tape, &squares, axes, true)?,
    };
    let groups = factors.size();
    let arguments = [
        Argument::Write(factors.on_gpu_mut(gpu)?),
        Argument::Number(least),
        Argument::Number(most),
        Argument::Number(rate),
        Argument::Size(groups),
    ];
    gpu.launch(
        &KERNELS,
        "factors_of_norms",
        Threads::each(groups),
        arguments,
    )?;
    let inside = ops::multiply(tape, weight, &factors)?;
    let arguments = [
        Argument::Write(weight.on_gpu_mut(gpu)?),
        Argument::Read(inside.storage()?.on_gpu(gpu)?),
        Argument::Read(flag),
        Argument::Size(count),
    ];
    gpu.launch(&KERNELS, "take_over", Threads::each(count), arguments)
}
