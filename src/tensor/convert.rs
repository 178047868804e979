//! To and from `Vec`, `ndarray` and `image`.

use std::sync::Arc;

use image::{GrayImage, ImageBuffer, RgbImage, RgbaImage};
use ndarray::{Array, ArrayD, Dimension, IxDyn};

use super::{Data, Shape, Tensor};
use crate::{Error, Result};

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
    impl Sealed for u8 {}
    impl Sealed for i32 {}
    impl Sealed for i64 {}
    impl Sealed for usize {}
}

/// A number type that tensors are made from and read as.
///
/// `f32` and `f64` become float32 tensors, `u8` uint8, the others int64.
pub trait Element: Copy + sealed::Sealed + Send + Sync + 'static {
    #[doc(hidden)]
    fn into_tensor(values: Vec<Self>, shape: Shape) -> Tensor;
    #[doc(hidden)]
    fn from_f32(value: f32) -> Self;
    #[doc(hidden)]
    fn from_u8(value: u8) -> Self;
    #[doc(hidden)]
    fn from_i64(value: i64) -> Self;
}

macro_rules! element {
    ($type:ty, $values:ident, $shape:ident => $tensor:expr) => {
        impl Element for $type {
            fn into_tensor($values: Vec<Self>, $shape: Shape) -> Tensor {
                $tensor
            }
            fn from_f32(value: f32) -> Self {
                value as $type
            }
            fn from_u8(value: u8) -> Self {
                value as $type
            }
            fn from_i64(value: i64) -> Self {
                value as $type
            }
        }
    };
}

element!(f32, values, shape => Tensor::from_floats(values, shape));
element!(f64, values, shape => {
    Tensor::from_floats(values.into_iter().map(|v| v as f32).collect(), shape)
});
element!(u8, values, shape => Tensor::new(Data::Uint8(Arc::new(values)), shape));
element!(i64, values, shape => Tensor::new(Data::Int64(Arc::new(values)), shape));
element!(i32, values, shape => {
    Tensor::new(Data::Int64(Arc::new(values.into_iter().map(i64::from).collect())), shape)
});
element!(usize, values, shape => {
    Tensor::new(Data::Int64(Arc::new(values.into_iter().map(|v| v as i64).collect())), shape)
});

impl Tensor {
    /// A tensor of `values` in row-major order.
    ///
    /// # Errors
    /// When the number of values does not fit the shape.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let labels = Tensor::from_vec(vec![3u8, 8, 8], (3, 1))?;
    /// assert_eq!(labels.dtype().to_string(), "uint8");
    /// assert!(Tensor::from_vec(vec![1.0], (2, 2)).is_err());
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn from_vec<T: Element>(values: Vec<T>, shape: impl Into<Shape>) -> Result<Tensor> {
        let shape = shape.into();
        if values.len() != shape.elements() {
            return Err(Error::shape(format!(
                "{} values do not fill a tensor of shape {shape}, which has {} elements",
                values.len(),
                shape.elements()
            )));
        }
        Ok(T::into_tensor(values, shape))
    }

    /// The elements in row-major order, converted as Rust's `as` does it.
    pub fn to_vec<T: Element>(&self) -> Vec<T> {
        match &self.data {
            Data::Float32(floats) => floats.as_slice().iter().map(|&v| T::from_f32(v)).collect(),
            Data::Uint8(bytes) => bytes.iter().map(|&v| T::from_u8(v)).collect(),
            Data::Int64(numbers) => numbers.iter().map(|&v| T::from_i64(v)).collect(),
        }
    }

    /// A tensor with the elements of an `ndarray` array.
    pub fn from_ndarray<T: Element, D: Dimension>(array: &Array<T, D>) -> Tensor {
        T::into_tensor(array.iter().copied().collect(), Shape::from(array.shape()))
    }

    /// The elements as an `ndarray` array.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let x = Tensor::from_vec(vec![1.0f32, 2.0], (1, 2))?;
    /// assert_eq!(Tensor::from_ndarray(&x.to_ndarray::<f32>()), x);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn to_ndarray<T: Element>(&self) -> ArrayD<T> {
        ArrayD::from_shape_vec(IxDyn(&self.shape), self.to_vec())
            .expect("a tensor has as many elements as its shape says")
    }

    /// An RGB picture as a uint8 tensor of shape (height, width, 3).
    pub fn from_image(picture: &RgbImage) -> Tensor {
        let shape = Shape::from((picture.height() as usize, picture.width() as usize, 3));
        u8::into_tensor(picture.as_raw().clone(), shape)
    }

    /// The picture that a tensor of shape (height, width), (height, width, 1), (.., 3) or (.., 4)
    /// holds. Bytes are taken as they are. Floats are taken as 0 to 1, as after dividing by 255,
    /// unless one is above 1: then as 0 to 255.
    ///
    /// # Errors
    /// When the shape is not that of a picture.
    pub fn to_image(&self) -> Result<image::DynamicImage> {
        let (height, width, channels) = match *self.shape.dims() {
            [height, width] => (height, width, 1),
            [height, width, channels @ (1 | 3 | 4)] => (height, width, channels),
            _ => {
                return Err(Error::shape(format!(
                    "a picture has shape (height, width), (height, width, 1), (height, width, 3) \
                     or (height, width, 4), got {}",
                    self.shape
                ))
                .remedy("take one picture of a batch with `x.index(i)?`"));
            }
        };
        let too_large = |_| Error::shape(format!("shape {} is too large", self.shape));
        let width = u32::try_from(width).map_err(too_large)?;
        let height = u32::try_from(height).map_err(too_large)?;
        let pixels = self.pixels();
        let picture = match channels {
            1 => GrayImage::from_raw(width, height, pixels).map(Into::into),
            3 => RgbImage::from_raw(width, height, pixels).map(Into::into),
            _ => {
                (ImageBuffer::from_raw(width, height, pixels) as Option<RgbaImage>).map(Into::into)
            }
        };
        picture
            .ok_or_else(|| Error::shape(format!("shape {} is not that of a picture", self.shape)))
    }

    fn pixels(&self) -> Vec<u8> {
        match &self.data {
            Data::Float32(floats) => {
                let floats = floats.as_slice();
                let scale = if floats.iter().any(|&v| v > 1.0) {
                    1.0
                } else {
                    255.0
                };
                floats
                    .iter()
                    .map(|v| (v * scale).round().clamp(0.0, 255.0) as u8)
                    .collect()
            }
            Data::Uint8(bytes) => bytes.to_vec(),
            Data::Int64(numbers) => numbers.iter().map(|v| (*v).clamp(0, 255) as u8).collect(),
        }
    }
}
