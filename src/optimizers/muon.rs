//! Muon.

use serde::{Deserialize, Serialize};

use super::gpu::{self, Whole};
use super::{
    Adam, Optimizer, OptimizerBase, Rule, Step, Stretch, WeightInfo, check_beta,
    check_not_negative, check_share, optimizer_identity,
};
use crate::ops::{Matrix, MatrixMut, multiply_on_all_threads, settled, vectorized};
use crate::{Error, Result, Shape};

/// Steps that turn and stretch a matrix in all directions alike; weights that are no matrices follow
/// Adam.
///
/// Embeddings follow Adam as well, and so should the last layer: see
/// [`exclude_layers`](Self::exclude_layers).
///
/// Keras: `keras.optimizers.Muon`.
///
/// Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024; Liu et al., "Muon
/// is scalable for LLM training", 2025.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let optimizer = Muon::new().exclude_layers(["output"]);
/// # let _ = optimizer;
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Muon {
    #[serde(flatten)]
    base: OptimizerBase,
    adam_beta_1: f32,
    adam_beta_2: f32,
    adam_weight_decay: Option<f32>,
    epsilon: f32,
    exclude_layers: Vec<String>,
    exclude_embeddings: bool,
    muon_a: f32,
    muon_b: f32,
    muon_c: f32,
    adam_lr_ratio: f32,
    momentum: f32,
    ns_steps: usize,
    nesterov: bool,
    rms_rate: Option<f32>,
}

impl Default for Muon {
    fn default() -> Self {
        let mut base = OptimizerBase::new("muon", 1e-3);
        base.weight_decay = Some(0.004);
        Self {
            base,
            adam_beta_1: 0.9,
            adam_beta_2: 0.999,
            adam_weight_decay: Some(0.004),
            epsilon: 1e-7,
            exclude_layers: Vec::new(),
            exclude_embeddings: true,
            muon_a: 3.4445,
            muon_b: -4.7750,
            muon_c: 2.0315,
            adam_lr_ratio: 1.0,
            momentum: 0.95,
            ns_steps: 5,
            nesterov: true,
            rms_rate: Some(0.2),
        }
    }
}

impl Muon {
    /// With Keras's defaults: learning rate 0.001, weight decay 0.004.
    pub fn new() -> Self {
        Self::default()
    }

    /// How slowly Adam's mean of the gradient follows; 0.9 unless set.
    #[must_use]
    pub fn adam_beta_1(mut self, adam_beta_1: f32) -> Self {
        self.adam_beta_1 = adam_beta_1;
        self
    }

    /// How slowly Adam's mean of its square follows; 0.999 unless set.
    #[must_use]
    pub fn adam_beta_2(mut self, adam_beta_2: f32) -> Self {
        self.adam_beta_2 = adam_beta_2;
        self
    }

    /// What share is taken in every step from weights that follow Adam, times the learning rate;
    /// 0.004 unless set. That of the others is `weight_decay`.
    #[must_use]
    pub fn adam_weight_decay(mut self, adam_weight_decay: impl Into<Option<f32>>) -> Self {
        self.adam_weight_decay = adam_weight_decay.into();
        self
    }

