//! UpSampling1D, UpSampling2D, UpSampling3D.

use serde::{Deserialize, Serialize};

use crate::layers::{
    Interpolation, Layer, LayerBase, LayerEntry, Pass, Sizes, layer_identity, require_memory,
    require_positive, require_spatial, shape_in_space,
};
use crate::{Config, Result, Setting, Shape, Tensor, ops};

/// The shape of a sample whose cells become so many places along each axis.
fn output_shape<const RANK: usize>(size: [usize; RANK], input: &Shape) -> Result<Shape> {
    let (mut sizes, channels) = require_spatial::<RANK>(input)?;
    for (cells, factor) in sizes.iter_mut().zip(size) {
        *cells = cells.saturating_mul(factor);
    }
    require_memory(shape_in_space(sizes, channels))
}

/// Repeats every step of a sequence.
///
/// Keras: `keras.layers.UpSampling1D`.
///
/// # Shapes
/// `(batch, steps, channels)` to `(batch, steps * size, channels)`
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(UpSampling1D::new(2).input_shape((2, 1)))?;
/// let sequence = Tensor::from_vec(vec![1.0, 5.0], (1, 2, 1))?;
/// assert_eq!(model.predict(&sequence)?.to_vec::<f32>(), [1.0, 1.0, 5.0, 5.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UpSampling1D {
    #[serde(flatten)]
    base: LayerBase,
    size: usize,
}

impl Default for UpSampling1D {
    /// Every step twice, as in Keras when nothing is said.
    fn default() -> Self {
        Self::new(2)
    }
}

impl UpSampling1D {
    /// Every step `size` times.
    pub fn new(size: usize) -> Self {
        Self {
            base: LayerBase::default(),
            size,
        }
    }
}

impl Layer for UpSampling1D {
    layer_identity!("UpSampling1D");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        require_spatial::<1>(input)?;
        require_positive("size", self.size)?;
        output_shape([self.size], input)
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        ops::up_sampling(pass.tape, x, [self.size], Interpolation::Nearest)
    }
}

/// Makes a picture larger, by repeating rows and columns or by what lies between them.
///
/// Keras: `keras.layers.UpSampling2D` (channels last).
///
/// # Shapes
/// `(batch, height, width, channels)` to `(batch, height * size, width * size, channels)`
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(UpSampling2D::new((1, 2)).interpolation("bilinear").input_shape((1, 2, 1)))?;
/// let picture = Tensor::from_vec(vec![1.0, 5.0], (1, 1, 2, 1))?;
/// assert_eq!(model.predict(&picture)?.to_vec::<f32>(), [1.0, 2.0, 4.0, 5.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UpSampling2D {
    #[serde(flatten)]
    base: LayerBase,
    size: Sizes<2>,
    interpolation: Setting<Interpolation>,
}

impl Default for UpSampling2D {
    /// Twice as high and wide, as in Keras when nothing is said.
    fn default() -> Self {
        Self::new(2)
    }
}

impl UpSampling2D {
    /// `size` times as high and wide.
    pub fn new(size: impl Into<Sizes<2>>) -> Self {
        Self {
            base: LayerBase::default(),
            size: size.into(),
            interpolation: Interpolation::Nearest.into(),
        }
    }

    /// `"nearest"` (unless set), `"bilinear"`, `"bicubic"`, `"lanczos3"` or `"lanczos5"`.
    #[must_use]
    pub fn interpolation(mut self, interpolation: impl Into<Setting<Interpolation>>) -> Self {
        self.interpolation = interpolation.into();
        self
    }
}

impl Layer for UpSampling2D {
    layer_identity!("UpSampling2D");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        require_spatial::<2>(input)?;
        self.interpolation.get()?;
        output_shape(self.size.require_positive("size")?, input)
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        ops::up_sampling(pass.tape, x, self.size.0, *self.interpolation.get()?)
    }
}

/// Repeats every cell of a volume along each axis.
///
/// Keras: `keras.layers.UpSampling3D` (channels last).
///
/// # Shapes
/// `(batch, depth, height, width, channels)` to
/// `(batch, depth * size, height * size, width * size, channels)`
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(UpSampling3D::new((1, 2, 2)).input_shape((4, 5, 5, 3)))?;
/// assert_eq!(model.output_shape()?, (4, 10, 10, 3));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UpSampling3D {
    #[serde(flatten)]
    base: LayerBase,
    size: Sizes<3>,
}

impl Default for UpSampling3D {
    /// Every cell twice along each axis, as in Keras when nothing is said.
    fn default() -> Self {
        Self::new(2)
    }
}

impl UpSampling3D {
    /// Every cell `size` times along each axis.
    pub fn new(size: impl Into<Sizes<3>>) -> Self {
        Self {
            base: LayerBase::default(),
            size: size.into(),
        }
    }
}

impl Layer for UpSampling3D {
    layer_identity!("UpSampling3D");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        require_spatial::<3>(input)?;
        output_shape(self.size.require_positive("size")?, input)
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        ops::up_sampling(pass.tape, x, self.size.0, Interpolation::Nearest)
    }
}

/// The layers of this file.
pub(in crate::layers) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "UpSampling1D",
        what: "repeats the steps of a sequence",
        example: || (Box::new(UpSampling1D::new(3)), Shape::from((3, 2))),
        from_config: Config::layer::<UpSampling1D>,
    },
    LayerEntry {
        class_name: "UpSampling2D",
        what: "makes a picture larger without weights",
        example: || {
            let layer = UpSampling2D::new((2, 3)).interpolation("bilinear");
            (Box::new(layer), Shape::from((3, 4, 2)))
        },
        from_config: Config::layer::<UpSampling2D>,
    },
    LayerEntry {
        class_name: "UpSampling3D",
        what: "repeats the cells of a volume",
        example: || (Box::new(UpSampling3D::new(2)), Shape::from((2, 2, 3, 2))),
        from_config: Config::layer::<UpSampling3D>,
    },
];
