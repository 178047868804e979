//! Layer, group, root-mean-square and unit normalization on the GPU.

use super::normalization::{Columns, KERNELS};
use super::optional;
use super::teams::teams;
use crate::Result;
use crate::device::{Argument, Buffer, Gpu};
use crate::ops::normalize_rows::{NormalizeRows, RowStatistics};
use crate::tensor::bridge::{GpuBackpass, GpuOp, GpuWanted, Reals};

impl GpuOp for NormalizeRows {
    fn reals(&self) -> Reals {
        Reals::activations(1)
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let rows = output.len() / self.width;
        let mut measured = gpu.unwritten(2 * rows)?;
        let (threads, team) = teams(rows, self.width, 1);
        let weight = |which: Option<usize>| Argument::Maybe(which.map(|which| inputs[which]));
        let arguments = [
            Argument::WriteReal(output),
            Argument::Write(&mut measured),
            Argument::ReadReal(inputs[0]),
            weight(self.gamma),
            weight(self.beta),
            Argument::Whole(self.statistics as i32),
            Argument::Number(self.epsilon),
            Argument::Size(rows),
            Argument::Size(self.width),
            Argument::Word(team),
        ];
        gpu.launch(&KERNELS, "normalize_rows", threads, arguments)?;
        self.measured = Some(measured);
        Ok(())
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let Some(measured) = &self.measured else {
            return Ok(());
        };
        let (x, gradient) = (at.inputs[0], &*at.gradient);
        let rows = x.len() / self.width;
        let (of_x, of_weights) = at.wanted.split_at_mut(1);
        let mut weights = of_weights.iter_mut().map(Option::as_mut);
        let mut next = |which: Option<usize>| which.and_then(|_| weights.next()).flatten();
        let (of_gamma, of_beta) = (next(self.gamma), next(self.beta));
        if of_gamma.is_some() || of_beta.is_some() {
            let all = Columns::new(rows, self.width);
            let sum = |sums: Option<&mut GpuWanted>, products: Option<&mut GpuWanted>| {
                let ([sums, fresh], [products, fresh_products]) =
                    (optional(sums), optional(products));
                let [parts, lanes] = all.parts_and_lanes();
                let arguments = [
                    sums,
                    fresh,
                    products,
                    fresh_products,
                    Argument::ReadReal(gradient),
                    Argument::ReadReal(x),
                    Argument::Read(measured),
                    Argument::flag(self.statistics == RowStatistics::MeanAndVariance),
                    Argument::Size(rows),
                    Argument::Size(self.width),
                    parts,
                    lanes,
                ];
                gpu.launch(&KERNELS, "row_sums", all.threads(), arguments)
            };
            all.sum(gpu, of_beta, of_gamma, sum)?;
        }
        let Some(to) = &mut of_x[0] else {
            return Ok(());
        };
        let (threads, team) = teams(rows, self.width, 1);
        let arguments = [
            Argument::WriteReal(&mut to.values),
            Argument::ReadReal(gradient),
            Argument::ReadReal(x),
            Argument::Read(measured),
            Argument::Maybe(self.gamma.map(|gamma| at.inputs[gamma])),
            Argument::Whole(self.statistics as i32),
            Argument::Number(self.epsilon),
            Argument::Size(rows),
            Argument::Size(self.width),
            Argument::Word(team),
            Argument::flag(to.fresh),
        ];
        gpu.launch(&KERNELS, "row_slopes", threads, arguments)
    }
}
