//! Scores of additive attention, without an array of all queries, keys and features.

use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::ops::{tanh, vectorized};
use crate::tensor::bridge::{Backpass, GpuOp, Op, apply};
use crate::{Error, Result, Shape, Tape, Tensor};

/// `sum(scale * tanh(query + key))` over the features, for every query and every key.
///
/// `query` is `(batch, queries, width)`, `key` `(batch, keys, width)`, `scale` `(width,)`; the
/// result is `(batch, queries, keys)`.
pub(crate) fn additive_scores(
    tape: &mut Tape,
    query: &Tensor,
    key: &Tensor,
    scale: Option<&Tensor>,
) -> Result<Tensor> {
    let ([batch, queries, width], [batch_k, keys, width_k]) =
        (query.shape().dims(), key.shape().dims())
    else {
        return Err(misfit(query, key));
    };
    if batch != batch_k || width != width_k {
        return Err(misfit(query, key));
    }
    let op = Additive {
        queries: *queries,
        keys: *keys,
        width: *width,
    };
    let inputs: Vec<&Tensor> = [query, key].into_iter().chain(scale).collect();
    apply(tape, op, &inputs, Shape::from((*batch, *queries, *keys)))
}

fn misfit(query: &Tensor, key: &Tensor) -> Error {
    Error::shape(format!(
        "`query` and `key` of an attention do not fit: shapes {} and {}",
        query.shape(),
        key.shape()
    ))
}

pub(in crate::ops) struct Additive {
    pub(in crate::ops) queries: usize,
    pub(in crate::ops) keys: usize,
    pub(in crate::ops) width: usize,
}

/// What the samples of a batch give back: to the query, to the key, to the scale.
struct Parts {
    query: Vec<f32>,
    key: Vec<f32>,
    scale: Vec<f32>,
}

impl Op for Additive {
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        Some(self)
    }

    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let (width, keys, queries) = (self.width, self.keys, self.queries);
        let ones = vec![1.0; width];
        let scale = inputs.get(2).copied().unwrap_or(&ones);
        let rows = output.par_chunks_mut(keys).enumerate();
        rows.for_each(|(row, y)| {
            let query = &inputs[0][row * width..][..width];
            let keys = &inputs[1][row / queries * keys * width..][..keys * width];
            let mut terms = vec![0.0; width];
            for (y, key) in y.iter_mut().zip(keys.chunks_exact(width.max(1))) {
                vectorized(
                    #[inline(always)]
                    || {
                        let factors = query.iter().zip(key).zip(scale);
                        for (term, ((q, k), scale)) in terms.iter_mut().zip(factors) {
                            *term = scale * tanh(q + k);
                        }
                    },
                );
                *y = terms.iter().sum();
            }
        });
    }

    fn backward(&self, at: Backpass<'_>) {
        let (width, keys, queries) = (self.width, self.keys, self.queries);
        let ones = vec![1.0; width];
        let scale = at.inputs.get(2).copied().unwrap_or(&ones);
        let gradient = &*at.gradient;
        let of_sample = |(sample, gradient): (usize, &[f32])| {
            let query = &at.inputs[0][sample * queries * width..][..queries * width];
            let key = &at.inputs[1][sample * keys * width..][..keys * width];
            let mut parts = Parts {
                query: vec![0.0; queries * width],
                key: vec![0.0; keys * width],
                scale: vec![0.0; width],
            };
            for (i, g) in gradient.iter().enumerate() {
                let (q, k) = (i / keys * width, i % keys * width);
                let (query, key) = (&query[q..][..width], &key[k..][..width]);
                let of_query = &mut parts.query[q..][..width];
                let of_key = &mut parts.key[k..][..width];
                let of_scale = &mut parts.scale[..width];
                vectorized(
                    #[inline(always)]
                    || {
                        for j in 0..width {
                            let value = tanh(query[j] + key[j]);
                            let slope = g * scale[j] * (1.0 - value * value);
                            of_query[j] += slope;
                            of_key[j] += slope;
                            of_scale[j] += g * value;
                        }
                    },
                );
            }
            parts
        };
        let samples = gradient.par_chunks((queries * keys).max(1)).enumerate();
        let parts: Vec<Parts> = samples.map(of_sample);
        if let Some(query) = &mut at.wanted[0] {
            let each = queries * width;
            query.add_each(|i| parts[i / each].query[i % each]);
        }
        if let Some(key) = &mut at.wanted[1] {
            let each = keys * width;
            key.add_each(|i| parts[i / each].key[i % each]);
        }
        if let Some(Some(scale)) = at.wanted.get_mut(2) {
            scale.add_each(|i| parts.iter().map(|part| part.scale[i]).sum());
        }
    }
}
