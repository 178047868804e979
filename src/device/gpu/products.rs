//! Matrix products by cuBLAS, and convolutions by cuDNN.

use std::ffi::c_void;

use cudarc::cublas::result::gemm_strided_batched_ex;
use cudarc::cublas::sys::cublasOperation_t::{CUBLAS_OP_N, CUBLAS_OP_T};
use cudarc::cublas::sys::{cublasComputeType_t, cublasGemmAlgo_t, cudaDataType};

use super::super::gpu_error::no_product;
use super::super::precision::{Format, Precision};
use super::super::work::{Factor, Geometry, Pass, Product, Target};
use super::cudnn::Convolutions;
use super::{Buffer, Gpu};
use crate::{Error, ErrorKind, Result};

impl Gpu {
    /// Computes products into `to`. Sizes and steps must stay within the buffers: nothing checks
    /// that.
    pub(crate) fn multiply(
        &self,
        product: Product<'_>,
        to: &mut Buffer,
        target: Target,
    ) -> Result<()> {
        let [rows, inner, columns] = product.sizes;
        if rows * columns * target.count == 0 {
            return Ok(());
        }
        let number = |size: usize| {
            i32::try_from(size).map_err(|_| {
                let what = format!("a matrix with {size} rows is too large for the GPU");
                Error::new(ErrorKind::Device, what)
            })
        };
        let (m, n, k) = (number(columns)?, number(rows)?, number(inner)?);
        let row_step = |factor: &Factor<'_>, rows: usize, columns: usize| {
            let tight = if factor.turned { rows } else { columns };
            number(if factor.row_step == 0 {
                tight
            } else {
                factor.row_step
            })
        };
        let turn = |factor: &Factor<'_>| match factor.turned {
            true => CUBLAS_OP_T,
            false => CUBLAS_OP_N,
        };
        let at = |buffer: &Buffer, start: usize| {
            self.address(buffer) + (buffer.format().bytes() * start) as u64
        };
        let (alpha, beta) = (1.0f32, if product.adds { 1.0f32 } else { 0.0 });
        let (a, b) = (&product.a, &product.b);
        if a.values.format() != b.values.format() {
            let what = "the factors of a matrix product are of two formats";
            return Err(Error::new(ErrorKind::Device, what));
        }
        let (kind, kind_of_result) = (kind(b.values.format()), kind(to.format()));
        let computing = compute_type(b.values.format(), Precision::current());
        self.context
            .bind_to_thread()
            .map_err(|error| self.refused("a matrix product", error))?;
        // cuBLAS has columns where these have rows: it multiplies the turned matrices.
        // SAFETY: the caller's promise; the scalars outlive the call.
        unsafe {
            gemm_strided_batched_ex(
                *self.blas.handle(),
                turn(b),
                turn(a),
                m,
                n,
                k,
                std::ptr::from_ref(&alpha).cast(),
                at(b.values, b.start) as *const c_void,
                kind,
                row_step(b, inner, columns)?,
                b.step as i64,
                at(a.values, a.start) as *const c_void,
                kind,
                row_step(a, rows, inner)?,
                a.step as i64,
                std::ptr::from_ref(&beta).cast(),
                at(to, target.start) as *mut c_void,
                kind_of_result,
                if target.row_step == 0 {
                    m
                } else {
                    number(target.row_step)?
                },
                target.step as i64,
                number(target.count)?,
                computing,
                cublasGemmAlgo_t::CUBLAS_GEMM_DEFAULT,
            )
        }
        .map_err(no_product)
    }

    /// A pass of a convolution by cuDNN, from tensors to another, or onto what it `adds` to.
    /// `false`, and nothing has happened, where cuDNN is not installed or has no way for this. The
    /// tensors must have the sizes of the geometry: nothing checks that.
    pub(crate) fn convolve(
        &self,
        geometry: &Geometry,
        pass: Pass,
        from: &[&Buffer],
        to: &mut Buffer,
        adds: bool,
    ) -> Result<bool> {
        self.context
            .bind_to_thread()
            .map_err(|error| self.refused("a convolution", error))?;
        let convolutions = self
            .convolutions
            .get_or_init(|| Convolutions::open(&self.stream));
        match convolutions {
            Some(convolutions) => convolutions.compute(self, geometry, pass, from, to, adds),
            None => Ok(false),
        }
    }
}

fn kind(format: Format) -> cudaDataType {
    match format {
        Format::Float32 => cudaDataType::CUDA_R_32F,
        Format::Bfloat16 => cudaDataType::CUDA_R_16BF,
        Format::Float16 => cudaDataType::CUDA_R_16F,
    }
}

/// How products of such factors are computed.
fn compute_type(factors: Format, precision: Precision) -> cublasComputeType_t {
    match (factors, precision) {
        (Format::Float32, Precision::TensorFloat32) => {
            cublasComputeType_t::CUBLAS_COMPUTE_32F_FAST_TF32
        }
        (Format::Float32, Precision::MixedBfloat16) => {
            cublasComputeType_t::CUBLAS_COMPUTE_32F_FAST_16BF
        }
        (Format::Float32, Precision::MixedFloat16) => {
            cublasComputeType_t::CUBLAS_COMPUTE_32F_FAST_16F
        }
        _ => cublasComputeType_t::CUBLAS_COMPUTE_32F,
    }
}
