//! The sum of single numbers: how a loss is put together from its parts.

use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{Result, Shape, Tape, Tensor};

/// The sum of `factor * number` over all pairs, where each number has shape `()`.
pub(crate) fn weighted_sum(tape: &mut Tape, parts: &[(Tensor, f32)]) -> Result<Tensor> {
    let numbers: Vec<&Tensor> = parts.iter().map(|(number, _)| number).collect();
    let factors = parts.iter().map(|(_, factor)| *factor).collect();
    apply(tape, WeightedSum { factors }, &numbers, Shape::from(()))
}

pub(super) struct WeightedSum {
    pub(super) factors: Vec<f32>,
}

impl Op for WeightedSum {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let products = inputs.iter().zip(&self.factors).map(|(x, f)| x[0] * f);
        output[0] = products.sum();
    }

    fn backward(&self, at: Backpass<'_>) {
        for (wanted, factor) in at.wanted.iter_mut().zip(&self.factors) {
            if let Some(wanted) = wanted {
                wanted.add_each(|_| at.gradient[0] * factor);
            }
        }
    }
}
