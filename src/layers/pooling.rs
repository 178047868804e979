//! Pooling: pictures become smaller, what was found in them stays.

use serde::{Deserialize, Serialize};

use super::{Layer, LayerBase, LayerEntry, Padding, Pair, Pass, layer_identity, picture};
use crate::ops::{Pool, window_output};
use crate::{Config, Result, Setting, Shape, Tensor, ops};

/// What both window poolings are told.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Windows {
    pool_size: Pair,
    strides: Option<Pair>,
    padding: Setting<Padding>,
}

impl Windows {
    fn new(pool_size: Pair) -> Self {
        Self {
            pool_size,
            strides: None,
            padding: Padding::Valid.into(),
        }
    }

    fn strides(&self) -> Pair {
        self.strides.unwrap_or(self.pool_size)
    }

    /// Whether they are of (2, 2), side by side, and inside of the picture.
    fn halve(&self) -> bool {
        let both = [self.pool_size, self.strides()];
        both.iter().all(|pair| (pair.0, pair.1) == (2, 2))
            && matches!(self.padding.get(), Ok(Padding::Valid))
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let [height, width, channels] = picture(input)?;
        let size = self.pool_size.require_positive("pool_size")?;
        let strides = self.strides().require_positive("strides")?;
        let padding = *self.padding.get()?;
        let (height, _) = window_output("height", height, size.0, strides.0, 1, padding)?;
        let (width, _) = window_output("width", width, size.1, strides.1, 1, padding)?;
        Ok(Shape::from((height, width, channels)))
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>, pool: Pool) -> Result<Tensor> {
        let size = self.pool_size.require_positive("pool_size")?;
        let strides = self.strides().require_positive("strides")?;
        ops::pool2d(pass.tape, x, pool, size, strides, *self.padding.get()?)
    }
}

/// A pooling layer over windows.
macro_rules! window_pooling {
    ($(#[$doc:meta])* $name:ident, $class_name:literal, $pool:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub struct $name {
            #[serde(flatten)]
            base: LayerBase,
            #[serde(flatten)]
            windows: Windows,
        }

        impl Default for $name {
            /// Windows of (2, 2), as in Keras when nothing is said.
            fn default() -> Self {
                Self::new((2, 2))
            }
        }

        impl $name {
            /// Windows of `pool_size` (height, width) side by side.
            pub fn new(pool_size: impl Into<Pair>) -> Self {
                Self { base: LayerBase::default(), windows: Windows::new(pool_size.into()) }
            }

            /// Steps of the window; as large as the window unless set.
            #[must_use]
            pub fn strides(mut self, strides: impl Into<Pair>) -> Self {
                self.windows.strides = Some(strides.into());
                self
            }

            /// `"valid"` (unless set) or `"same"`.
            #[must_use]
            pub fn padding(mut self, padding: impl Into<Setting<Padding>>) -> Self {
                self.windows.padding = padding.into();
                self
            }
        }

        impl Layer for $name {
            layer_identity!($class_name);

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                self.windows.output_shape(input)
            }

            fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
                self.windows.call(x, pass, $pool)
            }

            fn halves_by_maximum(&self) -> bool {
                $pool == Pool::Max && self.windows.halve()
            }
        }
    };
}

window_pooling! {
    /// The largest value of each window.
    ///
    /// Keras: `keras.layers.MaxPooling2D`.
    ///
    /// # Shapes
    /// `(batch, height, width, channels)` to `(batch, new_height, new_width, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(MaxPooling2D::new((2, 2)).input_shape((4, 4, 1)))?;
    /// let picture = Tensor::arange(16).astype(DType::Float32).reshape((1, 4, 4, 1))?;
    /// assert_eq!(model.predict(&picture)?.to_vec::<f32>(), [5.0, 7.0, 13.0, 15.0]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    MaxPooling2D, "MaxPooling2D", Pool::Max
}

