//! Bringing rows to one scale: the kernel of layer, group, root-mean-square and unit normalization.

use super::layout::PIECE;
use super::{pieces, vectorized};
use crate::device::Buffer;
use crate::ops::shared_work::{Parallel, ParallelJobs, ParallelSlice};
use crate::tensor::bridge::{Backpass, GpuOp, Op, Wanted, apply};
use crate::{Result, Tape, Tensor};

/// What a row is brought to scale by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum RowStatistics {
    /// Mean 0, and variance 1.
    MeanAndVariance,
    /// Variance 1; the mean stays in.
    Variance,
    /// A mean of the squares of 1.
    MeanSquare,
    /// A sum of the squares of 1.
    SumOfSquares,
}

/// Brings rows of `width` numbers to one scale, then multiplies by `gamma` and adds `beta`, which
/// have a number for each place of a row. `epsilon` is added to the statistic before its root is
/// taken; for the sum of squares, it is the smallest root.
pub(crate) fn normalize_rows(
    tape: &mut Tape,
    x: &Tensor,
    width: usize,
    statistics: RowStatistics,
    epsilon: f32,
    gamma: Option<&Tensor>,
    beta: Option<&Tensor>,
) -> Result<Tensor> {
    let op = NormalizeRows {
        width: width.max(1),
        statistics,
        epsilon,
        gamma: gamma.map(|_| 1),
        beta: beta.map(|_| 1 + usize::from(gamma.is_some())),
        rows: Vec::new(),
        measured: None,
    };
    let inputs: Vec<&Tensor> = [x].into_iter().chain(gamma).chain(beta).collect();
    apply(tape, op, &inputs, x.shape().clone())
}

pub(super) struct NormalizeRows {
    pub(super) width: usize,
    pub(super) statistics: RowStatistics,
    pub(super) epsilon: f32,
    /// Which inputs gamma and beta are.
    pub(super) gamma: Option<usize>,
    pub(super) beta: Option<usize>,
    /// Of each row, kept for the gradient.
    rows: Vec<Row>,
    /// The same on the GPU: the origin and the scale of each row.
    pub(super) measured: Option<Buffer>,
}

/// A row becomes `(x - center) * scale`.
#[derive(Clone, Copy, Default)]
struct Row {
    center: f32,
    scale: f32,
    /// What the statistic is measured from: the mean, or 0.
    origin: f32,
}

/// The sum of `f` over all places of a row, in many lanes at once.
#[inline(always)]
fn sum_of(width: usize, f: impl Fn(usize) -> f32) -> f32 {
    const LANES: usize = 16;
    let mut lanes = [0.0f32; LANES];
    let whole = width / LANES * LANES;
    for start in (0..whole).step_by(LANES) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum += f(start + lane);
        }
    }
    let rest: f32 = (whole..width).map(f).sum();
    lanes.iter().sum::<f32>() + rest
}

impl NormalizeRows {
    #[inline(always)]
    fn measure(&self, x: &[f32]) -> Row {
        use RowStatistics::{MeanAndVariance, SumOfSquares, Variance};
        let count = x.len() as f32;
        let centered = matches!(self.statistics, MeanAndVariance | Variance);
        let origin = if centered {
            sum_of(x.len(), |i| x[i]) / count
        } else {
            0.0
        };
        let squares = sum_of(x.len(), |i| (x[i] - origin) * (x[i] - origin));
        let scale = match self.statistics {
            SumOfSquares => (1.0 / squares.sqrt()).min(1.0 / self.epsilon),
            _ => 1.0 / (squares / count + self.epsilon).sqrt(),
        };
        let center = if self.statistics == MeanAndVariance {
            origin
        } else {
            0.0
        };
        Row {
            center,
            scale,
            origin,
        }
    }

    /// The gradient of a row's input, from that of its scaled numbers.
    #[inline(always)]
    fn give_back(&self, row: Row, x: &[f32], gradient: &[f32], to: &mut [f32], fresh: bool) {
        use RowStatistics::{MeanAndVariance, SumOfSquares};
        let width = x.len();
        let (x, gradient) = (&x[..width], &gradient[..width]);
        let count = width as f32;
        // How the scale depends on the inputs, and the center.
        let product = sum_of(width, |i| gradient[i] * (x[i] - row.center));
        let share = match self.statistics {
            SumOfSquares if row.scale >= 1.0 / self.epsilon => 0.0,
            SumOfSquares => 1.0,
            _ => 1.0 / count,
        };
        let slope = row.scale * row.scale * row.scale * product * share;
        let shift = match self.statistics {
            MeanAndVariance => row.scale * sum_of(width, |i| gradient[i]) / count,
            _ => 0.0,
        };
        for (i, to) in to[..width].iter_mut().enumerate() {
            let part = row.scale * gradient[i] - (x[i] - row.origin) * slope - shift;
            *to = if fresh { part } else { *to + part };
        }
    }

