//! Float elements in a flat dfdx tensor, read and written in place.

use dfdx::prelude::{Cpu, Tensor as DfdxTensor, TensorFromVec};

use crate::device::cpu;

/// A contiguous run of floats in dfdx storage; one variant for each kind of device.
#[derive(Clone)]
pub(super) enum Floats {
    Cpu(DfdxTensor<(usize,), f32, Cpu>),
}

impl Floats {
    /// Takes the vector without a copy.
    pub(super) fn from_vec(values: Vec<f32>) -> Floats {
        let len = values.len();
        Floats::Cpu(cpu().tensor_from_vec(values, (len,)))
    }

    pub(super) fn as_slice(&self) -> &[f32] {
        let Floats::Cpu(tensor) = self;
        let len = length(tensor);
        if len == 0 {
            return &[];
        }
        let first: &f32 = &tensor[[0]];
        // SAFETY: a rank-1 dfdx tensor made from a vector has stride 1 and owns `len` elements
        // that start at its first one; the borrow of `tensor` keeps them alive and unwritten. The
        // pointer comes from a reference to the first alone: dfdx lends nothing larger.
        unsafe { std::slice::from_raw_parts(first, len) }
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [f32] {
        let Floats::Cpu(tensor) = self;
        let len = length(tensor);
        if len == 0 {
            return &mut [];
        }
        // Indexing mutably makes dfdx copy storage that is shared.
        let first: &mut f32 = &mut tensor[[0]];
        // SAFETY: as in `as_slice`; the mutable borrow makes this the only access.
        unsafe { std::slice::from_raw_parts_mut(first, len) }
    }
}

fn length(tensor: &DfdxTensor<(usize,), f32, Cpu>) -> usize {
    use dfdx::prelude::HasShape;
    tensor.shape().0
}

/// A vector of `len` floats that holds whatever the memory held before.
///
/// Only for the buffers of kernels ([`Op`](super::bridge::Op)), which promise to write all of what
/// they are given before they read it; clearing it first would cost as much as the kernel.
pub(crate) fn unwritten(len: usize) -> Vec<f32> {
    let mut values = Vec::with_capacity(len);
    // SAFETY: the capacity is `len`, every bit pattern is an f32, and the caller (a kernel's
    // output buffer) writes every element before any is read.
    #[allow(clippy::uninit_vec)]
    unsafe {
        values.set_len(len);
    }
    values
}