window_pooling! {
    /// The mean of each window; cells of padding do not count.
    ///
    /// Keras: `keras.layers.AveragePooling2D`.
    ///
    /// # Shapes
    /// `(batch, height, width, channels)` to `(batch, new_height, new_width, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(AveragePooling2D::new(2).input_shape((2, 2, 1)))?;
    /// let picture = Tensor::from_vec(vec![1.0, 2.0, 3.0, 6.0], (1, 2, 2, 1))?;
    /// assert_eq!(model.predict(&picture)?.to_vec::<f32>(), [3.0]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    AveragePooling2D, "AveragePooling2D", Pool::Average
}

/// A pooling layer over whole pictures.
macro_rules! global_pooling {
    ($(#[$doc:meta])* $name:ident, $class_name:literal, $op:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $name {
            #[serde(flatten)]
            base: LayerBase,
            keepdims: bool,
        }

        impl $name {
            /// One value for each channel.
            pub fn new() -> Self {
                Self::default()
            }

            /// Whether height and width stay, as axes of size 1; false unless set.
            #[must_use]
            pub fn keepdims(mut self, keepdims: bool) -> Self {
                self.keepdims = keepdims;
                self
            }
        }

        impl Layer for $name {
            layer_identity!($class_name);

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                let [_, _, channels] = picture(input)?;
                Ok(if self.keepdims { (1, 1, channels).into() } else { channels.into() })
            }

            fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
                let y = $op(pass.tape, x)?;
                let sample = self.output_shape(&x.shape().without_batch())?;
                let shape = sample.with_batch(x.len());
                y.reshape(shape)
            }
        }
    };
}

global_pooling! {
    /// The mean of each channel over the whole picture.
    ///
    /// Keras: `keras.layers.GlobalAveragePooling2D`.
    ///
    /// # Shapes
    /// `(batch, height, width, channels)` to `(batch, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(GlobalAveragePooling2D::new().input_shape((8, 8, 3)))?;
    /// assert_eq!(model.predict(&Tensor::ones((5, 8, 8, 3)))?, Tensor::ones((5, 3)));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    GlobalAveragePooling2D, "GlobalAveragePooling2D", ops::global_average_pool2d
}

global_pooling! {
    /// The largest value of each channel over the whole picture.
    ///
    /// Keras: `keras.layers.GlobalMaxPooling2D`.
    ///
    /// # Shapes
    /// `(batch, height, width, channels)` to `(batch, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(GlobalMaxPooling2D::new().input_shape((2, 2, 1)))?;
    /// let picture = Tensor::from_vec(vec![1.0, 4.0, 2.0, 3.0], (1, 2, 2, 1))?;
    /// assert_eq!(model.predict(&picture)?.to_vec::<f32>(), [4.0]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    GlobalMaxPooling2D, "GlobalMaxPooling2D", ops::global_max_pool2d
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "MaxPooling2D",
        what: "keeps the largest value of each window",
        example: || (Box::new(MaxPooling2D::new((2, 2))), Shape::from((6, 7, 2))),
        from_config: Config::layer::<MaxPooling2D>,
    },
    LayerEntry {
        class_name: "AveragePooling2D",
        what: "keeps the mean of each window",
        example: || {
            (
                Box::new(AveragePooling2D::new((2, 3))),
                Shape::from((6, 7, 2)),
            )
        },
        from_config: Config::layer::<AveragePooling2D>,
    },
    LayerEntry {
        class_name: "GlobalMaxPooling2D",
        what: "keeps the largest value of each channel",
        example: || (Box::new(GlobalMaxPooling2D::new()), Shape::from((4, 5, 3))),
        from_config: Config::layer::<GlobalMaxPooling2D>,
    },
    LayerEntry {
        class_name: "GlobalAveragePooling2D",
        what: "keeps the mean of each channel",
        example: || {
            (
                Box::new(GlobalAveragePooling2D::new()),
                Shape::from((4, 5, 3)),
            )
        },
        from_config: Config::layer::<GlobalAveragePooling2D>,
    },
];
