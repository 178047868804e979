//! Concatenate.

use serde::{Deserialize, Serialize};

use super::{masked, no_input, over_features};
use crate::axes::sample_axis;
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity, through_several};
use crate::{Config, Error, Result, Shape, Tape, Tensor, ops};

/// The inputs, one after the other along an axis.
///
/// Keras: `keras.layers.Concatenate`.
///
/// # Shapes
/// several of `(batch, ..)` that differ in one axis, to one that is as long there as all of them
///
/// # Example
/// ```
/// use kerust::layers::{Concatenate, Layer};
/// use kerust::Shape;
/// let shapes = [Shape::from((4, 3)), Shape::from((4, 2))];
/// assert_eq!(Concatenate::new().output_shapes(&shapes)?, [Shape::from((4, 5))]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Concatenate {
    #[serde(flatten)]
    base: LayerBase,
    axis: isize,
}

impl Default for Concatenate {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            axis: -1,
        }
    }
}

impl Concatenate {
    /// Along the last axis, unless set otherwise.
    pub fn new() -> Self {
        Self::default()
    }

    /// The axis, counted from that of the batch, which is 0, or from the end; -1 unless set.
    #[must_use]
    pub fn axis(mut self, axis: isize) -> Self {
        self.axis = axis;
        self
    }

    /// A mask of the output, where an input has one.
    fn mask(&self, inputs: &[Tensor]) -> Result<Option<Tensor>> {
        if inputs.iter().all(|x| x.mask().is_none()) {
            return Ok(None);
        }
        let tape = &mut Tape::off();
        let mut masks = Vec::with_capacity(inputs.len());
        for x in inputs {
            let mask = match x.mask() {
                Some(mask) => ops::broadcast_to(tape, &over_features(mask, x)?, x.shape())?,
                None => Tensor::ones(x.shape()),
            };
            masks.push(mask);
        }
        let masks: Vec<&Tensor> = masks.iter().collect();
        let joined = ops::concatenate(tape, &masks, self.axis)?;
        ops::max(tape, &joined, &[-1], false).map(Some)
    }
}

impl Layer for Concatenate {
    layer_identity!("Concatenate");
    through_several!(without_weights);

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let Some(first) = inputs.first() else {
            return Err(no_input());
        };
        let axis = sample_axis("axis", self.axis, first)? - 1;
        let mut sizes = first.to_vec();
        for other in &inputs[1..] {
            let fits = other.rank() == first.rank()
                && (0..other.rank()).all(|i| i == axis || other[i] == first[i]);
            if !fits {
                return Err(Error::shape(format!(
                    "cannot concatenate samples of shape {first} with {other}: they may differ in \
                     axis {} alone",
                    self.axis
                ))
                .remedy("reshape one of the inputs, or set another `axis`"));
            }
            sizes[axis] += other[axis];
        }
        Ok(vec![Shape::from(sizes)])
    }

    fn call_for(&self, inputs: &[Tensor], pass: &mut Pass<'_>) -> Result<Vec<Tensor>> {
        let all: Vec<&Tensor> = inputs.iter().collect();
        let y = ops::concatenate(pass.tape, &all, self.axis)?;
        Ok(vec![masked(y, self.mask(inputs)?)])
    }
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "Concatenate",
    what: "joins its inputs along an axis",
    example: || (Box::new(Concatenate::new()), Shape::from((4, 3))),
    from_config: Config::layer::<Concatenate>,
};
