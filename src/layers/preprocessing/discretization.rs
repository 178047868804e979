//! Discretization.

use serde::{Deserialize, Serialize};

use super::encoding::OutputMode;
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::models::Inputs;
use crate::{Config, Error, Result, Setting, Shape, Tensor};

/// Sorts numbers into bins.
///
/// Keras: `keras.layers.Discretization`. The bins are given by their boundaries, or
/// [`adapt`](Self::adapt) finds boundaries between which about equally many numbers lie.
///
/// # Shapes
/// `(batch, ..)` to the same; with other output modes as [`CategoryEncoding`](super::CategoryEncoding)
///
/// # Errors
/// When there are no boundaries yet.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Discretization::new([0.0, 1.0, 2.0]).input_shape(4))?;
/// let bins = model.predict(&Tensor::from_vec(vec![-1.5, 1.0, 3.4, 0.5], (1, 4))?)?;
/// assert_eq!(bins.to_vec::<i64>(), [0, 2, 3, 1]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Discretization {
    #[serde(flatten)]
    base: LayerBase,
    bin_boundaries: Option<Vec<f32>>,
    num_bins: Option<usize>,
    epsilon: f64,
    output_mode: Setting<OutputMode>,
}

impl Default for Discretization {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            bin_boundaries: None,
            num_bins: None,
            epsilon: 0.01,
            output_mode: OutputMode::Int.into(),
        }
    }
}

impl Discretization {
    /// Bins between `bin_boundaries`, which grow; one more than there are boundaries.
    pub fn new(bin_boundaries: impl Into<Vec<f32>>) -> Self {
        Self {
            bin_boundaries: Some(bin_boundaries.into()),
            ..Self::default()
        }
    }

    /// `num_bins` bins, whose boundaries [`adapt`](Self::adapt) will find.
    pub fn num_bins(num_bins: usize) -> Self {
        Self {
            num_bins: Some(num_bins),
            ..Self::default()
        }
    }

    /// How exact the boundaries are that `adapt` finds, as a share of the numbers; 0.01 unless set.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// `"int"` (unless set), `"one_hot"`, `"multi_hot"` or `"count"`.
    #[must_use]
    pub fn output_mode(mut self, output_mode: impl Into<Setting<OutputMode>>) -> Self {
        self.output_mode = output_mode.into();
        self
    }

    /// The boundaries, if they are known.
    pub fn bin_boundaries(&self) -> Option<&[f32]> {
        self.bin_boundaries.as_deref()
    }

    /// Finds the boundaries for the numbers in `data`; of a [`Dataset`](crate::data::Dataset) for
    /// those in the inputs of all batches, of which only a summary is kept.
    ///
    /// # Errors
    /// When the boundaries were given, or there are no numbers.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut layer = Discretization::num_bins(2);
    /// layer.adapt(&Tensor::arange(10))?;
    /// assert_eq!(layer.bin_boundaries(), Some([4.0].as_slice()));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn adapt(&mut self, data: impl Into<Inputs>) -> Result<()> {
        let found = self.find_boundaries(data.into());
        self.bin_boundaries = Some(found.map_err(|e| e.at("Discretization: adapt"))?);
        Ok(())
    }

    fn find_boundaries(&self, data: Inputs) -> Result<Vec<f32>> {
        let Some(num_bins) = self.num_bins else {
            return Err(Error::state("the layer was given its boundaries")
                .remedy("make it with `Discretization::num_bins`"));
        };
        if num_bins < 2 {
            return Err(Error::argument("num_bins", "at least 2", num_bins));
        }
        // Finer than a millionth nothing changes, but memory runs out.
        if !(1e-6..1.0).contains(&self.epsilon) {
            return Err(Error::argument(
                "epsilon",
                "a number from 0.000001 to 1",
                self.epsilon,
            ));
        }
        let mut all = Vec::new();
        for batch in data.batches() {
            let mut values = batch?.to_vec::<f32>();
            values.sort_by(f32::total_cmp);
            all.extend(summary(&values, self.epsilon));
            all.sort_by(|(a, _), (b, _)| a.total_cmp(b));
            all = compressed(all, self.epsilon);
        }
        if all.is_empty() {
            return Err(Error::data(
                "there are no numbers to learn the boundaries from",
            ));
        }
        let mut boundaries = compressed(all, 1.0 / num_bins as f64);
        boundaries.pop();
        Ok(boundaries.into_iter().map(|(value, _)| value).collect())
    }

    fn boundaries(&self) -> Result<&[f32]> {
        let Some(boundaries) = &self.bin_boundaries else {
            let error = Error::state("the layer does not know the boundaries of its bins yet");
            return Err(error.remedy("call `adapt(&data)` before adding the layer to a model"));
        };
        if boundaries.is_empty() || !boundaries.windows(2).all(|two| two[0] <= two[1]) {
            let given = format!("{boundaries:?}");
            return Err(Error::argument(
                "bin_boundaries",
                "numbers that grow",
                given,
            ));
        }
        Ok(boundaries)
    }
}