    /// What keeps Adam's division away from 0; 1e-7 unless set.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f32) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// Parts of the names of weights that follow Adam, where the name of the layer is in front:
    /// `output` for `output/kernel`. None unless set. (Keras takes regular expressions.)
    #[must_use]
    pub fn exclude_layers<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.exclude_layers = names.into_iter().map(str::to_string).collect();
        self
    }

    /// Whether embeddings follow Adam; true unless set.
    #[must_use]
    pub fn exclude_embeddings(mut self, exclude_embeddings: bool) -> Self {
        self.exclude_embeddings = exclude_embeddings;
        self
    }

    /// The factor of `x` in the polynomial that evens a matrix out; 3.4445 unless set.
    #[must_use]
    pub fn muon_a(mut self, muon_a: f32) -> Self {
        self.muon_a = muon_a;
        self
    }

    /// That of the third power of `x`; -4.775 unless set.
    #[must_use]
    pub fn muon_b(mut self, muon_b: f32) -> Self {
        self.muon_b = muon_b;
        self
    }

    /// That of the fifth power of `x`; 2.0315 unless set.
    #[must_use]
    pub fn muon_c(mut self, muon_c: f32) -> Self {
        self.muon_c = muon_c;
        self
    }

    /// Adam's learning rate divided by the other one; 1 unless set.
    #[must_use]
    pub fn adam_lr_ratio(mut self, adam_lr_ratio: f32) -> Self {
        self.adam_lr_ratio = adam_lr_ratio;
        self
    }

    /// How much of the last step is repeated, from 0 to 1; 0.95 unless set.
    #[must_use]
    pub fn momentum(mut self, momentum: f32) -> Self {
        self.momentum = momentum;
        self
    }

    /// How many times the polynomial is applied; 5 unless set.
    #[must_use]
    pub fn ns_steps(mut self, ns_steps: usize) -> Self {
        self.ns_steps = ns_steps;
        self
    }

    /// Whether the gradient is taken where the momentum leads; true unless set.
    #[must_use]
    pub fn nesterov(mut self, nesterov: bool) -> Self {
        self.nesterov = nesterov;
        self
    }

    /// What steps are multiplied with, besides the root of the longer side of the matrix: then they
    /// are about as large as Adam's. 0.2 unless set; with `None`, neither is done.
    #[must_use]
    pub fn rms_rate(mut self, rms_rate: impl Into<Option<f32>>) -> Self {
        self.rms_rate = rms_rate.into();
        self
    }

    fn follows_adam(&self, weight: WeightInfo<'_>) -> bool {
        let name = format!("{}/{}", weight.layer, weight.name);
        weight.shape.rank() != 2
            || self.exclude_embeddings && name.to_lowercase().contains("embedding")
            || self.exclude_layers.iter().any(|part| name.contains(part))
    }

    /// A matrix with about the same directions as `x`, each about as long as the others.
    fn evened(&self, x: Vec<f32>, rows: usize, columns: usize) -> Vec<f32> {
        // Rows are multiplied with rows, so the shorter side is better theirs.
        if rows > columns {
            let x = transposed(&x, rows, columns);
            return transposed(&self.evened(x, columns, rows), columns, rows);
        }
        let squares: f64 = x.iter().map(|v| f64::from(*v).powi(2)).sum();
        let norm = squares.sqrt() as f32 + 1e-7;
        let mut x: Vec<f32> = x.into_iter().map(|v| v / norm).collect();
        let mut products = vec![0.0; rows * rows];
        let mut squared = vec![0.0; rows * rows];
        let mut change = vec![0.0; rows * columns];
        for _ in 0..self.ns_steps {
            let old = Matrix::new(&x, rows, columns);
            let to = MatrixMut::new(&mut products, rows, rows);
            multiply_on_all_threads(to, false, old, old.transposed());
            let square = Matrix::new(&products, rows, rows);
            let to = MatrixMut::new(&mut squared, rows, rows);
            multiply_on_all_threads(to, false, square, square);
            for (squared, product) in squared.iter_mut().zip(&products) {
                *squared = self.muon_b * product + self.muon_c * *squared;
            }
            let factor = Matrix::new(&squared, rows, rows);
            let to = MatrixMut::new(&mut change, rows, columns);
            multiply_on_all_threads(to, false, factor, old);
            for (x, change) in x.iter_mut().zip(&change) {
                *x = self.muon_a * *x + change;
            }
        }
        x
    }
}

impl Muon {
    /// What moves the weights that are no matrices.
    fn adam(&self, step: Step) -> (Adam, Step) {
        let adam = Adam::new()
            .beta_1(self.adam_beta_1)
            .beta_2(self.adam_beta_2)
            .epsilon(self.epsilon);
        let learning_rate = step.learning_rate * self.adam_lr_ratio;
        let step = Step {
            learning_rate,
            ..step
        };
        (adam, step)
    }

