//! Gated linear units.

use super::lanes::Lanes;
use super::sigmoid;
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{Error, Result, Shape, Tape, Tensor};

/// The first half of `axis` times the sigmoid of the second: half as many numbers.
///
/// Keras: `keras.ops.glu`.
///
/// Dauphin et al., "Language modeling with gated convolutional networks", 2016.
///
/// # Errors
/// When `x` has no such axis, or it cannot be halved.
pub fn glu(tape: &mut Tape, x: &Tensor, axis: isize) -> Result<Tensor> {
    let lanes = Lanes::new("glu", x, axis)?;
    let shape = glu_shape(x.shape(), axis)?;
    apply(tape, Glu { lanes }, &[x], shape)
}

/// The shape of [`glu`].
pub(crate) fn glu_shape(x: &Shape, axis: isize) -> Result<Shape> {
    let axis = x.axis(axis)?;
    let mut dims = x.to_vec();
    if !dims[axis].is_multiple_of(2) {
        return Err(Error::shape(format!(
            "`glu` halves an axis, but axis {axis} of shape {x} has the odd size {}",
            dims[axis]
        ))
        .remedy("give the layer before it an even number of units"));
    }
    dims[axis] /= 2;
    Ok(Shape::from(dims))
}

pub(super) struct Glu {
    pub(super) lanes: Lanes,
}

impl Op for Glu {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let half = self.lanes.half();
        let pairs = inputs[0].chunks_exact(2 * half);
        for (y, pair) in output.chunks_exact_mut(half).zip(pairs) {
            let (values, gates) = pair.split_at(half);
            for ((y, x), gate) in y.iter_mut().zip(values).zip(gates) {
                *y = x * sigmoid(*gate);
            }
        }
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(wanted) = &mut at.wanted[0] else {
            return;
        };
        let half = self.lanes.half();
        wanted.clear_if_fresh();
        let pairs = at.inputs[0].chunks_exact(2 * half);
        let to = wanted.values.chunks_exact_mut(2 * half);
        for ((to, pair), gradient) in to.zip(pairs).zip(at.gradient.chunks_exact(half)) {
            let (to_values, to_gates) = to.split_at_mut(half);
            let (values, gates) = pair.split_at(half);
            for (i, g) in gradient.iter().enumerate() {
                let s = sigmoid(gates[i]);
                to_values[i] += g * s;
                to_gates[i] += g * values[i] * s * (1.0 - s);
            }
        }
    }
}
