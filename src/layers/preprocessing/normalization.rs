//! Normalization.

use serde::{Deserialize, Serialize};

use crate::layers::{Axes, Layer, LayerBase, LayerEntry, Pass, Weights, layer_identity};
use crate::models::Inputs;
use crate::ops::{Standardization, standardize};
use crate::{Config, Error, Result, Shape, Tensor};

/// Brings features to mean 0 and standard deviation 1, by the mean and variance of data that the
/// layer was shown before.
///
/// Keras: `keras.layers.Normalization`.
///
/// # Shapes
/// `(batch, ..)` to the same
///
/// # Errors
/// When the layer knows no mean and variance yet.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let ages = Tensor::from_vec(vec![20.0, 30.0, 40.0], (3, 1))?;
/// let mut normalization = Normalization::new();
/// normalization.adapt(&ages)?;
/// let mut model = Sequential::new();
/// model.add(normalization.input_shape(1))?;
/// assert!(model.predict(&ages)?.mean().abs() < 1e-6);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Normalization {
    #[serde(flatten)]
    base: LayerBase,
    axis: Vec<isize>,
    mean: Option<Values>,
    variance: Option<Values>,
    invert: bool,
    #[serde(skip)]
    adapted: Option<Adapted>,
}

/// One number for all, or one for each place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Values {
    /// The same for all.
    One(f32),
    /// One for each place on the kept axes, in row-major order.
    Each(Vec<f32>),
}

impl From<f32> for Values {
    fn from(value: f32) -> Self {
        Values::One(value)
    }
}

impl From<Vec<f32>> for Values {
    fn from(values: Vec<f32>) -> Self {
        Values::Each(values)
    }
}

impl<const N: usize> From<[f32; N]> for Values {
    fn from(values: [f32; N]) -> Self {
        Values::Each(values.into())
    }
}

/// What was learned from data.
#[derive(Clone, Debug)]
struct Adapted {
    shape: Shape,
    mean: Vec<f32>,
    variance: Vec<f32>,
}

impl Default for Normalization {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            axis: vec![-1],
            mean: None,
            variance: None,
            invert: false,
            adapted: None,
        }
    }
}

impl Normalization {
    /// A mean and variance for each place on the last axis.
    pub fn new() -> Self {
        Self::default()
    }

    /// The axes that have a mean and variance of their own for each place; `-1` unless set.
    #[must_use]
    pub fn axis(mut self, axis: impl Into<Axes>) -> Self {
        self.axis = axis.into().as_slice().to_vec();
        self
    }

    /// The mean, instead of [`adapt`](Self::adapt); needs [`variance`](Self::variance) as well.
    #[must_use]
    pub fn mean(mut self, mean: impl Into<Values>) -> Self {
        self.mean = Some(mean.into());
        self
    }

    /// The variance, instead of [`adapt`](Self::adapt); needs [`mean`](Self::mean) as well.
    #[must_use]
    pub fn variance(mut self, variance: impl Into<Values>) -> Self {
        self.variance = Some(variance.into());
        self
    }

    /// Whether the layer does the opposite: turns normalized numbers back; false unless set.
    #[must_use]
    pub fn invert(mut self, invert: bool) -> Self {
        self.invert = invert;
        self
    }

    /// Learns the mean and variance of `data`, whose first axis is that of the samples; of a
    /// [`Dataset`](crate::data::Dataset) those of the inputs of all batches. Layers that are in a
    /// model already do not change: adapt first.
    ///
    /// # Errors
    /// When mean and variance were given, or `data` has no such axes or no numbers.
    pub fn adapt(&mut self, data: impl Into<Inputs>) -> Result<()> {
        let learned = self.learn(data.into());
        self.adapted = Some(learned.map_err(|e| e.at("Normalization: adapt"))?);
        Ok(())
    }

    fn learn(&self, data: Inputs) -> Result<Adapted> {
        if self.mean.is_some() || self.variance.is_some() {
            return Err(Error::state("the layer was given its mean and variance")
                .remedy("leave `mean` and `variance` out"));
        }
        let mut all: Option<Moments> = None;
        for batch in data.batches() {
            let batch = self.moments(&batch?)?;
            all = Some(match all {
                Some(all) => all.with(&batch)?,
                None => batch,
            });
        }
        let learned = all.ok_or_else(no_numbers)?;
        let floats = |values: Vec<f64>| values.into_iter().map(|value| value as f32).collect();
        Ok(Adapted {
            shape: learned.shape,
            mean: floats(learned.mean),
            variance: floats(learned.variance),
        })
    }

    fn moments(&self, data: &Tensor) -> Result<Moments> {
        if data.is_empty() {
            return Err(no_numbers());
        }
        let places = self.places(data.shape())?;
        let values = data.as_floats();
        let mut mean = vec![0.0f64; places.kept.elements()];
        let count = (values.len() / mean.len()) as f64;
        places.for_each(|i, place| mean[place] += f64::from(values[i]) / count);
        let mut variance = vec![0.0f64; mean.len()];
        places.for_each(|i, place| {
            variance[place] += (f64::from(values[i]) - mean[place]).powi(2) / count;
        });
        Ok(Moments {
            shape: places.kept,
            count,
            mean,
            variance,
        })
    }

