//! AugMix.

use rand::Rng;
use serde::{Deserialize, Serialize};

use super::augmentations::{Chain, Choice, call_chain, check_layers};
use super::factor::{
    Factor, Seed, bytes, check_range, interpolation_setter, range_setter, seed_setter,
};
use super::picture;
use super::rand_augment::require_few;
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity, require_positive};
use crate::ops::{Interpolation, add, clip, multiply};
use crate::random::{beta, dirichlet};
use crate::{Config, Error, Result, Setting, Shape, Tensor};

/// Mixes pictures with some changed copies of themselves while training. Each copy goes through a
/// chain of changes, chosen by chance as in [`RandAugment`](super::RandAugment).
///
/// Keras: `keras.layers.AugMix`; Hendrycks and others, "AugMix: A Simple Data Processing Method to
/// Improve Robustness and Uncertainty", 2019.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same, with one or three channels
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(AugMix::new().value_range(0.0, 1.0).input_shape((32, 32, 3)))?;
/// assert_eq!(model.output_shape()?, (32, 32, 3));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct AugMix {
    #[serde(flatten)]
    base: LayerBase,
    value_range: (f32, f32),
    num_chains: usize,
    chain_depth: usize,
    factor: Factor,
    alpha: f32,
    all_ops: bool,
    interpolation: Setting<Interpolation>,
    #[serde(flatten)]
    seed: Seed,
}

impl Default for AugMix {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            value_range: bytes(),
            num_chains: 3,
            chain_depth: 3,
            factor: Factor::Between(0.0, 0.3),
            alpha: 1.0,
            all_ops: true,
            interpolation: Interpolation::Bilinear.into(),
            seed: Seed::default(),
        }
    }
}

impl AugMix {
    /// Three chains of up to three changes, for pictures with numbers from 0 to 255.
    pub fn new() -> Self {
        Self::default()
    }

    range_setter!();

    /// How many changed copies are mixed, from 1 to 100; 3 unless set.
    #[must_use]
    pub fn num_chains(mut self, num_chains: usize) -> Self {
        self.num_chains = num_chains;
        self
    }

    /// How many changes a copy goes through at most, up to 100; 3 unless set.
    #[must_use]
    pub fn chain_depth(mut self, chain_depth: usize) -> Self {
        self.chain_depth = chain_depth;
        self
    }

    /// How far changes go, from 0 to 1: one number for `(0, high)`; 0.3 unless set.
    #[must_use]
    pub fn factor(mut self, factor: impl Into<Factor>) -> Self {
        self.factor = factor.into().as_bounds(0.0);
        self
    }

    /// How even the shares of the copies are, a positive number: the higher, the more even; 1 unless
    /// set.
    #[must_use]
    pub fn alpha(mut self, alpha: f32) -> Self {
        self.alpha = alpha;
        self
    }

    /// Whether brightness, color degeneration, contrast and sharpness may be chosen as well; true
    /// unless set.
    #[must_use]
    pub fn all_ops(mut self, all_ops: bool) -> Self {
        self.all_ops = all_ops;
        self
    }

    interpolation_setter!();

    seed_setter!();

    /// The layers to choose from.
    fn layers(&self) -> Result<Chain> {
        let choice = Choice {
            factor: self.factor,
            value_range: self.value_range,
            interpolation: *self.interpolation.get()?,
        };
        let mut layers = choice.layers();
        if self.all_ops {
            layers.extend(choice.color_layers());
        }
        Ok(layers)
    }
}

impl Layer for AugMix {
    layer_identity!("AugMix");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        picture(input)?;
        self.factor.require_shares("factor")?;
        check_range(self.value_range)?;
        require_positive("num_chains", self.num_chains)?;
        require_few("num_chains", self.num_chains)?;
        require_few("chain_depth", self.chain_depth)?;
        if !(self.alpha > 0.0 && self.alpha.is_finite()) {
            return Err(Error::argument("alpha", "a positive number", self.alpha));
        }
        check_layers(&self.layers()?, input)?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        if !pass.training {
            return Ok(x.clone());
        }
        let mut generator = self.seed.generator(pass);
        let layers = self.layers()?;
        let alpha = f64::from(self.alpha);
        let own = beta(alpha, &mut generator);
        let shares = dirichlet(self.num_chains, alpha, &mut generator);
        let mut mixed = multiply(pass.tape, x, &Tensor::scalar(own as f32))?;
        for share in shares {
            // One choice more than there are layers: nothing.
            let choose = |_| layers.get(generator.gen_range(0..=layers.len()));
            let chosen: Vec<_> = (0..self.chain_depth).filter_map(choose).collect();
            let copy = call_chain(chosen, x, pass, &mut generator)?;
            let share = Tensor::scalar(((1.0 - own) * share) as f32);
            let part = multiply(pass.tape, &copy, &share)?;
            mixed = add(pass.tape, &mixed, &part)?;
        }
        let (low, high) = self.value_range;
        clip(pass.tape, &mixed, low, high)
    }
}

/// The layer of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "AugMix",
    what: "mixes pictures with changed copies of themselves while training",
    example: || {
        let layer = AugMix::new().value_range(-1.0, 1.0);
        (Box::new(layer), Shape::from((4, 5, 3)))
    },
    from_config: Config::layer::<AugMix>,
}];
