//! Products of stacks of matrices on the GPU.

use super::reduction::{self, How};
use crate::device::{self, Buffer, Gpu, Product, Target};
use crate::ops::batched_matmul::Matrices;
use crate::ops::layout::{Layout, steps_of};
use crate::ops::products::Products;
use crate::ops::reduction::runs;
use crate::tensor::bridge::{GpuBackpass, GpuOp, Reals};
use crate::{Result, Shape};

impl GpuOp for Products {
    fn reals(&self) -> Reals {
        match self.b_transposed {
            // The scores of attention, of which a softmax sees every digit.
            true => Reals::INPUTS,
            false => Reals::ALL,
        }
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let a = Factor::new(inputs[0], &self.a);
        let b = Factor {
            turned: self.b_transposed,
            ..Factor::new(inputs[1], &self.b)
        };
        multiply_each(gpu, &self.batches, (output, &self.out), false, a, b)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let gradient = Factor::new(at.gradient, &self.out);
        let [of_a, of_b] = at.wanted else {
            return Ok(());
        };
        if let Some(wanted) = of_a {
            let b = Factor {
                turned: !self.b_transposed,
                ..Factor::new(at.inputs[1], &self.b)
            };
            let out = (&mut wanted.values, &self.a);
            multiply_each(gpu, &self.batches, out, !wanted.fresh, gradient, b)?;
        }
        if let Some(wanted) = of_b {
            let a = Factor::new(at.inputs[0], &self.a);
            let (left, right) = match self.b_transposed {
                true => (gradient, a),
                false => (a, gradient),
            };
            let left = Factor {
                turned: true,
                ..left
            };
            let out = (&mut wanted.values, &self.b);
            multiply_each(gpu, &self.batches, out, !wanted.fresh, left, right)?;
        }
        Ok(())
    }
}

/// As the one of `batched_matmul.rs`.
#[derive(Clone, Copy)]
struct Factor<'a> {
    values: &'a Buffer,
    matrices: &'a Matrices,
    turned: bool,
}

impl<'a> Factor<'a> {
    fn new(values: &'a Buffer, matrices: &'a Matrices) -> Factor<'a> {
        Factor {
            values,
            matrices,
            turned: false,
        }
    }

    fn for_product(self, start: usize, step: usize) -> device::Factor<'a> {
        device::Factor {
            values: self.values,
            start,
            row_step: self.matrices.row_step,
            step,
            turned: self.turned,
        }
    }
}

/// `out = a · b`, or `out += a · b`, for every position along the batch axes. Matrices of `out` that
/// are shared take the sum of their products.
fn multiply_each(
    gpu: &Gpu,
    batches: &[usize],
    out: (&mut Buffer, &Matrices),
    adds: bool,
    a: Factor<'_>,
    b: Factor<'_>,
) -> Result<()> {
    /// Fewer launches than it takes to bring matrices into another order.
    const FEW: usize = 3;
    let (to, matrices) = out;
    let inner = match a.turned {
        true => a.matrices.rows,
        false => a.matrices.columns,
    };
    if inner == 0 {
        return if adds { Ok(()) } else { gpu.clear(to) };
    }
    if matrices.are_shared(batches) {
        return sum_products(gpu, batches, (to, matrices), adds, a, b);
    }
    let axes = joint_axes(batches, [matrices, a.matrices, b.matrices]);
    let (longest, others) = split_longest(axes);
    let launches: usize = others.iter().map(|axis| axis.size).product();
    if launches > FEW {
        for (which, factor) in [a, b].into_iter().enumerate() {
            if let Some(packed) = factor.matrices.packed(batches) {
                let mut values = gpu.unwritten_as(factor.values.format(), packed.count(batches))?;
                let layout = factor.matrices.layout(batches);
                layout.gather_all_on(gpu, factor.values, &mut values)?;
                let factor = Factor {
                    values: &values,
                    matrices: &packed,
                    ..factor
                };
                let (a, b) = if which == 0 { (factor, b) } else { (a, factor) };
                return multiply_each(gpu, batches, (to, matrices), adds, a, b);
            }
        }
        if let Some(packed) = matrices.packed(batches) {
            let mut values = gpu.unwritten_as(to.format(), packed.count(batches))?;
            multiply_each(gpu, batches, (&mut values, &packed), false, a, b)?;
            return matrices.layout(batches).scatter_on(gpu, &values, to, adds);
        }
    }
    for launch in 0..launches {
        let [start, of_a, of_b] = starts(&others, launch);
        let product = Product {
            a: a.for_product(of_a, longest.steps[1]),
            b: b.for_product(of_b, longest.steps[2]),
            sizes: [matrices.rows, inner, matrices.columns],
            adds,
        };
        let target = Target {
            start,
            row_step: matrices.row_step,
            step: longest.steps[0],
            count: longest.size,
        };
        gpu.multiply(product, to, target)?;
    }
    Ok(())
}

