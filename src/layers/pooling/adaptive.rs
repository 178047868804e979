//! Pooling to a given size, whatever the size of the input.

use serde::{Deserialize, Serialize};

use crate::layers::{
    Layer, LayerBase, LayerEntry, Pass, Sizes, layer_identity, require_spatial, shape_in_space,
};
use crate::ops::{Pool, adaptive_pool};
use crate::{Config, Error, Result, Shape, Tensor};

/// A pooling layer that makes `$rank` axes of a given size.
macro_rules! adaptive_pooling {
    ($(#[$doc:meta])* $name:ident, $class_name:literal, $rank:literal, $pool:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub struct $name {
            #[serde(flatten)]
            base: LayerBase,
            output_size: Sizes<$rank>,
        }

        impl $name {
            /// As many windows along each axis as `output_size` says.
            pub fn new(output_size: impl Into<Sizes<$rank>>) -> Self {
                Self {
                    base: LayerBase::default(),
                    output_size: output_size.into(),
                }
            }
        }

        impl Layer for $name {
            layer_identity!($class_name);

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                output_shape(self.output_size, input)
            }

            fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
                adaptive_pool(pass.tape, x, $pool, self.output_size.0)
            }
        }
    };
}

fn output_shape<const RANK: usize>(output_size: Sizes<RANK>, input: &Shape) -> Result<Shape> {
    let (sizes, channels) = require_spatial::<RANK>(input)?;
    let output = output_size.require_positive("output_size")?;
    if output
        .iter()
        .zip(sizes)
        .any(|(&output, size)| output > size)
    {
        let expected = format!("at most the input's {}", Shape::from(sizes));
        return Err(Error::argument(
            "output_size",
            &expected,
            Shape::from(output),
        ));
    }
    Ok(shape_in_space(output, channels))
}

adaptive_pooling! {
    /// The largest value of each of so many windows, which together cover the sequence.
    ///
    /// Keras: `keras.layers.AdaptiveMaxPooling1D`.
    ///
    /// # Shapes
    /// `(batch, steps, channels)` to `(batch, new_steps, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(AdaptiveMaxPooling1D::new(3).input_shape((100, 4)))?;
    /// assert_eq!(model.output_shape()?, (3, 4));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    AdaptiveMaxPooling1D, "AdaptiveMaxPooling1D", 1, Pool::Max
}

adaptive_pooling! {
    /// The largest value of each of so many windows, which together cover the picture.
    ///
    /// Keras: `keras.layers.AdaptiveMaxPooling2D`.
    ///
    /// # Shapes
    /// `(batch, height, width, channels)` to `(batch, new_height, new_width, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(AdaptiveMaxPooling2D::new((4, 3)).input_shape((30, 20, 4)))?;
    /// assert_eq!(model.output_shape()?, (4, 3, 4));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    AdaptiveMaxPooling2D, "AdaptiveMaxPooling2D", 2, Pool::Max
}

adaptive_pooling! {
    /// The largest value of each of so many windows, which together cover the volume.
    ///
    /// Keras: `keras.layers.AdaptiveMaxPooling3D`.
    ///
    /// # Shapes
    /// `(batch, depth, height, width, channels)` to
    /// `(batch, new_depth, new_height, new_width, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(AdaptiveMaxPooling3D::new(2).input_shape((5, 8, 8, 4)))?;
    /// assert_eq!(model.output_shape()?, (2, 2, 2, 4));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    AdaptiveMaxPooling3D, "AdaptiveMaxPooling3D", 3, Pool::Max
}

adaptive_pooling! {
    /// The mean of each of so many windows, which together cover the sequence.
    ///
    /// Keras: `keras.layers.AdaptiveAveragePooling1D`.
    ///
    /// # Shapes
    /// `(batch, steps, channels)` to `(batch, new_steps, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(AdaptiveAveragePooling1D::new(3).input_shape((100, 4)))?;
    /// assert_eq!(model.output_shape()?, (3, 4));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    AdaptiveAveragePooling1D, "AdaptiveAveragePooling1D", 1, Pool::Average
}

adaptive_pooling! {
    /// The mean of each of so many windows, which together cover the picture.
    ///
    /// Keras: `keras.layers.AdaptiveAveragePooling2D`.
    ///
    /// # Shapes
    /// `(batch, height, width, channels)` to `(batch, new_height, new_width, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(AdaptiveAveragePooling2D::new((4, 3)).input_shape((30, 20, 4)))?;
    /// assert_eq!(model.output_shape()?, (4, 3, 4));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    AdaptiveAveragePooling2D, "AdaptiveAveragePooling2D", 2, Pool::Average
}

adaptive_pooling! {
    /// The mean of each of so many windows, which together cover the volume.
    ///
    /// Keras: `keras.layers.AdaptiveAveragePooling3D`.
    ///
    /// # Shapes
    /// `(batch, depth, height, width, channels)` to
    /// `(batch, new_depth, new_height, new_width, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(AdaptiveAveragePooling3D::new(2).input_shape((5, 8, 8, 4)))?;
    /// assert_eq!(model.output_shape()?, (2, 2, 2, 4));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    AdaptiveAveragePooling3D, "AdaptiveAveragePooling3D", 3, Pool::Average
}

/// The layers of this file.
pub(in crate::layers) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "AdaptiveMaxPooling1D",
        what: "keeps the largest value of so many windows of a sequence",
        example: || (Box::new(AdaptiveMaxPooling1D::new(3)), Shape::from((7, 2))),
        from_config: Config::layer::<AdaptiveMaxPooling1D>,
    },
    LayerEntry {
        class_name: "AdaptiveMaxPooling2D",
        what: "keeps the largest value of so many windows of a picture",
        example: || {
            (
                Box::new(AdaptiveMaxPooling2D::new((4, 3))),
                Shape::from((6, 7, 2)),
            )
        },
        from_config: Config::layer::<AdaptiveMaxPooling2D>,
    },
    LayerEntry {
        class_name: "AdaptiveMaxPooling3D",
        what: "keeps the largest value of so many windows of a volume",
        example: || {
            (
                Box::new(AdaptiveMaxPooling3D::new(2)),
                Shape::from((3, 4, 5, 2)),
            )
        },
        from_config: Config::layer::<AdaptiveMaxPooling3D>,
    },
    LayerEntry {
        class_name: "AdaptiveAveragePooling1D",
        what: "keeps the mean of so many windows of a sequence",
        example: || {
            (
                Box::new(AdaptiveAveragePooling1D::new(3)),
                Shape::from((7, 2)),
            )
        },
        from_config: Config::layer::<AdaptiveAveragePooling1D>,
    },
    LayerEntry {
        class_name: "AdaptiveAveragePooling2D",
        what: "keeps the mean of so many windows of a picture",
        example: || {
            (
                Box::new(AdaptiveAveragePooling2D::new((4, 3))),
                Shape::from((6, 7, 2)),
            )
        },
        from_config: Config::layer::<AdaptiveAveragePooling2D>,
    },
    LayerEntry {
        class_name: "AdaptiveAveragePooling3D",
        what: "keeps the mean of so many windows of a volume",
        example: || {
            (
                Box::new(AdaptiveAveragePooling3D::new(2)),
                Shape::from((3, 4, 5, 2)),
            )
        },
        from_config: Config::layer::<AdaptiveAveragePooling3D>,
    },
];
