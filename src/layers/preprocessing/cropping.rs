//! CenterCrop and RandomCrop.

use rand::Rng;
use serde::{Deserialize, Serialize};

use super::factor::{Seed, seed_setter};
use super::picture;
use super::resizing::Part;
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity, require_positive};
use crate::ops::{Between, Interpolation, Look, Origin, rearrange};
use crate::{Config, Result, Shape, Tensor};

/// Keeps the middle of pictures; smaller pictures are enlarged so that they fill the size.
///
/// Keras: `keras.layers.CenterCrop`.
///
/// # Shapes
/// `(batch, any_height, any_width, channels)` to `(batch, height, width, channels)`
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(CenterCrop::new(2, 2).input_shape((4, 4, 1)))?;
/// let picture = Tensor::arange(16).astype(DType::Float32).reshape((1, 4, 4, 1))?;
/// assert_eq!(model.predict(&picture)?.to_vec::<f32>(), [5.0, 6.0, 9.0, 10.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CenterCrop {
    #[serde(flatten)]
    base: LayerBase,
    height: usize,
    width: usize,
}

impl CenterCrop {
    /// Pictures of `height` by `width`.
    pub fn new(height: usize, width: usize) -> Self {
        Self {
            base: LayerBase::default(),
            height,
            width,
        }
    }
}

impl Layer for CenterCrop {
    layer_identity!("CenterCrop");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        cropped_shape(input, (self.height, self.width))
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let [height, width, _] = picture(&x.shape().without_batch())?;
        if height < self.height || width < self.width {
            return fill_size(x, (self.height, self.width), pass);
        }
        let start = ((height - self.height) / 2, (width - self.width) / 2);
        cut_out(x, start, (self.height, self.width), pass)
    }
}

/// Keeps a random part of pictures while training, the same for the whole batch; otherwise, and of
/// pictures that are no larger, the middle in the proportions of the size, brought to it.
///
/// Keras: `keras.layers.RandomCrop`, which documents the same; Keras 3.15.1 leaves pictures as they are
/// outside of training.
///
/// # Shapes
/// `(batch, any_height, any_width, channels)` to `(batch, height, width, channels)`
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(RandomCrop::new(28, 28).input_shape((32, 32, 3)))?;
/// assert_eq!(model.output_shape()?, (28, 28, 3));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RandomCrop {
    #[serde(flatten)]
    base: LayerBase,
    height: usize,
    width: usize,
    #[serde(flatten)]
    seed: Seed,
}

impl RandomCrop {
    /// Pictures of `height` by `width`.
    pub fn new(height: usize, width: usize) -> Self {
        Self {
            base: LayerBase::default(),
            height,
            width,
            seed: Seed::default(),
        }
    }

    seed_setter!();
}

impl Layer for RandomCrop {
    layer_identity!("RandomCrop");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        cropped_shape(input, (self.height, self.width))
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let [height, width, _] = picture(&x.shape().without_batch())?;
        let size = (self.height, self.width);
        if !pass.training || height <= self.height || width <= self.width {
            return fill_size(x, size, pass);
        }
        let mut generator = self.seed.generator(pass);
        let start = (
            generator.gen_range(0..=height - self.height),
            generator.gen_range(0..=width - self.width),
        );
        cut_out(x, start, size, pass)
    }
}

fn cropped_shape(input: &Shape, (height, width): (usize, usize)) -> Result<Shape> {
    let [_, _, channels] = picture(input)?;
    require_positive("height", height)?;
    require_positive("width", width)?;
    Ok(Shape::from((height, width, channels)))
}

/// The part of `size` that begins at `start`.
fn cut_out(
    x: &Tensor,
    start: (usize, usize),
    size: (usize, usize),
    pass: &mut Pass<'_>,
) -> Result<Tensor> {
    let origin = Origin::Axes {
        rows: (start.0..start.0 + size.0).map(Between::one).collect(),
        columns: (start.1..start.1 + size.1).map(Between::one).collect(),
    };
    rearrange(pass.tape, x, size, vec![origin], Look::at_pixels())
}

/// The largest part in the middle with the proportions of `size`, brought to it.
fn fill_size(x: &Tensor, size: (usize, usize), pass: &mut Pass<'_>) -> Result<Tensor> {
    let [height, width, _] = picture(&x.shape().without_batch())?;
    let part = Part::cropped((height, width), size);
    part.resized(pass.tape, x, size, Interpolation::Bilinear, 0.0)
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "CenterCrop",
        what: "keeps the middle of pictures",
        example: || (Box::new(CenterCrop::new(3, 4)), Shape::from((6, 5, 2))),
        from_config: Config::layer::<CenterCrop>,
    },
    LayerEntry {
        class_name: "RandomCrop",
        what: "keeps a random part of pictures while training",
        example: || (Box::new(RandomCrop::new(3, 4)), Shape::from((6, 5, 2))),
        from_config: Config::layer::<RandomCrop>,
    },
];
