//! The ResNets of Keras, for large pictures.

use super::{Pooling, beginning, named, require_pictures, top};
use crate::layers::{Add, BatchNormalization, Conv2D, Input, Layer, MaxPooling2D, ZeroPadding2D};
use crate::models::KerasTensor;
use crate::{Activation, Model, Result, Setting, Shape};

/// What keeps variances from being 0.
const EPSILON: f32 = 1.001e-5;

/// Where the normalization stands in a block.
#[derive(Clone, Copy, PartialEq)]
enum Version {
    /// Behind each convolution.
    V1,
    /// In front of each convolution.
    V2,
}

/// Defines a ResNet by how many blocks each of its four stages has.
macro_rules! resnet {
    ($(#[$doc:meta])* $class:ident, $name:literal, $version:ident, $blocks:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $class {
            /// Whether the dense layer at the end is there; true unless set.
            pub include_top: bool,
            /// The shape of one picture, at least (32, 32) large; `(224, 224, 3)` unless set.
            pub input_shape: Shape,
            /// What becomes of the last feature maps without `include_top`: `"avg"` or `"max"` for
            /// one number of each; they stay as they are unless set.
            pub pooling: Setting<Pooling>,
            /// The number of classes; 1000 unless set.
            pub classes: usize,
            /// The function behind the output; `"softmax"` unless set.
            pub classifier_activation: Setting<Activation>,
            #[doc = concat!("The name of the model; `\"", $name, "\"` unless set.")]
            pub name: String,
        }

        impl Default for $class {
            fn default() -> Self {
                Self {
                    include_top: true,
                    input_shape: (224, 224, 3).into(),
                    pooling: Pooling::None.into(),
                    classes: 1000,
                    classifier_activation: Activation::Softmax.into(),
                    name: $name.to_string(),
                }
            }
        }

        impl $class {
            /// The model, with random weights.
            ///
            /// # Errors
            /// When an argument cannot be.
            pub fn build(&self) -> Result<Model> {
                named(&self.name, || {
                    require_pictures(&self.input_shape, 5)?;
                    let inputs = Input::new(self.input_shape.clone());
                    let x = features(&beginning(&inputs), Version::$version, $blocks)?;
                    let pooling = *self.pooling.get()?;
                    let classifier =
                        self.include_top.then_some((self.classes, &self.classifier_activation));
                    Model::new(&inputs, &top(&x, classifier, pooling)?)
                })
            }
        }
    };
}

resnet! {
    /// ResNet50, with the layer names of Keras: 25,636,712 weights.
    ///
    /// Keras: `keras.applications.ResNet50(weights=None)`.
    ///
    /// He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2015.
    ///
    /// # Shapes
    /// `(batch, height, width, channels)` to `(batch, classes)`; without `include_top` to
    /// `(batch, height / 32, width / 32, 2048)`
    ///
    /// # Example
    /// ```
    /// use kerust::applications::ResNet50;
    /// use kerust::prelude::*;
    /// let features = ResNet50 {
    ///     include_top: false,
    ///     pooling: "avg".into(),
    ///     input_shape: (64, 64, 3).into(),
    ///     ..ResNet50::default()
    /// };
    /// assert_eq!(features.build()?.output_shape()?, (2048,));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    ResNet50, "resnet50", V1, [3, 4, 6, 3]
}

resnet! {
    /// ResNet101, with the layer names of Keras: 44,707,176 weights.
    ///
    /// Keras: `keras.applications.ResNet101(weights=None)`. See [`ResNet50`].
    ResNet101, "resnet101", V1, [3, 4, 23, 3]
}

resnet! {
    /// ResNet152, with the layer names of Keras: 60,419,944 weights.
    ///
    /// Keras: `keras.applications.ResNet152(weights=None)`. See [`ResNet50`].
    ResNet152, "resnet152", V1, [3, 8, 36, 3]
}

resnet! {
    /// ResNet50V2, with the layer names of Keras: 25,613,800 weights.
    ///
    /// Keras: `keras.applications.ResNet50V2(weights=None)`. As [`ResNet50`], with batch
    /// normalization and relu in front of the convolutions.
    ///
    /// He, Zhang, Ren and Sun, "Identity mappings in deep residual networks", 2016.
    ResNet50V2, "resnet50v2", V2, [3, 4, 6, 3]
}

resnet! {
    /// ResNet101V2, with the layer names of Keras: 44,675,560 weights.
    ///
    /// Keras: `keras.applications.ResNet101V2(weights=None)`. See [`ResNet50V2`].
    ResNet101V2, "resnet101v2", V2, [3, 4, 23, 3]
}