/// The products as if nothing were shared, then their sums.
fn sum_products(
    gpu: &Gpu,
    batches: &[usize],
    (to, matrices): (&mut Buffer, &Matrices),
    adds: bool,
    a: Factor<'_>,
    b: Factor<'_>,
) -> Result<()> {
    let all = Matrices {
        steps: vec![1; batches.len()],
        ..matrices.clone()
    };
    let all = all.contiguous(batches);
    let mut products = gpu.unwritten(all.count(batches))?;
    multiply_each(gpu, batches, (&mut products, &all), false, a, b)?;
    let shape = |matrices: &Matrices| Shape::from(matrices.own_sizes(batches));
    let runs = runs(&shape(&all), &shape(matrices));
    let Some(packed) = matrices.packed(batches) else {
        return reduction::reduce(gpu, &runs, &products, How::Sum, 1.0, to, !adds);
    };
    let mut sums = gpu.unwritten_as(to.format(), packed.count(batches))?;
    reduction::reduce(gpu, &runs, &products, How::Sum, 1.0, &mut sums, true)?;
    matrices.layout(batches).scatter_on(gpu, &sums, to, adds)
}

impl Matrices {
    /// The sizes of all axes, those of size 1 where matrices are shared.
    fn own_sizes(&self, batches: &[usize]) -> Vec<usize> {
        let axes = batches.iter().zip(&self.steps);
        let own = axes.map(|(&size, &step)| if step == 0 { 1 } else { size });
        own.chain([self.rows, self.columns]).collect()
    }

    /// How many numbers these are.
    fn count(&self, batches: &[usize]) -> usize {
        self.own_sizes(batches).iter().product()
    }

    /// The numbers where they lie, for an order without gaps.
    fn layout(&self, batches: &[usize]) -> Layout {
        let steps: Vec<usize> = self
            .steps
            .iter()
            .copied()
            .chain([self.row_step, 1])
            .collect();
        Layout::new(&self.own_sizes(batches), &steps, 0)
    }

    /// The same without gaps, in the order of the batch axes.
    fn contiguous(&self, batches: &[usize]) -> Matrices {
        let sizes = self.own_sizes(batches);
        let steps = self.steps.iter().zip(steps_of(&sizes));
        Matrices {
            row_step: self.columns,
            steps: steps
                .map(|(&old, new)| if old == 0 { 0 } else { new })
                .collect(),
            ..*self
        }
    }

    /// As [`contiguous`](Self::contiguous); none when these are.
    fn packed(&self, batches: &[usize]) -> Option<Matrices> {
        let packed = self.contiguous(batches);
        let mut axes = batches.iter().zip(self.steps.iter().zip(&packed.steps));
        let is_so = axes.all(|(&size, (old, new))| size == 1 || old == new);
        (!is_so || self.row_step != packed.row_step).then_some(packed)
    }
}

/// A batch axis, and how far apart its neighbors are in the result, in `a` and in `b`.
#[derive(Clone, Copy)]
struct Axis {
    size: usize,
    steps: [usize; 3],
}

/// The batch axes; neighboring ones are one where all three go through both in one stride.
fn joint_axes(batches: &[usize], matrices: [&Matrices; 3]) -> Vec<Axis> {
    let mut axes: Vec<Axis> = Vec::new();
    for (i, &size) in batches.iter().enumerate().filter(|(_, size)| **size != 1) {
        let steps = matrices.map(|matrices| matrices.steps[i]);
        match axes.last_mut() {
            Some(last) if last.steps == steps.map(|step| step * size) => {
                *last = Axis {
                    size: last.size * size,
                    steps,
                };
            }
            _ => axes.push(Axis { size, steps }),
        }
    }
    axes
}

/// The longest axis, which one launch goes through, and the others.
fn split_longest(mut axes: Vec<Axis>) -> (Axis, Vec<Axis>) {
    let longest = (0..axes.len()).max_by_key(|&i| axes[i].size);
    let one = Axis {
        size: 1,
        steps: [0; 3],
    };
    (longest.map_or(one, |i| axes.remove(i)), axes)
}

/// Where the matrices of position `index` along the axes begin.
fn starts(axes: &[Axis], mut index: usize) -> [usize; 3] {
    let mut starts = [0; 3];
    for axis in axes.iter().rev() {
        let at = index % axis.size;
        index /= axis.size;
        for (start, step) in starts.iter_mut().zip(axis.steps) {
            *start += at * step;
        }
    }
    starts
}
