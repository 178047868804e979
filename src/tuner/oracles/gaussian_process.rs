//! A Gaussian process: what a function may be like between the points where it is known.
//!
//! Rasmussen and Williams 2006, "Gaussian Processes for Machine Learning", algorithm 2.1.

/// A process with the Matérn kernel of 5/2 and a length of 1, fitted to values of mean 0 and
/// standard deviation 1.
pub(super) struct GaussianProcess {
    points: Vec<Vec<f64>>,
    /// The lower triangle of the kernel matrix's Cholesky factor, row by row.
    factor: Vec<Vec<f64>>,
    /// The kernel matrix's inverse times the values.
    weights: Vec<f64>,
}

impl GaussianProcess {
    /// Fits to `values` at `points`; `alpha` is the variance of their noise. None when the matrix
    /// is singular.
    pub(super) fn fit(points: Vec<Vec<f64>>, values: &[f64], alpha: f64) -> Option<Self> {
        let count = points.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let variance = values.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / count;
        let deviation = if variance > 0.0 { variance.sqrt() } else { 1.0 };
        let values: Vec<f64> = values.iter().map(|y| (y - mean) / deviation).collect();
        let factor = cholesky(&points, alpha)?;
        let weights = backward(&factor, forward(&factor, &values));
        Some(GaussianProcess {
            points,
            factor,
            weights,
        })
    }

    /// The mean and the standard deviation of the function at a point, in units of the values'
    /// standard deviation above their mean.
    pub(super) fn predict(&self, point: &[f64]) -> (f64, f64) {
        let likeness: Vec<f64> = self.points.iter().map(|p| kernel(p, point)).collect();
        let mean = dot(&likeness, &self.weights);
        let explained = forward(&self.factor, &likeness);
        let variance = 1.0 - dot(&explained, &explained);
        (mean, variance.max(0.0).sqrt())
    }
}

/// How much the values at two points have to do with each other.
fn kernel(a: &[f64], b: &[f64]) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| (a - b).powi(2));
    let distance = 5.0_f64.sqrt() * squares.sum::<f64>().sqrt();
    (1.0 + distance + distance.powi(2) / 3.0) * (-distance).exp()
}

fn cholesky(points: &[Vec<f64>], alpha: f64) -> Option<Vec<Vec<f64>>> {
    let mut factor: Vec<Vec<f64>> = Vec::with_capacity(points.len());
    for (i, point) in points.iter().enumerate() {
        let mut row: Vec<f64> = Vec::with_capacity(i + 1);
        for (j, above) in factor.iter().enumerate() {
            let known = dot(&row, &above[..j]);
            row.push((kernel(point, &points[j]) - known) / above[j]);
        }
        let rest = 1.0 + alpha - dot(&row, &row);
        if rest.is_nan() || rest <= 0.0 {
            return None;
        }
        row.push(rest.sqrt());
        factor.push(row);
    }
    Some(factor)
}

/// Solves `factor * x = values`.
fn forward(factor: &[Vec<f64>], values: &[f64]) -> Vec<f64> {
    let mut solved: Vec<f64> = Vec::with_capacity(values.len());
    for (i, (row, value)) in factor.iter().zip(values).enumerate() {
        solved.push((value - dot(&row[..i], &solved)) / row[i]);
    }
    solved
}

/// Solves `factor.transposed() * x = values`.
fn backward(factor: &[Vec<f64>], mut values: Vec<f64>) -> Vec<f64> {
    for i in (0..values.len()).rev() {
        values[i] /= factor[i][i];
        for j in 0..i {
            values[j] -= factor[i][j] * values[i];
        }
    }
    values
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_predicted_and_what_is_far_is_not() {
        let points = vec![vec![0.0], vec![0.5], vec![1.0]];
        let process = GaussianProcess::fit(points, &[1.0, 3.0, 2.0], 1e-8).expect("regular");
        let deviation = (2.0_f64 / 3.0).sqrt();
        for (point, value) in [(0.0, 1.0), (0.5, 3.0), (1.0, 2.0)] {
            let (mean, uncertainty) = process.predict(&[point]);
            assert!((mean - (value - 2.0) / deviation).abs() < 1e-6, "{mean}");
            assert!(uncertainty < 1e-3, "{uncertainty}");
        }
        let (mean, uncertainty) = process.predict(&[50.0]);
        assert!(mean.abs() < 1e-6 && (uncertainty - 1.0).abs() < 1e-6);
        let (_, between) = process.predict(&[0.75]);
        assert!(between > 0.01 && between < 1.0);
    }

    #[test]
    fn the_same_point_twice_without_noise_is_refused() {
        let points = vec![vec![0.5], vec![0.5]];
        assert!(GaussianProcess::fit(points, &[1.0, 2.0], 0.0).is_none());
    }
}
