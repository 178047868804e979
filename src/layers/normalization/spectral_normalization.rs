//! SpectralNormalization.

use serde::{Deserialize, Serialize};

use crate::initializers::Initializer;
use crate::layers::inner::Inner;
use crate::layers::{
    Layer, LayerBase, LayerEntry, Pass, Weights, groups_of_inner, layer_identity, require_positive,
};
use crate::{Config, Error, Result, Shape, Tensor};

/// Divides the kernel of a layer by how much it can at most lengthen its input, in every step of
/// training: keeps the critic of a GAN smooth.
///
/// Keras: `keras.layers.SpectralNormalization`. The layer has a weight `kernel` or `embeddings`,
/// which is brought to that size before it is used, and stays so; `vector_u` remembers the
/// direction in which it lengthens the most.
///
/// Miyato et al., "Spectral normalization for generative adversarial networks", 2018.
///
/// # Shapes
/// As the layer inside
///
/// # Errors
/// When the layer has no such weight.
///
/// # Example
/// ```
/// use kerust::layers::SpectralNormalization;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(SpectralNormalization::new(Conv2D::new(4, 3)).input_shape((8, 8, 3)))?;
/// assert_eq!(model.output_shape()?, (6, 6, 4));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SpectralNormalization {
    #[serde(flatten)]
    base: LayerBase,
    layer: Inner,
    power_iterations: usize,
}

/// What the kernel is called in the layers that have one.
const KERNELS: [&str; 2] = ["layer/kernel", "layer/embeddings"];

impl SpectralNormalization {
    /// `layer`, with its kernel kept to size.
    pub fn new(layer: impl Layer + 'static) -> Self {
        Self {
            base: LayerBase::default(),
            layer: Inner(Box::new(layer)),
            power_iterations: 1,
        }
    }

    /// How often the direction is improved in each step; once unless set.
    #[must_use]
    pub fn power_iterations(mut self, power_iterations: usize) -> Self {
        self.power_iterations = power_iterations;
        self
    }

    /// The name of the kernel.
    fn kernel(&self, weights: &Weights) -> Result<&'static str> {
        let found = KERNELS.into_iter().find(|name| weights.get(name).is_ok());
        found.ok_or_else(|| {
            let given = format!("a layer of class `{}`", self.layer.0.class_name());
            let expected = "a layer with a weight `kernel` or `embeddings`";
            Error::argument("layer", expected, given)
        })
    }

    /// Brings the kernel to size, and remembers the direction.
    fn normalize(&self, weights: &mut Weights) -> Result<()> {
        let name = self.kernel(weights)?;
        let kernel = &weights.get(name)?.value;
        let (shape, columns) = (kernel.shape().clone(), kernel.shape().last());
        let matrix: Vec<f64> = kernel.to_vec();
        if matrix.iter().all(|value| *value == 0.0) {
            return Ok(());
        }
        let mut u: Vec<f64> = weights.get("vector_u")?.value.to_vec();
        let mut v = Vec::new();
        for _ in 0..self.power_iterations {
            let rows = matrix.chunks_exact(columns);
            v = unit(rows.map(|row| dot(row, &u)).collect());
            u = unit(product(&v, &matrix, columns));
        }
        let sigma = dot(&product(&v, &matrix, columns), &u);
        let sized = matrix.iter().map(|value| (value / sigma) as f32).collect();
        weights.set(name, Tensor::from_vec(sized, shape)?)?;
        let u = u.iter().map(|value| *value as f32).collect();
        weights.set("vector_u", Tensor::from_vec(u, (1, columns))?)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// A row times a matrix.
fn product(row: &[f64], matrix: &[f64], columns: usize) -> Vec<f64> {
    let mut sums = vec![0.0; columns];
    for (factor, values) in row.iter().zip(matrix.chunks_exact(columns)) {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += factor * value;
        }
    }
    sums
}

/// A vector of length 1 in the same direction; shorter where it has nearly no length.
fn unit(vector: Vec<f64>) -> Vec<f64> {
    /// `keras.config.epsilon()`
    const EPSILON: f64 = 1e-7;
    let factor = 1.0 / dot(&vector, &vector).sqrt().max(EPSILON);
    vector.into_iter().map(|value| value * factor).collect()
}

impl Layer for SpectralNormalization {
    layer_identity!("SpectralNormalization");

    fn supports_masking(&self) -> bool {
        self.layer.0.supports_masking()
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        require_positive("power_iterations", self.power_iterations)?;
        self.layer.0.output_shape(input)
    }

    fn groups_in_file(&self, weight: &str) -> Vec<String> {
        let inner = ("layer", "layer".to_owned(), &*self.layer.0);
        let mut groups = groups_of_inner([inner], weight);
        if KERNELS.contains(&weight) {
            // The kernel of the layer is one of this layer, too.
            groups.insert(0, String::new());
        }
        groups
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        let own = weights.iter().len();
        weights.build_inner("layer", &*self.layer.0, std::slice::from_ref(input))?;
        let columns = weights.get(self.kernel(weights)?)?.value.shape().last();
        let start = Initializer::truncated_normal(0.0, 0.02).into();
        weights.add_moving("vector_u", (1, columns), &start)?;
        // Behind the kernel, which Keras takes for a weight of this layer as well.
        weights.move_last_to(own + 1);
        Ok(())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        if pass.training {
            self.normalize(pass.weights)?;
        }
        let inputs = std::slice::from_ref(x);
        let outputs = pass.call_last_inner("layer", &*self.layer.0, inputs)?;
        crate::layers::first_of(outputs)
    }

    fn reset_states(&self) {
        self.layer.0.reset_states();
    }
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "SpectralNormalization",
    what: "keeps the kernel of a layer from lengthening its input",
    example: || {
        let layer = SpectralNormalization::new(crate::layers::Dense::new(3));
        (Box::new(layer), Shape::from(5))
    },
    from_config: Config::layer::<SpectralNormalization>,
};