    /// How far matrices of this shape go.
    fn rate(&self, step: Step, shape: &Shape) -> f32 {
        let longer = shape.iter().copied().max().unwrap_or(1) as f32;
        step.learning_rate * self.rms_rate.map_or(1.0, |rate| longer.sqrt() * rate)
    }
}

fn transposed(x: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let row = |column: usize| (0..rows).map(move |row| x[row * columns + column]);
    (0..columns).flat_map(row).collect()
}

impl Optimizer for Muon {
    optimizer_identity!("Muon");

    fn check_arguments(&self) -> Result<()> {
        /// More evens nothing out any further.
        const MOST: usize = 1000;
        check_beta("adam_beta_1", self.adam_beta_1)?;
        check_beta("adam_beta_2", self.adam_beta_2)?;
        check_not_negative("epsilon", self.epsilon)?;
        check_share("momentum", self.momentum)?;
        for (name, value) in [
            ("adam_weight_decay", self.adam_weight_decay.unwrap_or(0.0)),
            ("adam_lr_ratio", self.adam_lr_ratio),
            ("rms_rate", self.rms_rate.unwrap_or(0.0)),
        ] {
            check_not_negative(name, value)?;
        }
        if self.ns_steps > MOST {
            let expected = format!("a number of at most {MOST}");
            return Err(Error::argument("ns_steps", &expected, self.ns_steps));
        }
        let factors = [self.muon_a, self.muon_b, self.muon_c];
        for (name, value) in ["muon_a", "muon_b", "muon_c"].iter().zip(factors) {
            if !value.is_finite() {
                return Err(Error::argument(name, "a finite number", value));
            }
        }
        Ok(())
    }

    /// The second is used by Adam alone.
    fn slots(&self) -> Vec<(&'static str, f32)> {
        vec![("momentum", 0.0), ("velocity", 0.0)]
    }

    fn weight_decay_of(&self, weight: WeightInfo<'_>) -> Option<f32> {
        if self.follows_adam(weight) {
            self.adam_weight_decay
        } else {
            self.base.weight_decay
        }
    }

    fn takes_whole_weights(&self) -> bool {
        true
    }

    fn gpu_rule(&self, step: Step, weight: WeightInfo<'_>) -> Option<Rule> {
        if self.follows_adam(weight) {
            let (adam, step) = self.adam(step);
            return adam.gpu_rule(step, weight);
        }
        let rule = gpu::Muon {
            rate: self.rate(step, weight.shape),
            momentum: self.momentum,
            nesterov: self.nesterov,
            factors: [self.muon_a, self.muon_b, self.muon_c],
            ns_steps: self.ns_steps,
        };
        Some(Whole::Muon(rule).into())
    }

    fn update(&self, step: Step, stretch: Stretch<'_, '_>) {
        if self.follows_adam(stretch.info) {
            let (adam, step) = self.adam(step);
            return adam.update(step, stretch);
        }
        let Stretch {
            weight,
            gradient,
            slots,
            info,
        } = stretch;
        let ([rows, columns], [momentum, ..]) = (info.shape.dims(), slots) else {
            return;
        };
        for (m, g) in momentum.iter_mut().zip(gradient) {
            *m = settled(self.momentum * *m + g);
        }
        let ahead = if self.nesterov {
            let pairs = momentum.iter().zip(gradient);
            pairs.map(|(m, g)| g + self.momentum * m).collect()
        } else {
            momentum.to_vec()
        };
        let change = self.evened(ahead, *rows, *columns);
        let rate = self.rate(step, info.shape);
        vectorized(
            #[inline(always)]
            || {
                for (w, change) in weight.iter_mut().zip(&change) {
                    *w -= rate * change;
                }
            },
        );
    }
}
