//! Add, Subtract, Average.

use serde::{Deserialize, Serialize};

use super::{any_mask, fold, masked, merged_shape};
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity, through_several};
use crate::{Config, Error, Result, Shape, Tensor, ops};

/// The sum of the inputs.
///
/// Keras: `keras.layers.Add`. Shapes broadcast; with different numbers of axes, the missing ones
/// are those behind the batch axis.
///
/// # Shapes
/// several of `(batch, ..)` to one of the same
///
/// # Example
/// ```
/// use kerust::layers::{Layer, Add};
/// use kerust::Shape;
/// let shapes = [Shape::from((4, 3)), Shape::from((1, 3))];
/// assert_eq!(Add::new().output_shapes(&shapes)?, [Shape::from((4, 3))]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Add {
    #[serde(flatten)]
    base: LayerBase,
}

impl Add {
    /// The layer has no arguments.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Layer for Add {
    layer_identity!("Add");
    through_several!(without_weights);

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        Ok(vec![merged_shape(inputs)?])
    }

    fn call_for(&self, inputs: &[Tensor], pass: &mut Pass<'_>) -> Result<Vec<Tensor>> {
        let y = fold(inputs, pass.tape, ops::add)?;
        Ok(vec![masked(y, any_mask(inputs)?)])
    }
}

pub(super) const ADD: LayerEntry = LayerEntry {
    class_name: "Add",
    what: "adds its inputs",
    example: || (Box::new(Add::new()), Shape::from((4, 3))),
    from_config: Config::layer::<Add>,
};

/// The first of two inputs without the second.
///
/// Keras: `keras.layers.Subtract`. Shapes broadcast; with different numbers of axes, the missing ones
/// are those behind the batch axis.
///
/// # Shapes
/// several of `(batch, ..)` to one of the same
///
/// # Example
/// ```
/// use kerust::layers::{Layer, Subtract};
/// use kerust::Shape;
/// let shapes = [Shape::from((4, 3)), Shape::from((1, 3))];
/// assert_eq!(Subtract::new().output_shapes(&shapes)?, [Shape::from((4, 3))]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Subtract {
    #[serde(flatten)]
    base: LayerBase,
}

impl Subtract {
    /// The layer has no arguments.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Layer for Subtract {
    layer_identity!("Subtract");
    through_several!(without_weights);

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        if inputs.len() != 2 {
            let error = format!("expected two inputs, got {}", inputs.len());
            return Err(Error::shape(error).remedy("list both: `.on([&a, &b])`"));
        }
        Ok(vec![merged_shape(inputs)?])
    }

    fn call_for(&self, inputs: &[Tensor], pass: &mut Pass<'_>) -> Result<Vec<Tensor>> {
        let y = fold(inputs, pass.tape, ops::subtract)?;
        Ok(vec![masked(y, any_mask(inputs)?)])
    }
}

pub(super) const SUBTRACT: LayerEntry = LayerEntry {
    class_name: "Subtract",
    what: "subtracts the second input from the first",
    example: || (Box::new(Subtract::new()), Shape::from((4, 3))),
    from_config: Config::layer::<Subtract>,
};

/// The mean of the inputs.
///
/// Keras: `keras.layers.Average`. Shapes broadcast; with different numbers of axes, the missing ones
/// are those behind the batch axis.
///
/// # Shapes
/// several of `(batch, ..)` to one of the same
///
/// # Example
/// ```
/// use kerust::layers::{Layer, Average};
/// use kerust::Shape;
/// let shapes = [Shape::from((4, 3)), Shape::from((1, 3))];
/// assert_eq!(Average::new().output_shapes(&shapes)?, [Shape::from((4, 3))]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Average {
    #[serde(flatten)]
    base: LayerBase,
}

impl Average {
    /// The layer has no arguments.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Layer for Average {
    layer_identity!("Average");
    through_several!(without_weights);

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        Ok(vec![merged_shape(inputs)?])
    }

    fn call_for(&self, inputs: &[Tensor], pass: &mut Pass<'_>) -> Result<Vec<Tensor>> {
        let sum = fold(inputs, pass.tape, ops::add)?;
        let share = Tensor::scalar(1.0 / inputs.len() as f32);
        let y = ops::multiply(pass.tape, &sum, &share)?;
        Ok(vec![masked(y, any_mask(inputs)?)])
    }
}

pub(super) const AVERAGE: LayerEntry = LayerEntry {
    class_name: "Average",
    what: "takes the mean of its inputs",
    example: || (Box::new(Average::new()), Shape::from((4, 3))),
    from_config: Config::layer::<Average>,
};
