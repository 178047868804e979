//! A recurrent cell: what it computes in a step, and what its steps leave for the way back.

use std::ops::Range;

use super::product::Packed;

/// What a cell computes in a step.
///
/// Gates of a row lie side by side: `gates()` times `units` numbers.
pub(in crate::ops) trait Cell: Sync + 'static {
    /// How many gates the kernels have.
    fn gates(&self) -> usize;

    /// How many states go from step to step: 1 (the output), or 2.
    fn states(&self) -> usize;

    /// Numbers for each unit that a step keeps for the way back, besides its gates.
    fn kept(&self) -> usize {
        0
    }

    /// How many rows the bias has: 2 when the recurrent kernel has one of its own.
    fn bias_rows(&self) -> usize {
        1
    }

    /// Its name in `gpu/recurrent.cu`.
    fn gpu_kernel(&self) -> &'static str;

    /// Whether its last gate sees the output before only after another gate has reset it.
    fn resets_output(&self) -> bool {
        false
    }

    /// The recurrent kernel, laid out for the steps.
    fn packed(&self, recurrent_kernel: &[f32], units: usize) -> Vec<Packed>;

    /// The same, transposed, for the way back.
    fn packed_transposed(&self, recurrent_kernel: &[f32], units: usize) -> Vec<Packed>;

    /// Computes the states after a step; `gates` hold the input times the kernel, and in the end
    /// what the way back needs.
    fn step(&self, packed: &[Packed], bias: Option<&[f32]>, step: Step<'_>);

    /// Turns the gradient of the states after a step into that of the states before it, and the
    /// gates into their gradient.
    fn step_back(&self, packed: &[Packed], step: StepBack<'_>);

    /// The gradient of the recurrent kernel, from the gradients of all steps.
    fn recurrent_gradient(&self, part: &Part, sizes: Sizes, to: &mut [f32]);

    /// The gradient of the bias, the same way.
    fn bias_gradient(&self, part: &Part, sizes: Sizes, to: &mut [f32]);
}

/// One step of some sequences.
pub(in crate::ops) struct Step<'a> {
    pub(super) rows: usize,
    pub(super) units: usize,
    pub(super) gates: &'a mut [f32],
    pub(super) kept: &'a mut [f32],
    pub(super) before: [&'a [f32]; 2],
    pub(super) after: [&'a mut [f32]; 2],
}

/// The way back through one step.
pub(in crate::ops) struct StepBack<'a> {
    pub(super) rows: usize,
    pub(super) units: usize,
    pub(super) gates: &'a mut [f32],
    pub(super) kept: &'a mut [f32],
    pub(super) before: [&'a [f32]; 2],
    pub(super) after: [&'a [f32]; 2],
    pub(super) gradient: [&'a mut [f32]; 2],
}

#[derive(Clone, Copy, Debug)]
pub(in crate::ops) struct Sizes {
    pub(in crate::ops) batch: usize,
    pub(in crate::ops) steps: usize,
    pub(in crate::ops) features: usize,
    pub(in crate::ops) units: usize,
}

/// The sequences of one thread, and what their steps left: all of shape `(steps, rows, ..)`.
pub(in crate::ops) struct Part {
    pub(super) rows: Range<usize>,
    pub(super) x: Vec<f32>,
    pub(super) gates: Vec<f32>,
    pub(super) kept: Vec<f32>,
    /// With the ones before the first step, so one more than steps.
    pub(super) states: [Vec<f32>; 2],
}

impl Part {
    /// How many rows all steps have together.
    pub(super) fn all_rows(&self, sizes: Sizes) -> usize {
        self.rows.len() * sizes.steps
    }
}