resnet! {
    /// ResNet152V2, with the layer names of Keras: 60,380,648 weights.
    ///
    /// Keras: `keras.applications.ResNet152V2(weights=None)`. See [`ResNet50V2`].
    ResNet152V2, "resnet152v2", V2, [3, 8, 36, 3]
}

/// The feature maps of a picture: four stages of blocks, each with half the size and twice the
/// filters of the one before.
fn features(x: &KerasTensor, version: Version, blocks: [usize; 4]) -> Result<KerasTensor> {
    let x = ZeroPadding2D::new(3).name("conv1_pad").on(x)?;
    let mut x = Conv2D::new(64, 7).strides(2).name("conv1_conv").on(&x)?;
    if version == Version::V1 {
        x = normalized(&x, "conv1_bn", "conv1_relu")?;
    }
    x = ZeroPadding2D::new(1).name("pool1_pad").on(&x)?;
    x = MaxPooling2D::new(3).strides(2).name("pool1_pool").on(&x)?;
    for (stage, blocks) in blocks.into_iter().enumerate() {
        let filters = 64 << stage;
        for block in 1..=blocks {
            let name = format!("conv{}_block{block}", stage + 2);
            x = match version {
                Version::V1 => {
                    let strides = if stage > 0 && block == 1 { 2 } else { 1 };
                    block_v1(&x, filters, strides, block == 1, &name)?
                }
                Version::V2 => {
                    let strides = if stage < 3 && block == blocks { 2 } else { 1 };
                    block_v2(&x, filters, strides, block == 1, &name)?
                }
            };
        }
    }
    match version {
        Version::V1 => Ok(x),
        Version::V2 => normalized(&x, "post_bn", "post_relu"),
    }
}

/// Narrow, as wide as the picture's details, wide again; and what went in.
fn block_v1(
    x: &KerasTensor,
    filters: usize,
    strides: usize,
    widens: bool,
    name: &str,
) -> Result<KerasTensor> {
    let part = |part: &str| format!("{name}_{part}");
    let shortcut = if widens {
        let wide = Conv2D::new(4 * filters, 1).strides(strides);
        let wide = wide.name(&part("0_conv")).on(x)?;
        normalization(&part("0_bn")).on(&wide)?
    } else {
        x.clone()
    };
    let narrow = Conv2D::new(filters, 1).strides(strides);
    let y = narrow.name(&part("1_conv")).on(x)?;
    let y = normalized(&y, &part("1_bn"), &part("1_relu"))?;
    let y = Conv2D::new(filters, 3)
        .padding("same")
        .name(&part("2_conv"))
        .on(&y)?;
    let y = normalized(&y, &part("2_bn"), &part("2_relu"))?;
    let y = Conv2D::new(4 * filters, 1).name(&part("3_conv")).on(&y)?;
    let y = normalization(&part("3_bn")).on(&y)?;
    let sum = Add::new().name(&part("add")).on([&shortcut, &y])?;
    Activation::layer("relu").name(&part("out")).on(&sum)
}

/// The same with the normalization in front.
fn block_v2(
    x: &KerasTensor,
    filters: usize,
    strides: usize,
    widens: bool,
    name: &str,
) -> Result<KerasTensor> {
    let part = |part: &str| format!("{name}_{part}");
    let before = normalized(x, &part("preact_bn"), &part("preact_relu"))?;
    let shortcut = if widens {
        let wide = Conv2D::new(4 * filters, 1).strides(strides);
        wide.name(&part("0_conv")).on(&before)?
    } else if strides > 1 {
        MaxPooling2D::new(1).strides(strides).on(x)?
    } else {
        x.clone()
    };
    let narrow = Conv2D::new(filters, 1).use_bias(false);
    let y = narrow.name(&part("1_conv")).on(&before)?;
    let y = normalized(&y, &part("1_bn"), &part("1_relu"))?;
    let y = ZeroPadding2D::new(1).name(&part("2_pad")).on(&y)?;
    let middle = Conv2D::new(filters, 3).strides(strides).use_bias(false);
    let y = middle.name(&part("2_conv")).on(&y)?;
    let y = normalized(&y, &part("2_bn"), &part("2_relu"))?;
    let y = Conv2D::new(4 * filters, 1).name(&part("3_conv")).on(&y)?;
    Add::new().name(&part("out")).on([&shortcut, &y])
}

fn normalization(name: &str) -> BatchNormalization {
    BatchNormalization::new().epsilon(EPSILON).name(name)
}

/// Batch normalization and relu.
fn normalized(x: &KerasTensor, normalization_name: &str, relu: &str) -> Result<KerasTensor> {
    let x = normalization(normalization_name).on(x)?;
    Activation::layer("relu").name(relu).on(&x)
}
