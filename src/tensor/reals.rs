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
    /// Whether the output is.
    output: bool,
    /// Whether next to nothing is computed: then the format is that of the inputs, if they agree.
    moves: bool,
}

impl Reals {
    /// All tensors are floats.
    pub(crate) const NONE: Reals = Reals {
        output: false,
        ..Reals::activations(0)
    };
    /// No input is a weight.
    pub(crate) const ALL: Reals = Reals::activations(usize::MAX);
    /// Numbers that come to other places, or between their neighbors.
    pub(crate) const MOVED: Reals = Reals {
        moves: true,
        ..Reals::ALL
    };
    /// Sums of many numbers, whose digits count.
    pub(crate) const INPUTS: Reals = Reals {
        output: false,
        ..Reals::ALL
    };
    /// The inputs have digits that count.
    pub(crate) const OUTPUT: Reals = Reals::activations(0);
    /// One input, and weights that it is multiplied with.
    pub(crate) const WITH_WEIGHTS: Reals = Reals {
        weights: true,
        ..Reals::activations(1)
    };

    /// So many of the first inputs, and the output; the other inputs are floats.
    pub(crate) const fn activations(activations: usize) -> Reals {
        Reals {
            activations,
            weights: false,
            output: true,
            moves: false,
        }
    }

    /// The format, when that of activations is this one, and those of the inputs these.
    pub(super) fn format(
        self,
        of_activations: Format,
        mut inputs: impl Iterator<Item = Format>,
    ) -> Format {
        if self.moves
            && let Some(first) = inputs.next()
            && inputs.all(|format| format == first)
        {
            return first;
        }
        match self.activations > 0 || self.output {
            true => of_activations,
            false => Format::Float32,
        }
    }

    /// That of the output, where the operation has this one.
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
