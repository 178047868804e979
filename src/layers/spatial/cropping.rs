//! Cropping1D, Cropping2D, Cropping3D.

use serde::{Deserialize, Serialize};

use super::Sides;
use crate::layers::{
    Layer, LayerBase, LayerEntry, Pass, layer_identity, require_spatial, shape_in_space,
};
use crate::ops::{axis_name, cropped};
use crate::{Config, Result, Shape, Tensor, ops};

/// Cells off the sides of `$rank` axes.
macro_rules! cropping {
    ($(#[$doc:meta])* $name:ident, $class_name:literal, $rank:literal, $default:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub struct $name {
            #[serde(flatten)]
            base: LayerBase,
            cropping: Sides<$rank>,
        }

        impl Default for $name {
            #[doc = concat!($default, " off every side, as in Keras when nothing is said.")]
            fn default() -> Self {
                Self::new($default)
            }
        }

        impl $name {
            /// So many cells off the start and the end of each axis.
            pub fn new(cropping: impl Into<Sides<$rank>>) -> Self {
                Self {
                    base: LayerBase::default(),
                    cropping: cropping.into(),
                }
            }
        }

        impl Layer for $name {
            layer_identity!($class_name);

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                let (mut sizes, channels) = require_spatial::<$rank>(input)?;
                for (axis, size) in sizes.iter_mut().enumerate() {
                    *size = cropped(axis_name($rank, axis), *size, self.cropping.0[axis])?;
                }
                Ok(shape_in_space(sizes, channels))
            }

            fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
                ops::cropping(pass.tape, x, self.cropping.0)
            }
        }
    };
}

cropping! {
    /// Cells off the sides of a sequence.
    ///
    /// Keras: `keras.layers.Cropping1D` (channels last).
    ///
    /// # Shapes
    /// `(batch, steps, channels)` to `(batch, new_steps, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(Cropping1D::new((2, 0)).input_shape((5, 1)))?;
    /// assert_eq!(model.output_shape()?, (3, 1));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    Cropping1D, "Cropping1D", 1, 1
}

cropping! {
    /// Cells off the sides of a picture.
    ///
    /// Keras: `keras.layers.Cropping2D` (channels last).
    ///
    /// # Shapes
    /// `(batch, height, width, channels)` to `(batch, new_height, new_width, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(Cropping2D::new(((1, 0), (2, 2))).input_shape((5, 5, 3)))?;
    /// assert_eq!(model.output_shape()?, (4, 1, 3));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    Cropping2D, "Cropping2D", 2, 0
}

cropping! {
    /// Cells off the sides of a volume.
    ///
    /// Keras: `keras.layers.Cropping3D` (channels last).
    ///
    /// # Shapes
    /// `(batch, depth, height, width, channels)` to
    /// `(batch, new_depth, new_height, new_width, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(Cropping3D::new(1).input_shape((4, 5, 6, 1)))?;
    /// assert_eq!(model.output_shape()?, (2, 3, 4, 1));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    Cropping3D, "Cropping3D", 3, 1
}

/// The layers of this file.
pub(in crate::layers) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "Cropping1D",
        what: "takes the sides of a sequence away",
        example: || (Box::new(Cropping1D::new((1, 2))), Shape::from((6, 2))),
        from_config: Config::layer::<Cropping1D>,
    },
    LayerEntry {
        class_name: "Cropping2D",
        what: "takes the sides of a picture away",
        example: || {
            (
                Box::new(Cropping2D::new(((1, 0), (2, 1)))),
                Shape::from((4, 6, 2)),
            )
        },
        from_config: Config::layer::<Cropping2D>,
    },
    LayerEntry {
        class_name: "Cropping3D",
        what: "takes the sides of a volume away",
        example: || {
            (
                Box::new(Cropping3D::new((1, 0, 1))),
                Shape::from((4, 2, 5, 2)),
            )
        },
        from_config: Config::layer::<Cropping3D>,
    },
];
