//! Convolutions with too many windows to write down: cuDNN finds them in the pictures as it
//! multiplies.

use super::dense::bias_and_relu;
use crate::Result;
use crate::device::{Buffer, Geometry, Gpu, Pass};
use crate::ops::convolution::Patches;
use crate::ops::layout::Layout;
use crate::ops::window::WindowAxis;
use crate::tensor::bridge::GpuWanted;

/// A convolution that cuDNN knows: of pictures whose windows have `filters` numbers beside them.
pub(super) struct Implicit {
    geometry: Geometry,
    cells: usize,
    filters: usize,
}

impl Implicit {
    /// None for volumes, for groups, and for pictures that are padded more after than before.
    pub(super) fn new(patches: &Patches, pictures: usize, filters: usize) -> Option<Implicit> {
        /// What cuDNN counts is below this.
        const COUNTABLE: usize = 1 << 31;
        let [planes, axes @ ..] = &patches.axes;
        let is_flat = (planes.input, planes.size, planes.output) == (1, 1, 1);
        let sizes = [
            pictures.saturating_mul(patches.picture()),
            pictures.saturating_mul(patches.places() * filters),
            patches.cells() * filters,
        ];
        if patches.groups != 1
            || !is_flat
            || !axes.iter().all(is_regular)
            || sizes.iter().any(|size| *size >= COUNTABLE)
        {
            return None;
        }
        let pair = |number: fn(&WindowAxis) -> usize| {
            let [height, width] = axes.each_ref().map(number);
            Some([i32::try_from(height).ok()?, i32::try_from(width).ok()?])
        };
        let geometry = Geometry {
            pictures: i32::try_from(pictures).ok()?,
            channels: i32::try_from(patches.channels).ok()?,
            filters: i32::try_from(filters).ok()?,
            input: pair(|axis| axis.input)?,
            output: pair(|axis| axis.output)?,
            kernel: pair(|axis| axis.size)?,
            strides: pair(|axis| axis.stride)?,
            dilation: pair(|axis| axis.dilation)?,
            padding: pair(|axis| axis.before)?,
        };
        Some(Implicit {
            geometry,
            cells: patches.cells(),
            filters,
        })
    }

    /// What lies beside the windows; `false` when cuDNN cannot, here as below.
    pub(super) fn multiply(
        &self,
        gpu: &Gpu,
        pictures: &Buffer,
        kernel: &Buffer,
        (to, adds): (&mut Buffer, bool),
    ) -> Result<bool> {
        let kernels = self.filters_first(gpu, kernel)?;
        let from = [pictures, &kernels];
        gpu.convolve(&self.geometry, Pass::Forward, &from, to, adds)
    }

    /// As [`multiply`](Self::multiply), and what follows in a layer.
    pub(super) fn layer(
        &self,
        gpu: &Gpu,
        pictures: &Buffer,
        kernel: &Buffer,
        (bias, relu): (Option<&Buffer>, bool),
        to: &mut Buffer,
    ) -> Result<bool> {
        let kernels = self.filters_first(gpu, kernel)?;
        let convolve = |pass, from: &[&Buffer], to: &mut Buffer| {
            gpu.convolve(&self.geometry, pass, from, to, false)
        };
        if let Some(bias) = bias {
            let from = [pictures, &kernels, bias];
            if convolve(Pass::ForwardWithBias { relu }, &from, to)? {
                return Ok(true);
            }
        }
        let is_done = convolve(Pass::Forward, &[pictures, &kernels], to)?;
        if is_done {
            bias_and_relu(gpu, to, bias, self.filters, relu)?;
        }
        Ok(is_done)
    }

    /// The pictures, from what lies beside their windows.
    pub(super) fn multiply_back(
        &self,
        gpu: &Gpu,
        beside: &Buffer,
        kernel: &Buffer,
        (to, adds): (&mut Buffer, bool),
    ) -> Result<bool> {
        let kernels = self.filters_first(gpu, kernel)?;
        let from = [beside, &kernels];
        gpu.convolve(&self.geometry, Pass::BackwardData, &from, to, adds)
    }

    /// The kernel's gradient.
    pub(super) fn multiply_for_kernel(
        &self,
        gpu: &Gpu,
        pictures: &Buffer,
        beside: &Buffer,
        kernel: &mut GpuWanted,
    ) -> Result<bool> {
        let mut kernels = gpu.unwritten_as(pictures.format(), kernel.values.len())?;
        let from = [pictures, beside];
        let is_done = gpu.convolve(
            &self.geometry,
            Pass::BackwardFilter,
            &from,
            &mut kernels,
            false,
        )?;
        if is_done {
            let turned = Layout::new(&[self.cells, self.filters], &[1, self.cells], 0);
            turned.gather_on(gpu, &kernels, 1.0, kernel)?;
        }
        Ok(is_done)
    }

    /// A kernel, whose last axis are the filters, as cuDNN wants it.
    fn filters_first(&self, gpu: &Gpu, kernel: &Buffer) -> Result<Buffer> {
        let mut turned = gpu.unwritten_as(kernel.format(), kernel.len())?;
        let layout = Layout::new(&[self.filters, self.cells], &[1, self.filters], 0);
        layout.gather_all_on(gpu, kernel, &mut turned)?;
        Ok(turned)
    }
}

/// Whether padding as much after an axis as before it gives these places, and no more.
fn is_regular(axis: &WindowAxis) -> bool {
    let padded = axis.before.saturating_mul(2).saturating_add(axis.input);
    let reach = (axis.size - 1).saturating_mul(axis.dilation);
    padded > reach && (padded - reach - 1) / axis.stride + 1 == axis.output
}
