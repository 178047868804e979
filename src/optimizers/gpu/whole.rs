//! Rules for which a weight's numbers belong together: Lamb, Adafactor and Muon on the GPU.

use super::Moved;
use crate::Result;
use crate::device::{Argument, Buffer, Factor, Gpu, Product, Source, Target, Threads};
use crate::optimizers::Step;

const KERNELS: Source = Source {
    name: "optimizers_whole",
    text: include_str!("whole.cu"),
};

#[derive(Clone, Copy, Debug)]
pub(in crate::optimizers) enum Whole {
    Lamb(Lamb),
    Adafactor(Adafactor),
    Muon(Muon),
}

/// The gradient's parts of the moments, and what is left of them.
#[derive(Clone, Copy, Debug)]
pub(in crate::optimizers) struct Lamb {
    pub(in crate::optimizers) parts: [f32; 2],
    pub(in crate::optimizers) left: [f32; 2],
    pub(in crate::optimizers) epsilon: f32,
}

#[derive(Clone, Copy, Debug)]
pub(in crate::optimizers) struct Adafactor {
    pub(in crate::optimizers) rate: f32,
    pub(in crate::optimizers) beta: f32,
    pub(in crate::optimizers) epsilons: [f32; 2],
    pub(in crate::optimizers) clip_threshold: f32,
}

/// Of a matrix.
#[derive(Clone, Copy, Debug)]
pub(in crate::optimizers) struct Muon {
    pub(in crate::optimizers) rate: f32,
    pub(in crate::optimizers) momentum: f32,
    pub(in crate::optimizers) nesterov: bool,
    pub(in crate::optimizers) factors: [f32; 3],
    pub(in crate::optimizers) ns_steps: usize,
}

impl Whole {
    /// Moves a weight, unless the flag is set.
    pub(super) fn go(
        self,
        gpu: &Gpu,
        step: Step,
        moved: &mut Moved<'_>,
        flag: &Buffer,
    ) -> Result<()> {
        match self {
            Whole::Lamb(rule) => rule.go(gpu, step.learning_rate, moved, flag),
            Whole::Adafactor(rule) => rule.go(gpu, moved, flag),
            Whole::Muon(rule) => rule.go(gpu, moved, flag),
        }
    }
}

/// Sums of squares of a weight and its change, in parts.
fn measure(gpu: &Gpu, moved: &mut Moved<'_>) -> Result<(Buffer, u32)> {
    let count = moved.gradient.len();
    let threads = Threads::some(count);
    let parts = threads.blocks[0];
    let mut sums = gpu.unwritten(2 * parts)?;
    let arguments = [
        Argument::Write(&mut sums),
        Argument::Read(moved.weight.value.on_gpu_mut(gpu)?),
        Argument::Read(&moved.gradient),
        Argument::Size(count),
    ];
    gpu.launch(&KERNELS, "measure", threads, arguments)?;
    Ok((sums, parts as u32))
}

impl Lamb {
    fn go(self, gpu: &Gpu, rate: f32, moved: &mut Moved<'_>, flag: &Buffer) -> Result<()> {
        let count = moved.gradient.len();
        let [m, v] = moved.slots else { return Ok(()) };
        let arguments = [
            Argument::Write(&mut moved.gradient),
            Argument::Write(m.on_gpu_mut(gpu)?),
            Argument::Write(v.on_gpu_mut(gpu)?),
            Argument::Read(flag),
            Argument::Number(self.parts[0]),
            Argument::Number(self.parts[1]),
            Argument::Number(self.left[0]),
            Argument::Number(self.left[1]),
            Argument::Number(self.epsilon),
            Argument::Size(count),
        ];
        gpu.launch(&KERNELS, "lamb", Threads::some(count), arguments)?;
        let (sums, parts) = measure(gpu, moved)?;
        let arguments = [
            Argument::Write(moved.weight.value.on_gpu_mut(gpu)?),
            Argument::Read(&moved.gradient),
            Argument::Read(&sums),
            Argument::Word(parts),
            Argument::Read(flag),
            Argument::Number(rate),
            Argument::Size(count),
        ];
        gpu.launch(&KERNELS, "lamb_lose", Threads::some(count), arguments)
    }
}

impl Adafactor {
    fn go(self, gpu: &Gpu, moved: &mut Moved<'_>, flag: &Buffer) -> Result<()> {
        let count = moved.gradient.len();
        let shape = moved.weight.value.shape().clone();
        match shape.dims() {
            [.., rows, columns] => self.divide_matrices(gpu, moved, flag, [*rows, *columns])?,
            _ => {
                let [mean, _] = moved.slots else {
                    return Ok(());
                };
                let arguments = [
                    Argument::Write(&mut moved.gradient),
                    Argument::Write(mean.on_gpu_mut(gpu)?),
                    Argument::Read(flag),
                    Argument::Number(self.beta),
                    Argument::Number(self.epsilons[0]),
                    Argument::Size(count),
                ];
                gpu.launch(
                    &KERNELS,
                    "adafactor_vector",
                    Threads::some(count),
                    arguments,
                )?;
            }
        }
        let (sums, parts) = measure(gpu, moved)?;
        let arguments = [
            Argument::Write(moved.weight.value.on_gpu_mut(gpu)?),
            Argument::Read(&moved.gradient),
            Argument::Read(&sums),
            Argument::Word(parts),
            Argument::Read(flag),
            Argument::Number(self.rate),
            Argument::Number(self.epsilons[1]),
            Argument::Number(self.clip_threshold),
            Argument::Size(count),
        ];
        gpu.launch(&KERNELS, "adafactor_lose", Threads::some(count), arguments)
    }

