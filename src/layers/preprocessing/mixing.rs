//! MixUp and CutMix.

use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use super::factor::{Factor, Seed, seed_setter};
use super::picture;
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::ops::pictures::{Patch, Share, mingle};
use crate::random::{beta, permutation, stream};
use crate::{Config, DType, Error, Result, Shape, Tape, Tensor};

/// Mixes each picture of a batch with another one while training, and the labels as much:
/// [`augment`](Self::augment) makes both, for [`fit_batches`](crate::Model::fit_batches). In a model
/// the layer changes the pictures alone, which is of little use.
///
/// Keras: `keras.layers.MixUp`, where pictures and labels come in a dictionary; Zhang and others,
/// "mixup: Beyond Empirical Risk Minimization", 2017.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mix_up = MixUp::new(0.2);
/// let batches = std::iter::repeat_with(move || {
///     let pictures = Tensor::random_uniform((8, 4, 4, 3), 0.0, 1.0);
///     let labels = Tensor::from_vec(vec![0, 1, 2, 0, 1, 2, 0, 1], 8)?;
///     mix_up.augment(&pictures, &to_categorical(&labels, 3)?)
/// });
/// let mut model = Sequential::new();
/// model.add(Flatten::new().input_shape((4, 4, 3)))?;
/// model.add(Dense::new(3).activation("softmax"))?;
/// model.compile(Compile { loss: "categorical_crossentropy".into(), ..Compile::default() })?;
/// let batches = batches.map_while(Result::ok);
/// model.fit_batches(batches, Fit { steps_per_epoch: Some(3), verbose: 0, ..Fit::default() })?;
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct MixUp {
    #[serde(flatten)]
    base: LayerBase,
    alpha: f32,
    #[serde(flatten)]
    seed: Seed,
}

impl Default for MixUp {
    fn default() -> Self {
        Self::new(0.2)
    }
}

impl MixUp {
    /// The smaller the positive number `alpha`, the more pictures are almost one of the two alone.
    pub fn new(alpha: f32) -> Self {
        Self {
            base: LayerBase::default(),
            alpha,
            seed: Seed::default(),
        }
    }

    seed_setter!();

    /// A batch of pictures and their labels, mixed as while training.
    ///
    /// # Errors
    /// When `images` does not have shape (batch, height, width, channels), `labels` are not as many
    /// rows of numbers (one-hot, for classes), or an argument is wrong.
    pub fn augment(&self, images: &Tensor, labels: &Tensor) -> Result<(Tensor, Tensor)> {
        augment(self, images, labels, || {
            self.draw(images, self.seed.generator_beside(&mut stream()))
        })
    }

    fn draw(&self, images: &Tensor, mut generator: StdRng) -> Mixture {
        let partners = permutation(images.len(), &mut generator);
        let weight = |_| beta(f64::from(self.alpha), &mut generator) as f32;
        let weights: Vec<f32> = (0..images.len()).map(weight).collect();
        Mixture {
            partners,
            shares: weights.iter().map(|weight| Share::Own(*weight)).collect(),
            weights,
        }
    }
}

impl Layer for MixUp {
    layer_identity!("MixUp");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        picture(input)?;
        if !(self.alpha > 0.0 && self.alpha.is_finite()) {
            return Err(Error::argument("alpha", "a positive number", self.alpha));
        }
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        if !pass.training {
            return Ok(x.clone());
        }
        let generator = self.seed.generator(pass);
        self.draw(x, generator).images(pass.tape, x)
    }
}

/// Puts a part of another picture of the batch into each picture while training, and mixes the
/// labels as much: [`augment`](Self::augment) makes both, for
/// [`fit_batches`](crate::Model::fit_batches). In a model the layer changes the pictures alone, which
/// is of little use.
///
/// Keras: `keras.layers.CutMix`, where pictures and labels come in a dictionary; Yun and others,
/// "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features", 2019.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let pictures = Tensor::random_uniform((2, 16, 16, 3), 0.0, 1.0);
/// let labels = Tensor::from_vec(vec![1.0, 0.0, 0.0, 1.0], (2, 2))?;
/// let (pictures, labels) = CutMix::new(1.0).augment(&pictures, &labels)?;
/// assert_eq!(pictures.shape(), (2, 16, 16, 3));
/// assert!((labels.index(0)?.sum() - 1.0).abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct CutMix {
    #[serde(flatten)]
    base: LayerBase,
    factor: Factor,
    #[serde(flatten)]
    seed: Seed,
}

impl Default for CutMix {
    fn default() -> Self {
        Self::new(1.0)
    }
}

