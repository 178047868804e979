//! How windows lie in what they slide over, as ONNX is told it.

use crate::Shape;
use crate::models::export::onnx::Attribute;
use crate::ops::Padding;

/// A window over the axes in space.
pub(super) struct Window<'a> {
    pub(super) size: &'a [usize],
    pub(super) strides: &'a [usize],
    pub(super) dilation: &'a [usize],
    pub(super) padding: Padding,
}

impl Window<'_> {
    /// How many cells a window reaches over along an axis.
    pub(super) fn reach(&self, axis: usize) -> usize {
        (self.size[axis] - 1) * self.dilation[axis] + 1
    }

    /// The arguments of a convolution or pooling of samples of shape `input`, channels last.
    pub(super) fn arguments(&self, input: &Shape) -> Vec<(&'static str, Attribute)> {
        let mut arguments = vec![
            ("kernel_shape", whole(self.size)),
            ("strides", whole(self.strides)),
        ];
        if self.dilation.iter().any(|&dilation| dilation != 1) {
            arguments.push(("dilations", whole(self.dilation)));
        }
        let axes = 0..self.size.len();
        let sizes: Vec<Option<usize>> = input.sizes().take(self.size.len()).collect();
        let pads: Option<Vec<[usize; 2]>> = axes.map(|axis| self.pad(axis, sizes[axis])).collect();
        match pads {
            Some(pads) if pads.iter().flatten().all(|&pad| pad == 0) => {}
            Some(pads) => {
                let before = pads.iter().map(|[before, _]| *before as i64);
                let after = pads.iter().map(|[_, after]| *after as i64);
                arguments.push(("pads", before.chain(after).collect::<Vec<_>>().into()));
            }
            None => arguments.push(("auto_pad", "SAME_UPPER".into())),
        }
        arguments
    }

    /// How many cells are padded before and behind an axis; none when that depends on a size that is
    /// open.
    fn pad(&self, axis: usize, size: Option<usize>) -> Option<[usize; 2]> {
        let (reach, stride) = (self.reach(axis), self.strides[axis]);
        let padded = match (self.padding, size) {
            (Padding::Valid, _) => return Some([0, 0]),
            (Padding::Causal, _) => return Some([reach - 1, 0]),
            (Padding::Same, _) if stride == 1 => reach - 1,
            (Padding::Same, Some(size)) => {
                let last = (size.div_ceil(stride) - 1) * stride;
                (last + reach).saturating_sub(size)
            }
            (Padding::Same, None) => return None,
        };
        Some([padded / 2, padded - padded / 2])
    }
}

/// Sizes as an argument.
pub(super) fn whole(sizes: &[usize]) -> Attribute {
    Attribute::Ints(sizes.iter().map(|&size| size as i64).collect())
}
