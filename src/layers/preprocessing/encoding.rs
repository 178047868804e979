//! How categories come out: as numbers, or as a place for each.

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result, Setting, Shape, Tensor};

/// What layers make of categories.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputMode {
    /// The number of each category.
    #[default]
    Int,
    /// For each category 1 in its place, 0 elsewhere.
    OneHot,
    /// For each sample 1 in the places of the categories that it has.
    MultiHot,
    /// For each sample how often it has each category.
    Count,
    /// As `Count`, times what a category says about a sample: the rarer the more.
    TfIdf,
}

impl std::str::FromStr for OutputMode {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "int" => Ok(Self::Int),
            "one_hot" => Ok(Self::OneHot),
            "multi_hot" | "binary" => Ok(Self::MultiHot),
            "count" => Ok(Self::Count),
            "tf_idf" | "tf-idf" => Ok(Self::TfIdf),
            _ => {
                let known = ["int", "one_hot", "multi_hot", "count", "tf_idf"];
                Err(Error::unknown_name("output mode", name, &known))
            }
        }
    }
}

impl From<OutputMode> for Setting<OutputMode> {
    fn from(mode: OutputMode) -> Self {
        Setting::value(mode)
    }
}

impl Default for Setting<OutputMode> {
    fn default() -> Self {
        OutputMode::default().into()
    }
}

impl OutputMode {
    /// Fails unless the mode is one of those that the layer has.
    pub(super) fn require(self, allowed: &[OutputMode]) -> Result<()> {
        if allowed.contains(&self) {
            return Ok(());
        }
        let names: Vec<String> = allowed.iter().map(|mode| format!("{mode:?}")).collect();
        let expected = format!("one of {}", names.join(", "));
        Err(Error::argument(
            "output_mode",
            &expected,
            format!("{self:?}"),
        ))
    }

    /// The shape for one sample of shape `input`, when there are `depth` categories.
    pub(super) fn output_shape(self, input: &Shape, depth: usize) -> Shape {
        match (self, input.dims()) {
            (Self::Int, _) => input.clone(),
            (Self::OneHot, [outer @ .., 1]) => Shape::from(outer).with_appended(depth),
            (Self::OneHot, _) => input.with_appended(depth),
            (_, [_, rest @ ..]) => Shape::from(rest).with_appended(depth),
            (_, []) => Shape::from(depth),
        }
    }

    /// The categories of a batch of samples of shape `sample`; those that are not below `depth`
    /// leave no trace.
    pub(super) fn encode(
        self,
        categories: Vec<i64>,
        sample: &Shape,
        depth: usize,
    ) -> Result<Tensor> {
        self.encode_weighted(categories, |_| 1.0, sample, depth)
    }

    /// The same, where with the mode `Count` each category counts as much as `weight` says.
    pub(super) fn encode_weighted(
        self,
        categories: Vec<i64>,
        weight: impl Fn(usize) -> f32,
        sample: &Shape,
        depth: usize,
    ) -> Result<Tensor> {
        let samples = match sample.elements() {
            0 => 0,
            size => categories.len() / size,
        };
        let shape = self.output_shape(sample, depth).with_batch(samples);
        if self == Self::Int {
            return Tensor::from_vec(categories, shape);
        }
        let place = |category: i64| usize::try_from(category).ok().filter(|&c| c < depth);
        let mut values: Vec<f32> = Vec::new();
        if values.try_reserve_exact(shape.elements()).is_err() {
            let error =
                format!("a place for each category, of shape {shape}, does not fit into memory");
            return Err(Error::new(ErrorKind::Device, error).remedy("use the mode \"int\""));
        }
        values.resize(shape.elements(), 0.0);
        if self == Self::OneHot {
            for (values, category) in values.chunks_exact_mut(depth).zip(categories) {
                if let Some(place) = place(category) {
                    values[place] = 1.0;
                }
            }
            return Tensor::from_vec(values, shape);
        }
        // The first axis of a sample holds its categories; each place on the others is on its own.
        let length = sample.first().copied().unwrap_or(1);
        let others = sample.elements() / length.max(1);
        for (i, category) in categories.into_iter().enumerate() {
            let row = i / (length * others) * others + i % others;
            if let Some(place) = place(category) {
                let value = &mut values[row * depth + place];
                *value = if self == Self::MultiHot {
                    1.0
                } else {
                    *value + weight(i)
                };
            }
        }
        Tensor::from_vec(values, shape)
    }
}
