//! Which tensors of an operation may have fewer bits than floats.

use crate::device::Format;

/// Which tensors of an operation on the GPU are in the format of activations
/// ([`Gpu::format_of_activations`](crate::device::Gpu::format_of_activations)), all of them in the same.
#[derive(Clone, Copy)]
pub(crate) struct Reals {
    /// So many of the first inputs, and their gradients.
    activations: usize,
    /// Whether the other inputs are, too; their gradients are floats.
    weights: bool,
    /// Whether the output is, and its gradient.
    output: bool,
}

impl Reals {
    /// All tensors are floats.
    pub(crate) const NONE: Reals = Reals {
        activations: 0,
        weights: false,
        output: false,
    };
    /// No input is a weight.
    pub(crate) const ALL: Reals = Reals::activations(usize::MAX);
    /// All inputs are weights, which stay floats.
    pub(crate) const OUTPUT: Reals = Reals::activations(0);
    /// One input, and weights that it is multiplied with.
    pub(crate) const WITH_WEIGHTS: Reals = Reals {
        activations: 1,
        weights: true,
        output: true,
    };

    /// So many of the first inputs, and the output; the other inputs are floats.
    pub(crate) const fn activations(activations: usize) -> Reals {
        Reals {
            activations,
            weights: false,
            output: true,
        }
    }

    /// The format of the output, when that of activations is this one.
    pub(super) fn output(self, format: Format) -> Format {
        match self.output {
            true => format,
            false => Format::Float32,
        }
    }

    pub(super) fn input(self, which: usize, format: Format) -> Format {
        match self.weights || which < self.activations {
            true => format,
            false => Format::Float32,
        }
    }

    pub(super) fn gradient(self, which: usize, format: Format) -> Format {
        match which < self.activations {
            true => format,
            false => Format::Float32,
        }
    }
}
