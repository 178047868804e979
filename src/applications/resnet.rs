//! ResNet for small pictures: blocks that only learn what they add to their input.

use super::{beginning, named, require_pictures};
use crate::layers::{Add, BatchNormalization, Conv2D, Dense, GlobalAveragePooling2D, Input, Layer};
use crate::models::KerasTensor;
use crate::{Activation, Error, Model, Result, Setting, Shape};

/// The deepest network of the paper.
const DEEPEST: usize = 1202;

/// A ResNet for small pictures, such as CIFAR-10's: a convolution, then three stages of equally many
/// blocks of two convolutions of (3, 3), each with half the size and twice the filters of the one
/// before. Where a block changes the shape, its input goes through a convolution of (1, 1).
///
/// He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2015, section 4.2.
///
/// # Shapes
/// `(batch, height, width, channels)` to `(batch, classes)`
///
/// # Example
/// ```
/// use kerust::applications::ResNet;
/// use kerust::prelude::*;
/// let model = ResNet { depth: 20, ..ResNet::default() }.build()?;
/// assert_eq!(model.summary().trainable_params, 272_474);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ResNet {
    /// The layers with a kernel on the way through, 6 n + 2 for a whole n: 20 unless set.
    pub depth: usize,
    /// The shape of one picture; `(32, 32, 3)` unless set.
    pub input_shape: Shape,
    /// The filters of the first stage; 16 unless set.
    pub filters: usize,
    /// The number of classes; 10 unless set.
    pub classes: usize,
    /// The function behind the output; `"softmax"` unless set.
    pub classifier_activation: Setting<Activation>,
    /// The name of the model; `"resnet"` unless set.
    pub name: String,
}

impl Default for ResNet {
    fn default() -> Self {
        Self {
            depth: 20,
            input_shape: (32, 32, 3).into(),
            filters: 16,
            classes: 10,
            classifier_activation: Activation::Softmax.into(),
            name: "resnet".to_string(),
        }
    }
}

impl ResNet {
    /// The model, with random weights.
    ///
    /// # Errors
    /// When an argument cannot be.
    pub fn build(&self) -> Result<Model> {
        named(&self.name, || {
            let blocks = self.depth.saturating_sub(2) / 6;
            if blocks * 6 + 2 != self.depth || !(8..=DEEPEST).contains(&self.depth) {
                let expected = format!("6 n + 2 for a whole n, from 8 (n = 1) to {DEEPEST}");
                return Err(Error::argument("depth", &expected, self.depth));
            }
            require_pictures(&self.input_shape, 2)?;
            let inputs = Input::new(self.input_shape.clone());
            let x = beginning(&inputs);
            let x = convolved(&x, self.filters, 3, 1, "conv1")?;
            let mut x = relu(&x, "conv1_relu")?;
            for stage in 0..3 {
                let filters = self.filters.saturating_mul(1 << stage);
                for block in 1..=blocks {
                    let strides = if stage > 0 && block == 1 { 2 } else { 1 };
                    let name = format!("conv{}_block{block}", stage + 2);
                    x = residual_block(&x, filters, strides, &name)?;
                }
            }
            x = GlobalAveragePooling2D::new().name("avg_pool").on(&x)?;
            let output = Dense::new(self.classes).activation(self.classifier_activation.clone());
            Model::new(&inputs, &output.name("predictions").on(&x)?)
        })
    }
}

/// Two convolutions, and what went into them.
fn residual_block(
    x: &KerasTensor,
    filters: usize,
    strides: usize,
    name: &str,
) -> Result<KerasTensor> {
    let shortcut = match strides {
        1 => x.clone(),
        _ => convolved(x, filters, 1, strides, &format!("{name}_0"))?,
    };
    let y = convolved(x, filters, 3, strides, &format!("{name}_1"))?;
    let y = relu(&y, &format!("{name}_1_relu"))?;
    let y = convolved(&y, filters, 3, 1, &format!("{name}_2"))?;
    let sum = Add::new().name(&format!("{name}_add"));
    relu(&sum.on([&shortcut, &y])?, &format!("{name}_out"))
}

/// A convolution and batch normalization, which makes a bias needless.
fn convolved(
    x: &KerasTensor,
    filters: usize,
    kernel_size: usize,
    strides: usize,
    name: &str,
) -> Result<KerasTensor> {
    let convolution = Conv2D::new(filters, kernel_size)
        .strides(strides)
        .padding("same")
        .use_bias(false)
        .kernel_initializer("he_normal");
    let x = convolution.name(&format!("{name}_conv")).on(x)?;
    let normalization = BatchNormalization::new();
    normalization.name(&format!("{name}_bn")).on(&x)
}

fn relu(x: &KerasTensor, name: &str) -> Result<KerasTensor> {
    Activation::layer("relu").name(name).on(x)
}
