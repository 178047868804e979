//! Pooling over everything: one value for each channel.

use serde::{Deserialize, Serialize};

use crate::layers::{
    Layer, LayerBase, LayerEntry, Pass, layer_identity, require_spatial, shape_in_space,
};
use crate::ops::{Pool, global_pool, masked_average_pool};
use crate::{Config, Result, Shape, Tape, Tensor};

/// A pooling layer over all `$rank` axes; `$pool(tape, x)` makes `(batch, channels)`.
macro_rules! global_pooling {
    ($(#[$doc:meta])* $name:ident, $class_name:literal, $rank:literal, $pool:expr) => {
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

            /// Whether the axes that are pooled stay, with size 1; false unless set.
            #[must_use]
            pub fn keepdims(mut self, keepdims: bool) -> Self {
                self.keepdims = keepdims;
                self
            }
        }

        impl Layer for $name {
            layer_identity!($class_name);

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                let (_, channels) = require_spatial::<$rank>(input)?;
                Ok(if self.keepdims {
                    shape_in_space([1; $rank], channels)
                } else {
                    channels.into()
                })
            }

            fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
                let sample = self.output_shape(&x.shape().without_batch())?;
                let pooled: Tensor = $pool(pass.tape, x)?;
                pooled.reshape(sample.with_batch(x.len()))
            }
        }
    };
}

fn largest(tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
    global_pool(tape, x, Pool::Max)
}

fn mean(tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
    global_pool(tape, x, Pool::Average)
}

/// The mean of the steps that count.
fn mean_of_steps(tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
    match x.mask() {
        Some(mask) => masked_average_pool(tape, x, mask),
        None => mean(tape, x),
    }
}

global_pooling! {
    /// The largest value of each channel over the whole sequence.
    ///
    /// Keras: `keras.layers.GlobalMaxPooling1D`.
    ///
    /// # Shapes
    /// `(batch, steps, channels)` to `(batch, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(GlobalMaxPooling1D::new().input_shape((4, 1)))?;
    /// let sequence = Tensor::from_vec(vec![1.0, 4.0, 2.0, 3.0], (1, 4, 1))?;
    /// assert_eq!(model.predict(&sequence)?.to_vec::<f32>(), [4.0]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    GlobalMaxPooling1D, "GlobalMaxPooling1D", 1, largest
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
    GlobalMaxPooling2D, "GlobalMaxPooling2D", 2, largest
}

global_pooling! {
    /// The largest value of each channel over the whole volume.
    ///
    /// Keras: `keras.layers.GlobalMaxPooling3D`.
    ///
    /// # Shapes
    /// `(batch, depth, height, width, channels)` to `(batch, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(GlobalMaxPooling3D::new().keepdims(true).input_shape((3, 8, 8, 2)))?;
    /// assert_eq!(model.output_shape()?, (1, 1, 1, 2));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    GlobalMaxPooling3D, "GlobalMaxPooling3D", 3, largest
}

global_pooling! {
    /// The mean of each channel over the whole sequence, or over the steps that count where the input
    /// has a [mask](Tensor::mask); NaN where none does.
    ///
    /// Keras: `keras.layers.GlobalAveragePooling1D`.
    ///
    /// # Shapes
    /// `(batch, steps, channels)` to `(batch, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(GlobalAveragePooling1D::new().input_shape((4, 1)))?;
    /// let sequence = Tensor::from_vec(vec![1.0, 4.0, 2.0, 3.0], (1, 4, 1))?;
    /// assert_eq!(model.predict(&sequence)?.to_vec::<f32>(), [2.5]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    GlobalAveragePooling1D, "GlobalAveragePooling1D", 1, mean_of_steps
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
    GlobalAveragePooling2D, "GlobalAveragePooling2D", 2, mean
}

global_pooling! {
    /// The mean of each channel over the whole volume.
    ///
    /// Keras: `keras.layers.GlobalAveragePooling3D`.
    ///
    /// # Shapes
    /// `(batch, depth, height, width, channels)` to `(batch, channels)`
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(GlobalAveragePooling3D::new().input_shape((3, 8, 8, 2)))?;
    /// assert_eq!(model.output_shape()?, (2,));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    GlobalAveragePooling3D, "GlobalAveragePooling3D", 3, mean
}

/// The layers of this file.
pub(in crate::layers) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "GlobalMaxPooling1D",
        what: "keeps the largest value of each channel of a sequence",
        example: || (Box::new(GlobalMaxPooling1D::new()), Shape::from((7, 3))),
        from_config: Config::layer::<GlobalMaxPooling1D>,
    },
    LayerEntry {
        class_name: "GlobalMaxPooling2D",
        what: "keeps the largest value of each channel of a picture",
        example: || (Box::new(GlobalMaxPooling2D::new()), Shape::from((4, 5, 3))),
        from_config: Config::layer::<GlobalMaxPooling2D>,
    },
    LayerEntry {
        class_name: "GlobalMaxPooling3D",
        what: "keeps the largest value of each channel of a volume",
        example: || {
            (
                Box::new(GlobalMaxPooling3D::new()),
                Shape::from((2, 3, 4, 2)),
            )
        },
        from_config: Config::layer::<GlobalMaxPooling3D>,
    },
    LayerEntry {
        class_name: "GlobalAveragePooling1D",
        what: "keeps the mean of each channel of a sequence",
        example: || (Box::new(GlobalAveragePooling1D::new()), Shape::from((7, 3))),
        from_config: Config::layer::<GlobalAveragePooling1D>,
    },
    LayerEntry {
        class_name: "GlobalAveragePooling2D",
        what: "keeps the mean of each channel of a picture",
        example: || {
            (
                Box::new(GlobalAveragePooling2D::new()),
                Shape::from((4, 5, 3)),
            )
        },
        from_config: Config::layer::<GlobalAveragePooling2D>,
    },
    LayerEntry {
        class_name: "GlobalAveragePooling3D",
        what: "keeps the mean of each channel of a volume",
        example: || {
            (
                Box::new(GlobalAveragePooling3D::new()),
                Shape::from((2, 3, 4, 2)),
            )
        },
        from_config: Config::layer::<GlobalAveragePooling3D>,
    },
];
