//! MobileNet: convolutions of each channel alone, then sums over the channels.

use super::{Pooling, beginning, named, require_pictures};
use crate::layers::{
    BatchNormalization, Conv2D, DepthwiseConv2D, Dropout, GlobalAveragePooling2D,
    GlobalMaxPooling2D, Input, Layer, ReLU, Reshape, ZeroPadding2D,
};
use crate::models::KerasTensor;
use crate::{Activation, Error, Model, Result, Setting, Shape};

/// The filters of each block, and whether it halves the size.
const BLOCKS: [(usize, bool); 13] = [
    (64, false),
    (128, true),
    (128, false),
    (256, true),
    (256, false),
    (512, true),
    (512, false),
    (512, false),
    (512, false),
    (512, false),
    (512, false),
    (1024, true),
    (1024, false),
];

/// MobileNet, with the layer names of Keras: 4,253,864 weights.
///
/// Keras: `keras.applications.MobileNet(weights=None)`.
///
/// Howard et al., "MobileNets: efficient convolutional neural networks for mobile vision
/// applications", 2017.
///
/// # Shapes
/// `(batch, height, width, channels)` to `(batch, classes)`; without `include_top` to
/// `(batch, height / 32, width / 32, 1024 * alpha)`
///
/// # Example
/// ```
/// use kerust::applications::MobileNet;
/// use kerust::prelude::*;
/// let small = MobileNet { alpha: 0.25, input_shape: (128, 128, 3).into(), ..MobileNet::default() };
/// let model = small.build()?;
/// assert_eq!(model.name(), "mobilenet_0.25_128");
/// assert_eq!(model.output_shape()?, (1000,));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MobileNet {
    /// What the filters of all layers are multiplied by; 1 unless set.
    pub alpha: f32,
    /// How many channels each becomes in the convolutions of single channels; 1 unless set.
    pub depth_multiplier: usize,
    /// The share that is left out in front of the output while training; 0.001 unless set.
    pub dropout: f32,
    /// Whether the classifier at the end is there; true unless set.
    pub include_top: bool,
    /// The shape of one picture, at least (32, 32) large; `(224, 224, 3)` unless set.
    pub input_shape: Shape,
    /// What becomes of the last feature maps without `include_top`: `"avg"` or `"max"` for one
    /// number of each; they stay as they are unless set.
    pub pooling: Setting<Pooling>,
    /// The number of classes; 1000 unless set.
    pub classes: usize,
    /// The function behind the output; `"softmax"` unless set.
    pub classifier_activation: Setting<Activation>,
    /// The name of the model; with `alpha` and the size of pictures, such as `mobilenet_1.00_224`,
    /// unless set.
    pub name: Option<String>,
}

impl Default for MobileNet {
    fn default() -> Self {
        Self {
            alpha: 1.0,
            depth_multiplier: 1,
            dropout: 1e-3,
            include_top: true,
            input_shape: (224, 224, 3).into(),
            pooling: Pooling::None.into(),
            classes: 1000,
            classifier_activation: Activation::Softmax.into(),
            name: None,
        }
    }
}

impl MobileNet {
    /// The model, with random weights.
    ///
    /// # Errors
    /// When an argument cannot be.
    pub fn build(&self) -> Result<Model> {
        let rows = self.input_shape.first().copied().unwrap_or_default();
        let name = self.name.clone();
        let name = name.unwrap_or_else(|| format!("mobilenet_{:.2}_{rows}", self.alpha));
        named(&name, || {
            require_pictures(&self.input_shape, 5)?;
            if !(self.alpha.is_finite() && self.alpha * 32.0 >= 1.0) {
                let expected = "a number of at least 1/32, so that every layer has a filter";
                return Err(Error::argument("alpha", expected, self.alpha));
            }
            let inputs = Input::new(self.input_shape.clone());
            let first = Conv2D::new(self.filters(32), 3).strides(2).padding("same");
            let x = first
                .use_bias(false)
                .name("conv1")
                .on(&beginning(&inputs))?;
            let mut x = normalized(&x, "conv1")?;
            for (i, (filters, halves)) in BLOCKS.into_iter().enumerate() {
                x = self.block(&x, filters, halves, i + 1)?;
            }
            Model::new(&inputs, &self.end(&x)?)
        })
    }

    fn filters(&self, filters: usize) -> usize {
        (filters as f64 * f64::from(self.alpha)) as usize
    }

    /// A convolution of each channel, then one of (1, 1) over all of them.
    fn block(
        &self,
        x: &KerasTensor,
        filters: usize,
        halves: bool,
        number: usize,
    ) -> Result<KerasTensor> {
        let depthwise = DepthwiseConv2D::new(3)
            .depth_multiplier(self.depth_multiplier)
            .use_bias(false)
            .name(&format!("conv_dw_{number}"));
        let x = if halves {
            let padding = ZeroPadding2D::new(((0, 1), (0, 1)));
            let x = padding.name(&format!("conv_pad_{number}")).on(x)?;
            depthwise.strides(2).on(&x)?
        } else {
            depthwise.padding("same").on(x)?
        };
        let x = normalized(&x, &format!("conv_dw_{number}"))?;
        let name = format!("conv_pw_{number}");
        let pointwise = Conv2D::new(self.filters(filters), 1).padding("same");
        let x = pointwise.use_bias(false).name(&name).on(&x)?;
        normalized(&x, &name)
    }

    /// What comes of the feature maps.
    fn end(&self, x: &KerasTensor) -> Result<KerasTensor> {
        if !self.include_top {
            return match self.pooling.get()? {
                Pooling::None => Ok(x.clone()),
                Pooling::Avg => GlobalAveragePooling2D::new().on(x),
                Pooling::Max => GlobalMaxPooling2D::new().on(x),
            };
        }
        let x = GlobalAveragePooling2D::new().keepdims(true).on(x)?;
        let x = Dropout::new(self.dropout).name("dropout").on(&x)?;
        let output = Conv2D::new(self.classes, 1).padding("same");
        let x = output.name("conv_preds").on(&x)?;
        let classes = isize::try_from(self.classes).unwrap_or(isize::MAX);
        let x = Reshape::new([classes]).name("reshape_2").on(&x)?;
        let activation = Activation::layer(self.classifier_activation.clone());
        activation.name("predictions").on(&x)
    }
}

/// Batch normalization, and relu up to 6.
fn normalized(x: &KerasTensor, name: &str) -> Result<KerasTensor> {
    let x = BatchNormalization::new()
        .name(&format!("{name}_bn"))
        .on(x)?;
    ReLU::new()
        .max_value(6.0)
        .name(&format!("{name}_relu"))
        .on(&x)
}
