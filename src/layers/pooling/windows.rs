//! Pooling over windows.

use serde::{Deserialize, Serialize};

use crate::layers::{
    Layer, LayerBase, LayerEntry, Padding, Pass, Sizes, layer_identity, require_spatial,
    shape_in_space,
};
use crate::ops::{Pool, axis_name, window_output};
use crate::{Config, Error, Result, Setting, Shape, Tensor, ops};

/// What all window poolings are told.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Windows<const RANK: usize> {
    pool_size: Sizes<RANK>,
    strides: Option<Sizes<RANK>>,
    padding: Setting<Padding>,
}

impl<const RANK: usize> Windows<RANK> {
    fn new(pool_size: Sizes<RANK>) -> Self {
        Self {
            pool_size,
            strides: None,
            padding: Padding::Valid.into(),
        }
    }

    fn strides(&self) -> Sizes<RANK> {
        self.strides.unwrap_or(self.pool_size)
    }

    /// Whether they are of (2, 2), side by side, and inside of the picture.
    fn halve(&self) -> bool {
        let both = [self.pool_size, self.strides()];
        RANK == 2
            && both.iter().all(|sizes| *sizes == Sizes::from(2))
            && matches!(self.padding.get(), Ok(Padding::Valid))
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let (sizes, channels) = require_spatial::<RANK>(input)?;
        let size = self.pool_size.require_positive("pool_size")?;
        let strides = self.strides().require_positive("strides")?;
        let padding = *self.padding.get()?;
        if padding == Padding::Causal {
            let error = Error::argument("padding", "\"valid\" or \"same\"", "\"causal\"");
            return Err(error.remedy("`Conv1D` is the layer that can be causal"));
        }
        let mut output = [0; RANK];
        for (axis, output) in output.iter_mut().enumerate() {
            let name = axis_name(RANK, axis);
            (*output, _) = window_output(name, sizes[axis], size[axis], strides[axis], 1, padding)?;
        }
        Ok(shape_in_space(output, channels))
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>, pool: Pool) -> Result<Tensor> {
        let (size, strides) = (self.pool_size.0, self.strides().0);
        ops::pool(pass.tape, x, pool, size, strides, *self.padding.get()?)
    }
}

/// A pooling layer over windows with `$rank` axes.
macro_rules! window_pooling {
    ($(#[$doc:meta])* $name:ident, $class_name:literal, $rank:literal, $pool:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub struct $name {
            #[serde(flatten)]
            base: LayerBase,
            #[serde(flatten)]
            windows: Windows<$rank>,
        }

        impl Default for $name {
            /// Windows of 2 cells along each axis, as in Keras when nothing is said.
            fn default() -> Self {
                Self::new(2)
            }
        }

        impl $name {
            /// Windows of `pool_size` cells side by side.
            pub fn new(pool_size: impl Into<Sizes<$rank>>) -> Self {
                Self {
                    base: LayerBase::default(),
                    windows: Windows::new(pool_size.into()),
                }
            }

            /// Steps of the window along each axis; as large as the window unless set.
            #[must_use]
            pub fn strides(mut self, strides: impl Into<Sizes<$rank>>) -> Self {
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
    /// The largest value of each window of a sequence.
    ///
    /// Keras: `keras.layers.MaxPooling1D`.
    ///
    /// # Shapes
    /// `(batch, steps, channels)` to `(batch, new_steps, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(MaxPooling1D::new(2).input_shape((4, 1)))?;
    /// let sequence = Tensor::from_vec(vec![1.0, 4.0, 3.0, 2.0], (1, 4, 1))?;
    /// assert_eq!(model.predict(&sequence)?.to_vec::<f32>(), [4.0, 3.0]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    MaxPooling1D, "MaxPooling1D", 1, Pool::Max
}

window_pooling! {
    /// The largest value of each window of a picture.
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
    MaxPooling2D, "MaxPooling2D", 2, Pool::Max
}

window_pooling! {
    /// The largest value of each window of a volume.
    ///
    /// Keras: `keras.layers.MaxPooling3D`.
    ///
    /// # Shapes
    /// `(batch, depth, height, width, channels)` to
    /// `(batch, new_depth, new_height, new_width, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(MaxPooling3D::new((1, 2, 2)).input_shape((3, 8, 8, 2)))?;
    /// assert_eq!(model.output_shape()?, (3, 4, 4, 2));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    MaxPooling3D, "MaxPooling3D", 3, Pool::Max
}

window_pooling! {
    /// The mean of each window of a sequence; cells of padding do not count.
    ///
    /// Keras: `keras.layers.AveragePooling1D`.
    ///
    /// # Shapes
    /// `(batch, steps, channels)` to `(batch, new_steps, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(AveragePooling1D::new(2).input_shape((4, 1)))?;
    /// let sequence = Tensor::from_vec(vec![1.0, 4.0, 3.0, 2.0], (1, 4, 1))?;
    /// assert_eq!(model.predict(&sequence)?.to_vec::<f32>(), [2.5, 2.5]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    AveragePooling1D, "AveragePooling1D", 1, Pool::Average
}

window_pooling! {
    /// The mean of each window of a picture; cells of padding do not count.
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
    AveragePooling2D, "AveragePooling2D", 2, Pool::Average
}

window_pooling! {
    /// The mean of each window of a volume; cells of padding do not count.
    ///
    /// Keras: `keras.layers.AveragePooling3D`.
    ///
    /// # Shapes
    /// `(batch, depth, height, width, channels)` to
    /// `(batch, new_depth, new_height, new_width, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(AveragePooling3D::new(2).input_shape((4, 8, 8, 2)))?;
    /// assert_eq!(model.output_shape()?, (2, 4, 4, 2));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    AveragePooling3D, "AveragePooling3D", 3, Pool::Average
}

/// The layers of this file.
pub(in crate::layers) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "MaxPooling1D",
        what: "keeps the largest value of each window of a sequence",
        example: || (Box::new(MaxPooling1D::new(2)), Shape::from((7, 2))),
        from_config: Config::layer::<MaxPooling1D>,
    },
    LayerEntry {
        class_name: "MaxPooling2D",
        what: "keeps the largest value of each window of a picture",
        example: || (Box::new(MaxPooling2D::new((2, 2))), Shape::from((6, 7, 2))),
        from_config: Config::layer::<MaxPooling2D>,
    },
    LayerEntry {
        class_name: "MaxPooling3D",
        what: "keeps the largest value of each window of a volume",
        example: || (Box::new(MaxPooling3D::new(2)), Shape::from((3, 4, 5, 2))),
        from_config: Config::layer::<MaxPooling3D>,
    },
    LayerEntry {
        class_name: "AveragePooling1D",
        what: "keeps the mean of each window of a sequence",
        example: || {
            (
                Box::new(AveragePooling1D::new(3).padding("same")),
                Shape::from((7, 2)),
            )
        },
        from_config: Config::layer::<AveragePooling1D>,
    },
    LayerEntry {
        class_name: "AveragePooling2D",
        what: "keeps the mean of each window of a picture",
        example: || {
            (
                Box::new(AveragePooling2D::new((2, 3))),
                Shape::from((6, 7, 2)),
            )
        },
        from_config: Config::layer::<AveragePooling2D>,
    },
    LayerEntry {
        class_name: "AveragePooling3D",
        what: "keeps the mean of each window of a volume",
        example: || {
            (
                Box::new(AveragePooling3D::new((1, 2, 2))),
                Shape::from((3, 4, 5, 2)),
            )
        },
        from_config: Config::layer::<AveragePooling3D>,
    },
];
