//! GroupNormalization.

use serde::{Deserialize, Serialize};

use super::{check_epsilon, require_axes};
use crate::axes::sample_axis;
use crate::layers::weight_settings::{self, WeightSettings, weight_setters};
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, Weights, layer_identity};
use crate::{Config, Error, Result, Shape, Tensor, ops};

/// Brings groups of channels of each sample to mean 0 and variance 1.
///
/// Keras: `keras.layers.GroupNormalization`. With one group it is layer normalization over all axes,
/// with as many groups as channels (-1) it is instance normalization.
///
/// Wu and He, "Group normalization", 2018.
///
/// # Shapes
/// `(batch, .., channels)` to the same
///
/// # Example
/// ```
/// use kerust::layers::GroupNormalization;
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(GroupNormalization::new().groups(2).input_shape((5, 5, 6)))?;
/// assert_eq!(model.count_params()?, 12);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupNormalization {
    #[serde(flatten)]
    base: LayerBase,
    groups: isize,
    axis: isize,
    epsilon: f32,
    center: bool,
    scale: bool,
    #[serde(flatten, deserialize_with = "weight_settings::beta")]
    beta: WeightSettings,
    #[serde(flatten, deserialize_with = "weight_settings::gamma")]
    gamma: WeightSettings,
}

impl Default for GroupNormalization {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            groups: 32,
            axis: -1,
            epsilon: 1e-3,
            center: true,
            scale: true,
            beta: WeightSettings::beta(),
            gamma: WeightSettings::gamma(),
        }
    }
}

impl GroupNormalization {
    /// With Keras's defaults: 32 groups of the last axis, epsilon 0.001.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many groups, which must divide the channels; -1 for as many as channels, 32 unless set.
    #[must_use]
    pub fn groups(mut self, groups: isize) -> Self {
        self.groups = groups;
        self
    }

    /// The axis of the channels, counted from that of the batch, which is 0, or from the end; -1
    /// unless set.
    #[must_use]
    pub fn axis(mut self, axis: isize) -> Self {
        self.axis = axis;
        self
    }

    /// What is added to the variance before its root is taken; 0.001 unless set.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f32) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// Whether a learned `beta` is added; true unless set.
    #[must_use]
    pub fn center(mut self, center: bool) -> Self {
        self.center = center;
        self
    }

    /// Whether the result is multiplied by a learned `gamma`; true unless set.
    #[must_use]
    pub fn scale(mut self, scale: bool) -> Self {
        self.scale = scale;
        self
    }

    weight_setters!(beta);
    weight_setters!(gamma);

    /// The axis of the channels, the number of channels and that of groups.
    fn division(&self, input: &Shape) -> Result<(usize, usize, usize)> {
        let axis = sample_axis("axis", self.axis, input)?;
        let channels = input[axis - 1];
        let groups = match self.groups {
            -1 => channels,
            groups => usize::try_from(groups).unwrap_or_default(),
        };
        if groups == 0 || !channels.is_multiple_of(groups) {
            let expected = format!("a divisor of the {channels} channels, or -1");
            return Err(Error::argument("groups", &expected, self.groups));
        }
        Ok((axis, channels, groups))
    }
}

impl Layer for GroupNormalization {
    layer_identity!("GroupNormalization");

    fn supports_masking(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        require_axes(input)?;
        self.division(input)?;
        check_epsilon(self.epsilon)?;
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        let (_, channels, _) = self.division(input)?;
        if self.scale {
            weights.add_configured("gamma", channels, &self.gamma)?;
        }
        if self.center {
            weights.add_configured("beta", channels, &self.beta)?;
        }
        Ok(())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let (axis, channels, groups) = self.division(&x.shape().without_batch())?;
        let mut sizes = x.shape().to_vec();
        sizes[axis] = channels / groups;
        sizes.insert(axis, groups);
        let grouped = x.reshape(sizes.as_slice())?;
        let others = (1..sizes.len() as isize).filter(|i| *i != axis as isize);
        let others: Vec<isize> = others.collect();
        let y = ops::layer_normalization(pass.tape, &grouped, None, None, &others, self.epsilon)?;
        let mut y = y.reshape(x.shape())?;
        let mut along_axis = vec![1; x.ndim()];
        along_axis[axis] = channels;
        if self.scale {
            let gamma = pass.weight("gamma")?.reshape(along_axis.as_slice())?;
            y = ops::multiply(pass.tape, &y, &gamma)?;
        }
        if self.center {
            let beta = pass.weight("beta")?.reshape(along_axis.as_slice())?;
            y = ops::add(pass.tape, &y, &beta)?;
        }
        Ok(y)
    }
}

pub(super) const ENTRY: LayerEntry = LayerEntry {
    class_name: "GroupNormalization",
    what: "brings groups of channels to mean 0 and variance 1",
    example: || {
        (
            Box::new(GroupNormalization::new().groups(2)),
            Shape::from((3, 4)),
        )
    },
    from_config: Config::layer::<GroupNormalization>,
};
