//! Maximum, Minimum.

use serde::{Deserialize, Serialize};

use super::{aligned, masked, merged_shape, no_input, over_features};
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity, through_several};
use crate::{Config, Result, Shape, Tape, Tensor, ops};

/// The largest of the inputs, place by place; where one is masked, of the others.
///
/// Keras: `keras.layers.Maximum`. Shapes broadcast; with different numbers of axes, the missing ones
/// are those behind the batch axis.
///
/// # Shapes
/// several of `(batch, ..)` to one of the same
///
/// # Example
/// ```
/// use kerust::layers::{Layer, Maximum};
/// use kerust::Shape;
/// let shapes = [Shape::from((4, 3)), Shape::from((1, 3))];
/// assert_eq!(Maximum::new().output_shapes(&shapes)?, [Shape::from((4, 3))]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Maximum {
    #[serde(flatten)]
    base: LayerBase,
}

impl Maximum {
    /// The layer has no arguments.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Layer for Maximum {
    layer_identity!("Maximum");
    through_several!(without_weights);

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        Ok(vec![merged_shape(inputs)?])
    }

    fn call_for(&self, inputs: &[Tensor], pass: &mut Pass<'_>) -> Result<Vec<Tensor>> {
        Ok(vec![choose(inputs, pass.tape, ops::maximum)?])
    }
}

pub(super) const MAXIMUM: LayerEntry = LayerEntry {
    class_name: "Maximum",
    what: "takes the largest of its inputs",
    example: || (Box::new(Maximum::new()), Shape::from((4, 3))),
    from_config: Config::layer::<Maximum>,
};

/// The smallest of the inputs, place by place; where one is masked, of the others.
///
/// Keras: `keras.layers.Minimum`. Shapes broadcast; with different numbers of axes, the missing ones
/// are those behind the batch axis.
///
/// # Shapes
/// several of `(batch, ..)` to one of the same
///
/// # Example
/// ```
/// use kerust::layers::{Layer, Minimum};
/// use kerust::Shape;
/// let shapes = [Shape::from((4, 3)), Shape::from((1, 3))];
/// assert_eq!(Minimum::new().output_shapes(&shapes)?, [Shape::from((4, 3))]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Minimum {
    #[serde(flatten)]
    base: LayerBase,
}

impl Minimum {
    /// The layer has no arguments.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Layer for Minimum {
    layer_identity!("Minimum");
    through_several!(without_weights);

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        Ok(vec![merged_shape(inputs)?])
    }

    fn call_for(&self, inputs: &[Tensor], pass: &mut Pass<'_>) -> Result<Vec<Tensor>> {
        Ok(vec![choose(inputs, pass.tape, ops::minimum)?])
    }
}

pub(super) const MINIMUM: LayerEntry = LayerEntry {
    class_name: "Minimum",
    what: "takes the smallest of its inputs",
    example: || (Box::new(Minimum::new()), Shape::from((4, 3))),
    from_config: Config::layer::<Minimum>,
};

/// Joins the inputs by `join`; what is masked takes no part, for no number would leave the others
/// as they are.
fn choose(
    inputs: &[Tensor],
    tape: &mut Tape,
    join: impl Fn(&mut Tape, &Tensor, &Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let inputs = aligned(inputs)?;
    let Some((first, others)) = inputs.split_first() else {
        return Err(no_input());
    };
    let stretched = |x: &Tensor| x.mask().map(|mask| over_features(mask, x)).transpose();
    let (mut y, mut mask) = (first.clone().without_mask(), stretched(first)?);
    for other in others {
        let (mut x, of_x) = (other.clone(), stretched(other)?);
        if let Some(of_x) = &of_x {
            x = ops::where_(tape, of_x, &x, &y)?;
        }
        if let Some(mask) = &mask {
            y = ops::where_(tape, mask, &y, &x)?;
        }
        mask = match (mask, of_x) {
            (Some(a), Some(b)) => Some(ops::maximum(&mut Tape::off(), &a, &b)?),
            _ => None,
        };
        y = join(tape, &y, &x)?;
    }
    // The axis of the features goes again.
    let mask = mask.map(|mask| mask.reshape(&mask.shape()[..mask.ndim() - 1]));
    Ok(masked(y, mask.transpose()?))
}
