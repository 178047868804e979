//! Layers for pictures, called on pictures as they are.

use super::{
    AugMix, AutoContrast, CenterCrop, ContrastLimitedAdaptiveHistogramEqualization, Equalization,
    Pipeline, RandAugment, RandomBrightness, RandomColorDegeneration, RandomColorJitter,
    RandomContrast, RandomCrop, RandomElasticTransform, RandomErasing, RandomFlip,
    RandomGaussianBlur, RandomGrayscale, RandomHue, RandomInvert, RandomPerspective,
    RandomPosterization, RandomRotation, RandomSaturation, RandomSharpness, RandomShear,
    RandomTranslation, RandomZoom, Resizing, Solarization,
};
use crate::layers::{Input, Layer};
use crate::{Error, Result, Sequential, Tape, Tensor};

/// A layer that changes pictures and can do so outside of a model.
///
/// Keras: `layer(images)`.
pub trait ImageAugmentation: Layer {
    /// Changes one picture of shape (height, width, channels), or a batch of them, as while training.
    ///
    /// # Errors
    /// When `images` is neither, or an argument is wrong.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let picture = Tensor::random_uniform((32, 32, 3), 0.0, 255.0);
    /// let brighter = RandomBrightness::new((0.1, 0.1)).augment_images(&picture)?;
    /// assert_eq!(brighter.shape(), (32, 32, 3));
    /// assert!(brighter.mean() > picture.mean());
    /// # Ok::<(), kerust::Error>(())
    /// ```
    fn augment_images(&self, images: &Tensor) -> Result<Tensor> {
        let alone = images.ndim() == 3;
        let batch = match images.ndim() {
            3 => images.reshape(images.shape().with_batch(1))?,
            4 => images.clone(),
            _ => {
                return Err(Error::shape(format!(
                    "{}: expected pictures of shape (height, width, channels) or (batch, height, \
                     width, channels), got {}",
                    self.class_name(),
                    images.shape()
                ))
                .remedy("reshape the data, for example to (28, 28, 1)"));
            }
        };
        let mut model = Sequential::new();
        model.add(Input::new(batch.shape().without_batch()))?;
        model.add(self.boxed_clone())?;
        let changed = model.call(&batch, &mut Tape::off(), true)?;
        if alone { changed.index(0) } else { Ok(changed) }
    }
}

impl ImageAugmentation for AugMix {}
impl ImageAugmentation for AutoContrast {}
impl ImageAugmentation for CenterCrop {}
impl ImageAugmentation for ContrastLimitedAdaptiveHistogramEqualization {}
impl ImageAugmentation for Equalization {}
impl ImageAugmentation for Pipeline {}
impl ImageAugmentation for RandAugment {}
impl ImageAugmentation for RandomBrightness {}
impl ImageAugmentation for RandomColorDegeneration {}
impl ImageAugmentation for RandomColorJitter {}
impl ImageAugmentation for RandomContrast {}
impl ImageAugmentation for RandomCrop {}
impl ImageAugmentation for RandomElasticTransform {}
impl ImageAugmentation for RandomErasing {}
impl ImageAugmentation for RandomFlip {}
impl ImageAugmentation for RandomGaussianBlur {}
impl ImageAugmentation for RandomGrayscale {}
impl ImageAugmentation for RandomHue {}
impl ImageAugmentation for RandomInvert {}
impl ImageAugmentation for RandomPerspective {}
impl ImageAugmentation for RandomPosterization {}
impl ImageAugmentation for RandomRotation {}
impl ImageAugmentation for RandomSaturation {}
impl ImageAugmentation for RandomSharpness {}
impl ImageAugmentation for RandomShear {}
impl ImageAugmentation for RandomTranslation {}
impl ImageAugmentation for RandomZoom {}
impl ImageAugmentation for Resizing {}
impl ImageAugmentation for Solarization {}
