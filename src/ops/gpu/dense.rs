//! Dense layers on the GPU: cuBLAS multiplies, kernels do what comes before and after.

use crate::Result;
use crate::device::{Argument, Buffer, Factor, Gpu, Product, Source, Target, Threads};
use crate::ops::dense::Dense;
use crate::ops::gpu::reduction::sum_columns;
use crate::tensor::bridge::{GpuBackpass, GpuOp, Reals};

const KERNELS: Source = Source {
    name: "dense",
    text: include_str!("dense.cu"),
};

impl GpuOp for Dense {
    fn reals(&self) -> Reals {
        Reals::WITH_WEIGHTS
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let product = Product {
            a: Factor::new(inputs[0]),
            b: Factor::new(inputs[1]),
            sizes: [output.len() / self.units, self.features, self.units],
            adds: false,
        };
        gpu.multiply(product, output, Target::ONE)?;
        bias_and_relu(gpu, output, inputs.get(2).copied(), self.units, self.relu)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let GpuBackpass {
            inputs,
            gradient,
            wanted,
            ..
        } = before_the_products(gpu, at, self.relu)?;
        let rows = gradient.len() / self.units;
        if let Some(kernel) = &mut wanted[1] {
            let product = Product {
                a: Factor::new(inputs[0]).turned(),
                b: Factor::new(gradient),
                sizes: [self.features, rows, self.units],
                adds: !kernel.fresh,
            };
            gpu.multiply(product, &mut kernel.values, Target::ONE)?;
        }
        if let Some(x) = &mut wanted[0] {
            let product = Product {
                a: Factor::new(gradient),
                b: Factor::new(inputs[1]).turned(),
                sizes: [rows, self.units, self.features],
                adds: !x.fresh,
            };
            gpu.multiply(product, &mut x.values, Target::ONE)?;
        }
        Ok(())
    }
}

/// What follows the products of a layer: adds `bias` to every row, then takes the relu, as asked.
pub(super) fn bias_and_relu(
    gpu: &Gpu,
    rows: &mut Buffer,
    bias: Option<&Buffer>,
    columns: usize,
    relu: bool,
) -> Result<()> {
    if bias.is_none() && !relu {
        return Ok(());
    }
    let (count, threads) = (rows.len(), Threads::wide(rows.len(), rows.format()));
    let arguments = [
        Argument::WriteReal(rows),
        Argument::MaybeReal(bias),
        Argument::Size(count),
        Argument::Word(columns as u32),
        Argument::flag(relu),
    ];
    gpu.launch(&KERNELS, "bias_and_relu", threads, arguments)
}

/// What comes before the products in the backward pass of a layer: the way through the relu, and the
/// gradient of the bias (input 2).
pub(super) fn before_the_products<'a>(
    gpu: &Gpu,
    at: GpuBackpass<'a>,
    relu: bool,
) -> Result<GpuBackpass<'a>> {
    if relu {
        mask_by_relu(gpu, at.gradient, at.output)?;
    }
    let Some(Some(bias)) = at.wanted.get_mut(2) else {
        return Ok(at);
    };
    // After a reshape there are others: each column must consist of whole ones.
    let of_columns = |columns: usize| columns.is_multiple_of(bias.values.len());
    match (!relu && at.balanced.is_some_and(of_columns), bias.fresh) {
        // The sums are known.
        (true, true) => gpu.clear(&mut bias.values)?,
        (true, false) => {}
        (false, _) => sum_columns(gpu, at.gradient, bias)?,
    }
    Ok(at)
}

/// Clears the gradient where the relu gave nothing.
fn mask_by_relu(gpu: &Gpu, gradient: &mut Buffer, output: &Buffer) -> Result<()> {
    let (count, threads) = (output.len(), Threads::wide(output.len(), output.format()));
    let arguments = [
        Argument::WriteReal(gradient),
        Argument::ReadReal(output),
        Argument::Size(count),
    ];
    gpu.launch(&KERNELS, "mask_by_relu", threads, arguments)
}