    fn rows_at_once(&self) -> usize {
        PIECE.div_ceil(self.width)
    }
}

impl Op for NormalizeRows {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let width = self.width;
        let mut rows = vec![Row::default(); output.len() / width];
        let gamma = self.gamma.map(|which| inputs[which]);
        let beta = self.beta.map(|which| inputs[which]);
        let many = self.rows_at_once();
        let pieces = output
            .par_chunks_mut(many * width)
            .zip(inputs[0].par_chunks(many * width))
            .zip(rows.par_chunks_mut(many));
        pieces.for_each(|((y, x), rows)| {
            vectorized(
                #[inline(always)]
                || {
                    let pairs = y.chunks_exact_mut(width).zip(x.chunks_exact(width));
                    for ((y, x), row) in pairs.zip(rows) {
                        *row = self.measure(x);
                        for (y, x) in y.iter_mut().zip(x) {
                            *y = (x - row.center) * row.scale;
                        }
                        if let Some(gamma) = gamma {
                            y.iter_mut().zip(gamma).for_each(|(y, gamma)| *y *= gamma);
                        }
                        if let Some(beta) = beta {
                            y.iter_mut().zip(beta).for_each(|(y, beta)| *y += beta);
                        }
                    }
                },
            );
        });
        self.rows = rows;
    }

    fn backward(&self, at: Backpass<'_>) {
        let (width, x) = (self.width, at.inputs[0]);
        let gradient = &*at.gradient;
        let gamma = self.gamma.map(|which| at.inputs[which]);
        if let Some(Some(wanted)) = self.gamma.map(|which| &mut at.wanted[which]) {
            self.sum_rows(gradient, wanted, |row, at| (x[at] - row.center) * row.scale);
        }
        if let Some(Some(wanted)) = self.beta.map(|which| &mut at.wanted[which]) {
            self.sum_rows(gradient, wanted, |_, _| 1.0);
        }
        let Some(wanted) = &mut at.wanted[0] else {
            return;
        };
        let (fresh, many) = (wanted.fresh, self.rows_at_once());
        let pieces = wanted
            .values
            .par_chunks_mut(many * width)
            .zip(x.par_chunks(many * width))
            .zip(gradient.par_chunks(many * width))
            .zip(self.rows.par_chunks(many));
        pieces.for_each(|(((to, x), gradient), rows)| {
            let mut scaled = vec![0.0; width];
            vectorized(
                #[inline(always)]
                || {
                    let pairs = to.chunks_exact_mut(width).zip(x.chunks_exact(width));
                    for (((to, x), gradient), row) in
                        pairs.zip(gradient.chunks_exact(width)).zip(rows)
                    {
                        let gradient = match gamma {
                            Some(gamma) => {
                                for ((to, g), gamma) in scaled.iter_mut().zip(gradient).zip(gamma) {
                                    *to = g * gamma;
                                }
                                &scaled
                            }
                            None => gradient,
                        };
                        self.give_back(*row, x, gradient, to, fresh);
                    }
                },
            );
        });
    }
}

impl NormalizeRows {
    /// Adds the sums over all rows of the gradient times `factor`, which is told the row and the
    /// place in the input.
    fn sum_rows(
        &self,
        gradient: &[f32],
        wanted: &mut Wanted<'_>,
        factor: impl Fn(Row, usize) -> f32 + Sync,
    ) {
        let width = self.width;
        let parts: Vec<Vec<f32>> = pieces(self.rows.len(), self.rows_at_once())
            .into_par_iter()
            .map(|piece| {
                let mut sums = vec![0.0; width];
                vectorized(
                    #[inline(always)]
                    || {
                        for i in piece {
                            let (row, start) = (self.rows[i], i * width);
                            let gradient = &gradient[start..start + width];
                            for (place, (sum, g)) in sums.iter_mut().zip(gradient).enumerate() {
                                *sum += g * factor(row, start + place);
                            }
                        }
                    },
                );
                sums
            });
        wanted.add_each(|i| parts.iter().map(|part| part[i]).sum());
    }
}
