//! A multilayer perceptron.

use super::named;
use crate::layers::{Dense, Dropout, Flatten, Input, Layer};
use crate::{Activation, Model, Result, Setting, Shape};

/// A multilayer perceptron: layers in which everything is connected with everything.
///
/// # Shapes
/// `(batch, ..)` to `(batch, classes)`
///
/// # Example
/// ```
/// use kerust::applications::Mlp;
/// use kerust::prelude::*;
/// let model = Mlp { input_shape: (28, 28).into(), units: vec![128], ..Mlp::default() }.build()?;
/// assert_eq!(model.count_params()?, 784 * 128 + 128 + 128 * 10 + 10);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Mlp {
    /// The shape of one sample; its numbers are lined up in one row. `(28, 28)` unless set.
    pub input_shape: Shape,
    /// The width of each layer between input and output; `[128, 128]` unless set.
    pub units: Vec<usize>,
    /// The function behind these layers; `"relu"` unless set.
    pub activation: Setting<Activation>,
    /// The share of numbers that is left out behind each of them while training; 0 unless set.
    pub dropout: f32,
    /// The number of classes; 10 unless set.
    pub classes: usize,
    /// The function behind the output; `"softmax"` unless set.
    pub classifier_activation: Setting<Activation>,
    /// The name of the model; `"mlp"` unless set.
    pub name: String,
}

impl Default for Mlp {
    fn default() -> Self {
        Self {
            input_shape: (28, 28).into(),
            units: vec![128, 128],
            activation: Activation::Relu.into(),
            dropout: 0.0,
            classes: 10,
            classifier_activation: Activation::Softmax.into(),
            name: "mlp".to_string(),
        }
    }
}

impl Mlp {
    /// The model, with random weights.
    ///
    /// # Errors
    /// When an argument cannot be.
    pub fn build(&self) -> Result<Model> {
        named(&self.name, || {
            let inputs = Input::new(self.input_shape.clone());
            let mut x = Flatten::new().on(&inputs)?;
            for &units in &self.units {
                x = Dense::new(units)
                    .activation(self.activation.clone())
                    .on(&x)?;
                if self.dropout != 0.0 {
                    x = Dropout::new(self.dropout).on(&x)?;
                }
            }
            let output = Dense::new(self.classes).activation(self.classifier_activation.clone());
            Model::new(&inputs, &output.name("predictions").on(&x)?)
        })
    }
}
