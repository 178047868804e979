//! Multiply.

use serde::{Deserialize, Serialize};

use super::{aligned, any_mask, fold, masked, merged_shape, over_features};
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity, through_several};
use crate::{Config, Result, Shape, Tensor, ops};

/// The product of the inputs; what is masked counts as 1, and where all are masked the product is
/// 0.
///
/// Keras: `keras.layers.Multiply`. Shapes broadcast; with different numbers of axes, the missing ones
/// are those behind the batch axis.
///
/// # Shapes
/// several of `(batch, ..)` to one of the same
///
/// # Example
/// ```
/// use kerust::layers::{Layer, Multiply};
/// use kerust::Shape;
/// let shapes = [Shape::from((4, 3)), Shape::from((1, 3))];
/// assert_eq!(Multiply::new().output_shapes(&shapes)?, [Shape::from((4, 3))]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Multiply {
    #[serde(flatten)]
    base: LayerBase,
}

impl Multiply {
    /// The layer has no arguments.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Layer for Multiply {
    layer_identity!("Multiply");
    through_several!(without_weights);

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        Ok(vec![merged_shape(inputs)?])
    }

    fn call_for(&self, inputs: &[Tensor], pass: &mut Pass<'_>) -> Result<Vec<Tensor>> {
        let one = Tensor::scalar(1.0);
        let mut factors = Vec::with_capacity(inputs.len());
        for x in aligned(inputs)? {
            factors.push(match x.mask() {
                Some(mask) => ops::where_(pass.tape, &over_features(mask, &x)?, &x, &one)?,
                None => x,
            });
        }
        let mut y = fold(&factors, pass.tape, ops::multiply)?;
        let mask = any_mask(inputs)?;
        if let Some(mask) = &mask {
            let mask = over_features(mask, &y)?;
            y = ops::where_(pass.tape, &mask, &y, &Tensor::scalar(0.0))?;
        }
        Ok(vec![masked(y, mask)])
    }
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "Multiply",
    what: "multiplies its inputs",
    example: || (Box::new(Multiply::new()), Shape::from((4, 3))),
    from_config: Config::layer::<Multiply>,
};
