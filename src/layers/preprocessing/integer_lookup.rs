//! IntegerLookup.

use serde::{Deserialize, Serialize};

use super::encoding::OutputMode;
use super::lookup::{Lookup, Token, lookup_methods};
use super::salt::{self, OovMethod, Salt};
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity};
use crate::models::Inputs;
use crate::{Config, Result, Setting, Shape, Tensor};

/// Numbers the integers of a vocabulary from 0 on.
///
/// Keras: `keras.layers.IntegerLookup`. The vocabulary is given, or [`adapt`](Self::adapt) learns it.
/// The configuration holds it either way.
///
/// # Shapes
/// `(batch, ..)` to the same; with other output modes as [`CategoryEncoding`](super::CategoryEncoding)
///
/// # Errors
/// When there is no vocabulary yet.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(IntegerLookup::new().vocabulary([12, 36, 1138]).input_shape(3))?;
/// let numbers = model.predict(&Tensor::from_vec(vec![12, 1138, 7], (1, 3))?)?;
/// assert_eq!(numbers.to_vec::<i64>(), [1, 3, 0]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IntegerLookup {
    #[serde(flatten)]
    base: LayerBase,
    #[serde(flatten)]
    lookup: Lookup<i64>,
}

impl Token for i64 {
    const NEEDS_FARMHASH: bool = true;

    fn bucket(&self, buckets: usize, method: OovMethod, salt: Option<Salt>) -> i64 {
        match method {
            OovMethod::Floormod => self.rem_euclid(buckets as i64),
            OovMethod::Farmhash => salt::bucket(self.to_string().as_bytes(), buckets, salt),
        }
    }
}

impl Default for IntegerLookup {
    fn default() -> Self {
        Self::new()
    }
}

impl IntegerLookup {
    /// With one number, 0, for all that is not in the vocabulary.
    pub fn new() -> Self {
        Self {
            base: LayerBase::default(),
            lookup: Lookup::new(-1),
        }
    }

    lookup_methods!(i64);

    /// `"floormod"` (unless set) or `"farmhash"`: how unknown integers are numbered where there are
    /// several numbers for them.
    #[must_use]
    pub fn oov_method(mut self, oov_method: impl Into<Setting<OovMethod>>) -> Self {
        self.lookup.oov_method = oov_method.into();
        self
    }

    /// Makes the vocabulary of the integers in `data`, the most frequent one first; of a
    /// [`Dataset`](crate::data::Dataset) those of the inputs of all batches.
    ///
    /// # Errors
    /// When the vocabulary was given, or there are no integers.
    pub fn adapt(&mut self, data: impl Into<Inputs>) -> Result<()> {
        // Each sample is a document.
        let documents = |batch: Result<Tensor>| {
            let samples: Vec<Result<Vec<i64>>> = match batch {
                Ok(batch) => {
                    let length = batch.shape().without_batch().elements().max(1);
                    let values = batch.to_vec::<i64>();
                    values
                        .chunks(length)
                        .map(|sample| Ok(sample.to_vec()))
                        .collect()
                }
                Err(error) => vec![Err(error)],
            };
            samples
        };
        let learned = self.lookup.adapt(data.into().batches().flat_map(documents));
        learned.map_err(|e| e.at("IntegerLookup: adapt"))
    }
}

impl Layer for IntegerLookup {
    layer_identity!("IntegerLookup");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.lookup.output_shape(input)
    }

    fn call(&self, x: &Tensor, _: &mut Pass<'_>) -> Result<Tensor> {
        let values = x.to_vec::<i64>();
        let sample = x.shape().without_batch();
        if self.lookup.invert {
            return Tensor::from_vec(self.lookup.tokens_of(&values)?, x.shape().clone());
        }
        let numbers = self.lookup.numbers(values.iter())?;
        self.lookup.encode(numbers, &sample)
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "IntegerLookup",
    what: "numbers the integers of a vocabulary",
    example: || {
        let layer = IntegerLookup::new().vocabulary([0, 7]).output_mode("count");
        (Box::new(layer), Shape::from(3))
    },
    from_config: Config::layer::<IntegerLookup>,
}];
