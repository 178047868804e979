//! ZeroPadding1D, ZeroPadding2D, ZeroPadding3D.

use serde::{Deserialize, Serialize};

use super::Sides;
use crate::layers::{
    Layer, LayerBase, LayerEntry, Pass, layer_identity, require_memory, require_spatial,
    shape_in_space,
};
use crate::{Config, Result, Shape, Tensor, ops};

/// Zeros around `$rank` axes.
macro_rules! zero_padding {
    ($(#[$doc:meta])* $name:ident, $class_name:literal, $rank:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub struct $name {
            #[serde(flatten)]
            base: LayerBase,
            padding: Sides<$rank>,
        }

        impl Default for $name {
            /// One zero on every side, as in Keras when nothing is said.
            fn default() -> Self {
                Self::new(1)
            }
        }

        impl $name {
            /// So many zeros before and after the cells of each axis.
            pub fn new(padding: impl Into<Sides<$rank>>) -> Self {
                Self {
                    base: LayerBase::default(),
                    padding: padding.into(),
                }
            }
        }

        impl Layer for $name {
            layer_identity!($class_name);

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                let (mut sizes, channels) = require_spatial::<$rank>(input)?;
                for (size, (before, after)) in sizes.iter_mut().zip(self.padding.0) {
                    *size = size.saturating_add(before).saturating_add(after);
                }
                require_memory(shape_in_space(sizes, channels))
            }

            fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
                ops::zero_padding(pass.tape, x, self.padding.0)
            }
        }
    };
}

zero_padding! {
    /// Zeros around a sequence.
    ///
    /// Keras: `keras.layers.ZeroPadding1D` (channels last).
    ///
    /// # Shapes
    /// `(batch, steps, channels)` to `(batch, new_steps, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(ZeroPadding1D::new((2, 0)).input_shape((5, 1)))?;
    /// assert_eq!(model.output_shape()?, (7, 1));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    ZeroPadding1D, "ZeroPadding1D", 1
}

zero_padding! {
    /// Zeros around a picture.
    ///
    /// Keras: `keras.layers.ZeroPadding2D` (channels last).
    ///
    /// # Shapes
    /// `(batch, height, width, channels)` to `(batch, new_height, new_width, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(ZeroPadding2D::new(((1, 0), (2, 2))).input_shape((5, 5, 3)))?;
    /// assert_eq!(model.output_shape()?, (6, 9, 3));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    ZeroPadding2D, "ZeroPadding2D", 2
}

zero_padding! {
    /// Zeros around a volume.
    ///
    /// Keras: `keras.layers.ZeroPadding3D` (channels last).
    ///
    /// # Shapes
    /// `(batch, depth, height, width, channels)` to
    /// `(batch, new_depth, new_height, new_width, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(ZeroPadding3D::new(1).input_shape((4, 5, 6, 1)))?;
    /// assert_eq!(model.output_shape()?, (6, 7, 8, 1));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    ZeroPadding3D, "ZeroPadding3D", 3
}

/// The layers of this file.
pub(in crate::layers) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "ZeroPadding1D",
        what: "puts zeros around a sequence",
        example: || (Box::new(ZeroPadding1D::new((1, 2))), Shape::from((4, 2))),
        from_config: Config::layer::<ZeroPadding1D>,
    },
    LayerEntry {
        class_name: "ZeroPadding2D",
        what: "puts zeros around a picture",
        example: || {
            (
                Box::new(ZeroPadding2D::new(((1, 0), (2, 1)))),
                Shape::from((3, 4, 2)),
            )
        },
        from_config: Config::layer::<ZeroPadding2D>,
    },
    LayerEntry {
        class_name: "ZeroPadding3D",
        what: "puts zeros around a volume",
        example: || (Box::new(ZeroPadding3D::new(1)), Shape::from((2, 2, 3, 2))),
        from_config: Config::layer::<ZeroPadding3D>,
    },
];
