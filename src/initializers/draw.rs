//! Drawing the numbers that weights start with.

use rand::Rng;
use rand::rngs::StdRng;

use super::rule::{Distribution, FanMode, Rule};
use crate::random::normal;
use crate::{Shape, Tensor};

/// The standard deviation of a normal distribution of 1 that is cut at 2.
const CUT: f64 = 0.879_625_661_034_239_8;

/// A new weight of `shape`, which connects as many inputs and outputs as `fans` says, or as the
/// shape says.
pub(super) fn tensor(
    rule: Rule,
    shape: &Shape,
    fans: Option<[f64; 2]>,
    generator: &mut StdRng,
) -> Tensor {
    let (mode, distribution, scale) = match rule {
        Rule::Zeros => return Tensor::zeros(shape),
        Rule::Ones => return Tensor::ones(shape),
        Rule::Constant { value } => return Tensor::full(shape, value),
        Rule::Identity { gain } => return identity(gain, shape),
        Rule::Orthogonal { gain } => return orthogonal(gain, shape, generator),
        Rule::Stft(stft) => return stft.kernel(shape),
        Rule::RandomUniform { minval, maxval } => {
            return uniform(minval, maxval, shape, generator);
        }
        Rule::RandomNormal { mean, stddev } => {
            return filled(shape, || mean + stddev * normal(generator) as f32);
        }
        Rule::TruncatedNormal { mean, stddev } => {
            return filled(shape, || mean + stddev * cut_normal(generator) as f32);
        }
        Rule::VarianceScaling {
            scale,
            mode,
            distribution,
        } => (mode, distribution, f64::from(scale)),
        Rule::GlorotUniform => (FanMode::FanAvg, Distribution::Uniform, 1.0),
        Rule::GlorotNormal => (FanMode::FanAvg, Distribution::TruncatedNormal, 1.0),
        Rule::HeUniform => (FanMode::FanIn, Distribution::Uniform, 2.0),
        Rule::HeNormal => (FanMode::FanIn, Distribution::TruncatedNormal, 2.0),
        Rule::LecunUniform => (FanMode::FanIn, Distribution::Uniform, 1.0),
        Rule::LecunNormal => (FanMode::FanIn, Distribution::TruncatedNormal, 1.0),
    };
    let [fan_in, fan_out] = fans.unwrap_or_else(|| fans_of(shape));
    let fan = match mode {
        FanMode::FanIn => fan_in,
        FanMode::FanOut => fan_out,
        FanMode::FanAvg => (fan_in + fan_out) / 2.0,
    };
    let variance = scale / fan.max(1.0);
    match distribution {
        Distribution::Uniform => {
            let limit = (3.0 * variance).sqrt();
            uniform(-limit as f32, limit as f32, shape, generator)
        }
        Distribution::TruncatedNormal => {
            let stddev = variance.sqrt() / CUT;
            filled(shape, || (stddev * cut_normal(generator)) as f32)
        }
        Distribution::UntruncatedNormal => {
            let stddev = variance.sqrt();
            filled(shape, || (stddev * normal(generator)) as f32)
        }
    }
}

fn filled(shape: &Shape, mut next: impl FnMut() -> f32) -> Tensor {
    let values = (0..shape.elements()).map(|_| next());
    Tensor::from_floats(values.collect(), shape.clone())
}

fn uniform(low: f32, high: f32, shape: &Shape, generator: &mut StdRng) -> Tensor {
    filled(shape, || low + (high - low) * generator.r#gen::<f32>())
}

/// As [`normal`], drawn again until it is not beyond 2.
fn cut_normal(generator: &mut StdRng) -> f64 {
    loop {
        let value = normal(generator);
        if value.abs() <= 2.0 {
            return value;
        }
    }
}

fn identity(gain: f32, shape: &Shape) -> Tensor {
    let columns = shape.last();
    let mut position = 0;
    filled(shape, || {
        let (row, column) = (position / columns, position % columns);
        position += 1;
        if row == column { gain } else { 0.0 }
    })
}

/// The axes in front of the last are the rows of one matrix.
fn orthogonal(gain: f32, shape: &Shape, generator: &mut StdRng) -> Tensor {
    let columns = shape.last();
    let rows = shape.elements() / columns.max(1);
    // As many vectors as the shorter side has, each as long as the other.
    let (count, length) = (rows.min(columns), rows.max(columns));
    let vectors = orthogonal_vectors(count, length, generator);
    let mut position = 0;
    filled(shape, || {
        let (row, column) = (position / columns, position % columns);
        position += 1;
        let value = if rows < columns {
            vectors[row][column]
        } else {
            vectors[column][row]
        };
        gain * value as f32
    })
}

/// Random vectors of length 1, each orthogonal to all others: Gram and Schmidt's method, twice for
/// each vector, after which nothing is left of the others. That is Q of the QR decomposition in
/// which the diagonal of R is positive.
fn orthogonal_vectors(count: usize, length: usize, generator: &mut StdRng) -> Vec<Vec<f64>> {
    let mut vectors: Vec<Vec<f64>> = Vec::with_capacity(count);
    while vectors.len() < count {
        let mut vector: Vec<f64> = (0..length).map(|_| normal(generator)).collect();
        for _ in 0..2 {
            for other in &vectors {
                let along = dot(&vector, other);
                for (v, o) in vector.iter_mut().zip(other) {
                    *v -= along * o;
                }
            }
        }
        let norm = dot(&vector, &vector).sqrt();
        // By no practical chance was the vector drawn within the space of the others.
        if norm > 1e-9 {
            vector.iter_mut().for_each(|v| *v /= norm);
            vectors.push(vector);
        }
    }
    vectors
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// How many inputs and outputs a weight connects, as Keras counts: for a kernel
/// `(.., channels, filters)` the axes in front are the window.
fn fans_of(shape: &Shape) -> [f64; 2] {
    let (fan_in, fan_out) = match *shape.dims() {
        [] => (1, 1),
        [only] => (only, only),
        [ref window @ .., input, output] => {
            let cells: usize = window.iter().product();
            (cells * input, cells * output)
        }
    };
    [fan_in as f64, fan_out as f64]
}