/// Some of the sorted values, and how many each stands for.
fn summary(values: &[f32], epsilon: f64) -> Vec<(f32, f32)> {
    let step = (values.len() as f64 * epsilon).max(1.0);
    let kept = values
        .iter()
        .skip((step - 1.0) as usize)
        .step_by(step as usize);
    kept.map(|&value| (value, step as f32)).collect()
}

/// The values that `epsilon`, twice `epsilon`, .. of all lie below, and how many lie between them.
fn compressed(summary: Vec<(f32, f32)>, epsilon: f64) -> Vec<(f32, f32)> {
    if (summary.len() as f64) * epsilon < 1.0 {
        return summary;
    }
    let sums: Vec<f64> = summary
        .iter()
        .scan(0.0f32, |sum, (_, weight)| {
            *sum += weight;
            Some(f64::from(*sum))
        })
        .collect();
    let all = sums.last().copied().unwrap_or(1.0);
    let shares: Vec<f64> = sums
        .iter()
        .map(|sum| f64::from((sum / all) as f32))
        .collect();
    let values: Vec<f64> = summary.iter().map(|(value, _)| f64::from(*value)).collect();
    let count = (1.0 / epsilon).ceil() as usize;
    let mut before = 0.0;
    let bins = (0..count).map(|i| {
        let share = epsilon + i as f64 * epsilon;
        let sum = interpolated(share, &shares, &sums);
        let weight = sum - std::mem::replace(&mut before, sum);
        (interpolated(share, &shares, &values) as f32, weight as f32)
    });
    bins.collect()
}

/// The value at `x` of the line through the points `(xs, ys)`.
fn interpolated(x: f64, xs: &[f64], ys: &[f64]) -> f64 {
    let above = xs.partition_point(|&known| known <= x);
    match (above.checked_sub(1), ys.get(above)) {
        (None, _) => ys[0],
        (Some(below), None) => ys[below],
        (Some(below), Some(y)) => {
            let slope = (y - ys[below]) / (xs[above] - xs[below]);
            ys[below] + slope * (x - xs[below])
        }
    }
}

impl Layer for Discretization {
    layer_identity!("Discretization");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        use OutputMode::{Count, Int, MultiHot, OneHot};
        let mode = *self.output_mode.get()?;
        mode.require(&[Int, OneHot, MultiHot, Count])?;
        Ok(mode.output_shape(input, self.boundaries()?.len() + 1))
    }

    fn call(&self, x: &Tensor, _: &mut Pass<'_>) -> Result<Tensor> {
        let boundaries = self.boundaries()?;
        let bin = |&value: &f32| {
            let nan = value.is_nan();
            boundaries.partition_point(|&boundary| nan || boundary <= value) as i64
        };
        let bins = x.as_floats().iter().map(bin).collect();
        let sample = x.shape().without_batch();
        self.output_mode
            .get()?
            .encode(bins, &sample, boundaries.len() + 1)
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "Discretization",
    what: "sorts numbers into bins",
    example: || {
        let layer = Discretization::new([-0.5, 0.0, 0.5]).output_mode("one_hot");
        (Box::new(layer), Shape::from(3))
    },
    from_config: Config::layer::<Discretization>,
}];