impl CutMix {
    /// The smaller `factor`, from 0 to 1, the more pictures are almost one of the two alone: a
    /// number drawn for each batch, between two or between 0 and one.
    pub fn new(factor: impl Into<Factor>) -> Self {
        Self {
            base: LayerBase::default(),
            factor: factor.into().as_bounds(0.0),
            seed: Seed::default(),
        }
    }

    seed_setter!();

    /// A batch of pictures and their labels, mixed as while training.
    ///
    /// # Errors
    /// When `images` does not have shape (batch, height, width, channels), `labels` are not as many
    /// rows of numbers (one-hot, for classes), or an argument is wrong.
    pub fn augment(&self, images: &Tensor, labels: &Tensor) -> Result<(Tensor, Tensor)> {
        augment(self, images, labels, || {
            self.draw(images, self.seed.generator_beside(&mut stream()))
        })
    }

    fn draw(&self, images: &Tensor, mut generator: StdRng) -> Mixture {
        /// What keeps the distribution's parameter from being 0.
        const EPSILON: f32 = 1e-6;
        let alpha = f64::from(self.factor.draw(&mut generator) + EPSILON);
        let sizes = images.shape().dims();
        let mut shares = Vec::new();
        let mut weights = Vec::new();
        for _ in 0..images.len() {
            let side = (1.0 - beta(alpha, &mut generator)).sqrt() as f32;
            let (patch, area) = Patch::draw([sizes[1], sizes[2]], [side; 2], &mut generator);
            shares.push(Share::AllBut(patch));
            weights.push(1.0 - area);
        }
        Mixture {
            partners: permutation(images.len(), &mut generator),
            shares,
            weights,
        }
    }
}

impl Layer for CutMix {
    layer_identity!("CutMix");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        picture(input)?;
        self.factor.require_shares("factor")?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        if !pass.training {
            return Ok(x.clone());
        }
        let generator = self.seed.generator(pass);
        self.draw(x, generator).images(pass.tape, x)
    }
}

/// Which pictures of a batch are mixed, and how much each has of its own.
struct Mixture {
    partners: Vec<usize>,
    shares: Vec<Share>,
    /// What of a label is that of the picture itself.
    weights: Vec<f32>,
}

impl Mixture {
    fn images(self, tape: &mut Tape, x: &Tensor) -> Result<Tensor> {
        mingle(tape, x, self.partners, self.shares)
    }

    fn labels(&self, labels: &Tensor) -> Result<Tensor> {
        let own = labels.as_floats();
        let row = labels.shape().without_batch().elements();
        let label = |index: usize| &own[index * row..][..row];
        let mixed = self.partners.iter().zip(&self.weights).enumerate();
        let mixed = mixed.flat_map(|(index, (&partner, &weight))| {
            let both = label(index).iter().zip(label(partner));
            both.map(move |(own, other)| weight * own + (1.0 - weight) * other)
        });
        Tensor::from_vec(mixed.collect::<Vec<f32>>(), labels.shape().clone())
    }
}

/// Mixes pictures and labels of `layer` as `draw` says.
fn augment(
    layer: &dyn Layer,
    images: &Tensor,
    labels: &Tensor,
    draw: impl FnOnce() -> Mixture,
) -> Result<(Tensor, Tensor)> {
    let mix = || {
        if images.ndim() != 4 {
            return Err(Error::shape(format!(
                "argument `images`: expected a batch of shape (batch, height, width, channels), got {}",
                images.shape()
            ))
.remedy("a single picture becomes a batch by `images.reshape((1, height, width, channels))`"));
        }
        layer.output_shape(&images.shape().without_batch())?;
        if labels.ndim() < 2 || labels.len() != images.len() {
            return Err(Error::shape(format!(
                "argument `labels`: expected a row of numbers for each of {} pictures, got shape {}",
                images.len(),
                labels.shape()
            ))
            .remedy("`to_categorical` makes such rows of classes"));
        }
        let mixture = draw();
        let labels = mixture.labels(&labels.astype(DType::Float32))?;
        Ok((mixture.images(&mut Tape::off(), images)?, labels))
    };
    mix().map_err(|e| e.at(format!("{}: augment", layer.class_name())))
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "MixUp",
        what: "mixes the pictures of a batch with each other while training",
        example: || (Box::new(MixUp::default()), Shape::from((4, 5, 2))),
        from_config: Config::layer::<MixUp>,
    },
    LayerEntry {
        class_name: "CutMix",
        what: "puts parts of pictures into others of the batch while training",
        example: || (Box::new(CutMix::default()), Shape::from((4, 5, 2))),
        from_config: Config::layer::<CutMix>,
    },
];
