//! HashedCrossing.

use serde::{Deserialize, Serialize};

use super::encoding::OutputMode;
use super::fingerprint;
use crate::layers::{
    Layer, LayerBase, LayerEntry, Pass, layer_identity, require_positive, through_several,
};
use crate::{Config, Error, Result, Setting, Shape, Tensor};

/// Makes one category of several: each combination gets a bin by its hash.
///
/// Keras: `keras.layers.HashedCrossing`; the bins are the same. As a layer it takes integers, one
/// for each sample; [`cross`](Self::cross) takes words as well.
///
/// # Shapes
/// `(batch, 1)` or `(batch,)`, two or more of them, to the same; with the mode `"one_hot"` to
/// `(batch, num_bins)`
///
/// # Example
/// ```
/// use kerust::layers::{Feature, HashedCrossing};
/// use kerust::prelude::*;
/// let numbers = Tensor::from_vec(vec![101, 101, 101, 102, 102], 5)?;
/// let features = [Feature::from(["A", "B", "A", "B", "A"]), Feature::from(&numbers)];
/// let bins = HashedCrossing::new(5).cross(&features)?;
/// assert_eq!(bins.to_vec::<i64>(), [1, 4, 1, 1, 3]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HashedCrossing {
    #[serde(flatten)]
    base: LayerBase,
    num_bins: usize,
    #[serde(default)]
    output_mode: Setting<OutputMode>,
}

/// One of the features that [`HashedCrossing`] crosses: a word or an integer for each sample.
#[derive(Clone, Debug, PartialEq)]
pub enum Feature {
    /// Words.
    Words(Vec<String>),
    /// Integers.
    Integers(Vec<i64>),
}

impl<S: AsRef<str>, const N: usize> From<[S; N]> for Feature {
    fn from(words: [S; N]) -> Self {
        Feature::from(words.as_slice())
    }
}

impl<S: AsRef<str>> From<&[S]> for Feature {
    fn from(words: &[S]) -> Self {
        Feature::Words(words.iter().map(|word| word.as_ref().to_string()).collect())
    }
}

impl<S: AsRef<str>> From<Vec<S>> for Feature {
    fn from(words: Vec<S>) -> Self {
        Feature::from(words.as_slice())
    }
}

impl From<&Tensor> for Feature {
    fn from(integers: &Tensor) -> Self {
        Feature::Integers(integers.to_vec())
    }
}

impl Feature {
    fn len(&self) -> usize {
        match self {
            Feature::Words(words) => words.len(),
            Feature::Integers(integers) => integers.len(),
        }
    }

    /// What each sample adds to the hash of its combination.
    fn fingerprints(&self) -> Vec<u64> {
        match self {
            Feature::Words(words) => {
                let words = words.iter();
                words
                    .map(|word| fingerprint::fingerprint(word.as_bytes()))
                    .collect()
            }
            Feature::Integers(integers) => integers.iter().map(|&i| i as u64).collect(),
        }
    }
}

impl HashedCrossing {
    /// Over `num_bins` bins.
    pub fn new(num_bins: usize) -> Self {
        Self {
            base: LayerBase::default(),
            num_bins,
            output_mode: OutputMode::Int.into(),
        }
    }

    /// `"int"` (unless set) or `"one_hot"`.
    #[must_use]
    pub fn output_mode(mut self, output_mode: impl Into<Setting<OutputMode>>) -> Self {
        self.output_mode = output_mode.into();
        self
    }

    /// The bin of each sample, of shape `(samples,)`; with the mode `"one_hot"` a row for each.
    ///
    /// # Errors
    /// When there are less than two features, they have different numbers of samples, or an argument
    /// is wrong.
    pub fn cross(&self, features: &[Feature]) -> Result<Tensor> {
        let samples = features.first().map_or(0, Feature::len);
        self.crossed(features, &Shape::from(()), samples)
            .map_err(|e| e.at("HashedCrossing"))
    }

    fn crossed(&self, features: &[Feature], sample: &Shape, samples: usize) -> Result<Tensor> {
        let mode = self.check(features.len())?;
        if let Some(other) = features.iter().find(|feature| feature.len() != samples) {
            return Err(Error::shape(format!(
                "the features have different numbers of samples: {samples} and {}",
                other.len()
            ))
            .remedy("give each feature one word or integer for each sample"));
        }
        let features: Vec<Vec<u64>> = features.iter().map(Feature::fingerprints).collect();
        let bin = |i: usize| {
            let parts = features.iter().map(|feature| feature[i]);
            let combination = parts.fold(fingerprint::CROSSING_KEY, fingerprint::join);
            (combination % self.num_bins as u64) as i64
        };
        mode.encode((0..samples).map(bin).collect(), sample, self.num_bins)
    }

    fn check(&self, features: usize) -> Result<OutputMode> {
        require_positive("num_bins", self.num_bins)?;
        if features < 2 {
            let given = format!("expected at least two features to cross, got {features}");
            return Err(Error::shape(given).remedy("list the features to cross: `.on([&a, &b])`"));
        }
        let mode = *self.output_mode.get()?;
        mode.require(&[OutputMode::Int, OutputMode::OneHot])?;
        Ok(mode)
    }
}

impl Layer for HashedCrossing {
    layer_identity!("HashedCrossing");
    through_several!(without_weights);

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let mode = self.check(inputs.len())?;
        for input in inputs {
            if !matches!(input.dims(), [] | [1]) || *input != inputs[0] {
                return Err(Error::shape(format!(
                    "expected one integer for each sample of each feature, of shape () or (1,), got \
                     {input}"
                ))
.remedy("give each feature an input of its own"));
            }
        }
        Ok(vec![mode.output_shape(&inputs[0], self.num_bins)])
    }

    fn call_for(&self, inputs: &[Tensor], _: &mut Pass<'_>) -> Result<Vec<Tensor>> {
        let features: Vec<Feature> = inputs.iter().map(Feature::from).collect();
        let (sample, samples) = match inputs.first() {
            Some(first) => (first.shape().without_batch(), first.len()),
            None => (Shape::from(()), 0),
        };
        Ok(vec![self.crossed(&features, &sample, samples)?])
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "HashedCrossing",
    what: "makes one category of several",
    example: || {
        let layer = HashedCrossing::new(4).output_mode("one_hot");
        (Box::new(layer), Shape::from(1))
    },
    from_config: Config::layer::<HashedCrossing>,
}];
