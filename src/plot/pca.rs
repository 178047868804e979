//! Principal component analysis: the two directions in which points differ most.
//!
//! Two components are all that a chart needs, and a few matrix products find them (the power method
//! on a block of vectors); a library for linear algebra would weigh more than everything else here.

use super::scene::Point;

/// Points on the plane of their first two principal components.
pub(super) struct Components {
    pub(super) points: Vec<Point>,
    /// The share of the variance that each component explains.
    pub(super) explained: [f64; 2],
}

/// How many directions are followed: more than two, so that the first two settle soon.
const BLOCK: usize = 8;
const MOST_STEPS: usize = 200;

/// The components of rows of `columns` numbers, all finite. The signs are those of scikit-learn: the
/// largest number of each direction is positive.
pub(super) fn components(rows: &[f64], columns: usize) -> Components {
    let count = rows.len() / columns.max(1);
    if count == 0 || columns == 0 {
        return Components {
            points: Vec::new(),
            explained: [0.0; 2],
        };
    }
    let means: Vec<f64> = (0..columns)
        .map(|column| rows.iter().skip(column).step_by(columns).sum::<f64>() / count as f64)
        .collect();
    let centered: Vec<f64> = rows
        .iter()
        .enumerate()
        .map(|(i, value)| value - means[i % columns])
        .collect();
    let scale = centered
        .iter()
        .fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let scale = if scale > 0.0 { scale } else { 1.0 };
    let centered: Vec<f64> = centered.iter().map(|value| value / scale).collect();
    let variance: f64 = centered.iter().map(|value| value * value).sum();
    let mut directions = directions(&centered, columns);
    let project = |direction: &[f64]| -> Vec<f64> {
        let rows = centered.chunks(columns);
        rows.map(|row| dot(row, direction)).collect()
    };
    for direction in &mut directions {
        let largest = direction
            .iter()
            .copied()
            .max_by(|a, b| a.abs().total_cmp(&b.abs()));
        if largest.is_some_and(|largest| largest < 0.0) {
            direction.iter_mut().for_each(|value| *value = -*value);
        }
    }
    let [first, second] = [0, 1].map(|i| match directions.get(i) {
        Some(direction) => project(direction),
        None => vec![0.0; count],
    });
    let explained = [&first, &second].map(|scores| match variance {
        0.0 => 0.0,
        variance => dot(scores, scores) / variance,
    });
    let pairs = first.iter().zip(&second);
    Components {
        points: pairs.map(|(x, y)| (x * scale, y * scale)).collect(),
        explained,
    }
}

/// The directions of most variance, at most two, each of length 1.
fn directions(centered: &[f64], columns: usize) -> Vec<Vec<f64>> {
    let size = BLOCK.min(columns);
    // Any start does that is not at right angles to what is looked for.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    };
    let mut block: Vec<Vec<f64>> = (0..size)
        .map(|_| (0..columns).map(|_| random()).collect())
        .collect();
    orthonormalize(&mut block);
    let mut before = [0.0; 2];
    for _ in 0..MOST_STEPS {
        let images: Vec<Vec<f64>> = block
            .iter()
            .map(|v| covariance_times(centered, v))
            .collect();
        // Within the block, the best directions are those of a small symmetric matrix.
        let small: Vec<Vec<f64>> = block
            .iter()
            .map(|v| images.iter().map(|image| dot(v, image)).collect())
            .collect();
        let (values, vectors) = symmetric_eigen(small);
        block = vectors
            .iter()
            .map(|weights| combined(&images, weights))
            .collect();
        orthonormalize(&mut block);
        let now = [0, 1].map(|i| values.get(i).copied().unwrap_or(0.0));
        let change = (now[0] - before[0]).abs() + (now[1] - before[1]).abs();
        if change <= 1e-14 * now[0].abs() {
            break;
        }
        before = now;
    }
    block.truncate(2);
    block
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn combined(vectors: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; vectors.first().map_or(0, Vec::len)];
    for (vector, weight) in vectors.iter().zip(weights) {
        sum.iter_mut()
            .zip(vector)
            .for_each(|(sum, value)| *sum += weight * value);
    }
    sum
}

/// The covariance matrix, which is never written down, times a vector.
fn covariance_times(centered: &[f64], vector: &[f64]) -> Vec<f64> {
    let mut product = vec![0.0; vector.len()];
    for row in centered.chunks(vector.len()) {
        let score = dot(row, vector);
        product
            .iter_mut()
            .zip(row)
            .for_each(|(sum, value)| *sum += score * value);
    }
    product
}

/// Gram and Schmidt's method, twice for exactness; what is left of a dependent vector is 0.
fn orthonormalize(vectors: &mut [Vec<f64>]) {
    for i in 0..vectors.len() {
        let (before, rest) = vectors.split_at_mut(i);
        let vector = &mut rest[0];
        let first = dot(vector, vector).sqrt();
        for _ in 0..2 {
            for other in before.iter() {
                let share = dot(vector, other);
                vector
                    .iter_mut()
                    .zip(other)
                    .for_each(|(value, other)| *value -= share * other);
            }
        }
        let length = dot(vector, vector).sqrt();
        let is_dependent = length <= 1e-12 * first || length == 0.0;
        let factor = if is_dependent { 0.0 } else { 1.0 / length };
        vector.iter_mut().for_each(|value| *value *= factor);
    }
}

/// Eigenvalues, largest first, and eigenvectors of a small symmetric matrix, by Jacobi's rotations.
fn symmetric_eigen(mut matrix: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let size = matrix.len();
    let mut vectors: Vec<Vec<f64>> = (0..size)
        .map(|i| (0..size).map(|j| f64::from(u8::from(i == j))).collect())
        .collect();
    for _ in 0..50 {
        let mut rotated = false;
        for p in 0..size {
            for q in p + 1..size {
                let small = 1e-16 * (matrix[p][p].abs() + matrix[q][q].abs());
                if matrix[p][q].abs() <= small {
                    continue;
                }
                rotated = true;
                let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * matrix[p][q]);
                let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let cosine = 1.0 / t.hypot(1.0);
                let sine = t * cosine;
                for row in matrix.iter_mut() {
                    let (a, b) = (row[p], row[q]);
                    (row[p], row[q]) = (cosine * a - sine * b, sine * a + cosine * b);
                }
                turn_rows(&mut matrix, (p, q), (cosine, sine));
                // Kept as rows, which turn like the columns of the matrix.
                turn_rows(&mut vectors, (p, q), (cosine, sine));
            }
        }
        if !rotated {
            break;
        }
    }
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&a, &b| matrix[b][b].total_cmp(&matrix[a][a]));
    let values = order.iter().map(|&i| matrix[i][i]).collect();
    (values, order.iter().map(|&i| vectors[i].clone()).collect())
}

/// Turns two rows, `p` before `q`, in their plane.
fn turn_rows(rows: &mut [Vec<f64>], (p, q): (usize, usize), (cosine, sine): (f64, f64)) {
    let (before, after) = rows.split_at_mut(q);
    for (a, b) in before[p].iter_mut().zip(after[0].iter_mut()) {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    }
}
