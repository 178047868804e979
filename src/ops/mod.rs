//! Differentiable operations, for layers: those here and those you write.
//!
//! Each function checks shapes, runs a kernel and, when the tape records, leaves its gradient
//! there. A family with big kernels is a folder: `mod.rs` checks, `cpu.rs` computes. Adding an
//! operation: write a struct with `forward` and `backward` (see `tensor::bridge::Op`), a function
//! that checks and calls `bridge::apply`, and a case in `tests/golden`.

mod activation;
mod adjust;
mod arctan2;
mod arithmetic;
mod arrangement;
mod attention;
mod batch_normalization;
mod batched_matmul;
mod choice;
mod convolution;
mod denormal;
mod dense;
mod dropout;
mod einsum;
mod embedding;
pub(crate) mod exponential;
mod extremes;
mod functions;
mod glu;
pub(crate) mod gpu;
mod lanes;
mod layout;
mod matmul;
mod norm;
mod normalization;
mod normalize_rows;
mod parallel;
mod parts;
mod perspective;
mod philox;
pub(crate) mod pictures;
mod pixel_sources;
mod pointwise;
mod pool;
mod products;
mod recurrent;
mod reduction;
mod reflection;
mod resample;
pub(crate) mod shared_work;
mod softmax;
mod standardize;
mod step_parts;
mod weighted_sum;
mod window;

pub(crate) use activation::{Each, elementwise};
pub(crate) use adjust::{Adjustment, adjust};
pub use arctan2::arctan2;
pub use arithmetic::{add, divide, maximum, minimum, multiply, subtract};
pub use arrangement::{broadcast_to, transpose};
pub use attention::dot_product_attention;
pub(crate) use attention::{Attending, additive_scores, attend, attention_scores, combine};
pub(crate) use batch_normalization::{BatchNormalizing, moved_towards, normalize_batch};
pub use batch_normalization::{BatchStatistics, batch_normalization, batch_statistics};
pub(crate) use choice::parametric_relu;
pub use choice::where_;
pub use convolution::{Conv2DOptions, ConvOptions, conv, conv_transpose, conv2d, depthwise_conv};
pub(crate) use convolution::{conv2d_max_pool, transposed_axis};
pub(crate) use denormal::{settled, settled_square};
pub use dense::dense;
pub use dropout::dropout;
pub use einsum::einsum;
pub use embedding::embedding;
pub(crate) use exponential::{exp_m1, sigmoid, softplus, tanh};
pub use extremes::{max, min};
pub use functions::{abs, clip, exp, log, negative, power, rsqrt, sqrt, square};
pub use glu::glu;
pub(crate) use glu::glu_shape;
pub(crate) use matmul::{Matrix, MatrixMut, multiply_on_all_threads};
pub(crate) use norm::sum_of_squares;
pub(crate) use normalization::normalize_over;
pub use normalization::{layer_normalization, normalize, rms_normalization};
pub(crate) use normalize_rows::RowStatistics;
pub(crate) use parallel::{Instructions, on_a_worker, pieces, vectorized};
#[cfg(target_arch = "x86_64")]
pub(crate) use parallel::{with_avx2, with_avx512};
pub use parts::{concatenate, slice, split, stack};
pub use perspective::perspective_transform;
pub(crate) use perspective::{homography, perspective_origin};
pub use pixel_sources::FillMode;
pub(crate) use pixel_sources::{Between, Look, Origin, rearrange};
pub use pool::{
    Pool, adaptive_pool, global_average_pool2d, global_max_pool2d, global_pool,
    masked_average_pool, pool, pool2d,
};
pub use products::matmul;
pub use recurrent::{Recurrence, RecurrentOptions, gru, lstm, simple_rnn};
pub use reduction::{mean, sum, var};
pub(crate) use reflection::reflected;
pub use resample::{Interpolation, cropping, resize, up_sampling, zero_padding};
pub(crate) use resample::{Stretch, cropped, resize_part};
pub use softmax::{
    log_softmax, log_softmax_along, softmax, softmax_along, softmax_over, sparsemax,
};
pub(crate) use softmax::{log_sum_exp, softmax_row};
pub(crate) use standardize::{Standardization, standardize};
pub(crate) use step_parts::{choose, columns, reverse_steps, section, side_by_side};
pub(crate) use weighted_sum::weighted_sum;
pub use window::Padding;
pub(crate) use window::{axis_name, spatial_shape, window_output};
