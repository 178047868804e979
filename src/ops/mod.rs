//! Differentiable operations, for layers: those here and those you write.
//!
//! Each function checks shapes, runs a kernel and, when the tape records, leaves its gradient
//! there. A family with big kernels is a folder: `mod.rs` checks, `cpu.rs` computes. Adding an
//! operation: write a struct with `forward` and `backward` (see `tensor::bridge::Op`), a function
//! that checks and calls `bridge::apply`, and a case in `tests/golden`.

mod activation;
mod adjust;
mod batch_normalization;
mod conv2d;
mod denormal;
mod dense;
mod dropout;
mod global_pool2d;
mod matmul;
mod parallel;
mod pixel_sources;
mod pool2d;
mod softmax;
mod standardize;
mod weighted_sum;
mod window;

pub(crate) use activation::elementwise;
pub(crate) use adjust::{Adjustment, adjust};
pub use batch_normalization::{BatchStatistics, batch_normalization, batch_statistics};
pub(crate) use conv2d::conv2d_max_pool;
pub use conv2d::{Conv2DOptions, conv2d};
pub(crate) use denormal::{settled, settled_square};
pub use dense::dense;
pub use dropout::dropout;
pub use global_pool2d::{global_average_pool2d, global_max_pool2d};
pub(crate) use parallel::{on_a_worker, pieces, vectorized};
pub(crate) use pixel_sources::{Between, Look, Origin, rearrange};
pub use pixel_sources::{FillMode, PictureInterpolation};
pub use pool2d::{Pool, pool2d};
pub use softmax::{log_softmax, softmax};
pub(crate) use softmax::{log_sum_exp, softmax_row};
pub(crate) use standardize::{Standardization, standardize};
pub(crate) use weighted_sum::weighted_sum;
pub use window::Padding;
pub(crate) use window::window_output;
