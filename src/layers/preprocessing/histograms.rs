//! AutoContrast, Equalization and ContrastLimitedAdaptiveHistogramEqualization.

use serde::{Deserialize, Serialize};

use super::factor::{bytes, check_range, range_setter};
use super::picture;
use crate::layers::{Layer, LayerBase, LayerEntry, Pair, Pass, layer_identity};
use crate::ops::pictures::{Equalize, EqualizeTiles, Stretch, change_pictures};
use crate::{Config, Error, Result, Shape, Tensor};

/// Stretches each channel of each picture so that it reaches from the lowest to the highest number
/// of `value_range`, whether the model is training or not. A channel of one number stays as it is.
///
/// Keras: `keras.layers.AutoContrast`.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(AutoContrast::new().value_range(0.0, 1.0).input_shape((1, 3, 1)))?;
/// let picture = Tensor::from_vec(vec![0.2, 0.3, 0.4], (1, 1, 3, 1))?;
/// let stretched = model.predict(&picture)?.to_vec::<f32>();
/// assert!((stretched[1] - 0.5).abs() < 1e-6 && stretched[2] == 1.0);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct AutoContrast {
    #[serde(flatten)]
    base: LayerBase,
    value_range: (f32, f32),
}

impl Default for AutoContrast {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            value_range: bytes(),
        }
    }
}

impl AutoContrast {
    /// For pictures with numbers from 0 to 255.
    pub fn new() -> Self {
        Self::default()
    }

    range_setter!();
}

impl Layer for AutoContrast {
    layer_identity!("AutoContrast");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        picture(input)?;
        check_range(self.value_range)?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let stretch = Stretch {
            channels: x.shape().last(),
            range: self.value_range.into(),
        };
        change_pictures(pass.tape, x, stretch)
    }
}

/// Replaces the numbers of each channel, while training, so that each is about as frequent as any
/// other. As in Keras, all pictures of a batch are counted together.
///
/// Keras: `keras.layers.Equalization`. Nothing flows back through it: the new numbers go in steps.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let picture = Tensor::from_vec(vec![10.0, 11.0, 11.0, 200.0], (2, 2, 1))?;
/// let equalized = Equalization::new().augment_images(&picture)?;
/// assert_eq!(equalized.to_vec::<f32>(), [0.0, 170.0, 170.0, 255.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Equalization {
    #[serde(flatten)]
    base: LayerBase,
    value_range: (f32, f32),
    bins: usize,
}

impl Default for Equalization {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            value_range: bytes(),
            bins: 256,
        }
    }
}

impl Equalization {
    /// For pictures with numbers from 0 to 255, counted in 256 bins.
    pub fn new() -> Self {
        Self::default()
    }

    range_setter!();

    /// How many different numbers are told apart, from 1 to 65536; 256 unless set.
    #[must_use]
    pub fn bins(mut self, bins: usize) -> Self {
        self.bins = bins;
        self
    }
}

impl Layer for Equalization {
    layer_identity!("Equalization");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        picture(input)?;
        check_range(self.value_range)?;
        if !(1..=1 << 16).contains(&self.bins) {
            let expected = "a whole number from 1 to 65536";
            return Err(Error::argument("bins", expected, self.bins));
        }
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        if !pass.training || x.size() == 0 {
            return Ok(x.clone());
        }
        let channels = x.shape().last();
        let equalize = Equalize::new(channels, self.bins, self.value_range.into());
        change_pictures(pass.tape, x, equalize)
    }
}

