//! What operations are compared with: the same matrix products by `gemm` alone, or a copy of as many
//! bytes.

use std::collections::HashMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::awake::as_in_training;

/// What an operation does at least.
pub(crate) enum Work {
    /// Matrix products (rows, inner, columns), and how often each is computed.
    Products(Vec<([usize; 3], usize)>),
    /// Floats that are read or written: each input once, each output once.
    Floats(usize),
}

impl Work {
    /// Products that are computed once each.
    pub(crate) fn products(sizes: &[[usize; 3]]) -> Work {
        Work::Products(sizes.iter().map(|sizes| (*sizes, 1)).collect())
    }
}

/// How long the alternatives take in seconds, as far as they were measured.
#[derive(Default)]
pub(crate) struct Ceilings {
    products: HashMap<[usize; 3], f64>,
    copies: HashMap<usize, f64>,
}

impl Ceilings {
    /// How fast `work` was done in so many seconds, in words.
    pub(crate) fn describe(&mut self, work: &Work, seconds: f64) -> String {
        match work {
            Work::Products(products) => {
                let (mut flops, mut ceiling) = (0.0, 0.0);
                for ([rows, inner, columns], times) in products {
                    flops += (2 * rows * inner * columns * times) as f64;
                    let sizes = [*rows, *inner, *columns];
                    let product = self.products.entry(sizes);
                    ceiling += *times as f64 * *product.or_insert_with(|| product_seconds(sizes));
                }
                format!(
                    "{:.0} GFLOP/s, {:.0} % of the {:.0} of gemm alone",
                    flops / seconds / 1e9,
                    100.0 * ceiling / seconds,
                    flops / ceiling / 1e9
                )
            }
            Work::Floats(floats) => {
                let bytes = (floats * size_of::<f32>()) as f64;
                let copy = self.copies.entry(*floats);
                let ceiling = *copy.or_insert_with(|| copy_seconds(*floats));
                format!(
                    "{:.1} GB/s, {:.0} % of the {:.1} of a copy",
                    bytes / seconds / 1e9,
                    100.0 * ceiling / seconds,
                    bytes / ceiling / 1e9
                )
            }
        }
    }
}

/// A product on all threads: each has a band of the longer side of the result, in memory of its own.
fn product_seconds([rows, inner, columns]: [usize; 3]) -> f64 {
    let (a, b) = (vec![0.5; rows * inner], vec![0.5; inner * columns]);
    let by_rows = rows >= columns;
    let mut bands: Vec<(Range<usize>, Vec<f32>)> = bands(rows.max(columns))
        .map(|band| (band.clone(), vec![0.0; band.len() * rows.min(columns)]))
        .collect();
    median_seconds(|| {
        bands.par_iter_mut().for_each(|(band, out)| {
            if by_rows {
                let a = &a[band.start * inner..band.end * inner];
                multiply([band.len(), inner, columns], a, &b, columns, out);
            } else {
                let b = &b[band.start..];
                multiply([rows, inner, band.len()], &a, b, columns, out);
            }
        });
    })
}

/// `out = a · b`, where a row of `b` begins `stride` after the one before.
fn multiply(
    [rows, inner, columns]: [usize; 3],
    a: &[f32],
    b: &[f32],
    stride: usize,
    out: &mut [f32],
) {
    assert!(a.len() >= rows * inner && out.len() >= rows * columns);
    assert!(columns <= stride && b.len() >= (inner - 1) * stride + columns);
    // SAFETY: the slices were checked to hold the matrices.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            inner,
            out.as_mut_ptr(),
            1,
            columns as isize,
            false,
            a.as_ptr(),
            1,
            inner as isize,
            b.as_ptr(),
            1,
            stride as isize,
            0.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// Half of the floats are read, half are written.
fn copy_seconds(floats: usize) -> f64 {
    let from = vec![0.5f32; (floats / 2).max(1)];
    let mut to = vec![0.0f32; from.len()];
    let band = from.len().div_ceil(rayon::current_num_threads());
    median_seconds(|| {
        let bands = to.par_chunks_mut(band).zip(from.par_chunks(band));
        bands.for_each(|(to, from)| to.copy_from_slice(from));
    })
}

/// One range of `0..length` for each thread.
fn bands(length: usize) -> impl Iterator<Item = Range<usize>> {
    let threads = rayon::current_num_threads();
    (0..threads).map(move |i| length * i / threads..length * (i + 1) / threads)
}

/// How long `once` usually takes.
fn median_seconds(mut once: impl FnMut() + Send) -> f64 {
    const FOR: Duration = Duration::from_millis(100);
    as_in_training(|| {
        once();
        let (mut times, begun) = (Vec::new(), Instant::now());
        while begun.elapsed() < FOR {
            let begun = Instant::now();
            once();
            times.push(begun.elapsed().as_secs_f64());
        }
        median(&mut times).unwrap_or(f64::NAN)
    })
}

/// The one in the middle.
pub(crate) fn median(times: &mut [f64]) -> Option<f64> {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}