    /// Divides the gradient by the roots of the means of rows and columns.
    fn divide_matrices(
        &self,
        gpu: &Gpu,
        moved: &mut Moved<'_>,
        flag: &Buffer,
        [rows, columns]: [usize; 2],
    ) -> Result<()> {
        let count = moved.gradient.len();
        let matrices = count / (rows * columns);
        let [of_rows, of_columns] = moved.slots else {
            return Ok(());
        };
        let of_rows = of_rows.on_gpu_mut(gpu)?;
        let arguments = [
            Argument::Write(of_rows),
            Argument::Read(&moved.gradient),
            Argument::Read(flag),
            Argument::Number(self.beta),
            Argument::Number(self.epsilons[0]),
            Argument::Size(columns),
        ];
        let blocks = Threads::blocks(matrices * rows);
        gpu.launch(&KERNELS, "adafactor_rows", blocks, arguments)?;
        let of_columns = of_columns.on_gpu_mut(gpu)?;
        let arguments = [
            Argument::Write(of_columns),
            Argument::Read(&moved.gradient),
            Argument::Read(flag),
            Argument::Number(self.beta),
            Argument::Number(self.epsilons[0]),
            Argument::Size(rows),
            Argument::Size(columns),
            Argument::Size(matrices * columns),
        ];
        let each = Threads::each(matrices * columns);
        gpu.launch(&KERNELS, "adafactor_columns", each, arguments)?;
        let mut means = gpu.unwritten(matrices)?;
        let arguments = [
            Argument::Write(&mut means),
            Argument::Read(of_rows),
            Argument::Size(rows),
        ];
        let blocks = Threads::blocks(matrices);
        gpu.launch(&KERNELS, "adafactor_mean", blocks, arguments)?;
        let arguments = [
            Argument::Write(&mut moved.gradient),
            Argument::Read(of_rows),
            Argument::Read(of_columns),
            Argument::Read(&means),
            Argument::Size(rows),
            Argument::Size(columns),
            Argument::Size(count),
        ];
        gpu.launch(
            &KERNELS,
            "adafactor_matrix",
            Threads::some(count),
            arguments,
        )
    }
}

impl Muon {
    fn go(self, gpu: &Gpu, moved: &mut Moved<'_>, flag: &Buffer) -> Result<()> {
        let count = moved.gradient.len();
        let shape = moved.weight.value.shape().clone();
        let ([rows, columns], [momentum, ..]) = (shape.dims(), &mut *moved.slots) else {
            return Ok(());
        };
        let arguments = [
            Argument::Write(&mut moved.gradient),
            Argument::Write(momentum.on_gpu_mut(gpu)?),
            Argument::Read(flag),
            Argument::Number(self.momentum),
            Argument::flag(self.nesterov),
            Argument::Size(count),
        ];
        gpu.launch(&KERNELS, "muon", Threads::some(count), arguments)?;
        let (sums, parts) = measure(gpu, moved)?;
        let arguments = [
            Argument::Write(&mut moved.gradient),
            Argument::Read(&sums),
            Argument::Word(parts),
            Argument::Size(count),
        ];
        gpu.launch(&KERNELS, "muon_normalize", Threads::some(count), arguments)?;
        self.even(gpu, &mut moved.gradient, [*rows, *columns])?;
        let arguments = [
            Argument::Write(moved.weight.value.on_gpu_mut(gpu)?),
            Argument::Read(&moved.gradient),
            Argument::Read(flag),
            Argument::Number(self.rate),
            Argument::Size(count),
        ];
        gpu.launch(&KERNELS, "lose", Threads::some(count), arguments)
    }

    /// Brings all singular values near to 1. The shorter side is multiplied with itself.
    fn even(&self, gpu: &Gpu, x: &mut Buffer, [rows, columns]: [usize; 2]) -> Result<()> {
        let shorter = rows.min(columns);
        let mut products = gpu.unwritten(shorter * shorter)?;
        let mut squared = gpu.unwritten(shorter * shorter)?;
        let mut change = gpu.unwritten(rows * columns)?;
        for _ in 0..self.ns_steps {
            let with_itself = match rows <= columns {
                true => product(
                    Factor::new(x),
                    Factor::new(x).turned(),
                    [rows, columns, rows],
                ),
                false => product(
                    Factor::new(x).turned(),
                    Factor::new(x),
                    [columns, rows, columns],
                ),
            };
            gpu.multiply(with_itself, &mut products, Target::ONE)?;
            let square = product(
                Factor::new(&products),
                Factor::new(&products),
                [shorter, shorter, shorter],
            );
            gpu.multiply(square, &mut squared, Target::ONE)?;
            mix(
                gpu,
                &mut squared,
                &products,
                [self.factors[1], self.factors[2]],
            )?;
            let turned = match rows <= columns {
                true => product(Factor::new(&squared), Factor::new(x), [rows, rows, columns]),
                false => product(
                    Factor::new(x),
                    Factor::new(&squared),
                    [rows, columns, columns],
                ),
            };
            gpu.multiply(turned, &mut change, Target::ONE)?;
            mix(gpu, &mut change, x, [self.factors[0], 1.0])?;
            std::mem::swap(x, &mut change);
        }
        Ok(())
    }
}

fn product<'a>(a: Factor<'a>, b: Factor<'a>, sizes: [usize; 3]) -> Product<'a> {
    let adds = false;
    Product { a, b, sizes, adds }
}

/// `to = a * x + b * to`
fn mix(gpu: &Gpu, to: &mut Buffer, x: &Buffer, [a, b]: [f32; 2]) -> Result<()> {
    let count = to.len();
    let arguments = [
        Argument::Write(to),
        Argument::Read(x),
        Argument::Number(a),
        Argument::Number(b),
        Argument::Size(count),
    ];
    gpu.launch(&KERNELS, "muon_mix", Threads::some(count), arguments)
}
