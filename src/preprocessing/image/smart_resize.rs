//! `smart_resize`.

use crate::ops::{self, Interpolation};
use crate::{Error, Result, Setting, Tape, Tensor};

/// The arguments of [`smart_resize_with`], with Keras's defaults.
#[derive(Clone, Debug)]
pub struct SmartResize {
    /// `"bilinear"` unless set, `"nearest"`, `"bicubic"`, `"lanczos3"` or `"lanczos5"`.
    pub interpolation: Setting<Interpolation>,
}

impl Default for SmartResize {
    fn default() -> Self {
        Self {
            interpolation: Interpolation::Bilinear.into(),
        }
    }
}

/// Pictures of another size that are not distorted: the largest part in the middle with the
/// proportions of `size` (height and width) is resized.
///
/// Keras: `keras.preprocessing.image.smart_resize(x, size)`.
///
/// # Shapes
/// `(height, width, channels)` or `(batch, height, width, channels)`, with `size` in the place of
/// height and width; float32
///
/// # Errors
/// When the shape is another, or a size is 0.
///
/// # Example
/// ```
/// use kerust::preprocessing::image::smart_resize;
/// use kerust::prelude::*;
/// let x = Tensor::zeros((340, 500, 3));
/// assert_eq!(smart_resize(&x, (200, 200))?.shape(), (200, 200, 3));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn smart_resize(x: &Tensor, size: (usize, usize)) -> Result<Tensor> {
    smart_resize_with(x, size, SmartResize::default())
}

/// As [`smart_resize`], with the choice of the interpolation.
///
/// Keras: `keras.preprocessing.image.smart_resize(x, size, interpolation)`.
///
/// # Errors
/// As [`smart_resize`].
///
/// # Example
/// ```
/// use kerust::preprocessing::image::{SmartResize, smart_resize_with};
/// use kerust::prelude::*;
/// let batch = Tensor::zeros((2, 30, 40, 1));
/// let how = SmartResize { interpolation: "bicubic".into() };
/// assert_eq!(smart_resize_with(&batch, (15, 15), how)?.shape(), (2, 15, 15, 1));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn smart_resize_with(
    x: &Tensor,
    size: (usize, usize),
    arguments: SmartResize,
) -> Result<Tensor> {
    resize(x, size, &arguments).map_err(|e| e.at("`smart_resize`"))
}

fn resize(x: &Tensor, (height, width): (usize, usize), how: &SmartResize) -> Result<Tensor> {
    let interpolation = *how.interpolation.get()?;
    let batch = match x.ndim() {
        3 => x.reshape(x.shape().with_batch(1))?,
        4 => x.clone(),
        _ => {
            return Err(Error::shape(format!(
                "expected pictures of shape (height, width, channels) or (batch, height, width, \
                 channels), got {}",
                x.shape()
            )));
        }
    };
    let [from_height, from_width] = [batch.shape()[1], batch.shape()[2]];
    if height == 0 || width == 0 || from_height == 0 || from_width == 0 {
        let given = format!("({height}, {width}) for {}", x.shape());
        return Err(Error::argument(
            "size",
            "a positive height and width of pictures with pixels",
            given,
        ));
    }
    // Computed in floats, as Keras does.
    let in_proportion =
        |from: usize, by: usize, over: usize| (from as f64 * by as f64 / over as f64) as usize;
    let middle = |from: usize, wanted: usize| {
        let length = wanted.clamp(1, from);
        let before = (from - length) / 2;
        (before, from - length - before)
    };
    let rows = middle(from_height, in_proportion(from_width, height, width));
    let columns = middle(from_width, in_proportion(from_height, width, height));
    let mut tape = Tape::off();
    let floats = batch.astype(crate::DType::Float32);
    let cropped = ops::cropping::<2>(&mut tape, &floats, [rows, columns])?;
    let resized = ops::resize(&mut tape, &cropped, (height, width), interpolation)?;
    match x.ndim() {
        3 => resized.reshape(resized.shape().without_batch()),
        _ => Ok(resized),
    }
}
