//! Sums, maxima and minima over axes on the GPU. The order of a sum does not depend on which block is
//! done first: the same numbers give the same result.

use crate::device::{Argument, Buffer, Format, Gpu, Source, Threads};
use crate::ops::layout::Layout;
use crate::ops::reduction::{Run, Sum, runs};
use crate::tensor::bridge::{GpuBackpass, GpuOp, GpuWanted};
use crate::{Result, Shape};

const KERNELS: Source = Source {
    name: "reduction",
    text: include_str!("reduction.cu"),
};

/// What becomes of the numbers.
#[derive(Clone, Copy)]
pub(in crate::ops) enum How {
    Sum = 0,
    Maximum = 1,
    Minimum = 2,
}

/// Into how many parts the middle axis of `(before, size, after)` is cut, so that there are blocks
/// enough: each takes [`lanes_of`] numbers of the last axis.
pub(super) fn parts_of([before, size, after]: [usize; 3]) -> usize {
    /// So many numbers are worth a block of their own.
    const WORTH: usize = 1 << 11;
    /// More blocks than a GPU has room for at once gain nothing.
    const MANY: usize = 1 << 10;
    let lanes = lanes_of(after);
    let groups = before * after.div_ceil(lanes);
    (size * lanes / WORTH).min(MANY / groups.max(1)).max(1)
}

/// How many neighbors on the last axis a block takes together.
pub(super) fn lanes_of(after: usize) -> usize {
    after.next_power_of_two().min(32)
}

/// Reduces the middle axis of `(before, size, after)`, and multiplies what comes out by `factor`.
pub(in crate::ops) fn reduce_middle(
    gpu: &Gpu,
    from: &Buffer,
    [before, size, after]: [usize; 3],
    how: How,
    factor: f32,
    to: &mut Buffer,
    fresh: bool,
) -> Result<()> {
    let parts = parts_of([before, size, after]);
    if parts > 1 {
        let mut sums = gpu.unwritten(before * parts * after)?;
        go(
            gpu,
            from,
            [before, size, after],
            parts,
            how,
            1.0,
            &mut sums,
            true,
        )?;
        return go(
            gpu,
            &sums,
            [before, parts, after],
            1,
            how,
            factor,
            to,
            fresh,
        );
    }
    go(gpu, from, [before, size, after], 1, how, factor, to, fresh)
}

#[allow(clippy::too_many_arguments)] // They are the kernel's.
fn go(
    gpu: &Gpu,
    from: &Buffer,
    [before, size, after]: [usize; 3],
    parts: usize,
    how: How,
    factor: f32,
    to: &mut Buffer,
    fresh: bool,
) -> Result<()> {
    let lanes = lanes_of(after);
    let threads = Threads::blocks(before * parts * after.div_ceil(lanes));
    let (name, from, to) = match (from.format(), to.format()) {
        (from_format, to_format) if from_format == to_format => (
            "reduce_middle",
            Argument::ReadReal(from),
            Argument::WriteReal(to),
        ),
        (Format::Float32, _) => (
            "reduce_floats",
            Argument::Read(from),
            Argument::WriteReal(to),
        ),
        _ => (
            "reduce_to_floats",
            Argument::ReadReal(from),
            Argument::Write(to),
        ),
    };
    let arguments = [
        from,
        to,
        Argument::Size(size),
        Argument::Size(after),
        Argument::Word(parts as u32),
        Argument::Word(lanes as u32),
        Argument::Whole(how as i32),
        Argument::Number(factor),
        Argument::flag(fresh),
    ];
    gpu.launch(&KERNELS, name, threads, arguments)
}

/// Reduces all runs that are to be reduced, one after another.
pub(in crate::ops) fn reduce(
    gpu: &Gpu,
    runs: &[Run],
    from: &Buffer,
    how: How,
    factor: f32,
    to: &mut Buffer,
    fresh: bool,
) -> Result<()> {
    let mut sizes: Vec<usize> = runs.iter().map(|run| run.size).collect();
    let reduced: Vec<usize> = (0..runs.len()).rev().filter(|&i| runs[i].reduced).collect();
    if reduced.is_empty() {
        let all = [from.len(), 1, 1];
        return reduce_middle(gpu, from, all, how, factor, to, fresh);
    }
    let mut held: Option<Buffer> = None;
    for (count, &axis) in reduced.iter().enumerate() {
        let before: usize = sizes[..axis].iter().product();
        let after: usize = sizes[axis + 1..].iter().product();
        let values = held.as_ref().unwrap_or(from);
        let all = [before, sizes[axis], after];
        sizes[axis] = 1;
        if count + 1 == reduced.len() {
            return reduce_middle(gpu, values, all, how, factor, to, fresh);
        }
        let mut next = gpu.unwritten(before * after)?;
        reduce_middle(gpu, values, all, how, 1.0, &mut next, true)?;
        held = Some(next);
    }
    Ok(())
}

/// As [`sum_to`](crate::ops::reduction::sum_to): the gradient of what was stretched.
pub(in crate::ops) fn sum_to(
    gpu: &Gpu,
    part: &Buffer,
    from: &Shape,
    to: &Shape,
    wanted: &mut GpuWanted,
) -> Result<()> {
    let missing = vec![1; from.rank() - to.rank()];
    let to = Shape::from([missing.as_slice(), to.dims()].concat());
    let (runs, fresh) = (runs(from, &to), wanted.fresh);
    reduce(gpu, &runs, part, How::Sum, 1.0, &mut wanted.values, fresh)
}

/// The sums of the columns of rows: the gradient of a bias.
pub(in crate::ops) fn sum_columns(gpu: &Gpu, rows: &Buffer, to: &mut GpuWanted) -> Result<()> {
    let columns = to.values.len();
    let all = [1, rows.len() / columns.max(1), columns];
    reduce_middle(gpu, rows, all, How::Sum, 1.0, &mut to.values, to.fresh)
}

impl GpuOp for Sum {
    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let runs = runs(&self.shape, &self.kept);
        reduce(gpu, &runs, inputs[0], How::Sum, self.factor, output, true)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let Some(x) = &mut at.wanted[0] else {
            return Ok(());
        };
        let layout = Layout::broadcast(&self.kept, &self.shape);
        layout.gather_on(gpu, at.gradient, self.factor, x)
    }
}
