//! Sequences whose labels are not aligned with their steps, on the GPU.

use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source, Threads};

const KERNELS: Source = Source {
    name: "ctc",
    text: include_str!("ctc.cu"),
};

/// The loss of each sequence and, where they are asked for, its slopes in the scores. The sizes are the
/// steps, the classes, and the labels of a sequence.
pub(super) fn of_sequences(
    gpu: &Gpu,
    [steps, classes, longest]: [usize; 3],
    [scores, labels]: [&Buffer; 2],
    values: &mut Buffer,
    slopes: Option<&mut Buffer>,
) -> Result<()> {
    let sequences = values.len();
    let of_sequence = (steps + 3) * (2 * longest + 1) + steps;
    // Numbers in double precision take the place of two.
    let mut work = gpu.unwritten(sequences * of_sequence * 2)?;
    let threads = Threads {
        blocks: [sequences, 1, 1],
        threads: 128,
    };
    let arguments = [
        Argument::Write(values),
        slopes.map_or(Argument::Maybe(None), Argument::Write),
        Argument::Read(scores),
        Argument::Read(labels),
        Argument::Write(&mut work),
        Argument::Size(of_sequence),
        Argument::Word(steps as u32),
        Argument::Word(classes as u32),
        Argument::Word(longest as u32),
    ];
    gpu.launch(&KERNELS, "ctc", threads, arguments)
}
