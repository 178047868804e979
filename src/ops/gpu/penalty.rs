//! What regularizers add to a loss, on the GPU.

use crate::Result;
use crate::device::{Argument, Buffer, Factor, Gpu, Product, Source, Target, Threads};
use crate::ops::gpu::teams::teams;
use crate::regularizers::{Mode, Penalty, Regularizer};
use crate::tensor::bridge::{GpuBackpass, GpuOp};

const KERNELS: Source = Source {
    name: "penalty",
    text: concat!(include_str!("teams.cuh"), include_str!("penalty.cu")),
};

/// One block that sums up everything.
const ONE: Threads = Threads {
    blocks: [1, 1, 1],
    threads: 1024,
};

impl GpuOp for Penalty {
    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let x = inputs[0];
        match self.regularizer {
            Regularizer::L1 { l1 } => sizes_and_squares(gpu, x, output, [l1, 0.0]),
            Regularizer::L2 { l2 } => sizes_and_squares(gpu, x, output, [0.0, l2]),
            Regularizer::L1L2 { l1, l2 } => sizes_and_squares(gpu, x, output, [l1, l2]),
            Regularizer::Orthogonal { factor, mode } => {
                let Some(lines) = Lines::new(x.len(), self.shape.last(), mode) else {
                    return gpu.clear(output);
                };
                let (unit, _) = lines.unit(gpu, x)?;
                let cosines = lines.cosines(gpu, &unit)?;
                let arguments = [
                    Argument::Write(output),
                    Argument::Read(&cosines),
                    Argument::Word(lines.count as u32),
                    Argument::Number(lines.share(factor)),
                ];
                gpu.launch(&KERNELS, "sum_of_cosines", ONE, arguments)
            }
        }
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let Some(wanted) = &mut at.wanted[0] else {
            return Ok(());
        };
        let x = at.inputs[0];
        let (values, fresh) = (&mut wanted.values, wanted.fresh);
        match self.regularizer {
            Regularizer::L1 { l1 } => slopes(gpu, x, at.gradient, [l1, 0.0], values, fresh),
            Regularizer::L2 { l2 } => slopes(gpu, x, at.gradient, [0.0, l2], values, fresh),
            Regularizer::L1L2 { l1, l2 } => slopes(gpu, x, at.gradient, [l1, l2], values, fresh),
            Regularizer::Orthogonal { factor, mode } => {
                match Lines::new(x.len(), self.shape.last(), mode) {
                    Some(lines) => lines.slopes(gpu, x, at.gradient, factor, values, fresh),
                    None if fresh => gpu.clear(values),
                    None => Ok(()),
                }
            }
        }
    }
}

fn sizes_and_squares(gpu: &Gpu, x: &Buffer, to: &mut Buffer, [l1, l2]: [f32; 2]) -> Result<()> {
    let sum = |to: &mut Buffer, x: &Buffer, [l1, l2]: [f32; 2], threads| {
        let arguments = [
            Argument::Write(to),
            Argument::Read(x),
            Argument::Number(l1),
            Argument::Number(l2),
            Argument::Size(x.len()),
        ];
        gpu.launch(&KERNELS, "penalty", threads, arguments)
    };
    let threads = Threads::some(x.len());
    if threads.blocks[0] == 1 {
        return sum(to, x, [l1, l2], threads);
    }
    let mut parts = gpu.unwritten(threads.blocks[0])?;
    sum(&mut parts, x, [l1, l2], threads)?;
    // No part is negative: the sum of their sizes is their own.
    sum(to, &parts, [1.0, 0.0], Threads::blocks(1))
}

fn slopes(
    gpu: &Gpu,
    x: &Buffer,
    gradient: &Buffer,
    [l1, l2]: [f32; 2],
    to: &mut Buffer,
    fresh: bool,
) -> Result<()> {
    let count = x.len();
    let arguments = [
        Argument::Write(to),
        Argument::Read(gradient),
        Argument::Read(x),
        Argument::Number(l1),
        Argument::Number(l2),
        Argument::Size(count),
        Argument::flag(fresh),
    ];
    gpu.launch(&KERNELS, "penalty_slope", Threads::each(count), arguments)
}