/// Makes the contrast of pictures the same everywhere, whether the model is training or not: each
/// tile is equalized, and what a pixel becomes is a mixture of what the tiles around it say.
///
/// Keras: `keras.layers.ContrastLimitedAdaptiveHistogramEqualization`; Zuiderveld, "Contrast Limited
/// Adaptive Histogram Equalization", 1994. Nothing flows back through it: the new numbers go in
/// steps.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let layer = ContrastLimitedAdaptiveHistogramEqualization::new().tile_grid_size(4);
/// let mut model = Sequential::new();
/// model.add(layer.input_shape((32, 32, 1)))?;
/// // A dark picture becomes lighter.
/// let picture = Tensor::random_uniform((1, 32, 32, 1), 0.0, 50.0);
/// assert!(model.predict(&picture)?.mean() > picture.mean());
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct ContrastLimitedAdaptiveHistogramEqualization {
    #[serde(flatten)]
    base: LayerBase,
    value_range: (f32, f32),
    clip_limit: f32,
    tile_grid_size: Pair,
}

impl Default for ContrastLimitedAdaptiveHistogramEqualization {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            value_range: bytes(),
            clip_limit: 4.0,
            tile_grid_size: 8.into(),
        }
    }
}

impl ContrastLimitedAdaptiveHistogramEqualization {
    /// For pictures with numbers from 0 to 255, in 8 by 8 tiles.
    pub fn new() -> Self {
        Self::default()
    }

    range_setter!();

    /// How often a number may occur in a tile, where 1 is its share of the tile; 4 unless set. There
    /// is no limit with 0 or less.
    #[must_use]
    pub fn clip_limit(mut self, clip_limit: f32) -> Self {
        self.clip_limit = clip_limit;
        self
    }

    /// How many tiles there are along height and width; `(8, 8)` unless set.
    #[must_use]
    pub fn tile_grid_size(mut self, tiles: impl Into<Pair>) -> Self {
        self.tile_grid_size = tiles.into();
        self
    }
}

impl Layer for ContrastLimitedAdaptiveHistogramEqualization {
    layer_identity!("ContrastLimitedAdaptiveHistogramEqualization");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        /// What is remembered for each picture: 256 numbers for every tile and channel.
        const MOST_TILES: usize = 1 << 20;
        let [_, _, channels] = picture(input)?;
        check_range(self.value_range)?;
        if self.clip_limit.is_nan() {
            return Err(Error::argument("clip_limit", "a number", self.clip_limit));
        }
        let [rows, columns] = self.tile_grid_size.require_positive("tile_grid_size")?;
        let tiles = rows.checked_mul(columns);
        let tiles = tiles.and_then(|tiles| tiles.checked_mul(channels));
        if tiles.is_none_or(|tiles| tiles > MOST_TILES) {
            let expected = format!("at most {MOST_TILES} tiles, counted for each channel");
            let given = format!("({rows}, {columns})");
            return Err(Error::argument("tile_grid_size", &expected, given));
        }
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let equalize = EqualizeTiles {
            sizes: picture(&x.shape().without_batch())?,
            grid: self.tile_grid_size.0,
            clip_limit: self.clip_limit,
            range: self.value_range.into(),
        };
        change_pictures(pass.tape, x, equalize)
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "AutoContrast",
        what: "stretches each channel of pictures over the whole range",
        example: || {
            let layer = AutoContrast::new().value_range(-1.0, 1.0);
            (Box::new(layer), Shape::from((4, 5, 2)))
        },
        from_config: Config::layer::<AutoContrast>,
    },
    LayerEntry {
        class_name: "Equalization",
        what: "makes all numbers of pictures as frequent while training",
        example: || {
            let layer = Equalization::new().value_range(-1.0, 1.0);
            (Box::new(layer), Shape::from((4, 5, 2)))
        },
        from_config: Config::layer::<Equalization>,
    },
    LayerEntry {
        class_name: "ContrastLimitedAdaptiveHistogramEqualization",
        what: "makes the contrast of pictures the same everywhere",
        example: || {
            let layer = ContrastLimitedAdaptiveHistogramEqualization::new();
            let layer = layer.tile_grid_size(2).value_range(-1.0, 1.0);
            (Box::new(layer), Shape::from((4, 5, 2)))
        },
        from_config: Config::layer::<ContrastLimitedAdaptiveHistogramEqualization>,
    },
];
