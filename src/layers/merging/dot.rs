//! Dot.

use serde::{Deserialize, Serialize};

use crate::axes::sample_axis;
use crate::layers::{Axes, Layer, LayerBase, LayerEntry, Pass, layer_identity, through_several};
use crate::{Config, Error, Result, Shape, Tensor, ops};

/// Sums of products of two inputs along an axis of each: for vectors, their scalar product.
///
/// Keras: `keras.layers.Dot`.
///
/// # Shapes
/// two of `(batch, ..)` to one with the axes of both but those that are summed over, and with 1 where
/// none is left
///
/// # Example
/// ```
/// use kerust::layers::{Dot, Layer};
/// use kerust::Shape;
/// let shapes = [Shape::from((3, 5)), Shape::from((10, 3))];
/// assert_eq!(Dot::new((1, 2)).output_shapes(&shapes)?, [Shape::from((5, 10))]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Dot {
    #[serde(flatten)]
    base: LayerBase,
    axes: Axes,
    #[serde(default)]
    normalize: bool,
}

impl Dot {
    /// Along `axes`: one for both inputs, or one for each. They count from that of the batch, which
    /// is 0, or from the end.
    pub fn new(axes: impl Into<Axes>) -> Self {
        Self {
            base: LayerBase::default(),
            axes: axes.into(),
            normalize: false,
        }
    }

    /// Whether the inputs are brought to length 1 along the axis first, so that the result is the
    /// cosine of the angle between them; false unless set.
    #[must_use]
    pub fn normalize(mut self, normalize: bool) -> Self {
        self.normalize = normalize;
        self
    }

    /// The axes of both inputs, the batch axis counted.
    fn axes_of(&self, inputs: &[Shape]) -> Result<[usize; 2]> {
        let [a, b] = inputs else {
            let error = format!("expected two inputs, got {}", inputs.len());
            return Err(Error::shape(error).remedy("list both: `.on([&a, &b])`"));
        };
        let (of_a, of_b) = match *self.axes.as_slice() {
            [both] => (both, both),
            [first, second] => (first, second),
            _ => {
                let expected = "one axis, or one for each of the two inputs";
                let error = Error::argument("axes", expected, &self.axes);
                return Err(
                    error.remedy("Dot adds up along one axis of each input: `Dot::new((1, 2))`")
                );
            }
        };
        let axes = [sample_axis("axes", of_a, a)?, sample_axis("axes", of_b, b)?];
        let (size_a, size_b) = (a[axes[0] - 1], b[axes[1] - 1]);
        if size_a != size_b {
            return Err(Error::shape(format!(
                "samples of shapes {a} and {b} cannot be multiplied along axes {} and {}: {size_a} \
                 numbers against {size_b}",
                axes[0], axes[1]
            ))
            .remedy("set other `axes`, or reshape one of the inputs"));
        }
        Ok(axes)
    }
}

impl Layer for Dot {
    layer_identity!("Dot");
    through_several!(without_weights);

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let axes = self.axes_of(inputs)?;
        let mut sizes = Vec::new();
        for (input, axis) in inputs.iter().zip(axes) {
            let kept = (0..input.rank()).filter(|i| i + 1 != axis);
            sizes.extend(kept.map(|i| input[i]));
        }
        if sizes.is_empty() {
            sizes.push(1);
        }
        Ok(vec![Shape::from(sizes)])
    }

    fn call_for(&self, inputs: &[Tensor], pass: &mut Pass<'_>) -> Result<Vec<Tensor>> {
        let shapes: Vec<Shape> = inputs.iter().map(|x| x.shape().without_batch()).collect();
        let axes = self.axes_of(&shapes)?;
        let batch = inputs[0].len();
        let mut factors = Vec::with_capacity(2);
        for (which, (input, axis)) in inputs.iter().zip(axes).enumerate() {
            let mut x = input.clone();
            if self.normalize {
                x = ops::normalize(pass.tape, &x, &[axis as isize], EPSILON)?;
            }
            // To (batch, kept, summed) on the left, to (batch, summed, kept) on the right.
            let kept = (1..x.ndim()).filter(|i| *i != axis);
            let order: Vec<usize> = match which {
                0 => [0].into_iter().chain(kept).chain([axis]).collect(),
                _ => [0, axis].into_iter().chain(kept).collect(),
            };
            let summed = x.shape()[axis];
            let kept = x.size() / (batch * summed).max(1);
            let moved = ops::transpose(pass.tape, &x, &order)?;
            factors.push(match which {
                0 => moved.reshape((batch, kept, summed))?,
                _ => moved.reshape((batch, summed, kept))?,
            });
        }
        let y = ops::matmul(pass.tape, &factors[0], &factors[1])?;
        let shape = self.output_shapes(&shapes)?.swap_remove(0);
        Ok(vec![y.reshape(shape.with_batch(batch))?])
    }
}

/// Keras's own, below which a length counts as this.
const EPSILON: f32 = 1e-7;

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "Dot",
    what: "multiplies two inputs and sums along an axis",
    example: || (Box::new(Dot::new(-1)), Shape::from((4, 3))),
    from_config: Config::layer::<Dot>,
};