/// The lines of a matrix that are to be orthogonal: at least two.
struct Lines {
    count: usize,
    length: usize,
    mode: Mode,
}

impl Lines {
    fn new(size: usize, columns: usize, mode: Mode) -> Option<Lines> {
        let rows = size / columns.max(1);
        let (count, length) = match mode {
            Mode::Rows => (rows, columns),
            Mode::Columns => (columns, rows),
        };
        (count > 1).then_some(Lines {
            count,
            length,
            mode,
        })
    }

    /// What a cosine counts.
    fn share(&self, factor: f32) -> f32 {
        (f64::from(factor) / (self.count * (self.count - 1) / 2) as f64) as f32
    }

    /// How far the numbers of a line are apart.
    fn inner(&self) -> usize {
        match self.mode {
            Mode::Rows => 1,
            Mode::Columns => self.count,
        }
    }

    /// All lines with length 1, and what they were multiplied by.
    fn unit(&self, gpu: &Gpu, x: &Buffer) -> Result<(Buffer, Buffer)> {
        let (mut unit, mut factors) = (gpu.unwritten(x.len())?, gpu.unwritten(self.count)?);
        let (threads, team) = teams(self.count, self.length, self.inner());
        let arguments = [
            Argument::Write(&mut unit),
            Argument::Write(&mut factors),
            Argument::Read(x),
            Argument::Size(self.count),
            Argument::Size(self.length),
            Argument::Size(self.inner()),
            Argument::Word(team),
        ];
        gpu.launch(&KERNELS, "unit_lines", threads, arguments)?;
        Ok((unit, factors))
    }

    /// The cosine of each line with each.
    fn cosines(&self, gpu: &Gpu, unit: &Buffer) -> Result<Buffer> {
        let mut cosines = gpu.unwritten(self.count * self.count)?;
        let (a, b) = match self.mode {
            Mode::Rows => (Factor::new(unit), Factor::new(unit).turned()),
            Mode::Columns => (Factor::new(unit).turned(), Factor::new(unit)),
        };
        let product = Product {
            a,
            b,
            sizes: [self.count, self.length, self.count],
            adds: false,
        };
        gpu.multiply(product, &mut cosines, Target::ONE)?;
        Ok(cosines)
    }

    fn slopes(
        &self,
        gpu: &Gpu,
        x: &Buffer,
        gradient: &Buffer,
        factor: f32,
        to: &mut Buffer,
        fresh: bool,
    ) -> Result<()> {
        let (unit, factors) = self.unit(gpu, x)?;
        let mut signs = self.cosines(gpu, &unit)?;
        let count = signs.len();
        let arguments = [
            Argument::Write(&mut signs),
            Argument::Word(self.count as u32),
            Argument::Size(count),
        ];
        gpu.launch(
            &KERNELS,
            "signs_of_cosines",
            Threads::each(count),
            arguments,
        )?;
        // The signs are the same when rows and columns are exchanged.
        let (a, b, sizes) = match self.mode {
            Mode::Rows => (&signs, &unit, [self.count, self.count, self.length]),
            Mode::Columns => (&unit, &signs, [self.length, self.count, self.count]),
        };
        let mut of_unit = gpu.unwritten(x.len())?;
        let product = Product {
            a: Factor::new(a),
            b: Factor::new(b),
            sizes,
            adds: false,
        };
        gpu.multiply(product, &mut of_unit, Target::ONE)?;
        let (threads, team) = teams(self.count, self.length, self.inner());
        let arguments = [
            Argument::Write(to),
            Argument::Read(gradient),
            Argument::Read(&of_unit),
            Argument::Read(&unit),
            Argument::Read(&factors),
            Argument::Number(self.share(factor)),
            Argument::Size(self.count),
            Argument::Size(self.length),
            Argument::Size(self.inner()),
            Argument::Word(team),
            Argument::flag(fresh),
        ];
        gpu.launch(&KERNELS, "slopes_of_lines", threads, arguments)
    }
}
