//! Functions of several numbers on the GPU.

use super::layout::too_large;
use super::reduction;
use crate::device::{Argument, Buffer, Format, Gpu, Source, Table, Threads};
use crate::ops::pointwise::{Function, Pointwise};
use crate::tensor::bridge::{GpuBackpass, GpuOp, GpuWanted, Reals};
use crate::{Result, Shape};

const KERNELS: Source = Source {
    name: "pointwise",
    text: include_str!("pointwise.cu"),
};

impl<const N: usize, F: Function<N>> GpuOp for Pointwise<N, F> {
    fn reals(&self) -> Reals {
        Reals::ALL
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let (name, threads) = self.kernel(F::KERNEL.to_owned(), output.len(), output.format());
        let (count, layout) = (Argument::Size(output.len()), Argument::Table(self.table()?));
        let to = Argument::WriteReal(output);
        let input = |which: usize| Argument::ReadReal(inputs[which]);
        match N {
            2 => {
                let arguments = [to, input(0), input(1), layout, count];
                gpu.launch(&KERNELS, &name, threads, arguments)
            }
            _ => {
                let arguments = [to, input(0), input(1), input(2), layout, count];
                gpu.launch(&KERNELS, &name, threads, arguments)
            }
        }
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        for (which, wanted) in at.wanted.iter_mut().enumerate() {
            let Some(wanted) = wanted else { continue };
            if self.layouts[which].is_none() {
                self.slope(gpu, at.inputs, at.gradient, which, wanted)?;
            } else {
                let mut part = GpuWanted {
                    values: gpu.unwritten_as(at.output.format(), at.output.len())?,
                    fresh: true,
                };
                self.slope(gpu, at.inputs, at.gradient, which, &mut part)?;
                let (from, to) = (&self.shape, &self.shapes[which]);
                reduction::sum_to(gpu, &part.values, from, to, wanted)?;
            }
        }
        Ok(())
    }
}

impl<const N: usize, F: Function<N>> Pointwise<N, F> {
    /// Gives an input its gradient, in the shape of the result.
    fn slope(
        &self,
        gpu: &Gpu,
        inputs: &[&Buffer],
        gradient: &Buffer,
        which: usize,
        to: &mut GpuWanted,
    ) -> Result<()> {
        let (count, fresh) = (gradient.len(), Argument::flag(to.fresh));
        let name = format!("{}_slope", F::KERNEL);
        let (name, threads) = self.kernel(name, count, gradient.format());
        let (to, gradient) = (
            Argument::WriteReal(&mut to.values),
            Argument::ReadReal(gradient),
        );
        let (layout, which) = (
            Argument::Table(self.table()?),
            Argument::Whole(which as i32),
        );
        let (count, input) = (Argument::Size(count), |which: usize| {
            Argument::ReadReal(inputs[which])
        });
        match N {
            2 => {
                let arguments = [
                    to,
                    gradient,
                    input(0),
                    input(1),
                    layout,
                    which,
                    count,
                    fresh,
                ];
                gpu.launch(&KERNELS, &name, threads, arguments)
            }
            _ => {
                let inputs = [input(0), input(1), input(2)];
                let [a, b, c] = inputs;
                let arguments = [to, gradient, a, b, c, layout, which, count, fresh];
                gpu.launch(&KERNELS, &name, threads, arguments)
            }
        }
    }

    /// The kernel for these shapes, and its threads.
    fn kernel(&self, name: String, count: usize, format: Format) -> (String, Threads) {
        match N == 2 && self.shapes.iter().all(|shape| *shape == self.shape) {
            true => (name + "_alike", Threads::wide(count, format)),
            false => (name, Threads::each(count)),
        }
    }

    /// The axes of the result, as few as tell them apart, and the steps of the inputs.
    fn table(&self) -> Result<Table> {
        let shapes: Vec<&Shape> = self.shapes.iter().collect();
        joint_axes(&self.shape, &shapes).ok_or_else(too_large)
    }
}

/// The number of axes, their sizes, then for each input its steps; neighboring axes that all inputs
/// go through in one stride are one.
fn joint_axes(shape: &Shape, inputs: &[&Shape]) -> Option<Table> {
    let rank = shape.rank();
    let steps: Vec<Vec<usize>> = inputs
        .iter()
        .map(|input| {
            let (mut step, missing) = (1, rank - input.rank());
            let mut steps = vec![0; rank];
            for axis in (0..input.rank()).rev() {
                steps[missing + axis] = if input[axis] == 1 { 0 } else { step };
                step *= input[axis];
            }
            steps
        })
        .collect();
    let mut axes: Vec<(usize, Vec<usize>)> = Vec::new();
    for axis in (0..rank).filter(|axis| shape[*axis] != 1) {
        let own: Vec<usize> = steps.iter().map(|steps| steps[axis]).collect();
        match axes.last_mut() {
            Some((size, last))
                if last
                    .iter()
                    .zip(&own)
                    .all(|(last, own)| *last == own * shape[axis]) =>
            {
                *size *= shape[axis];
                *last = own;
            }
            _ => axes.push((shape[axis], own)),
        }
    }
    let sizes = axes.iter().map(|(size, _)| *size);
    let steps = (0..inputs.len()).flat_map(|input| axes.iter().map(move |(_, steps)| steps[input]));
    Table::new([axes.len()].into_iter().chain(sizes).chain(steps))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_become_one_where_all_inputs_agree() {
        let shape = |dims: &[usize]| Shape::from(dims.to_vec());
        let table = |result: &[usize], inputs: &[&[usize]]| {
            let inputs: Vec<Shape> = inputs.iter().map(|dims| shape(dims)).collect();
            let inputs: Vec<&Shape> = inputs.iter().collect();
            joint_axes(&shape(result), &inputs).map(|table| table.0[..8].to_vec())
        };
        let same = table(&[2, 3, 4], &[&[2, 3, 4], &[2, 3, 4]]);
        assert_eq!(same, Some(vec![1, 24, 1, 1, 0, 0, 0, 0]));
        let bias = table(&[2, 3, 4], &[&[2, 3, 4], &[4]]);
        assert_eq!(bias, Some(vec![2, 6, 4, 4, 1, 0, 1, 0]));
        let number = table(&[2, 3], &[&[], &[2, 3]]);
        assert_eq!(number, Some(vec![1, 6, 0, 1, 0, 0, 0, 0]));
    }
}
