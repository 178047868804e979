//! Pictures that become mixtures of two of a batch.

use super::Patch;
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::ops::vectorized;
use crate::ops::window::pictures;
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{DType, Result, Tape, Tensor};

/// What a new picture has of its own and of its partner.
#[derive(Clone, Debug)]
pub(crate) enum Share {
    /// So much of each number is its own, from 0 to 1.
    Own(f32),
    /// All but this is its own.
    AllBut(Patch),
}

/// Mixes each picture with a partner; `partners` holds each picture once.
///
/// # Errors
/// When `x` holds no pictures.
pub(crate) fn mingle(
    tape: &mut Tape,
    x: &Tensor,
    partners: Vec<usize>,
    shares: Vec<Share>,
) -> Result<Tensor> {
    let [_, height, width, channels] = pictures("a mixture of pictures", x)?;
    let mut partner_of = vec![0; partners.len()];
    for (picture, &partner) in partners.iter().enumerate() {
        partner_of[partner] = picture;
    }
    let op = Mingle {
        picture: height * width * channels,
        width,
        channels,
        partners,
        partner_of,
        shares,
    };
    apply(tape, op, &[&x.astype(DType::Float32)], x.shape().clone())
}

pub(in crate::ops) struct Mingle {
    pub(in crate::ops) picture: usize,
    pub(in crate::ops) width: usize,
    pub(in crate::ops) channels: usize,
    pub(in crate::ops) partners: Vec<usize>,
    /// Whose partner each picture is.
    pub(in crate::ops) partner_of: Vec<usize>,
    pub(in crate::ops) shares: Vec<Share>,
}

impl Mingle {
    /// One of the pictures in `all`.
    fn one<'a>(&self, all: &'a [f32], index: usize) -> &'a [f32] {
        &all[index * self.picture..][..self.picture]
    }
}

impl Op for Mingle {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let this = &*self;
        let new = output.par_chunks_mut(this.picture).enumerate();
        new.for_each(|(index, new)| {
            let own = this.one(inputs[0], index);
            let other = this.one(inputs[0], this.partners[index]);
            match &this.shares[index] {
                Share::Own(share) => vectorized(
                    #[inline(always)]
                    || {
                        for ((new, own), other) in new.iter_mut().zip(own).zip(other) {
                            *new = share * own + (1.0 - share) * other;
                        }
                    },
                ),
                Share::AllBut(patch) => {
                    new.copy_from_slice(own);
                    for span in patch.spans(this.width, this.channels) {
                        new[span.clone()].copy_from_slice(&other[span]);
                    }
                }
            }
        });
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(x) = &mut at.wanted[0] else { return };
        x.clear_if_fresh();
        let gradients = &*at.gradient;
        let back = x.values.par_chunks_mut(self.picture).enumerate();
        back.for_each(|(index, back)| {
            let mut own = self.one(gradients, index).to_vec();
            match &self.shares[index] {
                Share::Own(share) => own.iter_mut().for_each(|own| *own *= share),
                Share::AllBut(patch) => {
                    for span in patch.spans(self.width, self.channels) {
                        own[span].fill(0.0);
                    }
                }
            }
            for (back, own) in back.iter_mut().zip(own) {
                *back += own;
            }
            let whose = self.partner_of[index];
            let other = self.one(gradients, whose);
            match &self.shares[whose] {
                Share::Own(share) => {
                    for (back, other) in back.iter_mut().zip(other) {
                        *back += (1.0 - share) * other;
                    }
                }
                Share::AllBut(patch) => {
                    for span in patch.spans(self.width, self.channels) {
                        for (back, other) in back[span.clone()].iter_mut().zip(&other[span]) {
                            *back += other;
                        }
                    }
                }
            }
        });
    }
}
