//! Differentiable operations, for layers: those here and those you write.
//!
//! Each function checks shapes, runs a kernel and, when the tape records, leaves its gradient
//! there. A family with big kernels is a folder: `mod.rs` checks, `cpu.rs` computes. Adding an
//! operation: write a struct with `forward` and `backward` (see `tensor::bridge::Op`), a function
//! that checks and calls `bridge::apply`, and a case in `tests/golden`.

mod activation;
mod batch_normalization;
mod conv2d;
mod denormal;
mod dense;
mod dropout;
mod exponential;
mod global_pool2d;
mod glu;
mod lanes;
mod matmul;
mod norm;
mod parallel;
mod pool2d;
mod softmax;
mod window;

pub(crate) use activation::elementwise;
pub use batch_normalization::{BatchStatistics, batch_normalization, batch_statistics};
pub(crate) use conv2d::conv2d_max_pool;
pub use conv2d::{Conv2DOptions, conv2d};
pub(crate) use denormal::{settled, settled_square};
pub use dense::dense;
pub use dropout::dropout;
pub(crate) use exponential::{exp, exp_m1, sigmoid, softplus, tanh};
pub use global_pool2d::{global_average_pool2d, global_max_pool2d};
pub use glu::glu;
pub(crate) use norm::sum_of_squares;
pub(crate) use parallel::{on_a_worker, pieces, vectorized};
pub use pool2d::{Pool, pool2d};
pub use softmax::{log_softmax, log_softmax_along, softmax, softmax_along, sparsemax};
pub(crate) use softmax::{log_sum_exp, softmax_row};
pub use window::Padding;
pub(crate) use window::window_output;