    /// Which mean belongs to which number of a batch of shape `shape`.
    fn places(&self, shape: &Shape) -> Result<Places> {
        let mut kept = Vec::new();
        for &axis in &self.axis {
            let axis = shape.axis(axis)?;
            if axis == 0 {
                let error = Error::argument("axis", "axes behind that of the samples", 0);
                return Err(error.remedy("use `axis([])` for one mean of all numbers"));
            }
            kept.push(axis);
        }
        kept.sort_unstable();
        kept.dedup();
        let sizes: Vec<usize> = kept.iter().map(|&axis| shape[axis]).collect();
        // How far a step along each axis goes in the list of means.
        let mut steps = vec![0; shape.rank()];
        let mut step = 1;
        for &axis in kept.iter().rev() {
            steps[axis] = step;
            step *= shape[axis];
        }
        Ok(Places {
            shape: shape.clone(),
            kept: Shape::from(sizes),
            steps,
        })
    }

    /// The mean and variance that were given, for `count` places.
    fn given(&self, count: usize) -> Result<Option<(Vec<f32>, Vec<f32>)>> {
        let (mean, variance) = match (&self.mean, &self.variance) {
            (None, None) => return Ok(None),
            (Some(mean), Some(variance)) => (mean, variance),
            _ => {
                let error = Error::state("`mean` and `variance` must be given together");
                return Err(error.remedy("give both, or none and call `adapt(&data)`"));
            }
        };
        let each = |name: &str, values: &Values| match values {
            Values::One(value) => Ok(vec![*value; count]),
            Values::Each(values) if values.len() == count => Ok(values.clone()),
            Values::Each(values) => {
                let given = format!("{} numbers", values.len());
                Err(Error::argument(
                    name,
                    &format!("one number or {count}"),
                    given,
                ))
            }
        };
        Ok(Some((each("mean", mean)?, each("variance", variance)?)))
    }
}

/// The mean and variance of `count` numbers for each place.
struct Moments {
    shape: Shape,
    count: f64,
    mean: Vec<f64>,
    variance: Vec<f64>,
}

impl Moments {
    /// Of these and other numbers together.
    ///
    /// Chan, Golub and LeVeque, "Algorithms for computing the sample variance", 1983.
    fn with(mut self, other: &Moments) -> Result<Moments> {
        if self.shape != other.shape {
            return Err(Error::shape(format!(
                "batches have different numbers of features: {} and {}",
                self.shape, other.shape
            )));
        }
        let count = self.count + other.count;
        let (own, share) = (self.count / count, other.count / count);
        for (place, mean) in self.mean.iter_mut().enumerate() {
            let apart = other.mean[place] - *mean;
            let variance = &mut self.variance[place];
            *variance =
                *variance * own + other.variance[place] * share + apart * apart * own * share;
            *mean += apart * share;
        }
        self.count = count;
        Ok(self)
    }
}

fn no_numbers() -> Error {
    Error::data("there are no numbers to learn the mean from")
}

/// Which mean belongs to which number.
struct Places {
    shape: Shape,
    /// The sizes of the kept axes.
    kept: Shape,
    steps: Vec<usize>,
}

impl Places {
    /// The place of each number of one sample.
    fn of_sample(&self) -> Vec<u32> {
        let mut places = vec![0u32];
        for (&size, &step) in self.shape.iter().zip(&self.steps).skip(1) {
            let along = |&place: &u32| (0..size).map(move |i| place + (i * step) as u32);
            places = places.iter().flat_map(along).collect();
        }
        places
    }

    fn for_each(&self, mut each: impl FnMut(usize, usize)) {
        let places = self.of_sample();
        for i in 0..self.shape.elements() {
            each(i, places[i % places.len()] as usize);
        }
    }
}

impl Layer for Normalization {
    layer_identity!("Normalization");

    fn supports_masking(&self) -> bool {
        true
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let places = self.places(&input.with_batch(1))?;
        self.given(places.kept.elements())?;
        if let Some(adapted) = self.adapted.as_ref().filter(|a| a.shape != places.kept) {
            return Err(Error::shape(format!(
                "the layer was adapted to data with {} features, got samples with {}",
                adapted.shape, places.kept
            ))
            .remedy("adapt it to data of the same shape, or choose another `axis`"));
        }
        Ok(input.clone())
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        if self.mean.is_some() {
            return Ok(());
        }
        let shape = self.places(&input.with_batch(1))?.kept;
        weights.add_non_trainable("mean", shape.clone(), 0.0)?;
        weights.add_non_trainable("variance", shape.clone(), 1.0)?;
        weights.add_non_trainable("count", Vec::new(), 0.0)?;
        if let Some(Adapted { mean, variance, .. }) = &self.adapted {
            weights.set("mean", Tensor::from_vec(mean.clone(), shape.clone())?)?;
            weights.set("variance", Tensor::from_vec(variance.clone(), shape)?)?;
        }
        Ok(())
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let places = self.places(&x.shape().without_batch().with_batch(1))?;
        let (mean, variance) = match self.given(places.kept.elements())? {
            Some(given) => given,
            None => {
                let of = |name| Ok::<_, Error>(pass.weights.get(name)?.value.to_vec::<f32>());
                let (mean, variance) = (of("mean")?, of("variance")?);
                let untouched =
                    mean.iter().all(|&m| m == 0.0) && variance.iter().all(|&v| v == 1.0);
                if self.adapted.is_none() && untouched {
                    let error = Error::state("the layer does not know the mean and variance yet");
                    return Err(error.remedy(
                        "call `adapt(&data)` before adding it to a model, or load weights",
                    ));
                }
                (mean, variance)
            }
        };
        let how = Standardization {
            places: places.of_sample(),
            mean,
            deviation: variance.iter().map(|v| v.sqrt().max(1e-7)).collect(),
            invert: self.invert,
        };
        standardize(pass.tape, x, how)
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "Normalization",
    what: "brings features to mean 0 and standard deviation 1",
    example: || {
        let layer = Normalization::new().mean(0.5).variance(4.0);
        (Box::new(layer), Shape::from((4, 3)))
    },
    from_config: Config::layer::<Normalization>,
}];
