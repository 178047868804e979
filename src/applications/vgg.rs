//! VGG: pictures halved again and again, with small convolutions in between.

use super::{beginning, named, require_pictures};
use crate::layers::{
    BatchNormalization, Conv2D, Dense, Dropout, Flatten, GlobalAveragePooling2D, Input, Layer,
    MaxPooling2D,
};
use crate::{Activation, Model, Result, Setting, Shape};

/// A small VGG for small pictures, such as CIFAR-10's: two convolutions of (3, 3) with batch
/// normalization for each entry of `filters`, then half the size.
///
/// # Shapes
/// `(batch, height, width, channels)` to `(batch, classes)`
///
/// # Example
/// ```
/// use kerust::applications::Vgg;
/// use kerust::prelude::*;
/// let model = Vgg { classes: 100, ..Vgg::default() }.build()?;
/// assert_eq!(model.output_shape()?, (100,));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Vgg {
    /// The shape of one picture; `(32, 32, 3)` unless set.
    pub input_shape: Shape,
    /// The filters of the convolutions before each halving; `[32, 64, 128]` unless set.
    pub filters: Vec<usize>,
    /// The share that is left out behind each halving while training; 0.2 unless set.
    pub dropout: f32,
    /// The number of classes; 10 unless set.
    pub classes: usize,
    /// The function behind the output; `"softmax"` unless set.
    pub classifier_activation: Setting<Activation>,
    /// The name of the model; `"vgg"` unless set.
    pub name: String,
}

impl Default for Vgg {
    fn default() -> Self {
        Self {
            input_shape: (32, 32, 3).into(),
            filters: vec![32, 64, 128],
            dropout: 0.2,
            classes: 10,
            classifier_activation: Activation::Softmax.into(),
            name: "vgg".to_string(),
        }
    }
}

impl Vgg {
    /// The model, with random weights.
    ///
    /// # Errors
    /// When an argument cannot be.
    pub fn build(&self) -> Result<Model> {
        named(&self.name, || {
            let halvings = self.filters.len().min(63) as u32;
            require_pictures(&self.input_shape, halvings)?;
            let inputs = Input::new(self.input_shape.clone());
            let mut x = beginning(&inputs);
            for (block, &filters) in self.filters.iter().enumerate() {
                let block = block + 1;
                for i in 1..=2 {
                    let convolution = Conv2D::new(filters, 3).padding("same").use_bias(false);
                    x = convolution.name(&format!("block{block}_conv{i}")).on(&x)?;
                    x = BatchNormalization::new()
                        .name(&format!("block{block}_bn{i}"))
                        .on(&x)?;
                    x = Activation::layer("relu")
                        .name(&format!("block{block}_relu{i}"))
                        .on(&x)?;
                }
                x = MaxPooling2D::new(2)
                    .name(&format!("block{block}_pool"))
                    .on(&x)?;
                x = Dropout::new(self.dropout)
                    .name(&format!("block{block}_dropout"))
                    .on(&x)?;
            }
            x = GlobalAveragePooling2D::new().name("avg_pool").on(&x)?;
            let output = Dense::new(self.classes).activation(self.classifier_activation.clone());
            Model::new(&inputs, &output.name("predictions").on(&x)?)
        })
    }
}

/// VGG16, with the layer names of Keras: 138,357,544 weights, more than 500 MiB.
///
/// Keras: `keras.applications.VGG16(weights=None)`.
///
/// Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition",
/// 2014.
///
/// # Shapes
/// `(batch, height, width, channels)` to `(batch, classes)`; without `include_top` to
/// `(batch, height / 32, width / 32, 512)`
///
/// # Example
/// ```
/// use kerust::applications::VGG16;
/// use kerust::prelude::*;
/// let base = VGG16 { include_top: false, input_shape: (32, 32, 3).into(), ..VGG16::default() };
/// let model = base.build()?;
/// assert_eq!(model.output_shape()?, (1, 1, 512));
/// assert_eq!(model.count_params()?, 14_714_688);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct VGG16 {
    /// Whether the three dense layers at the end are there; true unless set.
    pub include_top: bool,
    /// The shape of one picture, at least (32, 32) large; `(224, 224, 3)` unless set.
    pub input_shape: Shape,
    /// The number of classes; 1000 unless set.
    pub classes: usize,
    /// The function behind the output; `"softmax"` unless set.
    pub classifier_activation: Setting<Activation>,
    /// The name of the model; `"vgg16"` unless set.
    pub name: String,
}

impl Default for VGG16 {
    fn default() -> Self {
        Self {
            include_top: true,
            input_shape: (224, 224, 3).into(),
            classes: 1000,
            classifier_activation: Activation::Softmax.into(),
            name: "vgg16".to_string(),
        }
    }
}

impl VGG16 {
    /// The model, with random weights.
    ///
    /// # Errors
    /// When an argument cannot be.
    pub fn build(&self) -> Result<Model> {
        named(&self.name, || {
            require_pictures(&self.input_shape, 5)?;
            let inputs = Input::new(self.input_shape.clone());
            let mut x = beginning(&inputs);
            let blocks = [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)];
            for (block, (filters, convolutions)) in blocks.into_iter().enumerate() {
                let block = block + 1;
                for i in 1..=convolutions {
                    let convolution = Conv2D::new(filters, 3).padding("same").activation("relu");
                    x = convolution.name(&format!("block{block}_conv{i}")).on(&x)?;
                }
                let pooling = MaxPooling2D::new(2).strides(2);
                x = pooling.name(&format!("block{block}_pool")).on(&x)?;
            }
            if self.include_top {
                x = Flatten::new().name("flatten").on(&x)?;
                for name in ["fc1", "fc2"] {
                    x = Dense::new(4096).activation("relu").name(name).on(&x)?;
                }
                let output =
                    Dense::new(self.classes).activation(self.classifier_activation.clone());
                x = output.name("predictions").on(&x)?;
            }
            Model::new(&inputs, &x)
        })
    }
}
