//! Datasets of windows over a time series.

use super::dataset::Dataset;
use super::element::DatasetElement;
use super::shuffling::Shuffle;
use crate::models::Arrays;
use crate::random_state::RandomState;
use crate::{Error, Result, Tensor, random};

/// The arguments of [`timeseries_dataset_from_array`], with Keras's defaults.
///
/// Keras: `keras.utils.timeseries_dataset_from_array`.
#[derive(Clone, Debug)]
pub struct TimeseriesDatasetFromArray {
    /// How far the beginnings of two windows are apart; 1 unless set.
    pub sequence_stride: usize,
    /// How far two steps of a window are apart; 1 unless set.
    pub sampling_rate: usize,
    /// How many windows make a batch; 128 unless set. `None` gives single windows.
    pub batch_size: Option<usize>,
    /// Whether windows come in another order each time; false unless set.
    pub shuffle: bool,
    /// What shuffling comes from.
    pub seed: Option<u64>,
    /// The first entry of `data` that is used; 0 unless set.
    pub start_index: Option<usize>,
    /// The first entry of `data` that is not used any more; its length unless set.
    pub end_index: Option<usize>,
}

impl Default for TimeseriesDatasetFromArray {
    fn default() -> Self {
        Self {
            sequence_stride: 1,
            sampling_rate: 1,
            batch_size: Some(128),
            shuffle: false,
            seed: None,
            start_index: None,
            end_index: None,
        }
    }
}

/// Windows of `sequence_length` steps over `data`, whose first axis is time, with the entry of
/// `targets` at the beginning of each window; `None` for windows alone. Windows are copied when they
/// are needed.
///
/// Keras: `keras.utils.timeseries_dataset_from_array`. To predict what comes after a window, shift
/// the targets: `data.slice(sequence_length..)`. With `start_index`, entry 0 of `targets` still
/// belongs to entry 0 of `data`.
///
/// # Errors
/// When an argument is wrong, or no window fits.
///
/// # Example
/// ```
/// use kerust::data::{TimeseriesDatasetFromArray, timeseries_dataset_from_array};
/// use kerust::prelude::*;
/// let series = Tensor::arange(100);
/// let next = series.slice(10..)?;
/// let windows = timeseries_dataset_from_array(&series, &next, 10, Default::default())?;
/// let (x, y) = windows.iter().next().expect("not empty")?;
/// assert_eq!(x.shape(), (90, 10));
/// assert_eq!(x.index(1)?.to_vec::<usize>(), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
/// assert_eq!(y.get(1)?, 11);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn timeseries_dataset_from_array<'a>(
    data: &Tensor,
    targets: impl Into<Option<&'a Tensor>>,
    sequence_length: usize,
    arguments: TimeseriesDatasetFromArray,
) -> Result<Dataset> {
    let made = Windows::new(data, targets.into(), sequence_length, &arguments);
    made.and_then(|windows| windows.dataset(&arguments))
        .map_err(|e| e.at("timeseries_dataset_from_array"))
}

struct Windows {
    data: Tensor,
    targets: Option<Tensor>,
    /// The entry that positions are counted from.
    first: usize,
    length: usize,
    rate: usize,
    /// Where the windows begin.
    positions: Vec<usize>,
}

impl Windows {
    fn new(
        data: &Tensor,
        targets: Option<&Tensor>,
        length: usize,
        arguments: &TimeseriesDatasetFromArray,
    ) -> Result<Windows> {
        let positive = |name: &str, value: usize| match value {
            0 => Err(Error::argument(name, "a positive whole number", 0)),
            _ => Ok(()),
        };
        positive("sequence_length", length)?;
        positive("sequence_stride", arguments.sequence_stride)?;
        positive("sampling_rate", arguments.sampling_rate)?;
        positive("batch_size", arguments.batch_size.unwrap_or(1))?;
        let steps = data.len();
        let first = arguments.start_index.unwrap_or(0);
        let end = arguments.end_index.unwrap_or(steps);
        if first >= steps {
            let expected = format!("a number below the {steps} steps of `data`");
            return Err(Error::argument("start_index", &expected, first));
        }
        if end <= first || end > steps {
            let expected = format!("a number from {} to {steps}", first + 1);
            return Err(Error::argument("end_index", &expected, end));
        }
        let reach = (length - 1).saturating_mul(arguments.sampling_rate);
        let mut count = (end - first).saturating_sub(reach);
        if let Some(targets) = targets {
            // Those of the used part, as Keras takes them.
            let used = targets.len().min(end).saturating_sub(first);
            count = count.min(targets.len()).min(used);
        }
        if count == 0 {
            return Err(Error::data(format!(
                "no window fits: it reaches over {} steps, there are {}{}",
                reach.saturating_add(1),
                end - first,
                targets.map_or(String::new(), |t| format!(", and {} targets", t.len()))
            )));
        }
        Ok(Windows {
            data: data.clone(),
            targets: targets.cloned(),
            first,
            length,
            rate: arguments.sampling_rate,
            positions: (0..count).step_by(arguments.sequence_stride).collect(),
        })
    }

    fn dataset(mut self, arguments: &TimeseriesDatasetFromArray) -> Result<Dataset> {
        let seed = arguments.seed;
        let seed = seed.unwrap_or_else(|| random::fresh_seed() % 1_000_000);
        let numpy_seed = u32::try_from(seed)
            .map_err(|_| Error::argument("seed", "a number below 4294967296, as in NumPy", seed))?;
        if arguments.shuffle {
            RandomState::new(numpy_seed).shuffle(&mut self.positions);
        }
        let mut positions = Dataset::from_tensor_slices(&Tensor::from_vec(
            self.positions.clone(),
            self.positions.len(),
        )?)?;
        if arguments.shuffle {
            let size = arguments
                .batch_size
                .map_or(1024, |size| size.saturating_mul(8));
            positions = positions.shuffle(Shuffle::new(size.max(1)).seed(seed));
        }
        let windows = positions.map(move |position: Tensor| self.window(position.get(0)?));
        Ok(match arguments.batch_size {
            Some(size) => windows.batch(size),
            None => windows,
        })
    }

    fn window(&self, position: usize) -> Result<DatasetElement> {
        let begin = self.first + position;
        let steps: Vec<usize> = (0..self.length).map(|i| begin + i * self.rate).collect();
        let target = self.targets.as_ref();
        let target = target.map(|targets| targets.index(begin)).transpose()?;
        let targets: Vec<Tensor> = target.into_iter().collect();
        Ok(DatasetElement::new(
            Arrays::from(self.data.take(&steps)?),
            targets,
        ))
    }
}
