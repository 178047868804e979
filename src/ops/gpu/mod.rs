//! The kernels of operations on the GPU, each beside its own on the host in the folder above.

mod adjust;
mod attention;
pub(super) mod batch_normalization;
mod convolution;
pub(super) mod dense;
mod depthwise;
mod dropout;
mod each;
mod extremes;
mod glu;
mod implicit;
mod layout;
mod normalization;
mod normalize_rows;
mod parts;
mod penalty;
pub(crate) mod pictures;
mod pointwise;
mod pool;
mod products;
mod rearrange;
pub(super) mod recurrent;
pub(super) mod reduction;
mod reflection;
mod resample;
mod softmax;
mod standardize;
mod take;
mod teams;
mod weighted_sum;
mod windows;

pub(crate) use take::{is_kept_on, take_on};
pub(crate) use teams::teams;

use crate::Result;
use crate::device::{Argument, Buffer, Gpu};
use crate::tensor::bridge::GpuWanted;

/// `float*, int`: where a part of a gradient goes, null if nobody asks for it, and whether that is
/// fresh.
fn optional<'a>(wanted: Option<&'a mut GpuWanted>) -> [Argument<'a>; 2] {
    optional_as(Argument::Maybe, wanted)
}

/// The same for `Real*, int`.
fn optional_real<'a>(wanted: Option<&'a mut GpuWanted>) -> [Argument<'a>; 2] {
    optional_as(Argument::MaybeReal, wanted)
}

fn optional_as<'a>(
    argument: fn(Option<&'a Buffer>) -> Argument<'a>,
    wanted: Option<&'a mut GpuWanted>,
) -> [Argument<'a>; 2] {
    let fresh = wanted.as_ref().is_some_and(|wanted| wanted.fresh);
    let values = wanted.map(|wanted| &wanted.values);
    [argument(values), Argument::flag(fresh)]
}

/// Places and numbers of rows: buffers hold floats, which are exact for whole numbers below 2^24.
pub(crate) fn upload_places(gpu: &Gpu, places: impl Iterator<Item = usize>) -> Result<Buffer> {
    let places: Vec<f32> = places.map(|place| place as f32).collect();
    gpu.upload(&places)
}
