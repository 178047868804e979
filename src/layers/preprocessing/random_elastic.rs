//! RandomElasticTransform.

use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use serde::{Deserialize, Serialize};

use super::factor::{Factor, Seed, bytes, check_range, look_setters, range_setter, seed_setter};
use super::picture;
use super::random_blur::gaussian;
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::ops::pictures::{along_columns, along_rows};
use crate::ops::shared_work::{Parallel, ParallelJobs};
use crate::ops::{FillMode, Interpolation, Look, Origin, clip, perspective_origin, rearrange};
use crate::{Config, Result, Setting, Shape, Tensor, random};

/// Bends some pictures while training, as if they were drawn on rubber.
///
/// Keras: `keras.layers.RandomElasticTransform` (without the fill mode `"mirror"`); Simard and
/// others, "Best Practices for Convolutional Neural Networks applied to Visual Document Analysis",
/// 2003. As in the paper, pixels move to the side and down each on their own; Keras moves them as far
/// to the side as down.
///
/// # Shapes
/// `(batch, height, width, channels)` to the same
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(RandomElasticTransform::new(0.5).scale((0.2, 0.8)).input_shape((32, 32, 3)))?;
/// assert_eq!(model.output_shape()?, (32, 32, 3));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct RandomElasticTransform {
    #[serde(flatten)]
    base: LayerBase,
    factor: Factor,
    scale: Factor,
    interpolation: Setting<Interpolation>,
    fill_mode: Setting<FillMode>,
    fill_value: f32,
    value_range: (f32, f32),
    #[serde(flatten)]
    seed: Seed,
}

impl Default for RandomElasticTransform {
    fn default() -> Self {
        Self::new(1.0)
    }
}

impl RandomElasticTransform {
    /// `factor` is how probable it is that a picture is bent: for each picture between two numbers,
    /// or between 0 and one.
    pub fn new(factor: impl Into<Factor>) -> Self {
        Self {
            base: LayerBase::default(),
            factor: factor.into().as_bounds(0.0),
            scale: Factor::Between(0.0, 1.0),
            interpolation: Interpolation::Bilinear.into(),
            fill_mode: FillMode::Reflect.into(),
            fill_value: 0.0,
            value_range: bytes(),
            seed: Seed::default(),
        }
    }

    /// How far pictures are bent, from 0 to 1, drawn once for each batch: one number for
    /// `(0, high)`; 1 unless set.
    #[must_use]
    pub fn scale(mut self, scale: impl Into<Factor>) -> Self {
        self.scale = scale.into().as_bounds(0.0);
        self
    }

    range_setter!();
    look_setters!();
    seed_setter!();
}

impl Layer for RandomElasticTransform {
    layer_identity!("RandomElasticTransform");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        picture(input)?;
        self.factor.require_shares("factor")?;
        self.scale.require_shares("scale")?;
        check_range(self.value_range)?;
        self.look()?;
        Ok(input.clone())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        if !pass.training || x.size() == 0 {
            return Ok(x.clone());
        }
        let [height, width, _] = picture(&x.shape().without_batch())?;
        let mut generator = self.seed.generator(pass);
        let strength = self.scale.draw(&mut generator);
        // What Keras makes of the strength: how far pixels move, and how much alike their
        // neighbours do.
        let reach = height.max(width) as f32 * 0.1 * strength;
        let sigma = height.min(width) as f32 * 0.05 * strength;
        let weights = gaussian((6.0 * sigma) as usize | 1, sigma.max(f32::MIN_POSITIVE));
        let shifts = |generator: &mut StdRng| {
            let normal = |_| reach * sigma * random::normal(generator) as f32;
            let noise: Vec<f32> = (0..height * width).map(normal).collect();
            let mut smooth = vec![0.0; noise.len()];
            along_columns(&noise, &mut smooth, width, &weights);
            let mut smoother = vec![0.0; noise.len()];
            along_rows(&smooth, &mut smoother, width, 1, &weights);
            smoother
        };
        let seed = |_| {
            self.factor
                .happens(&mut generator)
                .then(|| generator.next_u64())
        };
        let seeds: Vec<Option<u64>> = (0..x.len()).map(seed).collect();
        let origin = |seed: Option<u64>| match seed {
            Some(seed) => {
                let mut generator = StdRng::seed_from_u64(seed);
                Origin::Shifted {
                    right: shifts(&mut generator),
                    down: shifts(&mut generator),
                }
            }
            None => perspective_origin(None),
        };
        let origins = seeds.into_par_iter().map(origin);
        let size = (height, width);
        let bent = rearrange(pass.tape, x, size, origins, self.look()?)?;
        clip(pass.tape, &bent, self.value_range.0, self.value_range.1)
    }
}

/// The layer of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "RandomElasticTransform",
    what: "bends pictures while training",
    example: || {
        let layer = RandomElasticTransform::default().value_range(-1.0, 1.0);
        (Box::new(layer), Shape::from((4, 5, 2)))
    },
    from_config: Config::layer::<RandomElasticTransform>,
}];
