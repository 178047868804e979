//! Differentiable operations, for layers: those here and those you write.
//!
//! Each function checks shapes, runs a kernel and, when the tape records, leaves its gradient
//! there. A family with big kernels is a folder: `mod.rs` checks, `cpu.rs` computes. Adding an
//! operation: write a struct with `forward` and `backward` (see `tensor::bridge::Op`), a function
//! that checks and calls `bridge::apply`, and a case in `tests/golden`.

mod activation;
mod arithmetic;
mod arrangement;
mod attention;
mod batch_normalization;
mod batched_matmul;
mod choice;
mod conv2d;
mod denormal;
mod dense;
mod dropout;
pub(crate) mod exponential;
mod extremes;
mod functions;
mod global_pool2d;
mod layout;
mod matmul;
mod normalization;
mod normalize_rows;
mod parallel;
mod parts;
mod pointwise;
mod pool2d;
mod products;
mod reduction;
mod softmax;
mod window;

pub(crate) use activation::elementwise;
pub use arithmetic::{add, divide, maximum, minimum, multiply, subtract};
pub use arrangement::{broadcast_to, transpose};
pub use attention::dot_product_attention;
pub(crate) use attention::{Attending, additive_scores, attend, attention_scores, combine};
pub use batch_normalization::{BatchStatistics, batch_normalization, batch_statistics};
pub(crate) use choice::parametric_relu;
pub use choice::where_;
pub(crate) use conv2d::conv2d_max_pool;
pub use conv2d::{Conv2DOptions, conv2d};
pub(crate) use denormal::{settled, settled_square};
pub use dense::dense;
pub use dropout::dropout;
pub(crate) use exponential::{exp_m1, sigmoid, softplus, tanh};
pub use extremes::{max, min};
pub use functions::{abs, clip, exp, log, negative, power, rsqrt, sqrt, square};
pub use global_pool2d::{global_average_pool2d, global_max_pool2d};
pub(crate) use normalization::normalize_over;
pub use normalization::{layer_normalization, normalize, rms_normalization};
pub(crate) use normalize_rows::RowStatistics;
pub(crate) use parallel::{on_a_worker, pieces, vectorized};
pub use parts::{concatenate, slice, split, stack};
pub use pool2d::{Pool, pool2d};
pub use products::matmul;
pub use reduction::{mean, sum, var};
pub use softmax::{log_softmax, softmax, softmax_over};
pub(crate) use softmax::{log_sum_exp, softmax_row};
pub use window::Padding;
pub(crate) use window::window_output;
