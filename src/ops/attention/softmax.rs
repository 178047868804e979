//! The softmax of attention scores, without what a query must not see.

use crate::ops::layout::{Layout, PIECE};
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::ops::{softmax_row, vectorized};
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{DType, Error, Result, Tape, Tensor};

/// What scores are multiplied by, and which of them count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attending {
    pub(crate) scale: f32,
    /// Whether a query sees no later keys.
    pub(crate) is_causal: bool,
    /// How far before and behind of itself a query sees: less than so many steps.
    pub(crate) window: Option<usize>,
    /// Whether a query that may see nothing gets weights of 0; otherwise it sees everything alike.
    pub(crate) zero_when_blind: bool,
}

impl Default for Attending {
    fn default() -> Self {
        Self {
            scale: 1.0,
            is_causal: false,
            window: None,
            zero_when_blind: false,
        }
    }
}

/// The softmax of `scores`, of shape `(batch, heads, queries, keys)`, over the keys that count.
pub(crate) fn attend(
    tape: &mut Tape,
    scores: &Tensor,
    mask: Option<&Tensor>,
    rules: Attending,
) -> Result<Tensor> {
    let mask = mask.map(|mask| mask.astype(DType::Float32).untracked());
    if let Some(mask) = &mask
        && mask.shape().broadcast(scores.shape()).ok().as_ref() != Some(scores.shape())
    {
        let error = format!(
            "a mask of shape {} does not broadcast to attention scores of shape {}",
            mask.shape(),
            scores.shape()
        );
        return Err(Error::shape(error)
            .remedy("it should be (batch, heads, queries, keys), with 1 where all are alike"));
    }
    let layout = |mask: &Tensor| Layout::broadcast(mask.shape(), scores.shape());
    let op = Attend {
        rules,
        mask: mask.as_ref().map(layout),
        queries: scores.shape()[scores.ndim() - 2],
        keys: scores.shape().last(),
    };
    let inputs: Vec<&Tensor> = [scores].into_iter().chain(&mask).collect();
    apply(tape, op, &inputs, scores.shape().clone())
}

pub(in crate::ops) struct Attend {
    pub(in crate::ops) rules: Attending,
    /// How the mask, the second input, lies under the scores.
    pub(in crate::ops) mask: Option<Layout>,
    pub(in crate::ops) queries: usize,
    pub(in crate::ops) keys: usize,
}

/// What Keras puts in the place of scores that do not count.
const BLOCKED: f32 = -1e9;

impl Attend {
    /// Writes for each key whether the query of row `row` sees it: 1 or 0.
    fn see(&self, inputs: &[&[f32]], row: usize, seen: &mut [f32]) {
        match &self.mask {
            Some(layout) => layout.gather(inputs[1], row * self.keys, seen),
            None => seen.fill(1.0),
        }
        let query = row % self.queries;
        if self.rules.is_causal {
            seen.iter_mut().skip(query + 1).for_each(|seen| *seen = 0.0);
        }
        if let Some(window) = self.rules.window {
            let first = (query + 1).saturating_sub(window).min(self.keys);
            seen[..first].fill(0.0);
            seen.iter_mut()
                .skip(query.saturating_add(window))
                .for_each(|seen| *seen = 0.0);
        }
    }

    fn sees_all(&self) -> bool {
        self.mask.is_none() && !self.rules.is_causal && self.rules.window.is_none()
    }

    fn rows_at_once(&self) -> usize {
        (PIECE / 8).div_ceil(self.keys)
    }
}

impl Op for Attend {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let (keys, scale, many) = (self.keys, self.rules.scale, self.rows_at_once());
        let groups = output
            .par_chunks_mut(many * keys)
            .zip(inputs[0].par_chunks(many * keys));
        groups.enumerate().for_each(|(group, (y, x))| {
            let (mut seen, mut scaled) = (vec![1.0; keys], vec![0.0; keys]);
            let rows = y.chunks_exact_mut(keys).zip(x.chunks_exact(keys));
            for (row, (y, x)) in rows.enumerate() {
                if !self.sees_all() {
                    self.see(inputs, group * many + row, &mut seen);
                }
                vectorized(
                    #[inline(always)]
                    || {
                        for ((to, x), seen) in scaled.iter_mut().zip(x).zip(&seen) {
                            *to = if *seen != 0.0 { x * scale } else { BLOCKED };
                        }
                    },
                );
                softmax_row(&scaled, y);
                if self.rules.zero_when_blind && seen.iter().all(|seen| *seen == 0.0) {
                    y.fill(0.0);
                }
            }
        });
    }

    fn backward(&self, at: Backpass<'_>) {
        let Some(wanted) = &mut at.wanted[0] else {
            return;
        };
        let (keys, scale, fresh) = (self.keys, self.rules.scale, wanted.fresh);
        let (y, gradient) = (at.output, &*at.gradient);
        let many = self.rows_at_once();
        let groups = wanted.values.par_chunks_mut(many * keys).enumerate();
        groups.for_each(|(group, to)| {
            let mut seen = vec![1.0; keys];
            for (row, to) in to.chunks_exact_mut(keys).enumerate() {
                let row = group * many + row;
                if !self.sees_all() {
                    self.see(at.inputs, row, &mut seen);
                }
                let (y, g) = (&y[row * keys..][..keys], &gradient[row * keys..][..keys]);
                vectorized(
                    #[inline(always)]
                    || {
                        let mut lanes = [0.0f32; 16];
                        for (y, g) in y.chunks(16).zip(g.chunks(16)) {
                            for (lane, (y, g)) in lanes.iter_mut().zip(y.iter().zip(g)) {
                                *lane += y * g;
                            }
                        }
                        let dot: f32 = lanes.iter().sum();
                        let slopes = y.iter().zip(g).zip(&seen);
                        for (to, ((y, g), seen)) in to.iter_mut().zip(slopes) {
                            let part = if *seen != 0.0 {
                                scale * y * (g - dot)
                            } else {
                                0.0
                            };
                            *to = if fresh { part } else { *to + part };
                        }
                    },
                );
            }
        });
    }
}
